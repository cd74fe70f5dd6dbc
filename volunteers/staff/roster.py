"""One shift on the desk: who is on it, who waits, and what can be done with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from events import clock, dates_text
from events.models import AttendanceStatus
from events.queries import read_page
from events.staff.access import StaffRequest, desk_page, staff_page
from volunteers.models import Shift, ShiftClaim
from volunteers.models.claim import ShiftClaimQuerySet
from volunteers.overlap import people_with_clashes
from volunteers.queries import positions_in_line
from volunteers.staff.shift_edit import FOLDER, SECTION, own_shift

PAGE_SIZE = 100

_CONFIRMED = Q(status=AttendanceStatus.CONFIRMED)
_WAITS = Q(status=AttendanceStatus.WAITLISTED)


class Show(NamedTuple):
    """One tab of the roster: which claims, in which order."""

    name: str
    label: Any
    rows: Callable[[ShiftClaimQuerySet], ShiftClaimQuerySet]
    #: Left out where it is empty.
    rare: bool = False


def _by_name(rows: ShiftClaimQuerySet) -> ShiftClaimQuerySet:
    return rows.order_by("name", "id")


SHOWS = [
    Show("", _("On the shift"), lambda rows: _by_name(rows.confirmed())),
    Show("waiting", _("Waiting"), lambda rows: rows.in_line()),
    Show("unproven", _("Address not confirmed"),
         lambda rows: _by_name(rows.active().filter(proven_at=None)), rare=True),
    Show("call", _("To call"),
         lambda rows: _by_name(rows.active().filter(person__email=None)), rare=True),
    Show("released", _("Given back"),
         lambda rows: rows.filter(status=AttendanceStatus.CANCELLED)
         .order_by("-cancelled_at", "id"), rare=True),
]  # fmt: skip


class SearchForm(forms.Form):
    """The search of the roster."""

    mark_optional = False

    q = forms.CharField(
        label=_("Name, email or phone"),
        required=False,
        widget=forms.TextInput({"type": "search"}),
    )
    show = forms.CharField(required=False, widget=forms.HiddenInput)


@staff_page("edit_shifts")
def shift_page(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a shift as staff see it, with its roster."""
    shift = own_shift(request, pk)
    now = clock.now()
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    chosen = next((s for s in SHOWS if s.name == request.GET.get("show", "")), SHOWS[0])
    rows = found(ShiftClaim.objects.filter(shift=shift), words)
    tabs, page, count = [], ShiftClaim.objects.none(), 0
    for show in SHOWS:
        shown = show.rows(rows)
        number = shown.count()
        if show is chosen:
            page, count = shown, number
        elif show.rare and not number:
            continue
        query = {"show": show.name, "q": words}
        url = "?" + urlencode({name: value for name, value in query.items() if value})
        tabs.append({"label": show.label, "url": url, "count": number, "current": show is chosen})
    claims = list(page.select_related("person")[offset : offset + limit])
    context = {
        "shift": shift,
        "now": now,
        "is_over": shift.ends_at <= now,
        "takes_volunteers": shift.accepts_claims(now),
        "may_cancel": shift.is_posted and not shift.is_cancelled and _is_ahead(shift, now),
        "people": counted(shift),
        "roster_tabs": tabs,
        "show": chosen.name,
        "rows": lines(claims, shift),
        "form": SearchForm(initial={"q": words, "show": chosen.name}),
        "is_narrowed": bool(words),
        "marks_attendance": shift.is_on and is_day_reached(shift, now),
        "here": request.get_full_path(),
        "offset": offset,
        "limit": limit,
        "count": count,
    }
    return desk_page(request, f"{FOLDER}/shift.html", context, section=SECTION, office=shift.office)


def _is_ahead(shift: Shift, now: datetime) -> bool:
    """Whether there is still something to call off: not over, or without a date for now."""
    return shift.ends_at > now or not shift.is_on


class Line(NamedTuple):
    """One volunteer on the roster."""

    claim: ShiftClaim
    #: The place in line, from 1; ``None`` for who does not wait.
    position: int | None
    #: Whether a confirmed engagement overlaps the place held: after one of the two was moved.
    clashes: bool


def lines(claims: list[ShiftClaim], shift: Shift) -> list[Line]:
    """Return claims (with their persons) as lines of the roster; three queries at most."""
    waiting = [claim for claim in claims if claim.is_waitlisted]
    positions = positions_in_line(waiting) if waiting else {}
    held = {claim.person_id for claim in claims if claim.is_confirmed and claim.person_id}
    busy: set[int] = set()
    if held and shift.is_on:
        busy = people_with_clashes(person_ids=held, shift=shift)
    return [
        Line(claim, positions.get(claim.pk), claim.is_confirmed and claim.person_id in busy)
        for claim in claims
    ]


def counted(shift: Shift) -> dict[str, int]:
    """Return how many people are on the shift, wait and came; one query."""
    return ShiftClaim.objects.filter(shift=shift).aggregate(
        confirmed=Count("pk", filter=_CONFIRMED),
        waiting=Count("pk", filter=_WAITS),
        came=Count("pk", filter=_CONFIRMED & Q(attended=True)),
    )


def found(rows: ShiftClaimQuerySet, words: str) -> ShiftClaimQuerySet:
    """Keep the claims whose name, e-mail address or phone number holds ``words``."""
    if not words:
        return rows
    return rows.filter(
        Q(name__icontains=words)
        | Q(phone__icontains=words)
        | Q(person__email__icontains=words)
        | Q(person__phone__icontains=words)
    )


def is_day_reached(shift: Shift, now: datetime) -> bool:
    """Whether the day of the shift has begun, where it takes place."""
    today = dates_text.local(now, shift.timezone).date()
    return today >= dates_text.local(shift.starts_at, shift.timezone).date()
