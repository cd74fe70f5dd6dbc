"""Claim a shift, confirm, release; and the promotion of who waits.

Locks: the person, then the shift's event, then the shift, always; a release locks no person.
Promotion is therefore an action of its own per candidate (person, then shift, then every check
again), run after the release has committed; what a kill leaves undone the tick finishes
(:func:`promote_all_waiting`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events import places
from events.actions.line import lock_event
from events.actions.people import person_with_email, person_without_email, tell_proof
from events.audit import Operation, operation
from events.duties import row_by_row
from events.errors import Refused
from events.models import AttendanceStatus, Event, Person, StaffUser
from events.places import Pool
from volunteers.models import Shift, ShiftClaim
from volunteers.models.shift import MAX_OFFSET, ShiftQuerySet
from volunteers.overlap import Clash, first_clash


@dataclass(frozen=True)
class Outcome:
    """What became of a claim.

    "confirmed", "waitlisted", "repeated" (already there) or "overlap" (an engagement stands in
    the way: nothing was claimed, ``claim`` is ``None`` and ``clash`` says what; only a browser
    that has proven the address may be told).
    """

    claim: ShiftClaim | None
    result: str
    clash: Clash | None = None


def lock_shift(shift_id: int) -> Shift:
    """Lock the shift, and its event before it, and return it with its effective facts.

    Time and status are the event's: without its lock, somebody could claim a shift that is called
    off in the same moment, and hear of neither.
    """
    event_id = Shift.objects.values_list("event_id", flat=True).get(pk=shift_id)
    if event_id is not None:
        lock_event(event_id)
    Shift.objects.select_for_update(no_key=True).get(pk=shift_id)
    return Shift.objects.effective().select_related("event", "role").get(pk=shift_id)


def _lock_person(person_id: int) -> None:
    Person.objects.select_for_update(no_key=True).get(pk=person_id)


def _check_open(shift: Shift, now: datetime) -> None:
    if shift.is_cancelled:
        raise Refused("shift_cancelled", _("This shift was cancelled."))
    if shift.status == "postponed":
        raise Refused("shift_postponed", _("This shift is postponed. A new time will follow."))
    if shift.ends_at <= now:
        raise Refused("shift_over", _("This shift is over."))
    if not shift.is_posted:
        raise Refused("shift_not_open", _("This shift is not open yet."))


def claim_shift(
    *,
    shift_id: int,
    name: str,
    email: str = "",
    phone: str = "",
    language: str = "",
    proven: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> Outcome:
    """Claim a place on a shift, or a place in its line.

    A claim that would overlap a confirmed engagement is not made. What depends on the person
    ("repeated", "overlap") is an outcome, not an error: it is recorded, so that it can be told by
    mail, and the page tells it only to a browser that has proven the address. An overlap that staff
    (``actor``) meet is told to them alone: the volunteer has asked for nothing. Raises
    :class:`Refused` for what depends on the shift alone.
    """
    with operation(at=now, actor=actor, by_person=actor is None) as op:
        if email:
            person = person_with_email(email, name=name, language=language, at=now)
        else:
            person = person_without_email(name=name, phone=phone, language=language, at=now)
        _lock_person(person.pk)
        shift = lock_shift(shift_id)
        _check_open(shift, now)
        known: dict[str, Any] = {
            "office": shift.office_id,
            "event": shift.event,
            "person": person,
            "shift": shift,
        }
        earlier = ShiftClaim.objects.active().filter(shift=shift, person=person).first()
        if earlier is not None:
            op.record("claim.repeated", **known, claim=earlier)
            return Outcome(earlier, "repeated")
        clash = first_clash(person_id=person.pk, shift=shift)
        if clash is not None:
            if actor is None:
                op.record(
                    "claim.refused", **known, reason_code="overlap",
                    other_shift=clash.shift, other_event=clash.event,
                )  # fmt: skip
            return Outcome(None, "overlap", clash)
        claim = ShiftClaim(
            shift=shift, person=person, name=name, phone=phone, language=language,
            created_at=now, changed_at=now,
            proven_at=now if proven or actor is not None else None,
        )  # fmt: skip
        # Who waits goes first: with anybody in line, the newcomer joins its end, and the
        # promotion after this transaction serves the line in order.
        someone_waits = ShiftClaim.objects.in_line().filter(shift=shift).exists()
        pool = Pool(shift)
        if pool.fits(1) and not someone_waits:
            places.take(pool, 1)
            claim.status, claim.confirmed_at = AttendanceStatus.CONFIRMED, now
        else:
            claim.status, claim.waitlisted_at = AttendanceStatus.WAITLISTED, now
        claim.save()
        op.record(f"claim.{claim.status}", **known, claim=claim)
        must_promote = pool.fits(1) and someone_waits
    if must_promote:
        promote_waiting(shift_id=shift_id, now=now)
        claim.refresh_from_db()
    return Outcome(claim, str(AttendanceStatus(claim.status).value))


def _lock_claim(claim_id: int) -> tuple[Shift, ShiftClaim]:
    """Lock the claim's shift, then read the claim under that lock."""
    shift = lock_shift(ShiftClaim.objects.values_list("shift_id", flat=True).get(pk=claim_id))
    return shift, ShiftClaim.objects.get(pk=claim_id)


