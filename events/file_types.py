"""What an attached file really is, by its content and not by its name.

Only what readers can open without risk: PDF, raster pictures, documents without macros, and plain
text. A name's ending counts in one case: whether a text is a table (CSV) nobody can tell from it.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from django.core.files.base import File

from events.pictures import NotAPicture, read_format


class FileType(NamedTuple):
    """A kind of file: the ending that we give it, and its media type."""

    ending: str
    media_type: str


#: Bytes of one file.
LARGEST = 10_000_000


@dataclass(frozen=True)
class NewFile:
    """A file that was looked at: its content and what it is."""

    given_name: str
    content: File
    kind: FileType


PDF = FileType("pdf", "application/pdf")
ODT = FileType("odt", "application/vnd.oasis.opendocument.text")
DOCX = FileType("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
TEXT = FileType("txt", "text/plain; charset=utf-8")
CSV = FileType("csv", "text/csv; charset=utf-8")

#: What the control offers; what comes is looked at all the same.
ACCEPT = ".pdf,.png,.jpg,.jpeg,.webp,.gif,.odt,.docx,.txt,.csv"
#: Bytes of a part of an archive that are read at most: it may claim any size.
_MOST = 100_000
_WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
#: Control characters that no text has.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class NotTaken(Exception):
    """The file is of no kind that we take."""


def read_type(file: BinaryIO, name: str) -> FileType:
    """Return what ``file`` is; raises :class:`NotTaken`. Leaves it at its beginning."""
    try:
        return _read_type(file, name)
    finally:
        file.seek(0)


def _read_type(file: BinaryIO, name: str) -> FileType:
    file.seek(0)
    data = file.read()
    if data.startswith(b"%PDF-"):
        return PDF
    try:
        return FileType(*read_format(data)[0])
    except NotAPicture:
        pass
    if data.startswith(b"PK\x03\x04"):
        return _read_archive(file)
    if not data or _NO_TEXT.search(data):
        raise NotTaken
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotTaken from error
    return CSV if PurePosixPath(name).suffix.lower() == ".csv" else TEXT


def _read_archive(file: BinaryIO) -> FileType:
    """Tell ODT (ODF 1.3 part 2, 3.3) and DOCX (ECMA-376, part 2) from other archives."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                kind = _part(archive, "mimetype").strip()
                if kind == ODT.media_type.encode() and not any(
                    name.startswith(("Basic/", "Scripts/")) for name in names
                ):
                    return ODT
            elif "[Content_Types].xml" in names and "word/document.xml" in names:
                kinds = _part(archive, "[Content_Types].xml")
                if _WORD in kinds and not any(name.endswith("vbaProject.bin") for name in names):
                    return DOCX
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise NotTaken from error
    raise NotTaken


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(_MOST)


def file_name(given: str, kind: FileType) -> str:
    """Return the name that readers see: the given one, with the ending of what it is."""
    stem = PurePosixPath(given.replace("\\", "/")).name
    end = PurePosixPath(stem).suffix
    stem = stem.removesuffix(end) if len(end) <= 6 else stem
    words = "".join(char if char.isprintable() else " " for char in stem).split()
    return f"{' '.join(words)[:100].strip(' .') or 'file'}.{kind.ending}"
