"""What this app adds to the desk: entries of its navigation, cards, first steps and words."""

from django.utils.translation import gettext_lazy as _

from events import extensions
from events.extensions import DeskGroup, DeskSection
from events.staff import cards, history


def register() -> None:
    """Add them. Called once, when the app is ready."""
    extensions.desk_sections.extend(
        [
            DeskSection("today", _("Today"), "staff", "see_desk", 0),
            DeskSection("events", _("Events"), "staff-events", "edit_events", 1),
            DeskSection(
                "access", _("Access"), "staff-access", "arrange_access", 0, DeskGroup.PEOPLE
            ),
            DeskSection("venues", _("Places"), "staff-venues", "edit_venues", 0, DeskGroup.SET_UP),
            DeskSection("topics", _("Topics"), "staff-topics", "see_desk", 1, DeskGroup.SET_UP),
            DeskSection("office", _("Office"), "staff-offices", "edit_office", 2, DeskGroup.SET_UP),
            DeskSection("members", _("Staff"), "staff-members", "edit_staff", 4, DeskGroup.SET_UP),
        ]
    )
    extensions.desk_cards.extend(cards.CARDS)
    extensions.first_steps.extend(cards.FIRST_STEPS)
    extensions.history_words.update(history.WORDS)
