"""How long before an event the public must know of it, and whom to ask for access: the one rule.

Open-meeting laws ask for it: 72 hours for a regular meeting and 24 for a special one in California
(Government Code 54954.2 and 54956), with a line on how to ask for an accommodation (54954.2(a)(1)).
An office chooses the class of each event; one of no class is free.
"""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from events import dates_text
from events.errors import Refused
from events.models import Body, Event, Office

#: Classes by their hours. Any other number is the office's own.
REGULAR, SPECIAL = 72, 24
#: In an accommodation line: the last day on which help can surely be arranged.
DAY = "{day}"
#: A phone number has so many digits at least.
_PHONE = re.compile(r"(?:\d[\s().–-]*){7}")


class AccessLine(NamedTuple):
    """How to ask for an accommodation, in words, and their language."""

    text: str
    language: str


def access_line(event: Event, language: str) -> AccessLine:
    """Return the line of an event (its own, else its office's), with its day put in.

    An event's own line wins in every language: another one could name another phone. Uses the
    prefetched translations; empty where nobody has written one.
    """
    text, shown = written_line(event, language)
    if DAY in text:
        day = dates_text.date_text(event.access_deadline, shown)
        text = text.replace(DAY, day)
    return AccessLine(text, shown)


def written_line(event: Event, language: str) -> AccessLine:
    """Return the line as it is written, with the place of the day still in it."""
    office, first = event.office, event.office.first_language
    if event.accommodation:
        words = event.in_language(language)
        if words is not event and words.accommodation:
            return AccessLine(words.accommodation, language)
        return AccessLine(event.accommodation, first)
    if line := office.accommodation.get(language, ""):
        return AccessLine(line, language)
    return AccessLine(office.accommodation.get(first, ""), first)


def names_a_phone(text: str) -> bool:
    """Whether a line says which number to call."""
    return _PHONE.search(text) is not None


def hours_before(event: Event) -> int | None:
    """Return how many whole hours before its start the date of a public event was public."""
    if event.noticed_at is None:
        return None
    return (event.starts_at - event.noticed_at) // timedelta(hours=1)


def is_late(event: Event) -> bool:
    """Whether a public event's date was public later than its class asks for."""
    if event.noticed_at is None:
        return False
    return event.starts_at - event.noticed_at < timedelta(hours=event.notice_hours)


def check_notice(event: Event) -> None:
    """Refuse a public event that its class forbids; one of no class never.

    Called by every action that makes an event or its date public, with ``noticed_at`` set.
    """
    if not event.notice_hours:
        return
    check_line(written_line(event, event.office.first_language).text)
    if is_late(event) and not event.notice_excuse.strip():
        raise Refused(
            "notice_late",
            _(
                "This event needs %(hours)s hours of notice, and it starts sooner. Choose a later "
                "date, or write under “Notice” why it is late: everybody can read that."
            ),
            field="notice_excuse",
            hours=event.notice_hours,
        )


def refusal(event: Event, at: datetime) -> Refused | None:
    """Return why a draft may not be public from ``at`` on, or ``None``. Changes nothing."""
    before, event.noticed_at = event.noticed_at, at
    try:
        check_notice(event)
    except Refused as refused:
        return refused
    finally:
        event.noticed_at = before
    return None


def check_line(text: str) -> None:
    """Refuse an accommodation line that is missing or names no phone."""
    if not text.strip():
        raise Refused(
            "accommodation_missing",
            _(
                "Say how to ask for an accommodation: whom, by when, and at which phone number. "
                "Write it here, or once for all events under Office."
            ),
            field="accommodation",
        )
    if not names_a_phone(text):
        raise Refused(
            "accommodation_without_phone",
            _("The line on accommodations has to name a phone number."),
            field="accommodation",
        )


def needs_office_line(office: Office) -> bool:
    """Whether a public event of a class has no accommodation line but its office's."""
    events = Event.objects.posted().filter(office=office, notice_hours__gt=0, accommodation="")
    return events.exists()


class Quorum(NamedTuple):
    """A body so many of whose members are expected that they could meet."""

    body: Body
    expected: int


def quorums_at(event: Event) -> list[Quorum]:
    """Return the bodies that have a quorum among the speakers (uses their prefetch)."""
    members = [speaker.body for speaker in event.speakers.all() if speaker.body is not None]
    counted = Counter(members)
    return [Quorum(body, count) for body, count in counted.items() if count >= body.quorum]
