"""A poster for the door of an event that was called off or moved, in each language."""

from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override

from events.actions.events import TIME_FIELDS
from events.models import AuditEntry, Event
from events.staff.access import StaffRequest, desk_page, own_row, staff_page


class Moved(NamedTuple):
    """When and where an event was going to be, as the public knew it before."""

    #: A row that is not saved, with the old time; None where the time is the same.
    before: Event | None
    #: The old place; empty where it is the same.
    place: str


class Sheet(NamedTuple):
    """The poster in one language."""

    language: str
    headline: str
    #: Of the event's page in that language, for the QR code.
    url: str


@staff_page("edit_events")
def poster(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what to hang up at the door, one page a language; an event as planned has none."""
    event = own_row(request, Event.objects.with_all_shown(), pk=pk)
    moved = moved_from(event)
    sheets = []
    for language in event.office.languages:
        with override(language):
            if headline := headline_of(event, moved):
                url = settings.SITE_URL + event.get_absolute_url()
                sheets.append(Sheet(language, headline, url))
    context = {"event": event, "moved": moved, "sheets": sheets}
    return desk_page(
        request, "events/staff/poster.html", context, section="events", office=event.office
    )


def headline_of(event: Event, moved: Moved) -> str:
    """Return what the poster says in one word or two; empty where nothing is to be said."""
    if not event.is_posted:
        return ""
    if event.is_cancelled:
        return _("Cancelled")
    if event.is_postponed:
        return _("Postponed")
    if moved.before is not None and moved.place:
        return _("New time and place")
    if moved.before is not None:
        return _("New time")
    return _("New place") if moved.place else ""


def moved_from(event: Event) -> Moved:
    """Return the last public time and place that are not those of now; one query."""
    facts = AuditEntry.objects.filter(
        event_id=event.pk, action__in=("event.rescheduled", "event.moved"),
        at__gt=event.posted_at or event.created_at,
    ).order_by("-at", "-pk")  # fmt: skip
    before, place = None, ""
    now: dict[str, Any] = {name: getattr(event, name) for name in TIME_FIELDS}
    here = str(event.venue) if event.venue is not None else None
    # From the last change back: what stood before each of them.
    then, there = dict(now), here
    for fact in facts[:50]:
        for name, pair in fact.changes.items():
            if name in then and pair is not None:
                then[name] = _read(name, pair[0])
            if name == "venue" and pair is not None:
                there = pair[0]
        if before is None and then != now:
            before = Event(**then)
        if not place and there and there != here:
            place = there
    return Moved(before, place)


def _read(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in ("starts_at", "ends_at") else value
