"""Versions of what the public reads of an event: written with every change, each naming the last.

The canonical text of a version is plain text in UTF-8 with LF: a head, then the public facts, each
under its name and indented by two spaces. Its SHA-256 is the version's digest; its head names the
digest of the version before. Whoever has the files can check the chain with ``sha256sum`` alone.

Facts are in the words of the columns and in ISO 8601, never in the language of whoever saved. What
comes and goes with guests is none of them: places left, and the help that is arranged for them.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef

from events.models import Event, Mode, NoticeVersion
from events.notice import is_late, written_line

FORMAT = "Plazuela notice 1"
#: What the first version names as the one before.
NONE = "0" * 64
#: Events whose versions are written together.
CHUNK = 500

Facts = Mapping[str, str]


def write_versions(event_ids: Collection[int], at: datetime) -> None:
    """Write a version of each public event whose facts are others than in its last one.

    Part of the transaction of the change; the events are locked by it. A constant number of queries
    for each :data:`CHUNK` of events.
    """
    ids = sorted(event_ids)
    for begin in range(0, len(ids), CHUNK):
        chunk = ids[begin : begin + CHUNK]
        events = Event.objects.posted().filter(pk__in=chunk).order_by("pk")
        events = events.with_all_shown().with_programme()
        last = {version.event_id: version for version in _last_of(chunk)}
        versions = (_next(event, last.get(event.pk), at) for event in events)
        NoticeVersion.objects.bulk_create(version for version in versions if version is not None)


def _last_of(event_ids: Collection[int]) -> Iterable[NoticeVersion]:
    later = NoticeVersion.objects.filter(event=OuterRef("event"), number__gt=OuterRef("number"))
    return NoticeVersion.objects.filter(~Exists(later), event__in=event_ids)


def _next(event: Event, last: NoticeVersion | None, at: datetime) -> NoticeVersion | None:
    facts = facts_of(event)
    if last is not None and facts == read_facts(last.text):
        return None
    number = last.number + 1 if last is not None else 1
    text = canonical(
        facts, uid=event.uid, number=number, at=at, previous=last.digest if last else NONE
    )
    return NoticeVersion(event=event, number=number, at=at, text=text, digest=digest_of(text))


def digest_of(text: str) -> str:
    """Return the SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(facts: Facts, *, uid: str, number: int, at: datetime, previous: str) -> str:
    """Return the canonical text of a version."""
    head = [
        FORMAT,
        f"event: {uid}",
        f"version: {number}",
        f"public since: {at.astimezone(UTC).isoformat(timespec='microseconds')}",
        f"sha256 of the version before: {previous}",
    ]
    body = [
        line
        for name, value in facts.items()
        for line in ("", f"{name}:", *(f"  {part}" for part in value.split("\n")))
    ]
    return "\n".join([*head, *body, ""])


def read_facts(text: str) -> dict[str, str]:
    """Return the facts of a canonical text; the head is none of them."""
    facts: dict[str, list[str]] = {}
    name = ""
    _head, _blank, body = text.partition("\n\n")
    for line in body.split("\n"):
        if line.startswith("  ") and name:
            facts[name].append(line[2:])
        elif line.endswith(":"):
            name = line[:-1]
            facts[name] = []
    return {name: "\n".join(lines) for name, lines in facts.items()}


class Fault(NamedTuple):
    """Where a chain does not hold: the number of a version, and what is wrong with it."""

    number: int
    what: str


def faults_of(event: Event, versions: Iterable[NoticeVersion]) -> list[Fault]:
    """Return what is wrong with the versions of an event (all of them, in order); mostly nothing.

    "number": one is missing; "text": its digest is that of another text; "head": it does not name
    this event, its number, its instant or the version before.
    """
    found, previous = [], NONE
    for place, version in enumerate(versions, 1):
        if version.number != place:
            found.append(Fault(version.number, "number"))
        if digest_of(version.text) != version.digest:
            found.append(Fault(version.number, "text"))
        expected = canonical(
            read_facts(version.text), uid=event.uid, number=version.number, at=version.at,
            previous=previous,
        )  # fmt: skip
        if version.text != expected:
            found.append(Fault(version.number, "head"))
        previous = version.digest
    return found


