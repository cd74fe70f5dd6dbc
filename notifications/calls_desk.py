"""The call sheet on the desk: who has no e-mail address and has to hear something, and what."""

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.actions.rsvps import affirm_rsvp
from events.errors import Refused
from events.extensions import (
    DeskCard,
    DeskGroup,
    DeskSection,
    EventPanel,
    desk_cards,
    desk_sections,
    event_panels,
)
from events.languages import language_in_use
from events.models import Event, Office
from events.staff.access import POST, StaffRequest, asked_key, desk_page, own_row, staff_page
from events.staff.tabs import Show, tabbed_list
from events.token_pages import see_other
from notifications import calls, catalogue, outcomes
from notifications.calls import Caller, note_call
from notifications.models import Call, CallState, Delivery, DeliveryState
from notifications.models.call import OPEN_CALLS, CallQuerySet

PAGE_SIZE = 50
SECTION = "calls"
#: What can be noted after a call, in the order of the buttons.
OUTCOMES = (CallState.CALLED, CallState.LEFT_WORD, CallState.UNREACHED)
#: They were asked whether they still come to what has changed, and said yes.
STILL_COMES = "still_comes"

#: How a message misses its reader, by the state that the list of deliveries is asked for.
UNREACHED: dict[str, Any] = {
    **{
        str(state): outcomes.STATES[state]
        for state in (
            DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.UNKNOWN,
            DeliveryState.EXPIRED,
        )
    },
    "bounced": outcomes.LATER["bounced"],
}  # fmt: skip

SHOWS = [
    Show("", gettext_lazy("To call"),
         lambda rows: rows.filter(state__in=OPEN_CALLS).order_by("planned_at", "pk")),
    Show("left", gettext_lazy("Left word"),
         lambda rows: rows.filter(state=CallState.LEFT_WORD).order_by("-noted_at", "pk")),
    Show("done", gettext_lazy("Called"),
         lambda rows: rows.filter(state=CallState.CALLED).order_by("-noted_at", "pk")),
]  # fmt: skip


class Row(NamedTuple):
    """A line of the sheet."""

    call: Call
    caller: Caller
    title: Any
    event: Event | None
    #: Whether it is still so; what is not needs no call.
    is_true: bool


@staff_page("see_attendance")
def call_sheet(request: StaffRequest) -> HttpResponse:
    """Show who is to be called, what was noted, and for which event."""
    now = clock.now()
    event = _asked_event(request)

    def narrowed(words: str) -> CallQuerySet:
        rows = Call.objects.filter(office__in=request.offices).timely(now)
        if event is not None:
            rows = rows.filter(event_id=event.pk)
        if words:
            rows = rows.filter(Q(person__name__icontains=words) | Q(person__phone__contains=words))
        return rows

    listed = tabbed_list(request, SHOWS, narrowed, usual=PAGE_SIZE)
    page = listed.rows.select_related("person", "office", "noted_by")
    context = {
        "tabs": listed.tabs,
        "rows": rows_of(list(page[listed.offset : listed.offset + listed.limit])),
        "event": event,
        **listed.context,
    }
    return desk_page(request, "notifications/staff/calls.html", context, section=SECTION)


