"""The `config` app: its templates, template tags, commands and system checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Installed first, so that its templates win over those of every other app."""

    name = "config"
    label = "config"
    verbose_name = "Plazuela"

    def ready(self) -> None:
        from config import checks, connections  # noqa: F401  checks register themselves

        connections.register()
