"""What a calendar shows of an event, a shift, and somebody's place at one of them.

Feeds and invitations render the same facts through the same functions, so that an event that was
subscribed to and accepted by mail is one entry, by its UID. Words are in the active language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from events import links
from events.languages import language_in_use
from events.markdown import markdown_text
from events.models import RSVP, Attendance, Event, Mode, Venue
from notifications.calendars.vevent import Entry, Status
from volunteers.models import Shift, ShiftClaim


def event_entry(event: Event) -> Entry:
    """A posted event as everybody may see it; read it through `with_all_shown()`.

    How to join online is told to those who have a place, unless nobody needs one.
    """
    return _event_entry(event, joining=event.joining_is_public)


def shift_entry(shift: Shift) -> Entry:
    """A posted shift as everybody may see it; read it through `effective().with_all_shown()`."""
    language = language_in_use()
    title = shift.role.in_language(language).name
    if shift.event is not None:
        title = _("%(role)s: %(event)s") % {
            "role": title,
            "event": shift.event.in_language(language).title,
        }
    url = settings.SITE_URL + shift.get_absolute_url()
    place = cast(Venue | None, shift.place)
    return Entry(
        uid=shift.uid,
        sequence=shift.sequence,
        dtstamp=shift.updated_at,
        last_modified=shift.updated_at,
        created=shift.created_at,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        timezone=shift.timezone,
        summary=title,
        status=cast(Status, shift.status),
        description=_paragraphs(
            [
                _called_off(shift.status, shift.status_reason),
                markdown_text(shift.in_language(language).notes),
                url,
            ]
        ),
        location=place.location if place else "",
        url=url,
    )


def rsvp_entry(rsvp: RSVP, event: Event) -> Entry:
    """The event as the person who holds this RSVP sees it, with the link that manages it."""
    link = _page("rsvp", links.token_for(links.RSVP, rsvp))
    return _own(
        _event_entry(
            event,
            joining=event.joining_is_public or (rsvp.is_confirmed and rsvp.mode == Mode.REMOTE),
        ),
        rsvp,
        _("Change or cancel: %(link)s") % {"link": link},
    )


def claim_entry(claim: ShiftClaim, shift: Shift) -> Entry:
    """The shift as the volunteer sees it, with the link that gives it back."""
    link = _page("claim", links.token_for(links.CLAIM, claim))
    return _own(
        shift_entry(shift),
        claim,
        _("Give the shift back: %(link)s") % {"link": link},
    )


def _event_entry(event: Event, *, joining: bool) -> Entry:
    language = language_in_use()
    words = event.in_language(language)
    url = settings.SITE_URL + event.get_absolute_url()
    online = event.mode in (Mode.REMOTE, Mode.BOTH)
    return Entry(
        uid=event.uid,
        sequence=event.sequence,
        dtstamp=event.updated_at,
        last_modified=event.updated_at,
        created=event.created_at,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        all_day=event.all_day,
        summary=words.title,
        status=cast(Status, event.status),
        description=_paragraphs(
            [
                _called_off(event.status, event.status_reason),
                markdown_text(words.description),
                _joining(event) if online and joining else "",
                url,
            ]
        ),
        location=_location(event),
        url=url,
        categories=tuple(topic.in_language(language).name for topic in event.topics.all()),
    )


def _own(entry: Entry, attendance: Attendance, manage: str) -> Entry:
    """An entry that takes up its reader's time, or may: a place in line is tentative.

    Its stamps are the later of the event's and the attendance's change. Somebody who comes back
    after cancelling does so at the same SEQUENCE, and only the later stamp makes that count (RFC
    5546 section 2.1.5).
    """
    waiting = not attendance.is_confirmed
    note = ""
    if waiting and entry.status in ("confirmed", "tentative"):
        entry = replace(entry, status="tentative")
        if attendance.is_waitlisted:
            note = _("You are on the waitlist. We will write to you when a place is free.")
    stamp = max(entry.dtstamp, attendance.changed_at)
    return replace(
        entry,
        description=_paragraphs([note, entry.description, manage]),
        busy=not waiting,
        dtstamp=stamp,
        last_modified=stamp,
    )


def _page(name: str, token: str) -> str:
    """The address behind a token; such pages know a language only by `?lang=`."""
    language = language_in_use()
    query = f"?lang={language}" if language != settings.LANGUAGE_CODE else ""
    return settings.SITE_URL + reverse(name, kwargs={"token": token}) + query


def _location(event: Event) -> str:
    place = event.venue.location if event.venue is not None else ""
    if event.mode == Mode.REMOTE:
        return _("Online or by phone")
    return place


def _joining(event: Event) -> str:
    lines = []
    if event.remote_url:
        lines.append(_("Join online: %(link)s") % {"link": event.remote_url})
    if event.dial_in:
        lines.append(_("Join by phone: %(number)s") % {"number": event.dial_in})
    return "\n".join(lines)


def _called_off(status: str, reason: str) -> str:
    """The first thing to read, since some calendars show a cancelled event as any other."""
    if status == "cancelled":
        return _("This is cancelled. %(reason)s") % {"reason": reason}
    if status == "postponed":
        return _("This is postponed, and a new date is not set yet. %(reason)s") % {
            "reason": reason
        }
    return ""


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip())