@staff_page("see_attendance")
def call(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one call: the number, what to say, and what was noted."""
    row = own_row(request, Call.objects.select_related("person", "office", "noted_by"), pk=pk)
    (line,) = rows_of([row])
    now = clock.now()
    said = calls.spoken(row, language=language_in_use(), now=now)
    context = {
        "row": line,
        "said": said,
        "outcomes": OUTCOMES,
        "asked": calls.asked_anew(row, now),
    }
    return desk_page(
        request, "notifications/staff/call.html", context, section=SECTION, office=row.office
    )


@staff_page("edit_attendance", methods=POST)
def call_note(request: StaffRequest, pk: int) -> HttpResponse:
    """Note how the call went, and with it that the person still comes to what has changed."""
    row = own_row(request, Call.objects.all(), pk=pk)
    now, state = clock.now(), request.POST.get("state", "")
    if state == STILL_COMES:
        places = calls.asked_anew(row, now)
        if not places:
            raise Refused(
                "nothing_asked",
                _("Something has changed meanwhile. Open the call again, and read what is so now."),
            )
        for place in places:
            affirm_rsvp(rsvp_id=place.pk, now=now, actor=request.user)
        note_call(call_id=row.pk, state=CallState.CALLED, now=now, actor=request.user)
        messages.success(request, _("Noted: called. They still come."))
        return see_other(reverse("staff-calls"))
    noted = note_call(call_id=row.pk, state=state, now=now, actor=request.user)
    said = {
        CallState.CALLED: _("Noted: called."),
        CallState.LEFT_WORD: _("Noted: left word."),
        CallState.UNREACHED: _("Noted: not reached. The call stays on the sheet."),
    }
    messages.success(request, said.get(CallState(noted.state), _("The call is open again.")))
    return see_other(reverse("staff-calls"))


def rows_of(found: list[Call]) -> list[Row]:
    """Return the lines of these calls; a constant number of queries a kind of message."""
    people, true = calls.callers(found), calls.still_true(found)
    events = Event.objects.for_cards().in_bulk(
        {row.event_id for row in found if row.event_id is not None}
    )
    return [
        Row(
            row, people[row.pk], catalogue.named(row.message).title,
            events.get(row.event_id or 0), row.pk in true,
        )
        for row in found
    ]  # fmt: skip


def _asked_event(request: StaffRequest) -> Event | None:
    key = asked_key(request, "event")
    return Event.objects.filter(pk=key, office__in=request.offices).first() if key else None


def calls_card(request: HttpRequest, offices: list[Office], now: datetime) -> dict[str, Any] | None:
    """Say how many people wait for a call."""
    count = Call.objects.filter(office__in=offices).open().timely(now).count()
    return {"count": count} if count else None


def event_panel(event: Event, now: datetime) -> dict[str, Any] | None:
    """Say on the event's page whom no message has reached, and lead to them; until it is over."""
    count = Call.objects.filter(event_id=event.pk).open().timely(now).count()
    mail = {"people": 0} if event.is_over(now) else unreached(event)
    people = mail.pop("people")
    if not count and not people:
        return None
    ways = [(way, UNREACHED[way], mail[way]) for way in UNREACHED if mail[way]]
    return {"count": count, "people": people, "ways": ways}


def unreached(event: Event) -> dict[str, int]:
    """Count people who did not get some message about an event, and how; one query.

    Nobody counts who has got a later one, which tells what is so now. ``people``: each once.
    """
    later = Delivery.objects.filter(
        person_id=OuterRef("person_id"), event_id=OuterRef("event_id"), pk__gt=OuterRef("pk"),
        state=DeliveryState.ACCEPTED, bounced_at=None,
    )  # fmt: skip
    bad = Q(state__in=[way for way in UNREACHED if way != "bounced"])
    came_back = Q(state=DeliveryState.ACCEPTED, bounced_at__isnull=False)
    mail = Delivery.objects.filter(
        bad | came_back, ~Exists(later), event_id=event.pk, person__isnull=False
    )
    each = {
        way: Count("person", distinct=True, filter=came_back if way == "bounced" else Q(state=way))
        for way in UNREACHED
    }
    return mail.aggregate(people=Count("person", distinct=True), **each)


def register() -> None:
    """Add the section, the card and the panel. Called once, when the app is ready."""
    desk_sections.append(
        DeskSection(
            SECTION, gettext_lazy("Calls"), "staff-calls", "see_attendance", 7, DeskGroup.PEOPLE
        )
    )
    desk_cards.append(
        DeskCard("calls", "notifications/staff/card_calls.html", calls_card, "card", 3)
    )
    event_panels.append(
        EventPanel("staff-calls", "notifications/staff/_event_calls.html", event_panel, "staff")
    )
