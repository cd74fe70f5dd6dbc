"""The door: guests are checked in, walk-ins and nameless people counted, and taken back.

Two doors work at once. Each of their taps carries an id that the page made (``tap``), so that a tap
that is sent twice is one entry; and a check-in says how many of the party its page showed inside
(``seen``), so that two doors which check in the same party count it once. All of it happens under
the lock of the event's row.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from events.actions.line import lock_event
from events.audit import Operation, operation
from events.errors import Refused
from events.models import RSVP, Entry, Event, Mode, StaffUser
from events.models.entry import counted_from

#: The most people that one tap lets in.
MOST_AT_ONCE = 50


def check_in(
    *,
    event_id: int,
    rsvp_id: int,
    people: int,
    seen: int,
    tap: UUID,
    beyond: bool = False,
    now: datetime,
    actor: StaffUser,
) -> Entry:
    """Let in ``people`` of a guest's party, of whom the door has ``seen`` so many inside before.

    Raises :class:`Refused`: "checked_in_meanwhile" where another door was faster; "taken_back"
    where this very tap was undone since; "rsvp_cancelled"; "seats_are_kept" where more come than
    the party has seats for and no seat is free, unless the door lets them in knowingly
    (``beyond``); "occupancy" where the room is as full as the sign by its door allows, whatever
    the door says.
    """
    with operation(at=now, actor=actor) as op:
        event = _lock(event_id, now)
        if (earlier := _known_tap(event, tap)) is not None:
            return earlier
        rsvp = RSVP.objects.get(pk=rsvp_id, event=event)
        if not rsvp.is_active:
            raise Refused("rsvp_cancelled", _("This RSVP was cancelled. Let them in as walk-ins."))
        arrived = _arrived(event, rsvp)
        if arrived != seen:
            raise Refused(
                "checked_in_meanwhile",
                _(
                    "Another door was faster: %(arrived)s of %(size)s are inside already. "
                    "Check in only those who are not."
                ),
                arrived=arrived,
                size=rsvp.party_size,
            )
        has_seats = rsvp.is_confirmed and rsvp.mode == Mode.IN_PERSON
        seats = max(rsvp.party_size - arrived, 0) if has_seats else 0
        _check_room(event, people, without_seat=max(people - seats, 0), beyond=beyond)
        entry = _let_in(op, event, people, tap, rsvp=rsvp)
        if rsvp.is_confirmed and rsvp.attended is not True:
            changes = {"attended": (rsvp.attended, True)}
            rsvp.attended = True
            rsvp.save(update_fields=["attended"])
            op.record(
                "rsvp.attended", event=event, person=rsvp.person_id, rsvp=rsvp, changes=changes
            )
    return entry


def walk_in(
    *,
    event_id: int,
    people: int,
    name: str = "",
    tap: UUID,
    beyond: bool = False,
    now: datetime,
    actor: StaffUser,
) -> Entry:
    """Let in people who are on no list: with a name, or nameless as a headcount.

    Raises :class:`Refused` ("taken_back", "seats_are_kept", "occupancy") as :func:`check_in` does.
    """
    with operation(at=now, actor=actor) as op:
        event = _lock(event_id, now)
        if (earlier := _known_tap(event, tap)) is not None:
            return earlier
        _check_room(event, people, without_seat=people, beyond=beyond)
        return _let_in(op, event, people, tap, name=name)


def take_back(*, event_id: int, entry_id: int, now: datetime, actor: StaffUser) -> Entry:
    """Undo an entry: whoever it was is not inside. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        entry = Entry.objects.select_related("rsvp").get(pk=entry_id, event=event)
        if entry.is_undone:
            return entry
        entry.undone_at = now
        entry.save(update_fields=["undone_at"])
        op.record("entry.undone", event=event, entry=entry, people=entry.people)
        rsvp = entry.rsvp
        if rsvp is not None and rsvp.attended is True and not _arrived(event, rsvp):
            rsvp.attended = None
            rsvp.save(update_fields=["attended"])
            op.record(
                "rsvp.attended", event=event, person=rsvp.person_id, rsvp=rsvp,
                changes={"attended": (True, None)},
            )  # fmt: skip
    return entry


