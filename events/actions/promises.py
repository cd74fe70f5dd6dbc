"""Promise, change, keep, withdraw, reopen: what an office has said at an event that it will do.

The event is locked first. Its page shows promises and what became of them, so each verb raises the
revision. Words never stand in a fact.
"""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from events.actions.events import event_is_cancelled
from events.actions.line import lock_event
from events.actions.owners import check_owner
from events.audit import Operation, operation
from events.dates_text import local
from events.errors import Refused
from events.models import Event, Promise, PromiseState, StaffUser

#: Longer words belong into the minutes.
LONGEST_PROMISE = 500
MOST_PROMISES = 50


def make_promise(
    *,
    event_id: int,
    text: str,
    due: date,
    owner: StaffUser | None = None,
    now: datetime,
    actor: StaffUser,
) -> Promise:
    """Write down what was promised at an event, until when, and who sees to it.

    Refused before the event begins, for a cancelled one, for a day before the event, and beyond
    :data:`MOST_PROMISES`.
    """
    text = _said(text, "text", _("Say what was promised."))
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        if event.is_cancelled:
            raise event_is_cancelled()
        if event.starts_at > now:
            raise Refused("too_early", _("The event has not begun yet."))
        check_owner(owner, event.office_id)
        _check_due(event, due)
        if event.promises.count() >= MOST_PROMISES:
            raise Refused(
                "too_many_rows", _("At most %(most)s are possible."), field="text",
                most=MOST_PROMISES,
            )  # fmt: skip
        promise = Promise.objects.create(
            event=event, text=text, due=due, owner=owner, created_at=now
        )
        _tell(op, "promise.made", promise)
    return promise


def change_promise(
    *,
    promise_id: int,
    text: str,
    due: date,
    owner: StaffUser | None,
    now: datetime,
    actor: StaffUser,
) -> Promise:
    """Word it better, give it another day or owner. Refused once it is kept or withdrawn."""
    text = _said(text, "text", _("Say what was promised."))
    with operation(at=now, actor=actor) as op:
        promise = _locked(promise_id, is_open=True)
        changes: dict[str, tuple[Any, Any]] = {
            name: (getattr(promise, name), new)
            for name, new in (("text", text), ("due", due), ("owner", owner))
            if getattr(promise, name) != new
        }
        # Who has left the office may keep what they had.
        if "owner" in changes:
            check_owner(owner, promise.event.office_id)
        if "due" in changes:
            _check_due(promise.event, due)
        if changes:
            promise.text, promise.due, promise.owner = text, due, owner
            promise.save()
            _tell(op, "promise.changed", promise, changes)
    return promise


def keep_promise(*, promise_id: int, outcome: str, now: datetime, actor: StaffUser) -> Promise:
    """Say what was done. Without words it is refused: the public reads them."""
    outcome = _said(outcome, "outcome", _("Say what was done."))
    return _end("promise.kept", promise_id, PromiseState.KEPT, outcome, now, actor)


def withdraw_promise(*, promise_id: int, outcome: str, now: datetime, actor: StaffUser) -> Promise:
    """Say why it will not be kept. Without words it is refused: the public reads them."""
    outcome = _said(outcome, "outcome", _("Say why it is withdrawn."))
    return _end("promise.withdrawn", promise_id, PromiseState.WITHDRAWN, outcome, now, actor)


def reopen_promise(*, promise_id: int, now: datetime, actor: StaffUser) -> Promise:
    """Take back that it is kept or withdrawn; without effect on an open one."""
    with operation(at=now, actor=actor) as op:
        promise = _locked(promise_id)
        if not promise.is_open:
            promise.state, promise.outcome = PromiseState.OPEN, ""
            promise.ended_at = promise.answer = None
            promise.save()
            _tell(op, "promise.reopened", promise)
    return promise


def _end(
    action: str,
    promise_id: int,
    state: PromiseState,
    outcome: str,
    now: datetime,
    actor: StaffUser,
) -> Promise:
    with operation(at=now, actor=actor) as op:
        promise = _locked(promise_id, is_open=True)
        promise.state, promise.outcome = state, outcome
        promise.ended_at, promise.answer = now, op.id
        promise.save()
        _tell(op, action, promise)
    return promise


def _locked(promise_id: int, *, is_open: bool = False) -> Promise:
    """Lock the event, then read its promise; refused if it had to be open and is not."""
    event = lock_event(Promise.objects.values_list("event", flat=True).get(pk=promise_id))
    promise = Promise.objects.select_related("owner").get(pk=promise_id)
    promise.event = event
    if is_open and not promise.is_open:
        raise Refused("ended", _("This promise is kept or withdrawn already."))
    return promise


def _check_due(event: Event, due: date) -> None:
    if due < local(event.starts_at, event.timezone).date():
        raise Refused("due_before_event", _("Choose a day after the event."), field="due")


def _tell(
    op: Operation, action: str, promise: Promise, changes: dict[str, tuple[Any, Any]] | None = None
) -> None:
    op.revise(promise.event)
    promise.event.save()
    op.record(action, event=promise.event, promise=promise, changes=changes)


def _said(words: str, field: str, missing: Any) -> str:
    words = words.strip()
    if not words:
        raise Refused("words_missing", missing, field=field)
    if len(words) > LONGEST_PROMISE:
        raise Refused(
            "too_long", _("At most %(most)s characters are possible."), field=field,
            most=LONGEST_PROMISE,
        )  # fmt: skip
    return words
