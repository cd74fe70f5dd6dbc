"""The agenda as staff type it: one item a line, its time first, what belongs to it indented below.

6:30 p.m. Welcome
6:40 p.m. The plan in ten minutes
    With drawings on the wall.
Your questions
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from events.models import AgendaItem

_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))?\s*(?:(?P<half>[ap])\.?\s?m\.?(?!\w)|h\b)?", re.I
)
#: A list that was pasted brings its marks with it, a range of times its end.
_MARK = re.compile(r"^[-*•–]\s+")
_BETWEEN = re.compile(r"^[\s:.–—-]+")
_DAY = 24 * 60


class Line(NamedTuple):
    """One item as it is typed. ``minutes`` are after the start of the event."""

    title: str
    notes: str = ""
    minutes: int | None = None


def read_agenda(text: str, starts_at: datetime, timezone: str) -> list[Line]:
    """Return the items of a typed agenda of an event that starts then."""
    items: list[tuple[str, list[str]]] = []
    for line in text.expandtabs(4).splitlines():
        if not line.strip():
            continue
        if line[0] == " " and items:
            items[-1][1].append(line.strip())
        else:
            items.append((_MARK.sub("", line.strip()), []))
    start = starts_at.astimezone(ZoneInfo(timezone))
    found = []
    for words, notes in items:
        minutes, title = _timed(words, start)
        found.append(Line(title, "\n".join(notes), minutes))
    return found


def _timed(words: str, start: datetime) -> tuple[int | None, str]:
    """Return the minutes after ``start`` that a line begins with, and the rest of it.

    "6:40" without a half of the day is the one that comes first after the start.
    """
    match = _TIME.match(words)
    if match is None or not (match["minute"] or match["half"]):
        return None, words
    rest = _BETWEEN.sub("", words[match.end() :])
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    if not rest or hour > 23 or (half and not 1 <= hour <= 12):
        return None, words
    if half:
        hours = [hour % 12 + (12 if half.lower() == "p" else 0)]
    else:
        hours = [hour, hour + 12] if 1 <= hour <= 11 else [hour % 12, 12] if hour == 12 else [hour]
    begins = start.hour * 60 + start.minute
    return min((one * 60 + minute - begins) % _DAY for one in hours), rest


def written(items: Iterable[AgendaItem]) -> str:
    """Return an agenda as staff edit it (uses a prefetch of each item's event)."""
    lines = []
    for item in items:
        time = ""
        if item.starts_at is not None:
            at = item.starts_at.astimezone(item.event.zone)
            half = "a.m." if at.hour < 12 else "p.m."
            time = f"{at.hour % 12 or 12}:{at.minute:02d} {half} "
        lines += [f"{time}{item.title}", *_indented(item.notes)]
    return "\n".join(lines)


def written_in(items: Iterable[AgendaItem], language: str) -> str:
    """Return the same in another language, item by item, without times; empty where there is none.

    An item that has no version of its own stands there in the first language.
    """
    versions = [item.in_language(language) for item in items]
    if all(isinstance(version, AgendaItem) for version in versions):
        return ""
    return "\n".join(
        line for version in versions for line in (version.title, *_indented(version.notes))
    )


def _indented(notes: str) -> list[str]:
    return [f"    {line}" for line in notes.splitlines()]
