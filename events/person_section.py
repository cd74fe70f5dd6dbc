"""The RSVPs on a person's own page, ``/me/``."""

from datetime import datetime
from typing import Any

from events import extensions, links
from events.models import RSVP, Person
from events.token_pages import unprefixed_url


def person_section(person: Person, now: datetime) -> dict[str, Any]:
    """The person's RSVPs to events that are not over, soonest first, each with its manage link."""
    rsvps = (
        RSVP.objects.active()
        .filter(person=person, event__ends_at__gt=now, event__posted_at__isnull=False)
        .select_related("event__office", "event__venue")
        .prefetch_related("event__translations")
        .order_by("event__starts_at", "id")
    )
    return {
        "rsvps": [
            {
                "rsvp": rsvp,
                "event": rsvp.event,
                "url": unprefixed_url("rsvp", token=links.token_for(links.RSVP, rsvp)),
            }
            for rsvp in rsvps
        ]
    }


def register() -> None:
    """Add the section. Called once, when the app is ready."""
    extensions.person_sections.append(
        extensions.PersonSection("rsvps", "events/_person_section.html", person_section, 1)
    )
