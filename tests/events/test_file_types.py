"""What a file is, by its content."""

from io import BytesIO

import pytest

from events.file_types import NotTaken, file_name, read_type
from tests.notifications.letters.files import CSV, DOCX, ODT, PDF, PNG, WORD, zipped


@pytest.mark.parametrize(
    ("data", "name", "ending"),
    [
        (PDF, "agenda.pdf", "pdf"),
        (PDF, "setup.exe", "pdf"),
        (PNG, "map.pdf", "png"),
        (ODT, "letter.odt", "odt"),
        (DOCX, "letter.docx", "docx"),
        (CSV, "budget.csv", "csv"),
        (CSV, "budget.CSV", "csv"),
        (CSV, "budget.html", "txt"),
        (b"<script>alert(1)</script>", "page.html", "txt"),
        ("\ufeffÁrboles\r\n\tuno".encode(), "trees.txt", "txt"),
    ],
)
def test_the_content_decides(data: bytes, name: str, ending: str) -> None:
    file = BytesIO(data)
    assert read_type(file, name).ending == ending
    assert file.tell() == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"PK\x03\x04 but no archive",
        zipped({"secret.exe": "x"}),
        zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
        zipped({"mimetype": "application/vnd.oasis.opendocument.text", "Basic/a.xml": "x"}),
        zipped({"[Content_Types].xml": WORD, "word/document.xml": "", "word/vbaProject.bin": ""}),
        zipped({"[Content_Types].xml": "<x/>", "word/document.xml": ""}),
        "Árboles".encode("utf-16"),
        "Árboles".encode("latin-1"),
        b"<svg\x00>",
    ],
)
def test_what_is_none_of_these_is_not_taken(data: bytes) -> None:
    with pytest.raises(NotTaken):
        read_type(BytesIO(data), "letter.pdf")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("agenda.pdf", "agenda.pdf"),
        ("setup.exe", "setup.pdf"),
        ("C:\\Users\\ana\\Tree plan.docx", "Tree plan.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("Minutes 3.4 of the board", "Minutes 3.4 of the board.pdf"),
        ("a\u202egpj.exe", "a gpj.pdf"),
        (".pdf", "pdf.pdf"),
        ("", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
    ],
)
def test_the_name_says_what_it_is_and_nothing_else(given: str, shown: str) -> None:
    assert file_name(given, read_type(BytesIO(PDF), given)) == shown
