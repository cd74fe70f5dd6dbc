"""Take, arrange, say what cannot be, reopen: the work that an access request is.

The event is locked first, as by all that concerns its guests. Words never stand in a fact.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from events.actions.line import lock_event
from events.actions.owners import check_owner
from events.audit import Operation, operation
from events.errors import Refused
from events.models import AccessKind, AccessRequest, AccessState, Event, StaffUser
from events.models.access_request import FOR_EVERYBODY

#: Longer words belong into a call.
LONGEST_WORDS = 1000
#: More people beside one guest than any party has.
MOST_COMPANIONS = 20


def assign_request(
    *, request_id: int, owner: StaffUser | None, now: datetime, actor: StaffUser
) -> AccessRequest:
    """Give a request an owner, or ``None``. Refused for who does not work for the office."""
    with operation(at=now, actor=actor) as op:
        event, request = _locked(request_id)
        check_owner(owner, event.office_id)
        if owner != request.owner:
            request.owner = owner
            request.save(update_fields=["owner"])
            op.record("access.assigned", **_about(event, request))
    return request


def arrange_requests(
    *,
    request_ids: Iterable[int],
    arranged_with: str,
    language: str = "",
    seen: UUID | None = None,
    now: datetime,
    actor: StaffUser,
) -> list[AccessRequest]:
    """Write down what is arranged: for one request, or for several at one event.

    One interpreter serves all who asked for one. Each guest is told. ``language`` is the one that
    an interpreter speaks. ``seen`` is the last answer that the first request's reader knew of:
    refused if there is another by now.
    """
    arranged_with = _said(arranged_with, "arranged_with", _("Say what is arranged."))
    with operation(at=now, actor=actor) as op:
        first, *others = list(request_ids)
        event, request = _locked(first, open_at=now, seen=seen)
        rows = AccessRequest.objects.filter(pk__in=others, rsvp__event=event, kind=request.kind)
        together = [request, *rows.wanted().to_arrange().select_related("rsvp", "owner")]
        for one in together:
            if one.kind == AccessKind.INTERPRETER and not language:
                raise Refused(
                    "language_missing", _("Choose the language that is interpreted."),
                    field="language",
                )  # fmt: skip
            one.arranged_with = arranged_with
            one.language = language if one.kind == AccessKind.INTERPRETER else ""
            one.schedule_rev = event.schedule_rev
            one.decided_by = one.reason = one.instead = ""
            _answer(op, one, AccessState.ARRANGED)
            op.record("access.arranged", **_about(event, one))
        _show(op, event, request)
    return together


def cannot_arrange(
    *,
    request_id: int,
    decided_by: str,
    reason: str,
    instead: str,
    seen: UUID | None = None,
    now: datetime,
    actor: StaffUser,
) -> AccessRequest:
    """Say that what a guest asked for cannot be: who decided, why, and what there is instead.

    All three, or it is refused: the guest gets them in writing.
    """
    with operation(at=now, actor=actor) as op:
        event, request = _locked(request_id, open_at=now, seen=seen)
        request.decided_by = _said(
            decided_by, "decided_by", _("Say who decided it, by name and position.")
        )
        request.reason = _said(reason, "reason", _("Say why it cannot be arranged."))
        request.instead = _said(
            instead, "instead", _("Say what you offer instead. Without it, keep trying.")
        )
        request.arranged_with, request.language, request.schedule_rev = "", "", None
        _answer(op, request, AccessState.CANNOT)
        op.record("access.cannot", **_about(event, request))
        _show(op, event, request)
    return request


def reopen_request(
    *, request_id: int, seen: UUID | None = None, now: datetime, actor: StaffUser
) -> AccessRequest:
    """Take an answer back: it is to be arranged again. Who had heard the answer is told."""
    with operation(at=now, actor=actor) as op:
        event, request = _locked(request_id, open_at=now, seen=seen)
        if request.state != AccessState.REQUESTED:
            request.arranged_with = request.decided_by = request.reason = request.instead = ""
            request.language, request.schedule_rev = "", None
            _answer(op, request, AccessState.REQUESTED)
            op.record("access.reopened", **_about(event, request))
            _show(op, event, request)
    return request


def note_told(*, request_id: int, now: datetime, actor: StaffUser) -> AccessRequest:
    """Write down that somebody told the guest the answer in person. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        event, request = _locked(request_id)
        if request.state == AccessState.REQUESTED:
            raise Refused("no_answer", _("There is no answer to tell yet."))
        if request.told_at is None:
            request.told_at = now
            request.save(update_fields=["told_at"])
            op.record("access.told", **_about(event, request))
    return request


