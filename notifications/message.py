"""What a message is, in types alone. Nothing here reads or writes anything.

- ``notifications.catalogue`` holds ``MESSAGES`` (in order of precedence) and ``SILENT`` (facts that
  nobody is told of, each with the reason).
- ``notifications.rendering.render(delivery, now)`` turns a :class:`~notifications.models.Delivery`
  into :class:`Rendered`, or says that it is :class:`Superseded` or that it is :class:`NotYet`
  time for it.
- ``notifications.planning`` turns facts into deliveries by the catalogue, and
  ``notifications.planning.insert`` writes those that no fact asks for (reminders).
- ``notifications.delivery`` sends them.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.html import escape

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from events.models import AuditEntry
    from notifications.models import Delivery

    Text = str | _StrPromise


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One person that a message goes to, and the rows that its text is rendered from.

    An empty ``language`` falls back to the person's, then to the office's first. People without
    an e-mail address may be among an audience; the planner writes a call for them, or nothing.
    """

    person_id: int
    language: str = ""
    #: Whose name, sender and postal address the message carries. None for a message of the site.
    office_id: int | None = None
    event_id: int | None = None
    rsvp_id: int | None = None
    shift_id: int | None = None
    claim_id: int | None = None
    letter_id: int | None = None
    #: The schedule that a reminder is planned for.
    schedule_rev: int | None = None
    #: Not sent before this instant (None: at once), and no longer worth sending after that one.
    not_before: datetime | None = None
    expires_at: datetime | None = None
    #: Further plain facts that the text needs; JSON, never personal data.
    context: Mapping[str, Any] = field(default_factory=dict)


#: Called with the facts of one operation that the message tells, in the order in which they were
#: recorded; the cursor that the last call returned ("" at first); and how many recipients are
#: wanted at most. Returns them and the next cursor, "" when there are no more. A small audience
#: ignores the cursor and returns "". The cursor is at most 120 characters.
Audience = Callable[[Sequence["AuditEntry"], str, int], tuple[list[Recipient], str]]


def nobody(entries: Sequence["AuditEntry"], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """The audience of a message that no fact causes: a reminder is planned by query."""
    return [], ""


def fact_key(recipient: Recipient, operation: uuid.UUID | None, message: str) -> str:
    """One summary message a person for all facts of an operation (DELIVERY.md, Design 1)."""
    return f"fact:{operation}:{message}:{recipient.person_id}"


@dataclass(frozen=True)
class CalendarPart:
    """A ``text/calendar`` part: bytes of an iCalendar object and its METHOD."""

    content: bytes
    method: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One kind of message: what it tells, to whom, and when it must no longer be sent."""

    #: The name in ``Delivery.message`` and of the template folder ``notifications/email/<name>/``.
    name: str
    #: For people who look at the catalogue.
    title: "Text"
    description: "Text"
    recipients: "Text"
    #: The facts that it tells. Of several messages that one operation has for a person, the one
    #: that stands first in the catalogue is sent and covers all.
    actions: tuple[str, ...] = ()
    audience: Audience = nobody
    #: Template folder; the name, if empty.
    template: str = ""
    #: Sent to many who subscribed: after everything else, with an unsubscribe header.
    bulk: bool = False
    #: Whether it is sent once more after a cut in the middle of transmitting, with the same
    #: Message-ID (confirmations, cancellations, reminders), or held as "unknown" (letters).
    again: bool = True
    #: The answer to a form that the person has just sent, with a link that proves the address. It
    #: may be tried where the address bounced before (:mod:`notifications.delivery.suppression`).
    answers_form: bool = False
    #: Whether people without an e-mail address are called instead (:mod:`notifications.calls`).
    called: bool = False
    #: False for what goes beside the one summary message a person, such as a calendar message.
    summary: bool = True
    #: Whether it is still so; asked before it is rendered.
    still_true: "Callable[[Delivery, datetime], bool]"
    #: The context of its templates, read from the facts at that moment.
    context: "Callable[[Delivery, datetime], dict[str, Any]]"
    #: The calendar parts that come with it; of these a message carries one at most.
    calendar: "Callable[[Delivery, datetime], list[CalendarPart]] | None" = None
    #: A condition on the Delivery's row, made of ``Exists`` and ``OuterRef`` of its columns, that
    #: the database tests in the very statement that begins to transmit: the attendance is active,
    #: the subscription live, the event on, the schedule the same. None: nothing but what
    #: ``notifications.delivery`` tests for every message (suppression, lease, expiry).
    guard: Callable[[], Q] | None = None
    #: For a message that goes to many: what is one reader's alone, the value of each :func:`mark`
    #: in its context. The rest is rendered and encoded once a batch, office and language.
    own: "Callable[[Delivery], Mapping[str, str]] | None" = None
    #: Called with the recipient, the operation's id and the message's name.
    key: Callable[[Recipient, uuid.UUID | None, str], str] = fact_key

    @property
    def priority(self) -> int:
        """0 before 1: letters never delay a confirmation."""
        return 1 if self.bulk else 0

    @property
    def folder(self) -> str:
        return self.template or self.name


def mark(name: str) -> str:
    """Return what stands in the words of many readers for what is one reader's alone."""
    return f"\ue000{name}\ue001"


def without_marks(text: str, own: Mapping[str, str]) -> str:
    """Return ``text`` with the value of each mark in its place."""
    for name, value in own.items():
        text = text.replace(mark(name), value)
    return text


@dataclass(frozen=True)
class Told:
    """What a message that lists many things tells of, as it was read. None of it may be otherwise
    when the message begins to go out.

    ``events`` and ``shifts``: key → SEQUENCE; ``letters``: key → revision; ``topics``: keys of what
    the reader gets at the office.
    """

    events: Mapping[int, int]
    shifts: Mapping[int, int]
    letters: Mapping[int, int]
    topics: frozenset[int]
    #: Events that the shifts are at: what changes them changes the shifts.
    around: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The words of one message. Who it is from, to whom and its standing headers come later."""

    subject: str
    text: str
    html: str
    calendar: CalendarPart | None = None
    #: One-click address of RFC 8058; a bulk message must have one.
    unsubscribe_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    told: Told | None = None

    def for_reader(self, own: Mapping[str, str]) -> "Rendered":
        """Return the words of one reader: the value of each mark in its place."""
        if not own:
            return self
        return replace(
            self,
            text=without_marks(self.text, own),
            html=without_marks(self.html, {name: escape(value) for name, value in own.items()}),
            unsubscribe_url=without_marks(self.unsubscribe_url, own),
        )


@dataclass(frozen=True)
class Superseded:
    """It is no longer true, and so not sent. ``reason`` is for staff, in plain English."""

    reason: str


@dataclass(frozen=True)
class NotYet:
    """It is true, but must not be sent before ``until``: a reminder that came into quiet hours."""

    until: datetime
