"""Entries for the tests of the pure part: one town hall, changed as each test likes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from notifications.calendars import vevent
from notifications.calendars.vtimezone import zone_info

WRITTEN = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


def local(zone: str, *when: int) -> datetime:
    """A local time of that zone as a UTC instant."""
    return datetime(*when, tzinfo=zone_info(zone)).astimezone(UTC)  # type: ignore[misc, arg-type]


def entry(zone: str = "America/Los_Angeles", **changes: Any) -> vevent.Entry:
    """A two-hour town hall; give `starts_at` alone to move it."""
    facts: dict[str, Any] = {
        "uid": "e1@plazuela.test",
        "sequence": 0,
        "dtstamp": WRITTEN,
        "last_modified": WRITTEN,
        "created": WRITTEN,
        "starts_at": local(zone, 2026, 7, 1, 18),
        "timezone": zone,
        "summary": "Town hall",
        "status": "confirmed",
    }
    facts.update(changes)
    facts.setdefault("ends_at", facts["starts_at"] + timedelta(hours=2))
    return vevent.Entry(**facts)


def feed(*entries: vevent.Entry) -> bytes:
    """A whole feed of these entries."""
    head = vevent.feed_opening(
        name="Town halls",
        description="Every town hall",
        language="en",
        timezone="America/Los_Angeles",
        source="https://plazuela.test/feeds/town-halls.ics",
    )
    zones = vevent.zones(entry.zone for entry in entries if entry.zone)
    return head + zones + b"".join(map(vevent.vevent, entries)) + vevent.closing()
