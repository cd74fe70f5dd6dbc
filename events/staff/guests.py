"""Who comes to an event: the guest list of the desk, and what staff do for a guest."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock, dates_text
from events.actions.line import position_in_line
from events.actions.rsvps import (
    affirm_rsvp,
    cancel_rsvp,
    change_rsvp,
    rsvp,
    set_attended,
)
from events.errors import Refused
from events.models import RSVP, AccessRequest, AccessState, AttendanceStatus, Event, Mode
from events.models.rsvp import RSVPQuerySet
from events.queries import lines_at, rsvp_state
from events.staff.access import FORM, POST, StaffRequest, desk_page, own_row, staff_page
from events.staff.guest_forms import GuestChangeForm, GuestForm
from events.staff.tabs import Show, tabbed_list
from events.token_pages import see_other
from events.ways import ways_into

PAGE_SIZE = 50

_CONFIRMED = Q(status=AttendanceStatus.CONFIRMED)
_ACTIVE = Q(status__in=["confirmed", "waitlisted", "unproven"])
_ROOM, _ONLINE = Q(mode=Mode.IN_PERSON), Q(mode=Mode.REMOTE)


def _by_name(rows: RSVPQuerySet) -> RSVPQuerySet:
    return rows.order_by("name", "id")


def _latest_first(rows: RSVPQuerySet) -> RSVPQuerySet:
    return rows.order_by("-cancelled_at", "id")


SHOWS = [
    Show("", gettext_lazy("Everybody"), lambda rows: _by_name(rows.filter(_ACTIVE))),
    Show("room", gettext_lazy("Room"), lambda rows: _by_name(rows.filter(_CONFIRMED & _ROOM))),
    Show("online", gettext_lazy("Online"), lambda rows: _by_name(rows.filter(_CONFIRMED & _ONLINE)),
         rare=True),
    Show("waiting", gettext_lazy("Waiting"), lambda rows: rows.in_line()),
    Show("unproven", gettext_lazy("Not confirmed yet"),
         lambda rows: _by_name(rows.filter(status=AttendanceStatus.UNPROVEN)), rare=True),
    Show("unsure", gettext_lazy("Not said again"),
         lambda rows: _by_name(rows.not_yet_affirmed()), rare=True),
    Show("needs", gettext_lazy("Access needs"), lambda rows: _by_name(_with_needs(rows))),
    Show("call", gettext_lazy("To call"),
         lambda rows: _by_name(rows.filter(_ACTIVE, person__email=None)), rare=True),
    Show("cancelled", gettext_lazy("Cancelled"),
         lambda rows: _latest_first(rows.filter(status=AttendanceStatus.CANCELLED)), rare=True),
]  # fmt: skip


def _with_needs(rows: RSVPQuerySet) -> RSVPQuerySet:
    asked = AccessRequest.objects.filter(rsvp=OuterRef("pk")).exclude(state=AccessState.WITHDRAWN)
    return rows.filter(_ACTIVE).filter(Exists(asked) | ~Q(access_note=""))


def counted(event: Event) -> dict[str, int]:
    """Return people with a place in the room and online, waiting and unproven, and those who have
    not said since a change whether they still come; one query."""
    silent = RSVP.objects.not_yet_affirmed().filter(pk=OuterRef("pk"))
    waiting = Q(status=AttendanceStatus.WAITLISTED)
    unproven = Q(status=AttendanceStatus.UNPROVEN)
    figures = RSVP.objects.filter(event=event).aggregate(
        room=Sum("party_size", filter=_CONFIRMED & _ROOM),
        online=Sum("party_size", filter=_CONFIRMED & _ONLINE),
        waiting=Sum("party_size", filter=waiting),
        waiting_parties=Count("pk", filter=waiting),
        unproven=Sum("party_size", filter=unproven),
        unsure=Sum("party_size", filter=Exists(silent)),
        came=Sum("party_size", filter=_CONFIRMED & Q(attended=True)),
    )
    return {name: value or 0 for name, value in figures.items()}


def found(rows: RSVPQuerySet, words: str) -> RSVPQuerySet:
    """Keep the rows whose name, e-mail address or phone number holds ``words``."""
    if not words:
        return rows
    return rows.filter(
        Q(name__icontains=words) | Q(phone__icontains=words) | Q(person__email__icontains=words)
    )


@staff_page("see_attendance")
def guests(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who comes, who waits, and what they need."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)

    def narrowed(words: str) -> RSVPQuerySet:
        return found(RSVP.objects.filter(event=event), words)

    listed = tabbed_list(request, SHOWS, narrowed, usual=PAGE_SIZE)
    page = listed.rows.select_related("person").prefetch_related("access_requests")
    now = clock.now()
    context = {
        "event": event,
        "tab": "guests",
        "guest_tabs": listed.tabs,
        "guests": page[listed.offset : listed.offset + listed.limit],
        "people": counted(event),
        "takes_guests": event.accepts_rsvps(now),
        "marks_attendance": is_day_reached(event, now),
        **listed.context,
    }
    return desk_page(
        request, "events/staff/guests.html", context, section="events", office=event.office
    )


def is_day_reached(event: Event, now: datetime) -> bool:
    """Whether the day of the event has begun, where it takes place."""
    today = dates_text.local(now, event.timezone).date()
    return today >= dates_text.local(event.starts_at, event.timezone).date()


@staff_page("edit_attendance", methods=FORM)
def guest_new(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down a guest who calls. No e-mail address is needed."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    now = clock.now()
    if not event.accepts_rsvps(now):
        messages.warning(request, _("This event takes no more guests."))
        return see_other(reverse("staff-guests", kwargs={"pk": event.pk}))
    ways = ways_into(event, lines_at(event))
    sent = request.POST if request.method == "POST" else None
    form = GuestForm(sent, event=event, ways=ways, now=now)
    if form.is_valid():
        try:
            facts = form.cleaned_data
            outcome = rsvp(
                event_id=event.pk,
                **{name: facts[name] for name in form.passed_on},
                overbook=facts.get("overbook", False),
                now=now,
                actor=request.user,
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            said = {
                "confirmed": _("%(name)s has a place."),
                "waitlisted": _("%(name)s is on the waitlist."),
                "repeated": _("%(name)s is on the list already. Nothing was changed."),
            }[outcome.result]
            messages.success(request, said % {"name": outcome.rsvp.name})
            return see_other(_guest_url(outcome.rsvp))
    return desk_page(
        request,
        "events/staff/guest_new.html",
        {"event": event, "form": form, "places_left": form.places_left},
        section="events",
        office=event.office,
        status=422 if form.errors else 200,
    )


@staff_page("see_attendance")
def guest(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Show one guest, with what they need in their own words."""
    event, row = _guest(request, event_pk, pk)
    return _guest_page(request, event, row)


