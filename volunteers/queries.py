"""Reads of shifts and claims that have two callers or more: board, feed, API, pages of a person."""

import re
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import AttendanceStatus, Person
from volunteers.models import Shift, ShiftClaim
from volunteers.models.shift import ShiftQuerySet

#: What ``when`` may be on the board and in the API; without it, everything that is to come.
WHEN_LABELS = {
    "week": _("In the next 7 days"),
    "month": _("In the next 30 days"),
    "past": _("Past shifts"),
}
_AHEAD = {"week": timedelta(days=7), "month": timedelta(days=30)}
_SLUG = re.compile(r"[-\w]{1,120}", re.ASCII)


def matching_shifts(
    shifts: ShiftQuerySet, *, role: str = "", event: str = "", office: str = ""
) -> ShiftQuerySet:
    """Return the shifts of a role, an event and an office, each named by its slug if at all.

    The board, the API and the filtered feed all ask this, so that they show the same shifts.
    """
    for path, slug in (("role__slug", role), ("event__slug", event), ("office__slug", office)):
        if slug and not _SLUG.fullmatch(slug):
            return shifts.none()
        if slug:
            shifts = shifts.filter(**{path: slug})
    return shifts


def board_shifts(
    *, now: datetime, role: str = "", event: str = "", office: str = "", when: str = ""
) -> ShiftQuerySet:
    """Return the posted shifts that the board lists, soonest first; past ones latest first.

    Full ones are among them, since one can wait for a place, and so are cancelled ones, marked: who
    saw a shift yesterday must not wonder today. ``when`` is a key of :data:`WHEN_LABELS`, or empty
    for everything that is not over at ``now``; anything else is taken for empty.
    """
    if when == "past":
        shifts = Shift.objects.effective().filter(ends_at__lte=now).order_by("-starts_at", "-id")
    elif when in _AHEAD:
        shifts = Shift.objects.effective(now, now + _AHEAD[when]).upcoming(now)
    else:
        shifts = Shift.objects.effective(now).upcoming(now)
    return matching_shifts(shifts.posted(), role=role, event=event, office=office)


def open_shifts(now: datetime) -> ShiftQuerySet:
    """Return the posted shifts to come that take place and have a place left, soonest first."""
    return Shift.objects.effective(now).upcoming(now).posted().going_on().with_open_places()


def shifts_of_event(event_id: int, now: datetime) -> ShiftQuerySet:
    """Return an event's posted shifts that are not over, soonest first, called off or not."""
    return Shift.objects.filter(event=event_id).effective().posted().upcoming(now)


def waiting_count(shift: Shift) -> int:
    """Return how many people wait for a place on the shift; one query."""
    return ShiftClaim.objects.in_line().filter(shift=shift).count()


def position_in_line(claim: ShiftClaim) -> int:
    """Return a waiting claim's place in line, from 1; one query."""
    ahead = Q(waitlisted_at__lt=claim.waitlisted_at) | Q(
        waitlisted_at=claim.waitlisted_at, pk__lt=claim.pk
    )
    line = ShiftClaim.objects.filter(shift=claim.shift_id, status=AttendanceStatus.WAITLISTED)
    return line.filter(ahead).count() + 1


def upcoming_claims(person: Person, now: datetime) -> list[tuple[ShiftClaim, Shift]]:
    """Return the person's active claims of shifts that are not over, with their effective shifts.

    Soonest first; called-off shifts are among them. Three queries, however many there are.
    """
    claims = {claim.shift_id: claim for claim in ShiftClaim.objects.active().filter(person=person)}
    shifts = Shift.objects.filter(pk__in=claims).effective().upcoming(now).with_all_shown()
    return [(claims[shift.pk], shift) for shift in shifts]
