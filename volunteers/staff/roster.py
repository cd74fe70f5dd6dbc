"""One shift on the desk: who is on it, who waits, and what can be done with it."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from events import clock, dates_text
from events.models import AttendanceStatus
from events.staff.access import StaffRequest, desk_page, staff_page
from events.staff.tabs import Show, tabbed_list
from volunteers.models import Shift, ShiftClaim
from volunteers.models.claim import ShiftClaimQuerySet
from volunteers.overlap import people_with_clashes
from volunteers.queries import positions_in_line
from volunteers.staff.shift_edit import FOLDER, SECTION, own_shift

PAGE_SIZE = 100

_CONFIRMED = Q(status=AttendanceStatus.CONFIRMED)
_WAITS = Q(status=AttendanceStatus.WAITLISTED)


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


@staff_page("edit_shifts")
def shift_page(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a shift as staff see it, with its roster."""
    shift = own_shift(request, pk)
    now = clock.now()

    def narrowed(words: str) -> ShiftClaimQuerySet:
        return found(ShiftClaim.objects.filter(shift=shift), words)

    listed = tabbed_list(request, SHOWS, narrowed, usual=PAGE_SIZE)
    page = listed.rows.select_related("person")[listed.offset : listed.offset + listed.limit]
    context = {
        "shift": shift,
        "now": now,
        "is_over": shift.ends_at <= now,
        "takes_volunteers": shift.accepts_claims(now),
        "may_cancel": shift.is_posted and not shift.is_cancelled and _is_ahead(shift, now),
        "people": counted(shift),
        "roster_tabs": listed.tabs,
        "rows": lines(list(page), shift),
        "marks_attendance": shift.is_on and is_day_reached(shift, now),
        **listed.context,
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
        Q(name__icontains=words) | Q(phone__icontains=words) | Q(person__email__icontains=words)
    )


def is_day_reached(shift: Shift, now: datetime) -> bool:
    """Whether the day of the shift has begun, where it takes place."""
    today = dates_text.local(now, shift.timezone).date()
    return today >= dates_text.local(shift.starts_at, shift.timezone).date()