def confirm_claim(*, claim_id: int, now: datetime) -> ShiftClaim:
    """Prove the address through the mailed link, and confirm that the volunteer still comes."""
    with operation(at=now, by_person=True) as op:
        shift, claim = _lock_claim(claim_id)
        if not claim.is_active:
            raise Refused(
                "claim_released", _("This place was given back. To come after all, claim it again.")
            )
        if claim.proven_at is None:
            claim.proven_at = now
            claim.save(update_fields=["proven_at"])
        op.record(
            "claim.proven", office=shift.office_id, event=shift.event, person=claim.person_id,
            shift=shift, claim=claim,
        )  # fmt: skip
        tell_proof(op, claim.person_id)
    return claim


def release_claim(
    *, claim_id: int, reason: str = "", now: datetime, actor: StaffUser | None = None
) -> ShiftClaim:
    """Give the place back; then whoever waits and is free moves up. Twice is harmless."""
    with operation(at=now, actor=actor, by_person=actor is None) as op:
        shift, claim = _lock_claim(claim_id)
        if not claim.is_active:
            return claim
        if claim.is_confirmed:
            places.release(Pool(shift), 1)
        known: dict[str, Any] = {
            "office": shift.office_id,
            "event": shift.event,
            "person": claim.person_id,
            "shift": shift,
            "claim": claim,
        }
        if claim.proven_at is None and actor is None:
            claim.proven_at = now
            op.record("claim.proven", **known)
        claim.status = AttendanceStatus.CANCELLED
        claim.cancelled_at = claim.changed_at = now
        claim.release_reason = reason
        claim.save()
        op.record("claim.released", **known)
    promote_waiting(shift_id=claim.shift_id, now=now)
    # The volunteer's own time is free again, too: for shifts where they wait.
    elsewhere = ShiftClaim.objects.in_line().filter(person_id=claim.person_id)  # type: ignore[misc]
    if claim.person_id is not None:
        for shift_id in sorted(set(elsewhere.values_list("shift_id", flat=True))):
            promote_waiting(shift_id=shift_id, now=now)
    return claim


def set_attended(
    *, claim_id: int, attended: bool | None, now: datetime, actor: StaffUser | None = None
) -> ShiftClaim:
    """Write down whether the volunteer came (``None``: nobody has said). Not before the day.

    A claim that was given back or waits has no place to come to, and a shift that was called off
    has nobody come to it: both are refused.
    """
    with operation(at=now, actor=actor) as op:
        shift, claim = _lock_claim(claim_id)
        if claim.attended == attended:
            return claim
        if not claim.is_confirmed:
            raise Refused("no_place", _("This volunteer is not on the shift."))
        if not shift.is_on:
            raise Refused("shift_off", _("This shift did not take place."))
        if now.astimezone(shift.zone).date() < shift.starts_at.astimezone(shift.zone).date():
            raise Refused("too_early", _("Who came is written down from the day of the shift on."))
        _record_attended(op, shift, claim, attended)
        claim.attended = attended
        claim.save(update_fields=["attended"])
    return claim


