"""What volunteers add to pages that they do not own: an event's page, and a person's."""

from datetime import datetime
from typing import Any

from events import extensions, links
from events.models import Event, Person
from events.token_pages import unprefixed_url
from volunteers.models import ShiftClaim
from volunteers.queries import claim_state, positions_in_line, shifts_of_event, upcoming_claims


def event_panel(event: Event, now: datetime) -> dict[str, Any] | None:
    """ "Volunteer at this event": its shifts that are not over. Nothing once it is called off."""
    if not event.is_on:
        return None
    shifts = list(shifts_of_event(event.pk, now).going_on().with_role())
    return {"shifts": shifts} if shifts else None


def person_section(person: Person, now: datetime) -> dict[str, Any]:
    """The person's shifts to come, each with what became of it and the link to manage it."""
    found = upcoming_claims(person, now)
    waiting = positions_in_line([claim for claim, _shift in found if claim.is_waitlisted])
    return {
        "claims": [
            {
                "shift": shift,
                "state": claim_state(claim, shift, now),
                "position": waiting.get(claim.pk),
                "url": _manage_url(claim),
            }
            for claim, shift in found
        ]
    }


def _manage_url(claim: ShiftClaim) -> str:
    return unprefixed_url("claim", token=links.token_for(links.CLAIM, claim))


def register() -> None:
    """Add the panels. Called once, when the app is ready."""
    extensions.event_panels.append(
        extensions.EventPanel("shifts", "volunteers/_event_panel.html", event_panel)
    )
    extensions.person_sections.append(
        extensions.PersonSection("shifts", "volunteers/_person_section.html", person_section, 2)
    )
