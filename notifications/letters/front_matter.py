"""Reading a letter file: front matter between two lines ``---``, then the text in Markdown.

    ---
    title: Parking on Oak Avenue: what we ask
    topics: [legislation, town-halls]
    signatories:
      - Ana Rivera, Council Member
      - Ben Ortiz, Council Member
    addressees: The Department of Transportation
    dated: 2019-05-03
    language: en
    ---
    Dear Director, …

This is the part of YAML that people write by hand, read strictly and with line numbers. It is no
YAML: there ``title: Parking: what we ask`` is an error, ``Item #3`` loses its end to a comment and
the language ``no`` is a truth value, and a letter must not change its words on its way in.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from babel import Locale, UnknownLocaleError
from django.conf.locale import LANG_INFO

from events.languages import OWN_NAMES

KEYS = ("title", "topics", "signatories", "addressees", "dated", "language")
#: Keys whose values are lists; the others are one line of text.
LISTS = frozenset({"topics", "signatories", "addressees"})
_KEY = re.compile(r"([A-Za-z_-]+)\s*:(?:\s+|$)(.*)", re.DOTALL)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


class LetterFileError(Exception):
    """The file cannot be read as a letter. Its text is one line: file, line, what to do."""


@dataclass
class LetterFile:
    """What a letter file says. ``lines``: the line number that each key stands on."""

    name: str
    title: str
    body: str
    topics: list[str] = field(default_factory=list)
    signatories: list[str] = field(default_factory=list)
    addressees: list[str] = field(default_factory=list)
    dated: date | None = None
    language: str = ""
    #: Of the whole file, whatever its line ends: the same file is the same letter.
    source_hash: str = ""
    lines: dict[str, int] = field(default_factory=dict)

    def error(self, key: str, reason: str) -> LetterFileError:
        """Return the error that names the line of ``key``."""
        return _error(self.name, self.lines.get(key), f"{key}: {reason}")


def _error(name: str, line: int | None, reason: str) -> LetterFileError:
    place = f"{name}:{line}" if line else name
    return LetterFileError(f"{place}: {reason}")


def read_letter(content: bytes, name: str) -> LetterFile:
    """Read a letter file; ``name`` is what errors call it. Raises :class:`LetterFileError`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _error(name, line, "this is not UTF-8 text. Save the file as UTF-8.") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise _error(name, text[: text.index("\0")].count("\n") + 1, "this is not a text file.")
    head, body = _split(text, name)
    values, lines = _read_head(head, name)
    letter = LetterFile(
        name=name,
        title="",
        body=body,
        source_hash=hashlib.sha256(text.strip().encode()).hexdigest(),
        lines=lines,
    )
    for key, value in values.items():
        _take(letter, key, value)
    if not letter.title:
        raise _error(name, lines.get("title", 1), "title: a letter needs a title.")
    if not letter.body.strip():
        raise _error(name, None, "there is no text below the front matter.")
    return letter


def _split(text: str, name: str) -> tuple[list[tuple[int, str]], str]:
    """Return the numbered lines of the front matter, and the text below it."""
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise _error(name, None, "the file is empty.")
    if lines[first].rstrip() != "---":
        raise _error(name, first + 1, "a letter begins with a line --- and its front matter.")
    for n in range(first + 1, len(lines)):
        if lines[n].rstrip() in ("---", "..."):
            head = [(i + 1, lines[i]) for i in range(first + 1, n)]
            return head, "\n".join(lines[n + 1 :]).strip("\n")
    raise _error(name, first + 1, "no second line --- ends the front matter that begins here.")


def _read_head(
    head: list[tuple[int, str]], name: str
) -> tuple[dict[str, str | list[str]], dict[str, int]]:
    """Return the keys' raw values and line numbers."""
    values: dict[str, str | list[str]] = {}
    lines: dict[str, int] = {}
    for number, key, first, rest in _entries(head, name):
        if key not in KEYS:
            known = ", ".join(KEYS)
            raise _error(name, number, f"there is no '{key}' in a letter; known: {known}.")
        if key in values:
            raise _error(name, number, f"{key}: it is already on line {lines[key]}.")
        lines[key] = number
        values[key] = _value(name, number, key, first, rest)
    return values, lines


def _entries(
    head: list[tuple[int, str]], name: str
) -> Iterator[tuple[int, str, str, list[tuple[int, str]]]]:
    """Yield (line number, key, text behind the colon, the lines below that belong to it)."""
    current: tuple[int, str, str, list[tuple[int, str]]] | None = None
    for number, line in head:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        belongs = line[0] in " \t" or line.startswith("- ") or line.rstrip() == "-"
        if belongs:
            if current is None:
                raise _error(name, number, "this line belongs to no key.")
            current[3].append((number, line.strip()))
            continue
        if current is not None:
            yield current
        match = _KEY.fullmatch(line)
        if match is None:
            raise _error(name, number, "expected 'key: value', such as 'title: Our letter'.")
        current = (number, match[1].lower(), match[2].strip(), [])
    if current is not None:
        yield current


