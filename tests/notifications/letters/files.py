"""Small real files for tests."""

import zipfile
from io import BytesIO

from django.core.files.base import ContentFile

from events.file_types import CSV as CSV_TYPE
from events.file_types import PDF as PDF_TYPE
from events.file_types import NewFile

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
CSV = "name,amount\nÁngela,12\n".encode()
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def zipped(parts: dict[str, str]) -> bytes:
    """A ZIP archive of these parts."""
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return data.getvalue()


ODT = zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"})
DOCX = zipped({"[Content_Types].xml": f"<x>{WORD}</x>", "word/document.xml": "<x/>"})


def new(data: bytes = PDF, name: str = "plan.pdf") -> NewFile:
    """A file that somebody has uploaded, and that was looked at."""
    return NewFile(name, ContentFile(data), CSV_TYPE if name.endswith("csv") else PDF_TYPE)
