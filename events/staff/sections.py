"""What this app adds to the desk's navigation."""

from django.utils.translation import gettext_lazy as _

from events.extensions import DeskSection, desk_sections


def register() -> None:
    """Add the sections. Called once, when the app is ready."""
    desk_sections.extend([DeskSection("today", _("Today"), "staff", "see_desk", 0)])