def forget_who_came(op: Operation, shifts: ShiftQuerySet) -> None:
    """Of shifts whose day is to come, in the caller's transaction: nobody has come yet."""
    for shift in shifts.effective(start=op.at).select_related("event").order_by("pk"):
        if op.at.astimezone(shift.zone).date() >= shift.starts_at.astimezone(shift.zone).date():
            continue
        known = ShiftClaim.objects.filter(shift=shift).exclude(attended=None)
        for claim in known.order_by("pk"):
            _record_attended(op, shift, claim, None)
        known.update(attended=None)


def forget_who_came_to(op: Operation, event: Event, was: datetime) -> None:
    """Of the shifts at an event that was moved to another day, as :func:`forget_who_came`.

    ``was``: when the event began before. Days before that none of its shifts had begun.
    """
    if op.at < was - MAX_OFFSET - timedelta(days=2):
        return
    with_attendance = ShiftClaim.objects.filter(shift__event=event).exclude(attended=None)
    forget_who_came(op, Shift.objects.filter(pk__in=with_attendance.values("shift_id")))


def _record_attended(op: Operation, shift: Shift, claim: ShiftClaim, attended: bool | None) -> None:
    op.record(
        "claim.attended", office=shift.office_id, event=shift.event, person=claim.person_id,
        shift=shift, claim=claim, changes={"attended": (claim.attended, attended)},
    )  # fmt: skip


def promote_waiting(*, shift_id: int, now: datetime) -> list[ShiftClaim]:
    """Serve the line of a shift: one transaction per candidate, in order. Returns who moved up.

    A candidate whose time is taken by now keeps the place in line, and the next one is asked.
    """
    promoted = []
    line = ShiftClaim.objects.in_line().filter(shift_id=shift_id, person__isnull=False)
    for claim_id, person_id in list(line.values_list("pk", "person_id")):
        with operation(at=now) as op:
            claim, room = _promote_one(op, claim_id, person_id)
        if claim is not None:
            promoted.append(claim)
        if not room:
            break
    return promoted


def _promote_one(op: Operation, claim_id: int, person_id: int) -> tuple[ShiftClaim | None, bool]:
    """Return the claim if it moved up, and whether asking the next one makes sense."""
    _lock_person(person_id)
    shift, claim = _lock_claim(claim_id)
    pool = Pool(shift)
    if not shift.is_on or shift.ends_at <= op.at or not pool.fits(1):
        return None, False
    if not claim.is_waitlisted or first_clash(person_id=person_id, shift=shift) is not None:
        return None, True
    places.take(pool, 1)
    claim.status = AttendanceStatus.CONFIRMED
    claim.confirmed_at = claim.changed_at = op.at
    claim.save(update_fields=["status", "confirmed_at", "changed_at"])
    op.record(
        "claim.promoted", office=shift.office_id, event=shift.event, person=person_id,
        shift=shift, claim=claim,
    )  # fmt: skip
    return claim, pool.fits(1)


def promote_all_waiting(*, now: datetime) -> int:
    """Finish promotions that a kill left undone; return how many moved up. The tick's work."""
    with_line = (
        Shift.objects.filter(Q(capacity__isnull=True) | Q(taken__lt=F("capacity")))
        .filter(claims__status=AttendanceStatus.WAITLISTED)
        .effective(start=now)
        .going_on()
        .values_list("pk", flat=True)
        .distinct()
    )
    return row_by_row(
        sorted(set(with_line)),
        lambda pk: len(promote_waiting(shift_id=pk, now=now)),
        failed="The line of shift %s stands",
    )
