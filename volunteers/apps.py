"""The app that records shifts and who claims them."""

from django.apps import AppConfig


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = "Volunteers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from volunteers import concerned, panels
        from volunteers.staff import parts

        panels.register()
        concerned.register()
        parts.register()
