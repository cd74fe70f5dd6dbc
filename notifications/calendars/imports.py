"""Brings a calendar file in, and keeps in step with it when it is read again.

Every date becomes an event of its own, known again by the UID and the original start that the file
gives it, whatever it is called by then and wherever it was moved to. The file counts where it has
changed since the last run; what staff changed here meanwhile stays where it has not: its title,
its text, its time, its place and its status each for itself.

What is no longer in the file is reported and not deleted: people may hold places there, and whether
it was cancelled or only tidied away is for staff to say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import override

from events import dates_text
from events.actions.calling_off import cancel_event
from events.actions.events import EventDraft, create_event, edit_event
from events.actions.offices import create_venue
from events.errors import Refused
from events.languages import language_in_use
from events.models import Event, EventStatus, EventType, Mode, Office, StaffUser, Topic, Venue
from events.models.event import FEED_FUTURE
from notifications.calendars.ics_reader import Problem, Row, read

PAST = timedelta(days=366)
"""How far back the dates of a repeating event are taken. One that does not repeat always is."""

#: What can change in the file by itself, and the fields of its row that say so.
PARTS = {
    "title": ("title",),
    "text": ("description", "url"),
    "time": ("starts_at", "ends_at", "timezone", "all_day"),
    "place": ("location", "meeting_url"),
    "status": ("status",),
}
#: Letters of the hash of one part; ``Event.source_hash`` has room for all of them.
PART_LENGTH = 12

_TYPES = (
    (re.compile(r"\btown[ -]?hall", re.I), EventType.TOWN_HALL),
    (re.compile(r"\boffice hours?\b", re.I), EventType.OFFICE_HOURS),
    (re.compile(r"\b(?:public )?hearing\b", re.I), EventType.HEARING),
)
# "200 N Spring St, Los Angeles, CA 90012, USA", the end that map programs write.
_UNITED_STATES = re.compile(
    r"(?P<street>.*?),? *(?P<locality>[^,]+), (?P<region>[A-Z]{2})"
    r"(?:,? (?P<postal_code>\d{5}(?:-\d{4})?))?(?:, (?:USA|United States))?"
)


@dataclass
class Report:
    """What an import did: titles with their dates in words, and what was left out with its reason.

    `gone` are events of an earlier run that are still to come and no longer in the file.
    """

    calendar: str
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[Problem] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def import_calendar(
    *,
    data: bytes,
    name: str,
    office: Office,
    post: bool = True,
    now: datetime,
    actor: StaffUser | None = None,
) -> Report:
    """Read a calendar file into the office's events, and report on each.

    `name` is what to call the calendar if the file does not say. New events are posted at once,
    or with `post=False` are drafts. Each event is an action of its own, so that a run that is cut
    short can be repeated. Raises `ics_lines.NotACalendar`.
    """
    until = now + FEED_FUTURE
    reading = read(data, zone=office.timezone, since=now - PAST, until=until)
    report = Report(reading.name or name, skipped=list(reading.problems))
    source = f"ics:{office.pk}:{report.calendar}"[:500]
    known = {
        (event.source_uid, event.recurrence_id): event
        for event in Event.objects.filter(office=office, source__startswith=f"ics:{office.pk}:")
    }
    run = _Run(office=office, source=source, post=post, now=now, actor=actor)
    for row in reading.rows:
        try:
            event = known.get((row.source_uid, row.recurrence_id))
            getattr(report, run.take(row, event)).append(_label(row))
        except Refused as refused:
            report.skipped.append(_skipped(row, str(refused.message)))
        except IntegrityError:
            report.skipped.append(_skipped(row, "Another import brought it in at the same moment."))
    report.skipped.sort(key=lambda problem: problem.line)
    there = {(row.source_uid, row.recurrence_id) for row in reading.rows}
    unclear = {problem.uid for problem in reading.problems}
    report.gone = [
        _label(event)
        for key, event in sorted(known.items(), key=lambda item: item[1].starts_at)
        if event.source == source
        and key not in there
        and event.source_uid not in unclear
        and now < event.ends_at
        and event.starts_at < until
        and not event.is_cancelled
    ]
    return report


@dataclass
class _Run:
    """One import: where its rows go."""

    office: Office
    source: str
    post: bool
    now: datetime
    actor: StaffUser | None

    def take(self, row: Row, event: Event | None) -> str:
        """Bring one row in; returns "added", "changed" or "unchanged". Raises Refused."""
        cancelled = row.status == "cancelled"
        if event is None:
            if cancelled:
                raise Refused("cancelled", "It is cancelled, and was not here before.")
            self._create(row)
            return "added"
        differs = _parts_that_differ(event.source_hash, _hash(row))
        if not differs or (cancelled and event.is_cancelled):
            return "unchanged"
        if cancelled:
            with override(self.office.first_language):
                reason = _("It was cancelled in the office’s calendar.")
            cancel_event(
                event_id=event.pk, reason=reason, source_hash=_hash(row), now=self.now,
                actor=self.actor,
            )  # fmt: skip
        else:
            changes = self._facts(row, differs)
            # Staff have postponed it: a new date makes it certain again.
            if "status" in differs and not event.is_postponed:
                changes["status"] = EventStatus(row.status)
            changes["source_hash"] = _hash(row)
            edit_event(event_id=event.pk, changes=changes, now=self.now, actor=self.actor)
        return "changed"

    def _create(self, row: Row) -> None:
        zone = ZoneInfo(row.timezone)
        day = f" {row.starts_at.astimezone(zone):%Y-%m-%d}" if row.recurrence_id else ""
        draft = EventDraft(
            **self._facts(row, PARTS),
            event_type=_event_type(row),
            topics=_topics(row),
            status=EventStatus(row.status),
            slug=row.title[:80] + day,
            source=self.source,
            source_uid=row.source_uid,
            recurrence_id=row.recurrence_id,
            source_hash=_hash(row),
        )
        create_event(
            office=self.office, draft=draft, post=self.post, now=self.now, actor=self.actor
        )

    def _facts(self, row: Row, parts: Collection[str]) -> dict[str, Any]:
        """What the file says of these parts of an event, as columns; the status aside."""
        facts: dict[str, Any] = {}
        if "title" in parts:
            facts["title"] = row.title if len(row.title) <= 200 else row.title[:199] + "…"
        if "text" in parts:
            facts["description"] = _markdown(row)
        if "time" in parts:
            facts |= {
                name: getattr(row, name) for name in ("starts_at", "ends_at", "timezone", "all_day")
            }
        if "place" in parts:
            online = row.meeting_url if len(row.meeting_url) <= 500 else ""
            venue = self._venue(row.location) if row.location or not online else None
            facts |= {
                "venue": venue,
                "mode": (Mode.BOTH if venue else Mode.REMOTE) if online else Mode.IN_PERSON,
                "remote_url": online,
            }
        return facts

    def _venue(self, location: str) -> Venue:
        """The office's venue of that name and address; a new one if it has none."""
        with override(self.office.first_language):
            columns = venue_columns(location) if location else {"name": _("To be announced")}
        found = Venue.objects.filter(office=self.office, **columns).first()
        return found or create_venue(office=self.office, now=self.now, actor=self.actor, **columns)


