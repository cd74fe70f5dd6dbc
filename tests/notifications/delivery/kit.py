"""A small catalogue of our own, so that the machine is tested apart from what is really said."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Exists, OuterRef, Q

from config.environment import MailTransport
from events.models import AuditEntry, Event, Person
from events.proof import address_hash
from notifications import catalogue, rendering
from notifications.delivery import channels
from notifications.delivery.channels import email as email_channel
from notifications.message import Message, NotYet, Recipient, Rendered, Superseded
from notifications.models import Delivery, DeliveryState, Subscription
from tests.factories import NOW, make_person
from tests.smtp_sink import SmtpSink

#: The moment at which deliveries of these tests are due.
THEN = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)


def everyone_concerned(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """The audience of a fact about one person."""
    return [
        Recipient(
            person_id=entry.person_id,
            office_id=entry.office_id,
            event_id=entry.event_id,
            rsvp_id=entry.subjects.get("rsvp"),
        )
        for entry in entries
        if entry.person_id is not None
    ], ""


def a_message(name: str, **changes: Any) -> Message:
    plain = Message(
        name=name,
        title=name,
        description=name,
        recipients="whoever",
        audience=everyone_concerned,
        still_true=lambda delivery, now: True,
        context=lambda delivery, now: {},
    )
    return replace(plain, **changes)


def is_subscribed() -> Q:
    return Q(Exists(Subscription.objects.live().filter(person_id=OuterRef("person_id"))))


#: Sent again after a cut.
NOTE = a_message("note")
#: Sent to many, held after a cut, only to who is subscribed.
LETTER = a_message("letter", bulk=True, again=False)


def render(delivery: Delivery, now: datetime) -> Rendered | Superseded | NotYet:
    """Write what the delivery's context asks for, and the time of its event."""
    if delivery.context.get("broken"):
        raise ZeroDivisionError("this one cannot be written")
    if delivery.context.get("over"):
        return Superseded("somebody else told them")
    if delivery.context.get("at_night") and now < THEN + timedelta(hours=1):
        return NotYet(THEN + timedelta(hours=1))
    text = f"Hello from {delivery.message}.\n"
    if delivery.event_id is not None:
        text += f"It starts at {Event.objects.get(pk=delivery.event_id).starts_at:%Y-%m-%d}.\n"
    return Rendered(
        subject=f"About {delivery.message}",
        text=text,
        html=f"<p>{text}</p>",
        unsubscribe_url="https://example.org/unsubscribe/token/",
    )


def use_catalogue(monkeypatch: pytest.MonkeyPatch, *messages: Message) -> None:
    """Make these all the messages there are; every other fact is silent."""
    known = set(catalogue.SILENT).union(*(message.actions for message in catalogue.MESSAGES))
    monkeypatch.setattr(catalogue, "MESSAGES", messages)
    monkeypatch.setattr(
        catalogue, "named", {message.name: message for message in messages}.__getitem__
    )
    monkeypatch.setattr(catalogue, "SILENT", frozenset(known))
    monkeypatch.setattr(rendering, "render", render)


def make_delivery(
    message: Message = NOTE, *, email: str = "", person: Person | None = None, **columns: Any
) -> Delivery:
    """A delivery that is due at :data:`THEN`."""
    person = person or make_person(email)
    defaults: dict[str, Any] = {
        "key": f"fact:{uuid4()}:{message.name}:{person.pk}",
        "message": message.name,
        "person": person,
        "address_hash": address_hash(person.email or ""),
        "language": "en",
        "priority": message.priority,
        "planned_at": NOW,
        "next_attempt_at": THEN - timedelta(minutes=1),
    }
    return Delivery.objects.create(**(defaults | columns))


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return str(DeliveryState(delivery.state).value)


def use_sink(settings: Any, sink: SmtpSink) -> None:
    settings.MAIL_TRANSPORT = MailTransport(
        "smtp", "127.0.0.1", sink.port, "sink" if sink.password else "", sink.password
    )


@contextmanager
def meanwhile(monkeypatch: pytest.MonkeyPatch, change: Any) -> Iterator[list[str]]:
    """Call ``change`` once, after a message is written and before it begins to be transmitted."""
    happened: list[str] = []
    make = email_channel.transport

    class Delayed:
        def __init__(self) -> None:
            self.real = make()

        def prepare(self) -> None:
            if not happened:
                happened.append("once")
                change()
            self.real.prepare()

        def send(self, mail: channels.Mail) -> None:
            self.real.send(mail)

        def close(self) -> None:
            self.real.close()

    with monkeypatch.context() as patch:
        patch.setattr(email_channel, "transport", Delayed)
        yield happened
    assert happened, "the moment to interfere never came"
