"""RSVP, confirm, change, cancel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events import places
from events.actions.access_requests import set_kinds
from events.actions.line import (
    UnprovenCap,
    end,
    end_beside,
    lock_event,
    pool_of,
    promote_line,
)
from events.actions.people import person_with_email, person_without_email, tell_proof
from events.actions.questions import add_question, prove_questions
from events.audit import Operation, operation
from events.duties import row_by_row
from events.errors import Refused
from events.models import RSVP, AccessRequest, AttendanceStatus, Entry, Event, Mode, StaffUser

#: The largest party that one form can bring; larger groups call the office.
MAX_PARTY = 20
#: An RSVP whose address nobody proved holds no place and ends after this (DESIGN.md, Proof).
UNPROVEN_TTL = timedelta(hours=48)


@dataclass(frozen=True)
class Outcome:
    """What became of an RSVP: "confirmed", "waitlisted", "unproven" or "repeated"."""

    rsvp: RSVP
    result: str


def _check_open(event: Event, now: datetime) -> None:
    if event.is_cancelled:
        raise Refused("event_cancelled", _("This event was cancelled."))
    if event.is_postponed:
        raise Refused("event_postponed", _("This event was postponed. A new date will follow."))
    if event.is_over(now):
        raise Refused("event_over", _("This event is over."))
    if not event.takes_rsvps or not event.is_posted:
        raise Refused("no_rsvps", _("This event does not take RSVPs. The doors are open to all."))


def _check_mode(event: Event, mode: str) -> None:
    if mode not in event.modes:
        raise Refused("mode_not_offered", _("This event is not offered that way."), field="mode")


def _check_party(event: Event, mode: str, party_size: int, *, overbook: bool = False) -> None:
    if not 1 <= party_size <= MAX_PARTY:
        raise Refused(
            "party_size",
            _("Enter a number of people from 1 to %(most)s. For a larger group, call the office."),
            field="party_size",
            most=MAX_PARTY,
        )
    capacity = pool_of(event, mode).capacity
    if capacity is not None and party_size > capacity and not overbook:
        raise Refused(
            "party_never_fits",
            _("Places in all: %(capacity)s. Bring fewer people, or call the office."),
            field="party_size",
            capacity=capacity,
        )


def rsvp(
    *,
    event_id: int,
    name: str,
    email: str = "",
    phone: str = "",
    party_size: int = 1,
    mode: str,
    language: str = "",
    access_needs: Iterable[str] = (),
    access_note: str = "",
    question: str = "",
    proven: bool = False,
    overbook: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> Outcome:
    """Take a place for a party, or its place in line.

    ``proven``: the browser has shown that the address is its own. Staff (``actor``) who write down
    a caller vouch for them, and may let them in beyond the planned places (``overbook``). A second
    RSVP of the same person for the same mode changes nothing and is "repeated" (recorded, so that
    the manage link can be mailed again). ``question`` comes with a new one; with a repeated one the
    caller asks it by itself. Raises :class:`Refused` for what depends on the event or
    the form alone.
    """
    if overbook and actor is None:
        raise TypeError("Only staff go beyond the planned places.")
    with operation(at=now, actor=actor, by_person=actor is None) as op:
        if email:
            person = person_with_email(email, name=name, language=language, at=now)
        else:
            person = person_without_email(name=name, phone=phone, language=language, at=now)
        event = lock_event(event_id)
        _check_open(event, now)
        _check_mode(event, mode)
        _check_party(event, mode, party_size, overbook=overbook)
        earlier = RSVP.objects.active().filter(event=event, person=person).first()
        if earlier is not None:
            op.record("rsvp.repeated", event=event, person=person, rsvp=earlier)
            return Outcome(earlier, "repeated")
        new = RSVP(
            event=event, person=person, name=name, phone=phone, language=language, mode=mode,
            party_size=party_size, access_note=access_note, created_at=now, changed_at=now,
            proven_at=now if proven or actor is not None else None,
        )  # fmt: skip
        outcome = _enter(op, event, new, access_needs=access_needs, overbook=overbook)
        if question.strip():
            add_question(
                op, event, person, question.strip(), language=language, rsvp=new,
                proven=new.proven_at is not None,
            )  # fmt: skip
        return outcome


def _enter(
    op: Operation,
    event: Event,
    new: RSVP,
    *,
    access_needs: Iterable[str] = (),
    overbook: bool = False,
) -> Outcome:
    """Put a new row at the end of the line, run the rule, record what became of it."""
    promote_line(op, event, [new.mode])
    pool = pool_of(event, new.mode)
    beyond = overbook and not pool.fits(new.party_size)
    if beyond:
        places.take(pool, new.party_size, overbook=True)
        new.status, new.confirmed_at = AttendanceStatus.CONFIRMED, op.at
    elif not pool.fits(new.party_size):
        new.status, new.waitlisted_at = AttendanceStatus.WAITLISTED, op.at
        # The answer says what would fit.
        new.offered = pool.left or 0
    elif not UnprovenCap(event, pool, new.mode).admits(new):
        new.status = AttendanceStatus.UNPROVEN
    else:
        places.take(pool, new.party_size)
        new.status, new.confirmed_at = AttendanceStatus.CONFIRMED, op.at
    new.save()
    AccessRequest.objects.bulk_create(
        AccessRequest(rsvp=new, kind=kind, created_at=op.at) for kind in sorted(set(access_needs))
    )
    result = str(AttendanceStatus(new.status).value)
    op.record(
        f"rsvp.{result}", event=event, person=new.person_id, rsvp=new,
        overbooked=pool.overbooked if beyond else None,
    )  # fmt: skip
    return Outcome(new, result)


def _lock_rsvp(rsvp_id: int) -> tuple[Event, RSVP]:
    """Lock the event, then read the RSVP under that lock."""
    event = lock_event(RSVP.objects.values_list("event_id", flat=True).get(pk=rsvp_id))
    return event, RSVP.objects.get(pk=rsvp_id)


def _check_active(rsvp: RSVP) -> None:
    if not rsvp.is_active:
        raise Refused(
            "rsvp_cancelled", _("This RSVP was cancelled. To come after all, RSVP again.")
        )


def _check_not_inside(event: Event, rsvp: RSVP, *, keeps: int) -> None:
    """A place that somebody sits on is not given to anybody else; ``keeps``: places that stay."""
    if not (event.is_on and rsvp.is_confirmed and rsvp.mode == Mode.IN_PERSON):
        return
    arrived = Entry.objects.inside(event).filter(rsvp=rsvp).people()
    if arrived > keeps:
        raise Refused(
            "inside",
            _(
                "People of this party who are inside already: %(arrived)s. They keep their places. "
                "If they leave, tell the staff at the door."
            ),
            field="party_size" if keeps else "",
            arrived=arrived,
        )


def _prove(op: Operation, event: Event, rsvp: RSVP) -> None:
    """A POST through the mailed link proves the address, and that the party still comes; an
    unproven RSVP joins the line."""
    tell_proof(op, rsvp.person_id)
    rsvp.affirmed_at = op.at
    fields = ["affirmed_at"]
    if rsvp.proven_at is None:
        rsvp.proven_at = op.at
        fields += ["proven_at"]
        if rsvp.is_unproven:
            rsvp.status, rsvp.waitlisted_at = AttendanceStatus.WAITLISTED, op.at
            fields += ["status", "waitlisted_at"]
        op.record("rsvp.proven", event=event, person=rsvp.person_id, rsvp=rsvp)
        prove_questions(op, rsvp)
    rsvp.save(update_fields=fields)


def confirm_rsvp(*, rsvp_id: int, now: datetime) -> RSVP:
    """Prove the address through the mailed link, and confirm that the party still comes."""
    with operation(at=now, by_person=True) as op:
        event, rsvp = _lock_rsvp(rsvp_id)
        _check_active(rsvp)
        was_unproven, was_proven = rsvp.is_unproven, rsvp.proven_at is not None
        _prove(op, event, rsvp)
        if was_proven:
            op.record("rsvp.affirmed", event=event, person=rsvp.person_id, rsvp=rsvp)
        promoted = promote_line(op, event)
        if was_unproven and rsvp.pk not in {other.pk for other in promoted}:
            op.record("rsvp.waitlisted", event=event, person=rsvp.person_id, rsvp=rsvp)
    return RSVP.objects.get(pk=rsvp_id)


def affirm_rsvp(*, rsvp_id: int, now: datetime, actor: StaffUser | None = None) -> RSVP:
    """Write down that the party has told the office that it still comes. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        event, rsvp = _lock_rsvp(rsvp_id)
        _check_active(rsvp)
        if rsvp.is_asked_anew(event.asks_anew_since):
            rsvp.affirmed_at = op.at
            rsvp.save(update_fields=["affirmed_at"])
            op.record("rsvp.affirmed", event=event, person=rsvp.person_id, rsvp=rsvp)
    return rsvp