def forget_who_came(op: Operation, event: Event, was: datetime) -> None:
    """Of a locked event that was moved, in the caller's transaction: nobody has come to it yet.

    ``was``: when it began before; of a date that was still to come there is nothing to forget. Who
    is inside already stays so, as long as the door of the new date is open.
    """
    # No door opens two days before its event.
    if op.at < was - timedelta(days=2) or op.at >= counted_from(event):
        return
    known = RSVP.objects.filter(event=event).exclude(attended=None)
    for rsvp in known.order_by("pk"):
        changes = {"attended": (rsvp.attended, None)}
        op.record("rsvp.attended", event=event, person=rsvp.person_id, rsvp=rsvp, changes=changes)
    known.update(attended=None)


def inside(event: Event) -> int:
    """How many people have come in and were not taken back; one query."""
    return Entry.objects.inside(event).people()


def seats_kept(event: Event) -> int:
    """Seats in the room for guests with a place who have not come yet; two queries."""
    confirmed = RSVP.objects.confirmed().filter(event=event, mode=Mode.IN_PERSON)
    entries = Entry.objects.inside(event).exclude(rsvp=None)
    arrived = {row["rsvp"]: row["n"] for row in entries.values("rsvp").annotate(n=Sum("people"))}
    sizes = dict(confirmed.values_list("pk", "party_size"))
    return sum(max(size - arrived.get(pk, 0), 0) for pk, size in sizes.items())


def _lock(event_id: int, now: datetime) -> Event:
    event = lock_event(event_id)
    if not event.is_posted or not event.is_on:
        raise Refused("event_is_off", _("This event does not take place."))
    if now < counted_from(event):
        raise Refused("too_early", _("The door opens on the day of the event."))
    return event


def _known_tap(event: Event, tap: UUID) -> Entry | None:
    """Return what this tap has done before. A tap that was undone since lets nobody in again."""
    entry = Entry.objects.filter(event=event, tap=tap).first()
    if entry is not None and entry.is_undone:
        raise Refused(
            "taken_back",
            _("This tap was counted and taken back since. If they are inside, tap once more."),
        )
    return entry


def _arrived(event: Event, rsvp: RSVP) -> int:
    return Entry.objects.inside(event).filter(rsvp=rsvp).people()


def _check_room(event: Event, people: int, *, without_seat: int, beyond: bool) -> None:
    """Planned seats may be exceeded knowingly, the posted occupancy never."""
    if not 1 <= people <= MOST_AT_ONCE:
        raise Refused(
            "people", _("Enter a number of people from 1 to %(most)s."), most=MOST_AT_ONCE
        )
    present = inside(event)
    most = event.venue.posted_occupancy if event.venue is not None else None
    if most is not None and present + people > most:
        raise Refused(
            "occupancy",
            _(
                "No. The sign by the door allows %(most)s people, and %(present)s are inside. "
                "Nobody more may come in. When people have left, take their entries back."
            ),
            most=most,
            present=present,
        )
    if event.capacity is None or not without_seat or beyond:
        return
    free = event.capacity - present - seats_kept(event)
    if without_seat > free:
        raise Refused(
            "seats_are_kept",
            _(
                "%(free)s seats are free: the others are taken, or kept for guests with a place "
                "who have not come yet. You can let them in all the same."
            ),
            free=max(free, 0),
        )


def _let_in(
    op: Operation,
    event: Event,
    people: int,
    tap: UUID,
    *,
    rsvp: RSVP | None = None,
    name: str = "",
) -> Entry:
    entry = Entry.objects.create(
        event=event, tap=tap, rsvp=rsvp, name=name, people=people, at=op.at, staff=op.staff
    )
    op.record(
        "entry.walked_in" if rsvp is None else "entry.checked_in",
        event=event, person=rsvp.person_id if rsvp is not None else None, rsvp=rsvp,
        entry=entry, people=people,
    )  # fmt: skip
    return entry
