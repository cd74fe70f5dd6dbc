"""The subscriptions on a person's own page, ``/me/``."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from events import extensions
from events.languages import language_in_use
from events.models import Office, Person
from notifications.models import Subscription
from notifications.subscriptions.addresses import preferences_path


def person_section(person: Person, now: datetime) -> dict[str, Any]:
    """What the person gets by mail, office by office, each with the link to its preferences."""
    language = language_in_use()
    rows = (
        Subscription.objects.live()
        .filter(person=person)
        .select_related("office", "topic")
        .prefetch_related("topic__translations")
        .order_by("office__position", "office_id", "topic__position", "topic_id")
    )
    return {
        "subscriptions": [
            {
                "office": office,
                "topics": [row.topic.in_language(language).name for row in group],
                "often": sorted({row.get_frequency_display() for row in group}),
                "consents": consents(group, language),
                "url": preferences_path(person.pk, office.pk, language),
            }
            for office, group in _by_office(rows)
        ]
    }


def _by_office(rows: Iterable[Subscription]) -> list[tuple[Office, list[Subscription]]]:
    return [(office, list(group)) for office, group in groupby(rows, key=lambda row: row.office)]


@dataclass(frozen=True)
class ShownConsent:
    """What somebody agreed to, when and where, and for which topics."""

    asked_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    source: str
    text: str
    topics: list[str] = field(default_factory=list)


def consents(rows: Iterable[Subscription], language: str) -> list[ShownConsent]:
    """Return the consents behind subscriptions, one for each time that somebody agreed."""
    found: dict[tuple[object, ...], ShownConsent] = {}
    for row in rows:
        given = (
            row.created_at, row.confirmed_at, row.ended_at, row.consent_source, row.consent_text,
        )  # fmt: skip
        shown = found.setdefault(given, ShownConsent(*given))
        shown.topics.append(row.topic.in_language(language).name)
    return sorted(found.values(), key=lambda consent: consent.asked_at)


def register() -> None:
    """Add the section. Called once, when the app is ready."""
    extensions.person_sections.append(
        extensions.PersonSection(
            "subscriptions", "notifications/_person_section.html", person_section, 3
        )
    )
