"""Sends a letter once more to those who have not got it, or may not have. Only to those."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from events.audit import operation
from events.errors import Refused
from events.models import StaffUser
from notifications import catalogue
from notifications.delivery.suppression import stops_letters
from notifications.letters.account import MESSAGE, copies_of
from notifications.models import Delivery, DeliveryState, Letter

#: What may be sent again by order. Whoever has it, or must not get it, is not among them.
RESENDABLE = frozenset({DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.EXPIRED})


def to_resend(letter: Letter, states: Collection[str]) -> QuerySet[Delivery]:
    """Return the letter's deliveries in ``states`` that an order sends again.

    Left out are addresses that get no letters, such as those that the server said do not exist, and
    readers who unsubscribed: they stay in the account as what they are, with the reason.
    """
    rows = copies_of(letter).filter(state__in=states)
    guard = catalogue.named(MESSAGE).guard
    wanted = rows.filter(guard()) if guard is not None else rows
    return wanted.filter(person__email__isnull=False).exclude(stops_letters("person"))


def resend(*, letter_id: int, states: Collection[str], ordered_by: StaffUser, now: datetime) -> int:
    """Make the letter's deliveries in ``states`` due again; return how many.

    The same rows with the same Message-ID, so that a reader who has it after all sees one message
    (DELIVERY.md, Definition: one copy more an order). Who is among them: :func:`to_resend`; who
    must not be written to any more when it is their turn is left out then. ``states``: of
    :data:`RESENDABLE`; anything else is a TypeError.
    """
    if unknown := set(states) - RESENDABLE:
        raise TypeError(f"resend does not send {sorted(unknown)} again")
    with operation(at=now, actor=ordered_by) as op:
        letter = Letter.objects.select_for_update(no_key=True).get(pk=letter_id)
        if letter.retracted_at is not None:
            raise Refused("letter_retracted", _("This letter was taken back. It is sent no more."))
        count = to_resend(letter, states).update(
            state=DeliveryState.DUE,
            next_attempt_at=now,
            finished_at=None,
            attempts=0,
            resends=F("resends") + 1,
            resend_ordered_by=ordered_by,
        )
        if count:
            op.record(
                "letter.resent", office=letter.office_id, letter=letter,
                states=", ".join(sorted(str(DeliveryState(state).value) for state in states)),
                deliveries=count,
            )  # fmt: skip
    return count