def venue_columns(location: str) -> dict[str, str]:
    """The name and the parts of the address in one line of text, as well as they can be told."""
    name, _comma, address = location[:400].partition(", ")
    columns = {"name": name[:200], "street": address[:200]}
    if match := _UNITED_STATES.fullmatch(address):
        columns |= {
            "street": match["street"][:200],
            "locality": match["locality"][:100],
            "region": match["region"],
            "postal_code": match["postal_code"] or "",
        }
    return columns


def _event_type(row: Row) -> EventType:
    words = " ".join([row.title, *row.categories])
    return next((kind for sign, kind in _TYPES if sign.search(words)), EventType.OTHER)


def _topics(row: Row) -> list[Topic]:
    wanted = {category.casefold() for category in row.categories}
    if not wanted:
        return []
    return [topic for topic in Topic.objects.all() if {topic.slug, topic.name.casefold()} & wanted]


def _markdown(row: Row) -> str:
    """The description as Markdown: its line breaks are meant, and its link is kept."""
    text = re.sub(r"(?<=\S)\n(?=[^\s\-*>#|\d])", "  \n", row.description)
    if row.url.startswith(("http://", "https://")) and row.url not in text:
        text = f"{text}\n\n<{row.url}>".strip()
    return text


def _hash(row: Row) -> str:
    """Changes with anything that is taken over from the file; it holds a hash of each part."""
    return "".join(
        hashlib.sha256(repr([getattr(row, name) for name in names]).encode("utf-8", "replace"))
        .hexdigest()[:PART_LENGTH]
        for names in PARTS.values()
    )  # fmt: skip


def _parts_that_differ(before: str, now: str) -> set[str]:
    starts = range(0, len(PARTS) * PART_LENGTH, PART_LENGTH)
    return {
        part
        for part, at in zip(PARTS, starts, strict=True)
        if before[at : at + PART_LENGTH] != now[at : at + PART_LENGTH]
    }


def _label(what: Row | Event) -> str:
    """The title and the date in words, where it takes place and in the language in use."""
    when = dates_text.when_text(
        what.starts_at, what.ends_at, what.timezone, language_in_use(), all_day=what.all_day
    )
    return f"{what.title}: {when}"


def _skipped(row: Row, reason: str) -> Problem:
    return Problem(row.source_uid, row.title, row.line, reason)