def note_called_off(*, request_id: int, now: datetime, actor: StaffUser) -> AccessRequest:
    """Write down that what was arranged is called off, for its guest needs it or comes no more.

    Refused while somebody needs it. Twice is harmless.
    """
    with operation(at=now, actor=actor) as op:
        rows = AccessRequest.objects.filter(pk=request_id)
        event = lock_event(rows.values_list("rsvp__event_id", flat=True).get())
        request = rows.select_related("rsvp").get()
        if request.is_wanted and request.rsvp.is_active:
            raise Refused("still_needed", _("The guest still needs this. Nothing was changed."))
        if request.arranged_with:
            request.arranged_with, request.state = "", AccessState.WITHDRAWN
            request.save(update_fields=["arranged_with", "state"])
            op.record("access.called_off", **_about(event, request))
    return request


def count_companions(
    *, request_id: int, companions: int | None, now: datetime, actor: StaffUser
) -> AccessRequest:
    """Write down how many people stay beside the guest; ``None`` for the rest of the party."""
    if companions is not None and not 0 <= companions <= MOST_COMPANIONS:
        raise Refused(
            "companions", _("Enter a number of people from 0 to %(most)s."), field="companions",
            most=MOST_COMPANIONS,
        )  # fmt: skip
    with operation(at=now, actor=actor) as op:
        event, request = _locked(request_id)
        if request.companions != companions:
            request.companions = companions
            request.save(update_fields=["companions"])
            op.record("access.edited", **_about(event, request))
    return request


def set_kinds(op: Operation, event: Event, rsvp_id: int, kinds: set[str]) -> bool:
    """Let an RSVP ask for these kinds, in the caller's transaction; return whether it is another
    choice than before.

    What nobody has worked on yet goes without a trace; the rest stays as withdrawn, so that what
    was arranged is called off.
    """
    rows = AccessRequest.objects.filter(rsvp=rsvp_id).exclude(state=AccessState.WITHDRAWN)
    had = set(rows.values_list("kind", flat=True))
    dropped = rows.exclude(kind__in=kinds)
    if dropped.shown_to_all().exists():
        _raise_revision(op, event)
    dropped.filter(state=AccessState.REQUESTED, owner=None).delete()
    dropped.update(state=AccessState.WITHDRAWN)
    AccessRequest.objects.bulk_create(
        AccessRequest(rsvp_id=rsvp_id, kind=kind, created_at=op.at) for kind in sorted(kinds - had)
    )
    return kinds != had


def _locked(
    request_id: int, *, open_at: datetime | None = None, seen: UUID | None = None
) -> tuple[Event, AccessRequest]:
    """Lock the event, then read the request under that lock.

    Refused where there is nothing to arrange any more, and where ``seen`` is not the last answer.
    """
    gone = Refused("access_gone", _("The guest needs this no more. Nothing was changed."))
    rows = AccessRequest.objects.filter(pk=request_id)
    event_id = rows.values_list("rsvp__event_id", flat=True).first()
    if event_id is None:
        raise gone
    event = lock_event(event_id)
    request = rows.select_related("rsvp", "owner").first()
    if request is None or not request.is_wanted or not request.rsvp.is_active:
        raise gone
    request.rsvp.event = event
    if open_at is not None and event.is_cancelled:
        raise Refused("event_cancelled", _("This event was cancelled. Nothing was changed."))
    if open_at is not None and event.is_postponed:
        raise Refused("event_postponed", _("This event is postponed. Set its new date first."))
    if open_at is not None and event.is_over(open_at):
        raise Refused("event_over", _("This event is over. Nothing was changed."))
    if open_at is not None and request.answer != seen:
        raise Refused(
            "access_changed",
            _("Somebody else has answered this request meanwhile. Look at it, then save again."),
        )
    return event, request


def _said(words: str, field: str, missing: object) -> str:
    words = words.strip()
    if not words:
        raise Refused(f"{field}_missing", missing, field=field)
    return words


def _answer(op: Operation, request: AccessRequest, state: AccessState) -> None:
    request.state = state
    request.answered_at, request.answer, request.told_at = op.at, op.id, None
    request.owner = request.owner or op.staff
    request.save()


def _about(event: Event, request: AccessRequest) -> dict[str, Any]:
    """Return whom and what a fact of a request is about. Its words stand in none."""
    return {
        "event": event,
        "person": request.rsvp.person_id,
        "rsvp": request.rsvp,
        "access_request": request,
    }


def _show(op: Operation, event: Event, request: AccessRequest) -> None:
    """The event's page says what is arranged for everybody."""
    if request.kind in FOR_EVERYBODY:
        _raise_revision(op, event)


def _raise_revision(op: Operation, event: Event) -> None:
    event.revision += 1
    event.updated_at = op.at
    event.save(update_fields=["revision", "updated_at"])
