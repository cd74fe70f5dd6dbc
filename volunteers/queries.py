"""Reads of shifts and claims that have two callers or more: board, feed, API, pages of a person."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from events.errors import Refused
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

    The board, the API and the filtered feed all ask this, so that they show the same shifts. A
    slug that does not exist (any more) leaves none, as an old link would.
    """
    for path, slug in (("role__slug", role), ("event__slug", event), ("office__slug", office)):
        if slug and not _SLUG.fullmatch(slug):
            return shifts.none()
        if slug:
            shifts = shifts.filter(**{path: slug})
    return shifts


def board_shifts(params: Mapping[str, str], now: datetime) -> ShiftQuerySet:
    """Return the posted shifts that the board lists, soonest first; past ones latest first.

    ``params`` may hold ``role``, ``event``, ``office`` and ``when`` (a key of :data:`WHEN_LABELS`,
    or empty for everything that is not over at ``now``; any other raises :class:`Refused`). Full
    shifts are among them, since one can wait for a place, and so are cancelled ones, marked: who
    saw a shift yesterday must not wonder today.
    """
    when = params.get("when") or ""
    if when == "past":
        shifts = Shift.objects.effective().past(now)
    elif when in _AHEAD:
        shifts = Shift.objects.effective(now, now + _AHEAD[when]).upcoming(now)
    elif not when:
        shifts = Shift.objects.effective(now).upcoming(now)
    else:
        raise Refused("unknown_when", _("Choose week, month or past."), field="when")
    slugs = {name: params.get(name) or "" for name in ("role", "event", "office")}
    return matching_shifts(shifts.posted(), **slugs)


def open_shifts(now: datetime) -> ShiftQuerySet:
    """Return the posted shifts to come that take place and have a place left, soonest first."""
    return Shift.objects.effective(now).upcoming(now).posted().going_on().with_open_places()


def shifts_of_event(event_id: int, now: datetime) -> ShiftQuerySet:
    """Return an event's posted shifts that are not over, soonest first, called off or not."""
    return Shift.objects.filter(event=event_id).effective().posted().upcoming(now)


def waiting_count(shift: Shift) -> int:
    """Return how many people wait for a place on the shift; one query."""
    return ShiftClaim.objects.in_line().filter(shift=shift).count()


def positions_in_line(claims: list[ShiftClaim]) -> dict[int, int]:
    """Return the place in line, from 1, of each waiting claim by its key; one query."""
    ahead = (
        ShiftClaim.objects.filter(shift=OuterRef("shift"), status=AttendanceStatus.WAITLISTED)
        .filter(
            Q(waitlisted_at__lt=OuterRef("waitlisted_at"))
            | Q(waitlisted_at=OuterRef("waitlisted_at"), pk__lt=OuterRef("pk"))
        )
        .order_by()
        .values("shift")
        .annotate(n=Count("pk"))
        .values("n")
    )
    rows = ShiftClaim.objects.filter(pk__in=[claim.pk for claim in claims])
    return dict(rows.annotate(place=Coalesce(Subquery(ahead), 0) + 1).values_list("pk", "place"))


def claim_state(claim: ShiftClaim, shift: Shift, now: datetime) -> str:
    """Name what a volunteer most needs to know of a claim.

    "released", "cancelled" (the shift), "postponed", "over", "waitlisted", "unproven" (the place
    is held, the address not yet proven) or "confirmed". ``shift`` is the claim's, effective.
    """
    if claim.is_cancelled:
        return "released"
    if not shift.is_on:
        return shift.status
    if shift.ends_at <= now:
        return "over"
    if claim.is_waitlisted:
        return "waitlisted"
    return "confirmed" if claim.proven_at else "unproven"


def upcoming_claims(person: Person, now: datetime) -> list[tuple[ShiftClaim, Shift]]:
    """Return the person's active claims of shifts that are not over, with their effective shifts.

    Soonest first; called-off shifts are among them. Four queries, however many there are.
    """
    claims = {claim.shift_id: claim for claim in ShiftClaim.objects.active().filter(person=person)}
    shifts = Shift.objects.filter(pk__in=claims).effective().upcoming(now).for_cards()
    return [(claims[shift.pk], shift) for shift in shifts]
