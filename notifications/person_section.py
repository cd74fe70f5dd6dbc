"""The subscriptions on a person's own page, ``/me/``."""

from datetime import datetime
from itertools import groupby
from typing import Any

from events import extensions
from events.languages import language_in_use
from events.models import Person
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
                "url": preferences_path(person.pk, office.pk, language),
            }
            for office, group in groupby(rows, key=lambda row: row.office)
        ]
    }


def register() -> None:
    """Add the section. Called once, when the app is ready."""
    extensions.person_sections.append(
        extensions.PersonSection(
            "subscriptions", "notifications/_person_section.html", person_section, 3
        )
    )
