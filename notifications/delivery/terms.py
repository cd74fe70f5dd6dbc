"""What must hold in the moment in which a message begins to go out, as one statement."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet

from events.models import Event
from events.proof import address_hashes
from notifications.delivery import claiming, suppression
from notifications.delivery.statements import Slot, Update
from notifications.message import Message
from notifications.models import Delivery, Letter
from volunteers.models import Shift


@dataclass(frozen=True)
class Terms:
    """The terms of one delivery, or of all copies of a letter that are written together.

    ``step`` is the step to transmitting; its slots are those of :func:`hashes_of` an address.
    """

    message: Message
    guard: Q
    step: Update

    @classmethod
    def of(cls, delivery: Delivery, message: Message) -> "Terms":
        """Return the terms under which ``delivery`` says what is written now."""
        step = _step(message.guard, message.bulk, _facts_as_they_are(delivery), len(hashes_of("")))
        return cls(message, message.guard() if message.guard is not None else Q(), step)


class _Facts(NamedTuple):
    """What a message is written from: keys with what they were at that moment."""

    events: tuple[tuple[int, int], ...]
    letters: tuple[tuple[int, int], ...]
    shifts: tuple[tuple[int, int], ...]


@lru_cache(maxsize=64)
def _step(guard: Callable[[], Q] | None, bulk: bool, facts: _Facts, hashes: int) -> Update:
    """Put the statement together: once for all batches of a letter, since it takes a while."""
    slots = [Slot(f"hash{n}", CharField()) for n in range(hashes)]
    condition = guard() if guard is not None else Q()
    for pk, sequence in facts.events:
        condition &= Q(Exists(Event.objects.filter(pk=pk, sequence=sequence)))
    for pk, revision in facts.letters:
        condition &= Q(Exists(Letter.objects.filter(pk=pk, revision=revision)))
    shifts = Shift.objects.effective()
    for pk, sequence in facts.shifts:
        condition &= Q(Exists(shifts.filter(Q(sequence=sequence), pk=pk)))
    condition &= ~suppression.is_suppressed(slots, bulk=bulk)
    if facts.letters:
        condition &= ~is_paused()
    return claiming.step_to_transmitting(condition)


def hashes_of(address: str) -> dict[str, str]:
    """Return the hashes under which an address may be suppressed, by the slots they go into."""
    return {f"hash{n}": value for n, value in enumerate(address_hashes(address))}


def is_paused() -> Q:
    """Return the condition that the mail of the delivery's letter waits."""
    return Q(Exists(claiming.paused_letters().filter(pk=OuterRef("letter_id"))))


def _facts_as_they_are(delivery: Delivery) -> _Facts:
    """Return what has to be as it is now when the message begins to go out.

    An event that moves between writing and transmitting would else be announced at its old time.
    ``sequence`` rises with time, place and status, a letter's ``revision`` with its words.
    """
    letters = [] if delivery.letter_id is None else [delivery.letter_id]
    shifts = Shift.objects.filter(pk__in=delivery.shift_ids).effective()
    return _Facts(
        _known(Event.objects.filter(pk__in=delivery.event_ids), "sequence"),
        _known(Letter.objects.filter(pk__in=letters), "revision"),
        _known(shifts, "sequence"),
    )


def _known(rows: QuerySet[Any], counter: str) -> tuple[tuple[int, int], ...]:
    """Return keys and counters, in order; without a query where there are no keys."""
    return tuple(rows.order_by("pk").values_list("pk", counter))