def _value(
    name: str, number: int, key: str, first: str, rest: list[tuple[int, str]]
) -> str | list[str]:
    """Return a key's text, or its items if it is written as a list."""
    if first in ("|", "|-", ">", ">-"):
        return ("\n" if first[0] == "|" else " ").join(line for _n, line in rest)
    if not first and rest and rest[0][1].startswith("-"):
        return _items(name, key, rest)
    if first.startswith("["):
        return _inline_items(name, number, " ".join([first, *(line for _n, line in rest)]))
    return _unquoted(name, number, " ".join([first, *(line for _n, line in rest)]).strip())


def _items(name: str, key: str, rest: list[tuple[int, str]]) -> list[str]:
    items: list[tuple[int, str]] = []
    for number, line in rest:
        if line == "-" or line.startswith("- "):
            items.append((number, line[1:].strip()))
        elif line.startswith("-"):
            raise _error(name, number, f"{key}: put a space behind the '-'.")
        else:
            at, item = items[-1]
            items[-1] = (at, f"{item} {line}")
    return [_unquoted(name, number, item) for number, item in items]


def _unquoted(name: str, number: int, text: str) -> str:
    """Return a value without the quotes around it, if there are any."""
    quote = text[:1]
    if quote not in ('"', "'"):
        return text
    inside, end = _quoted(text)
    if end is None:
        raise _error(name, number, f"the quote {quote} is not closed.")
    behind = text[end:].strip()
    if behind and not behind.startswith("#"):
        raise _error(name, number, f"there is text behind the closing quote: {behind}")
    return inside


def _quoted(text: str) -> tuple[str, int | None]:
    """Return what the quotes that ``text`` begins with hold, and where the text goes on."""
    quote, inside, n = text[0], "", 1
    while n < len(text):
        if quote == '"' and text[n] == "\\" and text[n + 1 : n + 2] in ('"', "\\"):
            inside += text[n + 1]
            n += 2
        elif text[n] == quote and quote == "'" and text[n + 1 : n + 2] == "'":
            inside += "'"
            n += 2
        elif text[n] == quote:
            return inside, n + 1
        else:
            inside += text[n]
            n += 1
    return inside, None


def _inline_items(name: str, number: int, text: str) -> list[str]:
    """Return the items of ``[one, "two, with a comma"]``."""
    items: list[str] = []
    rest = text[1:].lstrip()
    while rest and not rest.startswith("]"):
        if rest[0] in ('"', "'"):
            item, end = _quoted(rest)
            if end is None:
                raise _error(name, number, f"the quote {rest[0]} is not closed.")
        else:
            end = min((rest.find(sign) for sign in ",]" if sign in rest), default=len(rest))
            item = rest[:end].strip()
        items.append(item)
        rest = rest[end:].lstrip()
        if rest.startswith(","):
            rest = rest[1:].lstrip()
        elif rest and not rest.startswith("]"):
            raise _error(name, number, "put a comma between the items of a list.")
    if not rest:
        raise _error(name, number, "the list [ is not closed with ].")
    behind = rest[1:].strip()
    if behind and not behind.startswith("#"):
        raise _error(name, number, f"there is text behind the list: {behind}")
    return items


def _take(letter: LetterFile, key: str, value: str | list[str]) -> None:
    """Put one key's value into the letter, checked."""
    if key in LISTS:
        if isinstance(value, str):
            value = re.split(r"[,\n]" if key == "topics" else r"\n", value)
        setattr(letter, key, [item.strip() for item in value if item.strip()])
        return
    if isinstance(value, list):
        raise letter.error(key, "expected one value, not a list.")
    value = " ".join(value.split())
    if key == "title":
        if len(value) > 200:
            raise letter.error(key, f"at most 200 characters; this has {len(value)}.")
        letter.title = value
    elif key == "dated" and value:
        try:
            letter.dated = date.fromisoformat(value)
        except ValueError as error:
            raise letter.error(key, "write the day as YYYY-MM-DD, such as 2019-05-03.") from error
    elif key == "language" and value:
        if not is_language(value.lower()):
            raise letter.error(key, f"'{value}' is no language code such as en, es or zh-hans.")
        letter.language = value.lower()


def is_language(code: str) -> bool:
    """Whether ``code`` (lower case) is a language that we, Django or CLDR know."""
    if code in LANG_INFO or code in OWN_NAMES:
        return True
    if not _LANGUAGE.fullmatch(code):
        return False
    try:
        return bool(Locale.parse(code, sep="-"))
    except (UnknownLocaleError, ValueError):
        return False