def change_rsvp(
    *,
    rsvp_id: int,
    party_size: int,
    mode: str,
    access_needs: Iterable[str] | None = None,
    access_note: str | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> RSVP:
    """Change party size, mode and needs (``None``: leave as they are); return the row that counts.

    A larger party that does not fit is refused with what fits, the old place kept. The old place,
    and a place in line, goes only when the new one is confirmed: who holds a remote place and asks
    for a full room keeps it and waits for the room with a second row.
    """
    with operation(at=now, actor=actor, by_person=actor is None) as op:
        event, rsvp = _lock_rsvp(rsvp_id)
        _check_active(rsvp)
        _check_open(event, now)
        was_unproven = rsvp.is_unproven
        if actor is None:
            _prove(op, event, rsvp)
        _check_not_inside(event, rsvp, keeps=party_size if mode == rsvp.mode else 0)
        if mode != rsvp.mode:
            _check_mode(event, mode)
        if (mode, party_size) != (rsvp.mode, rsvp.party_size):
            _check_party(event, mode, party_size)
        if access_needs is not None or access_note is not None:
            _set_needs(op, event, rsvp, access_needs, access_note)
        if mode != rsvp.mode:
            return _change_mode(op, event, rsvp, mode, party_size)
        if party_size != rsvp.party_size:
            _change_size(op, event, rsvp, party_size)
        promoted = promote_line(op, event, freed=True)
        joined_the_line = was_unproven and rsvp.is_waitlisted
        if joined_the_line and rsvp.pk not in {other.pk for other in promoted}:
            op.record("rsvp.waitlisted", event=event, person=rsvp.person_id, rsvp=rsvp)
    return RSVP.objects.get(pk=rsvp_id)


def _set_needs(
    op: Operation,
    event: Event,
    rsvp: RSVP,
    access_needs: Iterable[str] | None,
    access_note: str | None,
) -> None:
    changes: dict[str, tuple[object, object]] = {}
    if access_needs is not None:
        kinds = set(access_needs)
        # The same party's place online and its wait for the room ask for the same.
        beside = RSVP.objects.active().filter(Q(upgrade_of=rsvp) | Q(pk=rsvp.upgrade_of_id or 0))
        for other in beside:
            set_kinds(op, event, other.pk, kinds)
        if set_kinds(op, event, rsvp.pk, kinds):
            changes["access_needs"] = (None, None)
    if access_note is not None and access_note != rsvp.access_note:
        rsvp.access_note = access_note
        rsvp.save(update_fields=["access_note"])
        changes["access_note"] = (None, None)
    if changes:
        op.record(
            "rsvp.needs_changed", event=event, person=rsvp.person_id, rsvp=rsvp, changes=changes
        )


def _change_size(op: Operation, event: Event, rsvp: RSVP, party_size: int) -> None:
    old = rsvp.party_size
    if rsvp.is_confirmed:
        pool = pool_of(event, rsvp.mode)
        if party_size > old:
            if not pool.fits(party_size - old):
                raise Refused(
                    "does_not_fit",
                    _(
                        "Only %(fits)s people fit now. Your place for %(old)s is kept. "
                        "Enter %(fits)s or fewer."
                    ),
                    field="party_size",
                    fits=old + (pool.left or 0),
                    old=old,
                )
            places.take(pool, party_size - old)
        else:
            places.release(pool, old - party_size)
    rsvp.party_size, rsvp.changed_at = party_size, op.at
    rsvp.save(update_fields=["party_size", "changed_at"])
    # The same party waits for the room: moving up must leave nobody behind.
    upgrade = RSVP.objects.active().filter(upgrade_of=rsvp).first()
    if upgrade is not None:
        _check_party(event, upgrade.mode, party_size)
        upgrade.party_size, upgrade.changed_at = party_size, op.at
        upgrade.save(update_fields=["party_size", "changed_at"])
    op.record(
        "rsvp.changed", event=event, person=rsvp.person_id, rsvp=rsvp, upgrade=upgrade,
        changes={"party_size": (old, party_size)},
    )  # fmt: skip


def _change_mode(op: Operation, event: Event, old: RSVP, mode: str, party_size: int) -> RSVP:
    other = RSVP.objects.active().filter(event=event, person=old.person_id, mode=mode).first()
    if other is not None:
        raise Refused(
            "already_waiting", _("You are already on the list for that. See your other link.")
        )
    new = RSVP(
        event=event, person_id=old.person_id, name=old.name, phone=old.phone,
        language=old.language, mode=mode, party_size=party_size, access_note=old.access_note,
        created_at=op.at, changed_at=op.at, proven_at=old.proven_at, affirmed_at=old.affirmed_at,
    )  # fmt: skip
    needs = [request.kind for request in old.needs]
    if not pool_of(event, mode).fits(party_size):
        if old.is_confirmed and mode == Mode.REMOTE:
            raise Refused(
                "mode_full",
                _("Online places are full. Your place in the room is kept."),
                field="mode",
            )
        if old.is_waitlisted and old.waitlisted_at != op.at:
            raise Refused(
                "other_way_full",
                _(
                    "There is no free place that way either, so your place in line is kept. "
                    "To wait there instead, cancel and RSVP again."
                ),
                field="mode",
            )
    if old.is_confirmed:
        new.upgrade_of = old
    outcome = _enter(op, event, new, access_needs=needs)
    if outcome.result == "confirmed" or not old.is_confirmed:
        end_beside(op, event, old, new)
        if new.upgrade_of_id:
            new.upgrade_of = None
            new.save(update_fields=["upgrade_of"])
    promote_line(op, event, freed=True)
    return RSVP.objects.get(pk=new.pk)


def cancel_rsvp(*, rsvp_id: int, now: datetime, actor: StaffUser | None = None) -> RSVP:
    """Give the place back, and promote whoever fits in the same transaction.

    Cancelling the place also ends a wait for the room that came with it. Twice is harmless. Raises
    :class:`Refused` ("inside") for a place that somebody sits on: the door takes them back first.
    """
    with operation(at=now, actor=actor, by_person=actor is None) as op:
        event, rsvp = _lock_rsvp(rsvp_id)
        if not rsvp.is_active:
            return rsvp
        _check_not_inside(event, rsvp, keeps=0)
        if actor is None:
            _prove(op, event, rsvp)
        end(op, event, rsvp)
        op.record("rsvp.cancelled", event=event, person=rsvp.person_id, rsvp=rsvp)
        for waiting in RSVP.objects.active().filter(upgrade_of=rsvp):
            end_beside(op, event, waiting, rsvp)
        promote_line(op, event, freed=True)
    return rsvp


def set_attended(
    *, rsvp_id: int, attended: bool | None, now: datetime, actor: StaffUser | None = None
) -> RSVP:
    """Write down whether the party came (``None``: nobody has said). Not before its event's day.

    An RSVP that was cancelled or waits has no place to come to, and is refused; so is another word
    about who was checked in at the door, until that is taken back there.
    """
    with operation(at=now, actor=actor) as op:
        event, rsvp = _lock_rsvp(rsvp_id)
        if rsvp.attended == attended:
            return rsvp
        if not rsvp.is_confirmed:
            raise Refused("no_place", _("This guest has no place. Give them one first."))
        if now.astimezone(event.zone).date() < event.starts_at.astimezone(event.zone).date():
            raise Refused("too_early", _("Who came is written down from the day of the event on."))
        if not attended and Entry.objects.inside(event).filter(rsvp=rsvp).exists():
            raise Refused(
                "checked_in", _("They were checked in at the door. Take that entry back there.")
            )
        changes = {"attended": (rsvp.attended, attended)}
        rsvp.attended = attended
        rsvp.save(update_fields=["attended"])
        op.record("rsvp.attended", event=event, person=rsvp.person_id, rsvp=rsvp, changes=changes)
    return rsvp


def expire_unproven(*, now: datetime) -> int:
    """End RSVPs that nobody proved within 48 hours; return how many. The tick's work."""
    stale = RSVP.objects.filter(
        status=AttendanceStatus.UNPROVEN, created_at__lte=now - UNPROVEN_TTL
    ).values_list("pk", flat=True)
    return row_by_row(
        list(stale[:500]), lambda pk: _expire(pk, now), failed="RSVP %s could not be ended"
    )


def _expire(rsvp_id: int, now: datetime) -> bool:
    """End one, unless somebody has proved or cancelled it meanwhile."""
    with operation(at=now) as op:
        event, rsvp = _lock_rsvp(rsvp_id)
        if not rsvp.is_unproven:
            return False
        end(op, event, rsvp)
        op.record("rsvp.expired", event=event, person=rsvp.person_id, rsvp=rsvp)
    return True
