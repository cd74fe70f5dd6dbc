"""Cancel and postpone events, and let a postponed one take place after all."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from events.actions.line import lock_event, promote_line
from events.audit import Operation, operation
from events.errors import Refused
from events.models import Event, EventStatus, StaffUser
from events.notice import check_notice


def cancel_event(
    *,
    event_id: int,
    reason: str,
    source_hash: str = "",
    now: datetime,
    actor: StaffUser | None = None,
) -> Event:
    """Cancel the event. It stays visible with its reason; RSVP rows keep their status.

    ``source_hash``: what the calendar that it was imported from says of it now.
    """
    return _call_off(
        event_id, EventStatus.CANCELLED, "event.cancelled", reason, now, actor, source_hash
    )


def postpone_event(
    *, event_id: int, reason: str, now: datetime, actor: StaffUser | None = None
) -> Event:
    """Put the event off without a new date; it keeps its old start until it is rescheduled."""
    return _call_off(event_id, EventStatus.POSTPONED, "event.postponed", reason, now, actor)


def resume_event(*, event_id: int, now: datetime, actor: StaffUser | None = None) -> Event:
    """Let a postponed event take place on its old date after all; any other stays as it is.

    Its reminders are planned anew. Refused once the old date is over.
    """
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        if not event.is_postponed:
            return event
        if event.is_over(now):
            raise Refused("event_over", _("The old date has passed. Set a new one."))
        event.schedule_rev += 1
        # The public knew until now that it does not take place then.
        event.noticed_at = op.at
        check_notice(event)
        set_status(op, event, EventStatus.CONFIRMED, "event.resumed")
        promote_line(op, event)
    return event


def reason_is_missing() -> Refused:
    """Return why nothing is called off in silence."""
    return Refused("reason_missing", _("Say why; everyone who hears of it asks."), field="reason")


def _call_off(
    event_id: int,
    status: EventStatus,
    action: str,
    reason: str,
    now: datetime,
    actor: StaffUser | None,
    source_hash: str = "",
) -> Event:
    if not reason.strip():
        raise reason_is_missing()
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        if event.status == status or event.is_cancelled:
            return event
        event.source_hash = source_hash or event.source_hash
        set_status(op, event, status, action, reason)
    return event


def set_status(
    op: Operation, event: Event, status: EventStatus, action: str, reason: str = ""
) -> None:
    """Call a locked event off, or let it be on again, in the caller's transaction."""
    changes = {
        "status": (event.status, status),
        "status_reason": (event.status_reason, reason.strip()),
    }
    event.status, event.status_reason = status, reason.strip()
    event.sequence += 1
    op.revise(event)
    event.save()
    op.record(action, event=event, changes=changes)
