"""The places of one event and the line for them: what RSVPs and changes of the event share.

The event's row is the holder of both pools, the room and online: one lock. Nothing here opens a
transaction; places are counted in ``events.places`` alone.
"""

import math
from collections.abc import Iterable

from django.conf import settings
from django.db.models import F, Q, Sum

from events import places
from events.audit import Operation
from events.models import RSVP, AccessRequest, AttendanceStatus, Event, Mode
from events.places import Pool


def pool_of(event: Event, mode: str) -> Pool:
    """Return the pool of places that ``mode`` draws on; ``event`` is locked by the caller."""
    if mode == Mode.REMOTE:
        return Pool(event, "remote_capacity", "remote_taken", "remote_overbooked")
    return Pool(event)


def unproven_limit(capacity: int) -> int:
    """Places of a pool that unproven addresses may hold together (DESIGN.md, Proof)."""
    return min(max(math.ceil(settings.UNPROVEN_SHARE * capacity), 8), capacity)


def lock_event(event_id: int) -> Event:
    """Lock and return the event. ``no_key``: rows that point at it can still be inserted."""
    return Event.objects.select_for_update(no_key=True).get(pk=event_id)


def promote_line(
    op: Operation, event: Event, modes: Iterable[str] | None = None, *, freed: bool = False
) -> list[RSVP]:
    """Confirm everyone in line who fits now, in the caller's transaction; return them.

    ``event`` is locked. An unproven address is passed over while unproven places are at their
    limit. Who waited for the room with a remote place in hand gives the remote place back. Nobody
    moves up into a room, or a call, that the event has given up since. Where places were
    ``freed``, whoever is passed over because the party does not fit is told what would.
    """
    promoted: list[RSVP] = []
    if not event.is_on or event.is_over(op.at):
        return promoted
    for mode in event.modes if modes is None else [m for m in event.modes if m in modes]:
        pool = pool_of(event, mode)
        if pool.left == 0:
            continue
        line = RSVP.objects.in_line().filter(event=event, mode=mode)
        if pool.left is not None:
            # What is free only shrinks while the line is walked: larger parties cannot fit.
            line = line.filter(party_size__lte=pool.left)
        cap = UnprovenCap(event, pool, mode)
        for rsvp in places.promote(pool, line, size=lambda r: r.party_size, may=cap.admits):
            rsvp.status = AttendanceStatus.CONFIRMED
            rsvp.confirmed_at = rsvp.changed_at = op.at
            rsvp.save(update_fields=["status", "confirmed_at", "changed_at"])
            op.record("rsvp.promoted", event=event, person=rsvp.person_id, rsvp=rsvp)
            promoted.append(rsvp)
            if rsvp.upgrade_of_id:
                promoted += _finish_upgrade(op, event, rsvp)
        if freed:
            _offer_to_come_with_fewer(op, event, pool, mode)
    return promoted


def _offer_to_come_with_fewer(op: Operation, event: Event, pool: Pool, mode: str) -> None:
    """Tell parties that are larger than what is free now; again only when twice as much is free.

    They keep their place in line. An address that nobody has proven is not written to again, and
    who has a place online meanwhile is not asked to leave somebody behind.
    """
    if not pool.left:
        return
    too_large = RSVP.objects.in_line().filter(
        event=event, mode=mode, upgrade_of=None, proven_at__isnull=False,
        party_size__gt=pool.left, offered__lte=pool.left // 2,
    )  # fmt: skip
    for rsvp in too_large:
        rsvp.offered = pool.left
        rsvp.save(update_fields=["offered"])
        op.record("rsvp.passed_over", event=event, person=rsvp.person_id, rsvp=rsvp)


class UnprovenCap:
    """How many more places unproven addresses may take, read once when first asked."""

    def __init__(self, event: Event, pool: Pool, mode: str) -> None:
        self.event, self.pool, self.mode = event, pool, mode
        self.held: int | None = None

    def admits(self, rsvp: RSVP) -> bool:
        """Whether ``rsvp`` may take its places; counts them if it may."""
        if self.pool.capacity is None or rsvp.proven_at is not None:
            return True
        if self.held is None:
            unproven = RSVP.objects.confirmed().filter(
                event=self.event, mode=self.mode, proven_at=None
            )
            self.held = unproven.aggregate(n=Sum("party_size"))["n"] or 0
        if self.held + rsvp.party_size > unproven_limit(self.pool.capacity):
            return False
        self.held += rsvp.party_size
        return True


def _finish_upgrade(op: Operation, event: Event, rsvp: RSVP) -> list[RSVP]:
    """Give back the remote place of a party that is in the room now; return who gets it."""
    remote = RSVP.objects.active().filter(pk=rsvp.upgrade_of_id).first()  # type: ignore[misc]
    if remote is None:
        return []
    end_beside(op, event, remote, rsvp)
    return promote_line(op, event, [remote.mode], freed=True)


def end(op: Operation, event: Event, rsvp: RSVP) -> None:
    """Mark the RSVP cancelled and release what it held. Records nothing, promotes nobody."""
    if rsvp.is_confirmed:
        places.release(pool_of(event, rsvp.mode), rsvp.party_size)
    if AccessRequest.objects.filter(rsvp=rsvp).shown_to_all().exists():
        # The event's page may no longer say that it is arranged.
        Event.objects.filter(pk=event.pk).update(revision=F("revision") + 1)
    rsvp.status = AttendanceStatus.CANCELLED
    rsvp.cancelled_at = rsvp.changed_at = op.at
    rsvp.save(update_fields=["status", "cancelled_at", "changed_at"])


def end_beside(op: Operation, event: Event, rsvp: RSVP, other: RSVP) -> None:
    """End a row because of ``other``, the same guest's for the other way to attend, whose fact is
    the one that is told."""
    end(op, event, rsvp)
    if other.is_active:
        _hand_over_needs(rsvp, other)
    op.record("rsvp.ended", event=event, person=rsvp.person_id, rsvp=rsvp, other=other)


def _hand_over_needs(rsvp: RSVP, other: RSVP) -> None:
    """Let what is arranged for a guest stay arranged when they take part another way."""
    asked = AccessRequest.objects.filter(rsvp=rsvp)
    kinds = list(asked.values_list("kind", flat=True))
    AccessRequest.objects.filter(rsvp=other, kind__in=kinds).delete()
    asked.update(rsvp=other)


def position_in_line(rsvp: RSVP) -> tuple[int, int]:
    """Return (position from 1, people ahead) of a waiting RSVP; two queries at most."""
    ahead = RSVP.objects.filter(
        event=rsvp.event_id, mode=rsvp.mode, status=AttendanceStatus.WAITLISTED
    ).filter(
        Q(waitlisted_at__lt=rsvp.waitlisted_at)
        | Q(waitlisted_at=rsvp.waitlisted_at, pk__lt=rsvp.pk)
    )
    figures = ahead.aggregate(people=Sum("party_size"))
    return ahead.count() + 1, figures["people"] or 0
