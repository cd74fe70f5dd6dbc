"""What became of the help that a guest asked for: arranged, refused with reasons, or open again.

A message is about one answer: the operation that gave it is on the request. Another answer makes
it untrue, and so does a guest who needs it no more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from events.models import AccessRequest, AccessState, AuditEntry, EventStatus
from events.models.access_request import AccessRequestQuerySet
from notifications.message import Message, Recipient
from notifications.messages import guards, rsvps
from notifications.models import Delivery, DeliveryState

NAMES = ("access_arranged", "access_cannot", "access_reopened")
#: States of a delivery that its person may have read.
MAY_BE_READ = (DeliveryState.ACCEPTED, DeliveryState.TRANSMITTING, DeliveryState.UNKNOWN)
#: The event is not called off; what is postponed has a new date to come.
_TO_COME = (EventStatus.TENTATIVE, EventStatus.CONFIRMED, EventStatus.POSTPONED)


def whose(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """The guest who asked."""
    return rsvps.whose(entries, cursor, limit)


def is_arranged() -> Q:
    """It is still arranged as this answer says, for the time at which the event is."""
    return _is_the_answer(AccessRequest.objects.arranged()) & guards.event_is_on()


def cannot_be() -> Q:
    """It is still refused as this answer says."""
    return _is_the_answer(AccessRequest.objects.cannot()) & guards.event_is(*_TO_COME)


def is_open_again() -> Q:
    """Nothing was answered since the answer was taken back."""
    rows = AccessRequest.objects.filter(state=AccessState.REQUESTED)
    return _is_the_answer(rows) & guards.event_is(*_TO_COME)


def _is_the_answer(rows: AccessRequestQuerySet) -> Q:
    """By person and event: the guest may take part another way by now, with another RSVP."""
    same = rows.wanted().filter(
        answer=OuterRef("operation"),
        rsvp__person_id=OuterRef("person_id"),
        rsvp__event_id=OuterRef("event_id"),
    )
    return Q(Exists(same))


def context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The answer in full, and which one the guest had heard before."""
    request = _read(delivery)
    rsvp = rsvps.read_row(request.rsvp_id)
    request.rsvp = rsvp
    return {
        **rsvps.facts(rsvp, delivery, now),
        "kind": request.label,
        "arranged_with": request.arranged_with,
        "instead": request.instead,
        "because": request.reason,
        "decided_by": request.decided_by,
        "heard": _heard(delivery, request),
    }


def context_reopened(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Raises :class:`guards.NothingToTell` where the guest knows of no answer."""
    known = context(delivery, now)
    if known["heard"] not in ("access_arranged", "access_cannot"):
        raise guards.NothingToTell(
            gettext_noop("the guest had not heard of the answer that was taken back")
        )
    return known


def _read(delivery: Delivery) -> AccessRequest:
    rows = AccessRequest.objects.wanted().filter(
        answer=delivery.operation,
        rsvp__person_id=delivery.person_id or 0,
        rsvp__event_id=delivery.event_id or 0,
    )
    request = rows.first()
    if request is None:
        raise guards.NothingToTell(
            gettext_noop("the guest needs it no more, or there is another answer")
        )
    return request


def _heard(delivery: Delivery, request: AccessRequest) -> str:
    """Return the name of the last message about this request that the guest may have read."""
    earlier = Delivery.objects.filter(
        person_id=delivery.person_id or 0,
        event_id=delivery.event_id or 0,
        message__in=NAMES,
        state__in=MAY_BE_READ,
        pk__lt=delivery.pk,
    ).order_by("-pk")
    operations = dict(earlier.values_list("operation", "message")[:20])
    about = AuditEntry.objects.filter(
        operation__in=list(operations), subjects__access_request=request.pk
    )
    last = about.order_by("-pk").values_list("operation", flat=True).first()
    return operations[last] if last is not None else ""


MESSAGES = [
    Message(
        name="access_arranged",
        title=_("Access arranged"),
        description=_("What is arranged of the help that was asked for, and whom to ask."),
        recipients=_("The guest who asked for an interpreter, captions or other help"),
        actions=("access.arranged",),
        audience=whose,
        guard=is_arranged,
        still_true=guards.holds(is_arranged),
        context=context,
    ),
    Message(
        name="access_cannot",
        title=_("Access that cannot be arranged"),
        description=_("What is offered instead, why, who decided it, and whom to call."),
        recipients=_("The guest who asked for an interpreter, captions or other help"),
        actions=("access.cannot",),
        audience=whose,
        guard=cannot_be,
        still_true=guards.holds(cannot_be),
        context=context,
    ),
    Message(
        name="access_reopened",
        title=_("Access not settled after all"),
        description=_("Says that an earlier answer is no longer certain. More will follow."),
        recipients=_("The guest who had heard the earlier answer"),
        actions=("access.reopened",),
        audience=whose,
        guard=is_open_again,
        still_true=guards.holds(is_open_again),
        context=context_reopened,
    ),
]

#: Facts that nobody is told of, each with the reason.
SILENT = {
    "access.assigned": "who of the staff sees to it changes nothing for the guest",
    "access.told": "somebody has just told the guest in person",
    "access.called_off": "the guest needs it or comes no more",
    "access.edited": "a figure for those who arrange the room",
}
