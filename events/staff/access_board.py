"""The board of access: what guests need in order to take part, by the day it is wanted, late ones
first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Case, DateTimeField, F, When
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from events import clock, dates_text
from events.languages import language_in_use
from events.models import RSVP, AccessKind, AccessRequest, Event, Membership, Office, StaffUser
from events.models.access_request import AccessRequestQuerySet
from events.models.attendance import ACTIVE
from events.queries import MOST_AT_ONCE, read_page
from events.staff.access import (
    StaffRequest,
    asked_key,
    chosen_office,
    desk_page,
    own_row,
    staff_page,
)
from events.staff.access_forms import BoardFilterForm, CallerForm
from events.staff.guests import found

SECTION = "access"
PAGE_SIZE = 50
#: Guests that the search for a caller shows.
CALLERS = 20


class Show(NamedTuple):
    """One tab of the board."""

    name: str
    label: Any
    rows: Callable[[AccessRequestQuerySet, datetime], AccessRequestQuerySet]
    #: Left out where it is empty.
    rare: bool = False


def to_arrange(rows: AccessRequestQuerySet, now: datetime) -> AccessRequestQuerySet:
    """What waits for an answer. Late ones are still tried."""
    return rows.wanted().coming(now).to_arrange()


def to_call(rows: AccessRequestQuerySet, now: datetime) -> AccessRequestQuerySet:
    """Answers that no mail can tell."""
    return rows.wanted().coming(now).to_call()


SHOWS = [
    Show("", _("To arrange"), to_arrange),
    Show("call", _("To call"), to_call, rare=True),
    Show("arranged", _("Arranged"), lambda rows, now: rows.wanted().coming(now).arranged()),
    Show("cannot", _("Cannot be arranged"), lambda rows, now: rows.wanted().coming(now).cannot()),
    Show("off", _("To call off"), lambda rows, now: rows.coming(now).to_call_off(), rare=True),
    Show("past", _("Past"), lambda rows, now: rows.wanted().filter(rsvp__event__ends_at__lte=now),
         rare=True),
]  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One request on the board."""

    request: AccessRequest
    event: Event
    wanted_by: date
    wanted_words: str
    is_late: bool
    #: Asked for when that day had passed already.
    was_asked_late: bool


def by_day(
    rows: AccessRequestQuerySet, offices: list[Office], *, latest_first: bool = False
) -> AccessRequestQuerySet:
    """Order by when each is wanted at these offices, late ones first, or the other way round."""
    # SQLite multiplies no durations: an office's notice is a case of its own.
    notices = [
        When(
            rsvp__event__office=office.pk,
            then=F("rsvp__event__starts_at") - timedelta(days=office.access_notice_days),
        )
        for office in offices
    ]
    wanted = Case(*notices, output_field=DateTimeField())
    return rows.order_by(wanted.desc() if latest_first else wanted.asc(), "pk")


def rows_of(page: AccessRequestQuerySet, now: datetime) -> list[Row]:
    """Read a page of the board; two queries."""
    shown = page.select_related(
        "owner", "rsvp__person", "rsvp__event__office", "rsvp__event__venue"
    ).prefetch_related("rsvp__event__translations")
    return [row_of(one, now) for one in shown]


def row_of(request: AccessRequest, now: datetime) -> Row:
    """Return a request with its day in words."""
    event, wanted = request.rsvp.event, request.wanted_by
    asked_on = dates_text.local(request.created_at, event.timezone).date()
    return Row(
        request=request,
        event=event,
        wanted_by=wanted,
        wanted_words=dates_text.date_text(wanted, language_in_use(), year=False),
        is_late=request.is_late(now),
        was_asked_late=asked_on > wanted,
    )


def staff_of(offices: list[Office]) -> list[StaffUser]:
    """Return who works for these offices, by name; one query."""
    members = Membership.objects.in_force().filter(office__in=offices)
    users = StaffUser.objects.filter(is_active=True, pk__in=members.values("user"))
    return sorted(users, key=lambda user: str(user).casefold())


