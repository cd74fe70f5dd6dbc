"""A PDF, read back by a program that knows nothing of how it was made."""

from io import BytesIO
from typing import Any

from django.test import Client
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

#: Signs that mean something to the program that sets it.
SIGNS = '#panic() $x$ @a <b> _c_ *d* `e` \\f "g" // h /* i */ [j] {k} ~ -- ... = l'


def read(client: Client, path: str) -> PdfReader:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    assert answer["Content-Type"] == "application/pdf"
    return PdfReader(BytesIO(answer.content))


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def tags(reader: PdfReader) -> list[str]:
    """Return the names of the document's structure elements, in reading order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                found.append(str(node["/S"])[1:])
            walk(node.get("/K"))

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found
