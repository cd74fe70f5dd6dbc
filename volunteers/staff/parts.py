"""What volunteers add to the desk: an entry of its navigation, a card, a panel of events."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from events import extensions
from events.extensions import DeskCard, DeskSection, EventPanel
from events.models import Event, Office
from volunteers.models import Shift
from volunteers.staff.shift_list import with_waiting

#: Rows of the card; the rest is behind its link.
SOME = 4


def gaps_card(request: HttpRequest, offices: list[Office], now: datetime) -> dict[str, Any] | None:
    """The shifts to come that still need people, soonest first. Four queries at most."""
    shifts = Shift.objects.filter(office__in=offices).effective(now).upcoming(now)
    short = shifts.posted().going_on().short_of_people()
    found = list(short.for_cards()[: SOME + 1])
    if not found:
        return None
    more = short.count() - SOME if len(found) > SOME else 0
    return {"shifts": found[:SOME], "more": more}


def event_panel(event: Event, now: datetime) -> dict[str, Any]:
    """The shifts of an event, drafts and cancelled ones too. Two queries."""
    shifts: Any = Shift.objects.filter(event=event, office=event.office_id).effective()
    rows = with_waiting(shifts.with_role().order_by("starts_at", "id"))
    return {"shifts": list(rows)}


def register() -> None:
    """Add them. Called once, when the app is ready."""
    extensions.desk_sections.append(
        DeskSection("shifts", _("Shifts"), "staff-shifts", "edit_shifts", 2)
    )
    extensions.desk_cards.append(
        DeskCard("gaps", "volunteers/staff/card_gaps.html", gaps_card, "card", 2)
    )
    extensions.event_panels.append(
        EventPanel("staff-shifts", "volunteers/staff/_event_panel.html", event_panel, "staff")
    )
