"""How a fact is recorded: one operation, one transaction, one row in the Outbox.

    with operation(at=now, actor=staff) as op:
        ...
        op.record("event.cancelled", event=event)

Nothing here knows that anyone is told. After the commit a doorbell rings (``extensions.doorbells``)
to hurry whoever reads the Outbox; what it misses, the minutely tick finds.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from events import extensions
from events.models import AuditEntry, Event, Office, Outbox, Person, StaffUser
from events.versions import write_versions

logger = logging.getLogger(__name__)

#: Fields whose old and new values an entry may hold. Every other changed field is named only:
#: what is not on this list may be personal.
PLAIN_FIELDS = frozenset(
    {
        "title", "event_type", "starts_at", "ends_at", "timezone", "all_day", "status",
        "status_reason", "mode", "venue", "capacity", "remote_capacity", "party_size", "posted_at",
        "offset", "duration", "minimum", "role", "topics", "slug", "takes_rsvps", "location",
        "is_recorded", "notice_hours", "notice_excuse", "due",
    }
)  # fmt: skip


#: Whether what happens now is taken back at the end.
_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


@dataclass
class Operation:
    """One action in the making: its id, its instant and the facts that it has recorded."""

    id: uuid.UUID
    at: datetime
    #: The member of staff who acts; None where a resident or the system does.
    staff: StaffUser | None
    actor_kind: str
    entries: list[AuditEntry] = field(default_factory=list)

    #: Keys of the events of which the public sees a change.
    revised: set[int] = field(default_factory=set)
    #: Operations in the same transaction that are told by themselves.
    besides: "list[Operation]" = field(default_factory=list)

    def beside(self) -> "Operation":
        """Return an operation of the same transaction whose facts are told by themselves.

        Of several messages that one operation has for a person the first one covers all; who moves
        up at three dates of a series has to hear of three places.
        """
        other = Operation(uuid.uuid4(), self.at, self.staff, self.actor_kind, revised=self.revised)
        self.besides.append(other)
        return other

    def revise(self, event: Event) -> None:
        """Raise the revision of a locked event, whose caller saves it: the public sees a change."""
        event.revision += 1
        event.updated_at = self.at
        self.revised.add(event.pk)

    def record(
        self,
        action: str,
        *,
        office: Office | int | None = None,
        event: Event | None = None,
        person: Person | int | None = None,
        changes: dict[str, tuple[Any, Any]] | None = None,
        **subjects: Any,
    ) -> None:
        """Record one fact in the past tense, such as ``rsvp.confirmed``.

        ``changes`` maps field names to (old, new); only :data:`PLAIN_FIELDS` keep their values.
        ``subjects`` are further rows or their keys (``rsvp=rsvp``) and plain facts of the
        operation (``reason_code="overlap"``), never personal data.
        """
        office_id = office.pk if isinstance(office, Office) else office
        if office_id is None and event is not None:
            office_id = event.office_id
        self.entries.append(
            AuditEntry(
                operation=self.id,
                action=action,
                at=self.at,
                staff=self.staff,
                actor_kind=self.actor_kind,
                office_id=office_id,
                event_id=event.pk if event is not None else None,
                person_id=person.pk if isinstance(person, Person) else person,
                subjects={
                    name: value.pk if hasattr(value, "pk") else value
                    for name, value in subjects.items()
                    if value is not None
                },
                changes={
                    name: [_plain(old), _plain(new)] if name in PLAIN_FIELDS else None
                    for name, (old, new) in (changes or {}).items()
                },
            )
        )


@contextmanager
def rehearsal() -> Iterator[None]:
    """Let actions act on made-up rows, and take everything back at the end: for samples of mail.

    One transaction that is always rolled back, in which each action has a part instead of its own
    durable one. No other connection ever sees a row of it, and no doorbell rings.
    """
    with transaction.atomic(durable=True):
        token = _rehearsing.set(True)
        try:
            yield
        finally:
            _rehearsing.reset(token)
            transaction.set_rollback(True)


@contextmanager
def operation(
    *, at: datetime, actor: StaffUser | None = None, by_person: bool = False
) -> Iterator[Operation]:
    """Open an action's one durable transaction; write its facts and its Outbox row at the end.

    Before them, the versions of what it has changed for the public (``events.versions``).

    ``actor`` is the member of staff who acts. Otherwise ``by_person`` says that the resident
    concerned does; otherwise it is the system (the tick, an import, a command).
    """
    kind = "staff" if actor is not None else "person" if by_person else "system"
    op = Operation(id=uuid.uuid4(), at=at, staff=actor, actor_kind=kind)
    with transaction.atomic(durable=not _rehearsing.get()):
        yield op
        if op.revised:
            # Here alone, at the end, whatever the action was: no change goes without its version.
            write_versions(op.revised, at)
        told = [one for one in (op, *op.besides) if one.entries]
        if told:
            AuditEntry.objects.bulk_create(entry for one in told for entry in one.entries)
            Outbox.objects.bulk_create(Outbox(operation=one.id, created_at=at) for one in told)
            transaction.on_commit(ring)


def ring() -> None:
    """Hurry the readers of the Outbox. Never raises: the fact is committed, its caller is done."""
    for doorbell in extensions.doorbells:
        try:
            doorbell()
        except Exception:
            logger.warning("The doorbell could not be rung; the tick will find it", exc_info=True)