def facts_of(event: Event) -> dict[str, str]:
    """Return the public facts of an event, in a fixed order, without the empty ones.

    Uses the prefetches of ``with_all_shown`` and ``with_programme``. How to join online is a fact
    only where everybody may know it.
    """
    languages = sorted(row.language for row in event.translations.all())
    facts: dict[str, Any] = {"title": event.title}
    facts |= {f"title.{code}": event.in_language(code).title for code in languages}
    facts |= {
        "event_type": event.event_type,
        "status": event.status,
        "status_reason": event.status_reason,
        "starts_at": event.starts_at.astimezone(event.zone).isoformat(timespec="minutes"),
        "ends_at": event.ends_at.astimezone(event.zone).isoformat(timespec="minutes"),
        "timezone": event.timezone,
        "all_day": _yes(event.all_day),
        "mode": event.mode,
    }
    facts |= _place(event)
    facts |= {
        "office": event.office.name,
        "cohosts": "\n".join(sorted(office.name for office in event.cohosts.all())),
        "topics": "\n".join(sorted(topic.name for topic in event.topics.all())),
        "spoken_languages": ", ".join(event.spoken_languages),
        "access_services": event.access_services,
        **_accommodation(event, languages),
        "takes_rsvps": _yes(event.takes_rsvps),
        "capacity": _number(event.capacity),
        "remote_capacity": _number(event.remote_capacity),
        "is_recorded": _yes(event.is_recorded),
    }
    facts |= _programme(event)
    facts["description"] = event.description
    facts |= {f"description.{code}": event.in_language(code).description for code in languages}
    facts["notice_hours"] = _number(event.notice_hours or None)
    facts["late_because"] = event.notice_excuse.strip() if is_late(event) else ""
    return {name: _plain(value) for name, value in facts.items() if _plain(value).strip()}


def _plain(value: str) -> str:
    """A text has one kind of line break: every other would read back as another text."""
    return "\n".join(value.splitlines())


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _place(event: Event) -> dict[str, str]:
    facts: dict[str, str] = {}
    venue = event.venue
    if venue is not None and event.mode != Mode.REMOTE:
        facts |= {"place": venue.location, "entrance": venue.entrance, "transit": venue.transit}
        for name in ("step_free", "accessible_restroom", "accessible_parking", "hearing_loop"):
            known = getattr(venue, name)
            facts[name] = "" if known is None else _yes(known)
        facts["wheelchair_spaces"] = _number(venue.wheelchair_spaces)
    if event.mode != Mode.IN_PERSON and event.joining_is_public:
        facts |= {"remote_url": event.remote_url, "dial_in": event.dial_in}
    return facts


def _accommodation(event: Event, languages: list[str]) -> dict[str, str]:
    """The line as it is written, and the day that it speaks of."""
    first = event.office.first_language
    facts = {"accommodation": written_line(event, first).text}
    codes = sorted({*languages, *event.office.accommodation} - {first})
    for code in codes:
        line = written_line(event, code)
        facts[f"accommodation.{code}"] = line.text if line.language == code else ""
    facts["accommodation_day"] = event.access_deadline.isoformat()
    return facts


def _programme(event: Event) -> dict[str, str]:
    facts: dict[str, str] = {}
    items, speakers = list(event.agenda.all()), list(event.speakers.all())
    agenda: dict[str, list[str]] = {"agenda": []}
    for item in items:
        time = f"{item.starts_at.astimezone(event.zone):%H:%M} " if item.starts_at else ""
        agenda["agenda"] += [f"{time}{item.title}", *_indented(item.notes)]
        for row in sorted(item.translations.all(), key=lambda row: row.language):
            lines = agenda.setdefault(f"agenda.{row.language}", [])
            lines += [f"{time}{row.title}", *_indented(row.notes)]
    facts |= {name: "\n".join(lines) for name, lines in sorted(agenda.items())}
    said: dict[str, list[str]] = {"speakers": []}
    for speaker in speakers:
        said["speakers"].append(", ".join(part for part in (speaker.name, speaker.role) if part))
        for role in sorted(speaker.translations.all(), key=lambda row: row.language):
            said.setdefault(f"speakers.{role.language}", []).append(f"{speaker.name}, {role.role}")
    facts |= {name: "\n".join(lines) for name, lines in sorted(said.items())}
    facts["documents"] = "\n".join(
        f"{paper.name} (sha256 {paper.digest})" for paper in event.documents.all()
    )
    return facts


def _indented(notes: str) -> list[str]:
    return [f"    {line}" for line in notes.splitlines()]
