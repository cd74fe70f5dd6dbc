"""The door of an event, on a phone: search, check in, count walk-ins, take back.

Without a script every tap is a form and a new page. With htmx the same pages come piece by piece:
the search as one types, and the figures every few seconds.
"""

from typing import Any, NamedTuple, cast
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.db.models import F, Q, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events import clock
from events.actions.door import MOST_AT_ONCE, check_in, inside, seats_kept, take_back, walk_in
from events.errors import Refused
from events.models import RSVP, Entry, Event
from events.models.entry import counted_from
from events.person_fields import their_name
from events.staff.access import POST, StaffRequest, asked_key, desk_page, own_row, staff_page
from events.staff.guests import found
from events.token_pages import see_other

#: Guests on the page; whoever is not among them is found by the search.
SHOWN = 30
#: The latest entries, which can be taken back at once.
LATEST = 8
#: As many of them where somebody asks for all.
MOST_ENTRIES = 500
#: Buttons of the headcount: families come in threes and fours.
COUNTS = (1, 2, 3, 4)


class TapForm(forms.Form):
    """What every tap sends; the page made all of it, so that an error is no typing error."""

    tap = forms.UUIDField()
    people = forms.IntegerField(min_value=1, max_value=MOST_AT_ONCE)
    seen = forms.IntegerField(min_value=0, required=False)
    beyond = forms.BooleanField(required=False)
    name = forms.CharField(max_length=200, required=False)


class WalkInForm(forms.Form):
    """A walk-in who says a name."""

    mark_optional = False

    name = their_name(gettext_lazy("Enter a name, or count them without one."))
    people = forms.IntegerField(
        label=gettext_lazy("People"), min_value=1, max_value=MOST_AT_ONCE, initial=1
    )


class Listed(NamedTuple):
    """A guest as the door sees them."""

    rsvp: RSVP
    arrived: int
    #: How many of the party are still expected.
    missing: int
    tap: UUID


class Again(NamedTuple):
    """A tap that was refused, and can be sent again knowingly."""

    url: str
    fields: dict[str, Any]
    words: str


