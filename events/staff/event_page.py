"""One event on the desk: its facts, how full it is, what is still missing."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from events import clock, extensions
from events.languages import own_name
from events.models import AccessKind, AccessRequest, Event, Mode
from events.notice import is_late, quorums_at
from events.queries import with_waitlist_length
from events.staff.access import StaffRequest, desk_page, own_row, staff_page
from events.staff.guests import counted
from events.views.event import SpokenLanguage


class Need(NamedTuple):
    """How many parties ask for one kind of help."""

    label: str
    parties: int
    arranged: int


@staff_page("edit_events")
def event_page(request: StaffRequest, pk: int) -> HttpResponse:
    """Show an event as staff see it."""
    shown = Event.objects.with_all_shown().prefetch_related("speakers__body")
    events = with_waitlist_length(shown.select_related("series"))
    event = own_row(request, events, pk=pk)
    now = clock.now()
    context = {
        "event": event,
        "tab": "event",
        "now": now,
        "is_over": event.is_over(now),
        "people": counted(event),
        "needs": needs_of(event),
        "missing": missing(event),
        "quorums": quorums_at(event) if event.is_on else [],
        "notice_is_late": is_late(event),
        "languages_there": [SpokenLanguage.of(code) for code in event.spoken_languages],
        "texts": [own_name(code) for code in written_languages(event)],
        "other_dates": other_dates(event, now),
        "panels": staff_panels(request, event, now),
    }
    return desk_page(
        request, "events/staff/event.html", context, section="events", office=event.office
    )


def needs_of(event: Event) -> list[Need]:
    """Return what kinds of access are asked for by parties who come or wait; one query."""
    asked = (
        AccessRequest.objects.filter(rsvp__event=event)
        .wanted()
        .values("kind")
        .annotate(
            parties=Count("pk"),
            arranged=Count("pk", filter=Q(state="arranged", schedule_rev=event.schedule_rev)),
        )
        .order_by("-parties", "kind")
    )
    return [
        Need(str(AccessKind(row["kind"]).label), row["parties"], row["arranged"]) for row in asked
    ]


def written_languages(event: Event) -> list[str]:
    """Return the languages in which the event has a text (uses a prefetch)."""
    return [event.office.first_language, *(row.language for row in event.translations.all())]


def missing(event: Event) -> list[str]:
    """Return what visitors will look for in vain, in words."""
    found = []
    if event.mode != Mode.REMOTE and event.venue_id is None:
        found.append(_("Where it takes place"))
    if event.mode != Mode.IN_PERSON and not event.remote_url and not event.dial_in:
        found.append(_("How to join online or by phone"))
    if not event.description:
        found.append(_("What it is about"))
    lacking = [code for code in event.office.languages if code not in written_languages(event)]
    if lacking:
        names = ", ".join(own_name(code) for code in lacking)
        found.append(_("A version in %(languages)s") % {"languages": names})
    if not event.spoken_languages:
        found.append(_("Which languages are spoken"))
    return found


def other_dates(event: Event, now: datetime) -> int:
    """Return how many other dates of its series are not over."""
    if event.series_id is None:
        return 0
    dates = Event.objects.filter(series=event.series_id, ends_at__gt=now).exclude(pk=event.pk)
    return dates.count()


def staff_panels(request: StaffRequest, event: Event, now: datetime) -> list[SafeString]:
    """Return what other apps add to the page, rendered."""
    rendered = []
    for panel in extensions.event_panels:
        if panel.audience != "staff":
            continue
        facts = panel.load(event, now)
        if facts is not None:
            may = request.grants.permissions_in(event.office)
            context: dict[str, Any] = {"event": event, "office": event.office, "now": now}
            context |= {"may": may, **facts}
            rendered.append(render_to_string(panel.template, context, request=request))
    return rendered
