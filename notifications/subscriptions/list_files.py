"""An address list as a file: what mailing services and spreadsheets export. Reads no row.

Known are the column names of Mailchimp, Constant Contact, listmonk and Google Contacts, in any
order; commas, semicolons or tabs; UTF-8 with or without its mark, UTF-16, and Windows' own letters.
A file without a line of names is read if one of its columns holds addresses.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.address_field import validate_reachable

#: Rows that one list holds at most.
MOST_ROWS = 100_000
#: Columns by what they mean. Names are compared in small letters, without signs between words.
COLUMNS = {
    "email": {
        "email", "email address", "e mail", "e mail address", "e mail 1 value", "emailaddress",
        "mail", "subscriber", "primary email", "correo", "correo electronico",
        "correo electrónico",
    },
    "name": {"name", "full name", "display name", "fname lname", "nombre", "nombre completo"},
    "first": {"first name", "firstname", "fname", "given name", "nombres"},
    "last": {"last name", "lastname", "lname", "family name", "surname", "apellido", "apellidos"},
    "language": {"language", "lang", "locale", "preferred language", "idioma"},
    "opted_in": {
        "optin time", "opt in time", "opt in date", "optin date", "confirm time", "created at",
        "email permission status date", "subscribed at", "date added", "subscribe date",
        "signup date", "fecha de alta",
    },
    "status": {
        "status", "subscription status", "subscriber status", "email status", "member status",
        "email permission status", "marketing status", "estado",
    },
    "ended": {"unsub time", "clean time", "unsubscribed at", "email unsubscribe date"},
}  # fmt: skip
#: The words of a status that says "this person gets our mail". Any other word keeps the line out:
#: a wrong guess would write to somebody who has said no, and this way round it is reported.
GETS_MAIL = {
    "active", "confirmed", "deliverable", "double", "enabled", "explicit", "express", "implied",
    "in", "ok", "opt", "opted", "optin", "single", "subscribed", "subscriber", "true", "valid",
    "yes", "1",
    # Google Groups: how often.
    "abridged", "all", "digest", "each", "email",
    "activa", "activo", "alta", "confirmada", "confirmado", "si", "suscrita", "suscrito", "sí",
}  # fmt: skip
_WORDS = re.compile(r"[^0-9a-záéíóúüñ]+")
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%m/%d/%Y %H:%M:%S",
          "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%d.%m.%Y")  # fmt: skip


#: Stands after the last line of a file. A quotation mark that is never closed swallows it.
_END = "\x1e"


class NotAList(Exception):
    """The file holds no column of addresses, or is no table at all. Says why, for staff."""


class Row(NamedTuple):
    """One address that can be written to. ``opted_in`` (UTC): since when, if the file says so."""

    line: int
    email: str
    name: str
    language: str
    opted_in: datetime | None


class Problem(NamedTuple):
    """A line that is left out, and why."""

    line: int
    email: str
    reason: str


@dataclass
class AddressList:
    """What a file holds: good rows, each address once, and the lines that are left out."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_list(data: bytes) -> AddressList:
    """Read a file; raises :class:`NotAList`. An address is lower-cased, and counts once."""
    lines = _table(_text(data))
    found = AddressList()
    seen: set[str] = set()
    columns: dict[str, list[int]] | None = None
    for number, last, cells in lines:
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells)
            if columns is not None:
                continue
            columns = _without_names(cells)
        if len(found.rows) + len(found.problems) >= MOST_ROWS:
            raise NotAList(_("This list has more than 100,000 lines. Bring it in parts."))
        email = _cell(cells, columns, "email").lower()
        reason = _swallowed(cells, columns, last) or _what_is_wrong(email, cells, columns)
        if not reason and email in seen:
            reason = _("This address stands further up in the file.")
        if reason:
            found.problems.append(Problem(number, email[:254], reason))
            continue
        seen.add(email)
        found.rows.append(
            Row(
                number,
                email,
                _name(cells, columns),
                _language(_cell(cells, columns, "language")),
                _moment(_cell(cells, columns, "opted_in")),
            )
        )
    if columns is None:
        raise NotAList(_("This file is empty."))
    return found


# --- The file ------------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise NotAList(_("This is no CSV file. In Excel, save the sheet as CSV UTF-8."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # A CSV that Excel saves without asking is in Windows' own letters.
        return data.decode("cp1252", "replace")