@staff_page("arrange_access")
def board(request: StaffRequest) -> HttpResponse:
    """Show what guests of this member's offices need, what is wanted first on top."""
    now = clock.now()
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    asked = request.GET
    office = chosen_office(request, asked["office"]) if asked.get("office") else None
    event: Event | None = None
    if (key := asked_key(request, "event")) is not None:
        event = own_row(request, Event.objects.for_cards(), pk=key)
    rows = _narrowed(request, [office] if office else request.offices, event)
    chosen = next((show for show in SHOWS if show.name == asked.get("show", "")), SHOWS[0])
    tabs: list[dict[str, Any]] = []
    count = 0
    kept = {name: asked.get(name, "") for name in ("kind", "owner", "office", "event")}
    for show in SHOWS:
        number = show.rows(rows, now).count()
        current = show is chosen
        if current:
            count = number
        elif show.rare and not number:
            continue
        query = {name: value for name, value in {"show": show.name, **kept}.items() if value}
        tabs.append(
            {"label": show.label, "url": f"?{urlencode(query)}", "count": number,
             "current": current}
        )  # fmt: skip
    is_past = chosen.name == "past"
    ordered = by_day(chosen.rows(rows, now), request.offices, latest_first=is_past)
    context = {
        "tabs": tabs,
        "show": chosen.name,
        "rows": rows_of(ordered[offset : offset + limit], now),
        "event": event,
        "form": BoardFilterForm(asked, offices=request.offices, staff=staff_of(request.offices)),
        "is_narrowed": any(kept.values()),
        "offset": offset,
        "limit": limit,
        "count": count,
    }
    return desk_page(
        request, "events/staff/access_board.html", context, section=SECTION, office=office
    )


def _narrowed(
    request: StaffRequest, offices: list[Office], event: Event | None
) -> AccessRequestQuerySet:
    rows = AccessRequest.objects.filter(rsvp__event__office__in=offices)
    if event is not None:
        rows = rows.filter(rsvp__event=event)
    if (kind := request.GET.get("kind")) and kind in AccessKind.values:
        rows = rows.filter(kind=kind)
    owner = request.GET.get("owner", "")
    if owner == "nobody":
        return rows.filter(owner=None)
    if owner == "me":
        return rows.filter(owner=request.user)
    if (key := asked_key(request, "owner")) is not None:
        return rows.filter(owner_id=key)
    return rows


@staff_page("edit_attendance")
def caller(request: StaffRequest) -> HttpResponse:
    """Find the guest who calls to ask for help, or lead to where a new one is written down."""
    now = clock.now()
    coming = Event.objects.filter(office__in=request.offices, takes_rsvps=True)
    coming = coming.posted().going_on().upcoming(now)
    language = language_in_use()
    named = [(str(one.pk), _with_day(one, language)) for one in coming[:MOST_AT_ONCE]]
    event: Event | None = None
    guests: list[RSVP] = []
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    if (key := asked_key(request, "event")) is not None:
        event = own_row(request, Event.objects.for_cards(), pk=key)
        if words:
            active = RSVP.objects.active().filter(event=event)
            # Who waits for the room with a place online in hand asks with that.
            active = active.exclude(upgrade_of__status__in=ACTIVE)
            guests = list(
                found(active, words).select_related("person").order_by("name", "pk")[:CALLERS]
            )
    context = {
        "form": CallerForm(request.GET, events=named),
        "event": event,
        "guests": guests,
        "words": words,
        "takes_guests": event is not None and event.accepts_rsvps(now),
    }
    return desk_page(request, "events/staff/access_caller.html", context, section=SECTION)


def _with_day(event: Event, language: str) -> str:
    day = dates_text.day_text(
        event.starts_at, event.ends_at, event.timezone, language, all_day=event.all_day, year=False
    )
    return f"{event.title}, {day}"