@staff_page("edit_attendance", methods=POST)
def guest_change(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Change what a guest's RSVP says."""
    event, row = _guest(request, event_pk, pk)
    now = clock.now()
    form = _change_form(request, event, row, now, request.POST)
    if not form.is_valid():
        return _guest_page(request, event, row, form=form)
    facts = form.cleaned_data
    try:
        changed = change_rsvp(
            rsvp_id=row.pk,
            party_size=facts["party_size"],
            mode=facts["mode"],
            access_needs=facts["access_needs"],
            access_note=facts.get("access_note"),
            now=now,
            actor=request.user,
        )
    except Refused as refused:
        form.add_refusal(refused)
        return _guest_page(request, event, row, form=form)
    messages.success(request, _("Saved. If the place changed, the guest gets a message."))
    return see_other(_guest_url(changed))


@staff_page("edit_attendance", methods=POST)
def guest_cancel(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Give a guest's place back; whoever waits and fits gets it at once."""
    _event, row = _guest(request, event_pk, pk)
    cancel_rsvp(rsvp_id=row.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("The RSVP of %(name)s is cancelled.") % {"name": row.name})
    return see_other(_guest_url(row))


@staff_page("edit_attendance", methods=POST)
def guest_still_comes(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Write down that a guest has told the office, by telephone perhaps, that they still come."""
    _event, row = _guest(request, event_pk, pk)
    affirm_rsvp(rsvp_id=row.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("Written down: %(name)s still comes.") % {"name": row.name})
    return see_other(_guest_url(row))


@staff_page("edit_attendance", methods=POST)
def guest_attended(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Write down whether a guest came: ``attended`` is "yes", "no" or empty."""
    event, row = _guest(request, event_pk, pk)
    values = {"yes": True, "no": False, "": None}
    typed = request.POST.get("attended", "")
    if typed not in values:
        raise Http404
    set_attended(rsvp_id=row.pk, attended=values[typed], now=clock.now(), actor=request.user)
    listed = reverse("staff-guests", kwargs={"pk": event.pk})
    back = request.POST.get("back", "")
    # Only to a page of this very list; anything else is somebody else's address.
    here = back if back.partition("?")[0] == listed else listed
    return see_other(f"{here}#guest-{row.pk}")


def _guest(request: StaffRequest, event_pk: int, pk: int) -> tuple[Event, RSVP]:
    event = own_row(request, Event.objects.for_cards(), pk=event_pk)
    row = (
        RSVP.objects.filter(event=event, pk=pk)
        .select_related("person", "upgrade_of")
        .prefetch_related("access_requests")
        .first()
    )
    if row is None:
        raise Http404
    row.event = event
    return event, row


def _guest_url(row: RSVP) -> str:
    return reverse("staff-guest", kwargs={"event_pk": row.event_id, "pk": row.pk})


def _change_form(
    request: StaffRequest, event: Event, row: RSVP, now: datetime, data: Any = None
) -> GuestChangeForm:
    ways = ways_into(event, lines_at(event))
    form = GuestChangeForm(data, rsvp=row, event=event, ways=ways, now=now)
    if "see_access_words" not in request.grants.permissions_in(event.office):
        del form.fields["access_note"]
    return form


def _guest_page(
    request: StaffRequest, event: Event, row: RSVP, *, form: GuestChangeForm | None = None
) -> HttpResponse:
    now = clock.now()
    state = rsvp_state(row, event, now)
    is_open = state in ("confirmed", "waitlisted", "unproven")
    if form is None and is_open:
        form = _change_form(request, event, row, now)
    context = {
        "event": event,
        "guest": row,
        "state": state,
        "form": form if is_open else None,
        "is_open": is_open,
        "may_cancel": row.is_active and not event.is_over(now),
        "asks_anew": is_open and row.is_asked_anew(event.asks_anew_since),
        "position": position_in_line(row) if row.is_waitlisted else None,
        "marks_attendance": row.is_confirmed and is_day_reached(event, now),
    }
    return desk_page(
        request,
        "events/staff/guest.html",
        context,
        section="events",
        office=event.office,
        status=422 if form is not None and form.errors else 200,
    )