def _table(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the first and last line of each row, as people count them: from one; and its cells."""
    text = text.replace("\x00", "").replace(_END, "")
    skipped = 0
    hint = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if hint:
        text, skipped = text[hint.end() :], 1
    delimiter = hint[1] if hint else _delimiter(text)
    reader = csv.reader(io.StringIO(f"{text}\n{_END}"), delimiter=delimiter)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except csv.Error as error:
            raise NotAList(_("Line %(line)s cannot be read.") % {"line": line}) from error
        if cells == [_END]:
            return
        if any(_END in cell for cell in cells):
            raise NotAList(
                _("Line %(line)s opens a quotation mark that is never closed. Close it, or take it "
                  "out.") % {"line": line}
            )  # fmt: skip
        yield line, reader.line_num + skipped, [cell.strip() for cell in cells]


def _delimiter(text: str) -> str:
    """Return what parts the columns: of the usual signs, the most frequent in the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=outside.count)


def _columns(names: Sequence[str]) -> dict[str, list[int]] | None:
    """Return where which column is, from the line of names; None if it holds an address already."""
    if any("@" in name for name in names):
        return None
    found: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        plain = " ".join(_WORDS.split(name.lower())).strip()
        for meaning, known in COLUMNS.items():
            if plain in known:
                found.setdefault(meaning, []).append(position)
    if "email" not in found:
        raise NotAList(
            _("No column of this file is named “Email”. The columns are: %(names)s.")
            % {"names": ", ".join(name for name in names if name)[:300]}
        )
    return found


def _without_names(cells: Sequence[str]) -> dict[str, list[int]]:
    for position, cell in enumerate(cells):
        if "@" in cell:
            return {"email": [position]}
    raise NotAList(_("This file has no column of email addresses."))


# --- One line ------------------------------------------------------------------------------------


def _cell(cells: Sequence[str], columns: dict[str, list[int]], meaning: str) -> str:
    """Return the first of the columns of this meaning that holds something."""
    positions = columns.get(meaning, [])
    return next((cells[p] for p in positions if p < len(cells) and cells[p]), "")


def _swallowed(cells: Sequence[str], columns: dict[str, list[int]], last: int) -> str:
    """Say what is wrong with a row that looks as if a quotation mark had swallowed others."""
    ours = {position for positions in columns.values() for position in positions}
    for position, cell in enumerate(cells):
        later = [line for line in cell.split("\n")[1:] if "@" in line]
        # Notes may have many lines, and an address among them; not beside what parts columns.
        if later and (position in ours or any(set(line) & set(",;\t") for line in later)):
            return _(
                "A quotation mark opens here and closes in line %(last)s. The lines between were "
                "not read."
            ) % {"last": last}
    return ""


def _what_is_wrong(email: str, cells: Sequence[str], columns: dict[str, list[int]]) -> str:
    if not email:
        return _("There is no email address.")
    try:
        validate_reachable(email)
    except ValidationError:
        return _("This is no email address that mail can go to.")
    statuses = [cells[p] for p in columns.get("status", []) if p < len(cells)]
    other = next((status for status in statuses if not _gets_mail(status)), "")
    if other:
        return _("The list says: %(status)s.") % {"status": other[:80]}
    if _cell(cells, columns, "ended"):
        return _("The list says that they unsubscribed or that mail came back.")
    return ""


def _gets_mail(status: str) -> bool:
    return set(_WORDS.split(status.lower())) - {""} <= GETS_MAIL


def _name(cells: Sequence[str], columns: dict[str, list[int]]) -> str:
    first, last = (_cell(cells, columns, part) for part in ("first", "last"))
    return " ".join((_cell(cells, columns, "name") or f"{first} {last}").split())[:200]


def _language(text: str) -> str:
    """Return a language code: "en" for "en-US", "EN_us", "English"; empty where nobody knows."""
    code = re.split(r"[-_]", text.strip().lower())[0]
    named = {"english": "en", "inglés": "en", "ingles": "en", "spanish": "es", "español": "es",
             "espanol": "es"}  # fmt: skip
    code = named.get(code, code)
    return code if re.fullmatch(r"[a-z]{2,3}", code) else ""


def _moment(text: str) -> datetime | None:
    """Return when somebody opted in, in UTC; None for what cannot be read as a date."""
    if not text:
        return None
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        moment = next(filter(None, (_parsed(text, form) for form in _DATES)), None)
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None
