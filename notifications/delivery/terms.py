"""What must hold in the moment in which a message begins to go out, as one statement."""

from dataclasses import dataclass

from django.db.models import CharField, Exists, OuterRef, Q

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
        guard = message.guard() if message.guard is not None else Q()
        hashes = [Slot(name, CharField()) for name in hashes_of("")]
        suppressed = suppression.is_suppressed(hashes, bulk=message.bulk)
        condition = guard & _facts_as_they_are(delivery) & ~suppressed
        if delivery.letter_id is not None:
            condition &= ~is_paused()
        return cls(message, guard, claiming.step_to_transmitting(condition))


def hashes_of(address: str) -> dict[str, str]:
    """Return the hashes under which an address may be suppressed, by the slots they go into."""
    return {f"hash{n}": value for n, value in enumerate(address_hashes(address))}


def is_paused() -> Q:
    """Return the condition that the mail of the delivery's letter waits."""
    return Q(Exists(claiming.paused_letters().filter(pk=OuterRef("letter_id"))))


def _facts_as_they_are(delivery: Delivery) -> Q:
    """Return the condition that what is told is still what is written now.

    An event that moves between writing and transmitting would else be announced at its old time.
    ``sequence`` rises with time, place and status, a letter's ``revision`` with its words.
    """
    condition = Q()
    events = Event.objects.filter(pk__in=delivery.event_ids)
    for pk, sequence in events.values_list("pk", "sequence"):
        condition &= Q(Exists(Event.objects.filter(pk=pk, sequence=sequence)))
    if delivery.letter_id is not None:
        letter = Letter.objects.filter(pk=delivery.letter_id)
        for revision in letter.values_list("revision", flat=True):
            condition &= Q(Exists(letter.filter(revision=revision)))
    shifts = Shift.objects.effective()
    for found in shifts.filter(pk__in=delivery.shift_ids):
        condition &= Q(Exists(shifts.filter(Q(sequence=found.sequence), pk=found.pk)))
    return condition
