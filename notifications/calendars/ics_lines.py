"""The lines of a calendar file: what RFC 5545 section 3.1 says, and what real files make of it.

Files come with LF or CRLF, with a byte order mark, in Windows-1252, folded in the middle of a
character, with an END that was forgotten. Each event is cut out by itself here, so that a broken
one cannot spoil its neighbours.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE_END = re.compile(rb"\r\n|\n|\r")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_ESCAPE = re.compile(r"\\(.)", re.S)
_KEPT = ("VCALENDAR", "VTIMEZONE", "VEVENT")
#: What no text means, and PostgreSQL (NUL) and XML (the others) cannot hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PARAMETER_STOP = re.compile('[;:"]')
#: An alarm in an event in a calendar stands three deep.
_DEEPEST = 20


class NotACalendar(ValueError):
    """The file holds no VCALENDAR."""


class Unreadable(ValueError):
    """A part that cannot be understood; the message is for people, `line` where it stands."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Property:
    """One content line: NAME;PARAM=value:value. `name` and the parameters' names are upper case."""

    name: str
    parameters: dict[str, str]
    value: str
    line: int

    @property
    def text(self) -> str:
        """The value as TEXT, unescaped, with LF for line breaks."""
        return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], self.value).strip()

    @property
    def texts(self) -> list[str]:
        """The value as a list of TEXT."""
        return [
            Property(self.name, {}, part, self.line).text
            for part in re.split(r"(?<!\\),", self.value)
        ]


@dataclass(slots=True)
class Component:
    """A VEVENT, VTIMEZONE or VCALENDAR with the lines that are its own.

    `problem` is the first thing that was wrong with its form.
    """

    name: str
    line: int
    properties: list[Property] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    problem: Unreadable | None = None

    def first(self, name: str) -> Property | None:
        return next((found for found in self.properties if found.name == name), None)

    def every(self, name: str) -> list[Property]:
        return [found for found in self.properties if found.name == name]

    def text(self, name: str) -> str:
        found = self.first(name)
        return found.text if found else ""


def components(data: bytes) -> list[Component]:
    """The VCALENDARs, VTIMEZONEs and VEVENTs of a file, in order, each with its own properties.

    Alarms inside events, and to-dos and journals, are left out. Raises NotACalendar.
    """
    found: list[Component] = []
    open_: list[Component] = []

    def close(component: Component, line: int) -> None:
        if component.name in _KEPT and component.problem is None:
            component.problem = Unreadable(f"It has no END:{component.name}.", line)

    for line, content in _logical_lines(data):
        owner = _owner(open_)
        if owner is not None and owner.name == "VTIMEZONE":
            owner.raw.append(content)
        verb, _, name = content.upper().partition(":")
        name = name.strip()
        if verb == "BEGIN":
            if name in _KEPT:
                # None of these stands inside a VEVENT: its END was forgotten.
                while open_ and open_[-1].name != "VCALENDAR":
                    close(open_.pop(), line)
            if len(open_) >= _DEEPEST:
                raise NotACalendar("The file is not an iCalendar file: its parts stand too deep.")
            open_.append(Component(name, line))
            if name in _KEPT:
                found.append(open_[-1])
        elif verb == "END":
            if any(component.name == name for component in open_):
                while open_[-1].name != name:
                    close(open_.pop(), line)
                open_.pop()
        elif owner is not None:
            try:
                owner.properties.append(_property(content, line))
            except Unreadable as problem:
                owner.problem = owner.problem or problem
    for component in open_:
        close(component, component.line)
    if not any(component.name == "VCALENDAR" for component in found):
        raise NotACalendar("The file is not an iCalendar file: it has no BEGIN:VCALENDAR.")
    return found


def _owner(open_: list[Component]) -> Component | None:
    """Where a line belongs: the parts of a VTIMEZONE are its own, an alarm's lines go nowhere."""
    inner = [component for component in open_ if component.name not in ("STANDARD", "DAYLIGHT")]
    return inner[-1] if inner and inner[-1].name in _KEPT else None


def _logical_lines(data: bytes) -> Iterator[tuple[int, str]]:
    """Unfolded lines, each with the number of its first line in the file, empty ones left out."""
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark):
            data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    start, parts = 1, [b""]
    for number, line in enumerate(_LINE_END.split(data), 1):
        if line[:1] in (b" ", b"\t"):
            parts.append(line[1:])
            continue
        if content := _decoded(b"".join(parts)):
            yield start, content
        start, parts = number, [line]
    if content := _decoded(b"".join(parts)):
        yield start, content


def _decoded(line: bytes) -> str:
    """The unfolded line: many programs fold between the bytes of one character."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    return _CONTROL.sub("", text).rstrip()


def _property(content: str, line: int) -> Property:
    match = _NAME.match(content)
    if match is None:
        raise Unreadable(f"Line {line} is not of the form NAME:value.", line)
    name, at = match[0].upper(), match.end()
    parameters: dict[str, str] = {}
    while content[at : at + 1] == ";":
        label = _NAME.match(content, at + 1)
        if label is None or content[label.end() : label.end() + 1] != "=":
            raise Unreadable(f"Line {line} has a broken parameter after {name}.", line)
        values, at = _parameter_values(content, label.end() + 1, line)
        parameters[label[0].upper()] = values
    if content[at : at + 1] != ":":
        raise Unreadable(f"Line {line} is not of the form NAME:value.", line)
    return Property(name, parameters, content[at + 1 :], line)


def _parameter_values(content: str, at: int, line: int) -> tuple[str, int]:
    """The value of a parameter, without its quotes, and where it ends."""
    parts: list[str] = []
    while True:
        stop = _PARAMETER_STOP.search(content, at)
        end = stop.start() if stop else len(content)
        parts.append(content[at:end])
        if stop is None or stop[0] != '"':
            return "".join(parts), end
        at = content.find('"', end + 1) + 1
        if not at:
            raise Unreadable(f"Line {line} has a quotation mark that is not closed.", line)
        parts.append(content[end + 1 : at - 1])
