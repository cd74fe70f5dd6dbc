"""What every message about an event or a shift shows: its name, when, where, and whom to ask.

Words are in the active language; titles are the office's own, in the reader's language where there
is a translation.
"""

from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from events import dates_text
from events.languages import language_in_use
from events.markdown import markdown_text
from events.models import RSVP, AccessState, Event, Mode, Office, Venue
from notifications.messages import addresses
from volunteers.models import Shift


class Occasion(Protocol):
    """What dates in words need: an event, a shift, or what one of them was before."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...

    @property
    def timezone(self) -> str: ...


def day_words(occasion: Occasion, now: datetime) -> str:
    """Return the day for a subject: "Thursday, June 11", with the year if it is not this one."""
    start = dates_text.local(occasion.starts_at, occasion.timezone)
    this_year = dates_text.local(now, occasion.timezone).year
    return dates_text.day_text(
        occasion.starts_at,
        occasion.ends_at,
        occasion.timezone,
        language_in_use(),
        all_day=getattr(occasion, "all_day", False),
        year=start.year != this_year,
    )


def when_words(occasion: Occasion) -> str:
    """Return day and hours in one line."""
    return dates_text.when_text(
        occasion.starts_at,
        occasion.ends_at,
        occasion.timezone,
        language_in_use(),
        all_day=getattr(occasion, "all_day", False),
    )


def contact(office: Office) -> str:
    """Return how to reach the office: its phone, else where answers go, else its website."""
    return (
        office.phone
        or office.reply_to
        or office.sender_address
        or office.website
        or settings.SITE_URL
    )


def event_facts(
    event: Event, *, language: str, now: datetime, mode: str = "", has_place: bool = False
) -> dict[str, Any]:
    """Return what a message shows of an event, to somebody who comes in this ``mode``.

    How to join online is told to those who have a place, unless nobody needs one.
    """
    in_room = event.mode != Mode.REMOTE and (mode != Mode.REMOTE or event.mode == Mode.IN_PERSON)
    online = event.mode != Mode.IN_PERSON and (mode != Mode.IN_PERSON or not in_room)
    told = online and (has_place or event.joining_is_public)
    return {
        "office": event.office,
        "event": event,
        "occasion": event,
        "title": event.in_language(language).title,
        "day": day_words(event, now),
        "venue": event.venue if in_room else None,
        "remote_url": event.remote_url if told else "",
        "dial_in": event.dial_in if told else "",
        "event_url": addresses.page("event", slug=event.slug),
    }


def shift_title(shift: Shift, language: str) -> str:
    """Return "Greeter, Town hall on parking", or the role alone."""
    role = shift.role.in_language(language).name
    if shift.event is None:
        return role
    return _("%(role)s, %(event)s") % {
        "role": role,
        "event": shift.event.in_language(language).title,
    }


def shift_facts(shift: Shift, *, language: str, now: datetime) -> dict[str, Any]:
    """Return what a message shows of a shift, read through ``effective().with_all_shown()``."""
    event = shift.event
    role, words = shift.role.in_language(language), shift.in_language(language)
    venue = shift.place
    if shift.venue is None and event is not None and event.mode == Mode.REMOTE:
        venue = None
    return {
        "office": shift.office,
        "shift": shift,
        "event": event,
        "occasion": shift,
        "title": shift_title(shift, language),
        "role": role.name,
        "event_title": event.in_language(language).title if event is not None else "",
        "day": day_words(shift, now),
        "venue": venue,
        "remote_url": event.remote_url if event is not None and venue is None else "",
        "dial_in": event.dial_in if event is not None and venue is None else "",
        "role_description": markdown_text(role.description),
        "notes": markdown_text(words.notes),
        "shift_url": addresses.page("shift", pk=shift.pk),
        "shifts_url": addresses.page("shifts"),
        "contact": contact(shift.office),
    }


def access_facts(rsvp: RSVP, event: Event, now: datetime) -> dict[str, Any]:
    """Return what became of the help that the guest asked for, until when more can be asked for,
    and whom to ask.

    The guest's own words are not repeated: mail is read over shoulders.
    """
    today = dates_text.local(now, event.timezone).date()
    deadline = event.access_deadline
    words = dates_text.date_text(deadline, language_in_use(), year=deadline.year != today.year)
    return {
        **help_facts(rsvp),
        "deadline": words if deadline >= today else "",
        "contact": contact(event.office),
    }


def help_facts(rsvp: RSVP) -> dict[str, list[str]]:
    """Return what is arranged for a guest, what is offered instead of what cannot be, and what
    they have asked for beside that, a line each (uses a prefetch)."""
    arranged, instead, needs = [], [], []
    for request in rsvp.needs:
        if request.shown_state == AccessState.ARRANGED:
            arranged.append(f"{request.label}: {' '.join(request.arranged_with.split())}")
        elif request.shown_state == AccessState.CANNOT:
            instead.append(f"{request.label}: {' '.join(request.instead.split())}")
        else:
            needs.append(request.label)
    return {"arranged": arranged, "instead": instead, "needs": needs}


def getting_in(venue: Venue | None) -> list[str]:
    """Return what a visitor needs to know beside address and entrance, a sentence each."""
    if venue is None:
        return []
    lines = [line.strip() for line in venue.transit.splitlines() if line.strip()]
    if venue.step_free:
        lines.append(_("The way from the street to a seat has no steps."))
    elif venue.step_free is False:
        lines.append(_("There are steps on the way to a seat. Call us, and we help."))
    if venue.accessible_parking:
        lines.append(_("There is accessible parking."))
    if venue.accessible_restroom:
        lines.append(_("There is an accessible restroom."))
    if venue.hearing_loop:
        lines.append(_("There is a hearing loop."))
    return lines
