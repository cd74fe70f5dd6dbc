"""Readers and letters for tests, made by the same actions as in life."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import count
from typing import Any

from events.models import Office, Person, Topic
from notifications import planning
from notifications.letters.actions import LetterDraft, write_and_post_letter, write_letter
from notifications.models import Delivery, Letter
from notifications.subscriptions.actions import Consent, subscribe
from tests.factories import NOW

CONSENT = Consent(source="/subscribe/", text="They may write to me.")

_numbers = count(1)


def make_reader(
    office: Office,
    topics: Sequence[Topic],
    *,
    email: str = "",
    language: str = "en",
    frequency: str = "immediate",
    proven: bool = True,
    now: datetime = NOW,
) -> Person:
    """Somebody who signed up; ``proven=False``: and has not confirmed it."""
    return subscribe(
        email=email or f"reader{next(_numbers)}@example.org",
        topics=topics,
        offices=[office],
        consent=CONSENT,
        language=language,
        frequency=frequency,
        proven=proven,
        now=now,
    ).person


def draft(**columns: Any) -> LetterDraft:
    defaults: dict[str, Any] = {
        "title": "Parking on Oak Avenue",
        "body": "Dear Director,\n\nplease *count* the cars.",
        "dated": date(2026, 5, 28),
        "signatories": "Ana Rivera, Council Member\nBen Ortiz",
        "addressees": "Director Helen Park",
    }
    return LetterDraft(**(defaults | columns))


def make_letter(
    office: Office, *, mails: bool = True, post: bool = True, now: datetime = NOW, **columns: Any
) -> Letter:
    """A posted letter, or a draft."""
    if not post:
        return write_letter(office=office, draft=draft(**columns), now=now)
    return write_and_post_letter(office=office, draft=draft(**columns), mails=mails, now=now)


def plan(now: datetime = NOW) -> list[Delivery]:
    """Plan all facts that wait, and return all deliveries, oldest first."""
    while planning.plan_outbox(now=now):
        pass
    return list(Delivery.objects.select_related("person", "office").order_by("pk"))


def mailed(message: str) -> list[str]:
    """Plan, and return the addresses that this message is for, sorted."""
    return sorted(
        delivery.person.email or ""
        for delivery in plan()
        if delivery.message == message and delivery.person is not None
    )