@staff_page("edit_attendance")
def door(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the door: how many are inside, the guests, the headcount."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    return _page(request, event)


@staff_page("edit_attendance")
def figures(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the figures alone, which the page fetches every few seconds."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    return desk_page(
        request, "events/staff/_door_figures.html", {"event": event, "room": room(event)},
        section="events", office=event.office,
    )  # fmt: skip


@staff_page("edit_attendance", methods=POST)
def door_guest(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Check in people of a guest's party."""
    event = own_row(request, Event.objects.for_cards(), pk=event_pk)
    if not RSVP.objects.filter(event=event, pk=pk).exists():
        raise Http404
    sent = _sent(request)
    try:
        entry = check_in(
            event_id=event.pk, rsvp_id=pk, people=sent["people"], seen=sent["seen"] or 0,
            tap=sent["tap"], beyond=sent["beyond"], now=clock.now(), actor=request.user,
        )  # fmt: skip
    except Refused as refused:
        return _page(request, event, refused=refused, sent=sent)
    return _let_in(request, event, entry)


@staff_page("edit_attendance", methods=POST)
def door_walk_in(request: StaffRequest, pk: int) -> HttpResponse:
    """Let in people who are on no list."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    sent = _sent(request)
    if "named" in request.POST:
        form = WalkInForm(request.POST)
        if not form.is_valid():
            return _page(request, event, form=form)
    try:
        entry = walk_in(
            event_id=event.pk, people=sent["people"], name=sent["name"], tap=sent["tap"],
            beyond=sent["beyond"], now=clock.now(), actor=request.user,
        )  # fmt: skip
    except Refused as refused:
        return _page(request, event, refused=refused, sent=sent)
    return _let_in(request, event, entry)


@staff_page("edit_attendance", methods=POST)
def door_undo(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Take an entry back."""
    event = own_row(request, Event.objects.for_cards(), pk=event_pk)
    if not Entry.objects.filter(event=event, pk=pk).exists():
        raise Http404
    take_back(event_id=event.pk, entry_id=pk, now=clock.now(), actor=request.user)
    messages.success(request, _("Taken back."))
    return see_other(_url(request, event))


def room(event: Event) -> dict[str, int | None]:
    """Return how full the room is: people inside, seats kept for guests, plan and occupancy."""
    return {
        "inside": inside(event),
        "kept": seats_kept(event),
        "planned": event.capacity,
        "occupancy": event.venue.posted_occupancy if event.venue else None,
    }


def _sent(request: StaffRequest) -> dict[str, Any]:
    """Return what a tap sends; raises ``Refused`` for what no page of ours has made."""
    form = TapForm(request.POST)
    # What somebody types into the form with a name is for that form to refuse.
    typed = {"people", "name"} if "named" in request.POST else set()
    if not form.is_valid() and set(form.errors) - typed:
        raise Refused("bad_tap", _("Something was missing. Go back, load the page and tap again."))
    return form.cleaned_data


def _let_in(request: StaffRequest, event: Event, entry: Entry) -> HttpResponse:
    who = entry.rsvp.name if entry.rsvp is not None else entry.name
    said = ngettext("%(people)s person is in.", "%(people)s people are in.", entry.people)
    words = said % {"people": entry.people}
    text = f"{who}: {words}" if who else words
    waiting = cast(BaseStorage, messages.get_messages(request))
    # The answer to the same tap may have been lost on its way, with these words still to be shown.
    if text not in [message.message for message in waiting]:
        messages.success(request, text)
    waiting.used = False
    return see_other(_url(request, event, search=False))


def _url(request: StaffRequest, event: Event, *, search: bool = True) -> str:
    """Return to the door, and to the search that is open there."""
    url = reverse("staff-door", kwargs={"pk": event.pk})
    words = request.POST.get("q", "") if search else ""
    return f"{url}?{urlencode({'q': words})}" if words else url


def _page(
    request: StaffRequest,
    event: Event,
    *,
    refused: Refused | None = None,
    sent: dict[str, Any] | None = None,
    form: WalkInForm | None = None,
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    words = asked.get("q", "").replace("\x00", "").strip()[:100]
    guests, more = _guests(event, words, asked_key(request, "guest"))
    again = None
    if refused is not None and refused.code == "seats_are_kept" and sent is not None:
        kept = {name: sent[name] for name in ("tap", "people", "seen", "name") if sent[name]}
        again = Again(request.path, kept, _("Let them in all the same"))
    shown = MOST_ENTRIES if request.GET.get("entries") == "all" else LATEST
    entries = Entry.objects.filter(event=event, at__gte=counted_from(event))
    entries = entries.select_related("rsvp").order_by("-at", "-pk")
    latest = list(entries[: shown + 1])
    context = {
        "event": event,
        "tab": "door",
        "is_open": event.is_posted and event.is_on and clock.now() >= counted_from(event),
        "room": room(event),
        "q": words,
        "one_guest": bool(asked_key(request, "guest")),
        "guests": guests,
        "more": more,
        "counts": [(number, uuid4()) for number in COUNTS],
        "walk_in": form or WalkInForm(),
        "walk_in_tap": uuid4(),
        "latest": latest[:shown],
        "has_earlier": len(latest) > shown and shown == LATEST,
        "refused": refused,
        "again": again,
        "has_errors": refused is not None or form is not None,
    }
    return desk_page(
        request, "events/staff/door.html", context, section="events", office=event.office,
        status=422 if refused is not None or form is not None else 200,
    )  # fmt: skip


def _guests(event: Event, words: str, one: int | None) -> tuple[list[Listed], bool]:
    """Return the guests to show, who is still expected first, and whether there are more."""
    rows: QuerySet[RSVP] = RSVP.objects.active().filter(event=event)
    if one is not None:
        rows = rows.filter(pk=one)
    of_today = Q(entries__undone_at=None, entries__at__gte=counted_from(event))
    standing = Sum("entries__people", filter=of_today)
    rows = (
        found(rows, words)  # type: ignore[arg-type]
        .annotate(came=standing)
        .select_related("person")
        .order_by(F("came").asc(nulls_first=True), "name", "pk")
    )
    page = list(rows[: SHOWN + 1])
    listed = [
        Listed(row, row.came or 0, max(row.party_size - (row.came or 0), 0), uuid4())
        for row in page[:SHOWN]
    ]
    return listed, len(page) > SHOWN
