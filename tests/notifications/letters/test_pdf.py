"""A letter on paper, read back by a program that knows nothing of how it was made."""

from datetime import date, timedelta
from io import BytesIO

import pytest
import typst
from django.conf import settings
from django.test import Client
from pypdf import PdfReader

from events import papers
from events.actions.offices import edit_office
from events.models import Office
from notifications.letters import pdf
from notifications.letters.actions import edit_letter
from notifications.letters.posted import retract_letter, set_outcome
from notifications.models import Letter
from tests.factories import NOW, make_office
from tests.notifications.mailing import make_letter
from tests.papers import SIGNS, read, tags, words

pytestmark = pytest.mark.django_db

BODY = """Dear Director,

### What we ask

1. Paint the curb **red**.
2. Answer [by June](https://example.org/june).

> “I have been late *eleven* times.”

| Block | Cars |
|---|---|
| 7th to 8th | 12 |

# And then

`x = 1`
"""


@pytest.fixture
def office() -> Office:
    return make_office(name="Office of Council Member Ortega", website="https://ortega.example")


def test_everything_of_the_letter_stands_on_it(client: Client, office: Office) -> None:
    letter = make_letter(office, body=BODY)
    set_outcome(letter_id=letter.pk, outcome="She **will** count.", on=date(2026, 6, 1), now=NOW)
    text = words(read(client, f"/letters/{letter.slug}.pdf"))
    for part in (
        "Office of Council Member Ortega", "200 Main Street", "555-0100", "https://ortega.example",
        "May 28, 2026", "Director Helen Park", "Parking on Oak Avenue", "Dear Director,",
        "What we ask", "Paint the curb red.", "Answer by June.", "“I have been late eleven times.”",
        "7th to 8th", "Signed", "Ana Rivera, Council Member", "Ben Ortiz",
        "What came of it, June 1, 2026", "She will count.", "Page 1 of 1",
        f"http://testserver/letters/{letter.slug}/",
    ):  # fmt: skip
        assert part in text


def test_a_screen_reader_knows_its_language_title_and_parts(client: Client, office: Office) -> None:
    letter = make_letter(office, body=BODY)
    reader = read(client, f"/letters/{letter.slug}.pdf")
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Parking on Oak Avenue"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    found = tags(reader)
    assert [name for name in found if name in ("H1", "H2", "H3")] == ["H1", "H2", "H2"]
    assert {"P", "L", "LI", "Link", "BlockQuote", "Table", "TH", "TD"} <= set(found)


def test_the_letter_in_each_language(client: Client, office: Office) -> None:
    letter = make_letter(
        office,
        translations={
            "es": {"title": "Autos en la calle", "body": "Estimada directora:"},
            "vi": {"title": "Đậu xe", "body": "Kính gửi bà Giám đốc,"},
        },
    )
    spanish = read(client, f"/letters/{letter.slug}.pdf?lang=es")
    assert spanish.trailer["/Root"]["/Lang"] == "es"
    assert "Estimada directora:" in words(spanish)
    assert "Página 1 de 1" in words(spanish)
    assert "28 de mayo de 2026" in words(spanish)
    vietnamese = read(client, f"/letters/{letter.slug}.pdf?in=vi")
    assert vietnamese.trailer["/Root"]["/Lang"] == "vi"
    assert "Kính gửi bà Giám đốc," in words(vietnamese)


@pytest.mark.parametrize("where", ["title", "body", "signatories", "addressees"])
def test_no_word_of_a_letter_is_taken_for_a_command(
    client: Client, office: Office, where: str
) -> None:
    letter = make_letter(office, **{where: f"{SIGNS} end"})
    text = words(read(client, f"/letters/{letter.slug}.pdf"))
    assert "#panic() $x$" in text
    assert "end" in text
    if where != "body":
        assert " ".join(f"{SIGNS} end".split()) in text


def test_a_long_letter_has_its_pages_numbered(client: Client, office: Office) -> None:
    letter = make_letter(office, body="A paragraph of a long letter.\n\n" * 120)
    reader = read(client, f"/letters/{letter.slug}.pdf")
    count = len(reader.pages)
    assert count > 2
    for number, sheet in enumerate(reader.pages, 1):
        assert f"Page {number} of {count}" in sheet.extract_text()


def test_the_same_letter_is_set_once_and_again_when_it_changed(
    client: Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_letter(office)
    path = f"/letters/{letter.slug}.pdf"
    times = []
    set_it = pdf._set

    def counting(row: Letter, language: str) -> bytes:
        times.append(language)
        return set_it(row, language)

    monkeypatch.setattr(pdf, "_set", counting)
    first = client.get(path)
    assert client.get(path).content == first.content
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert times == ["en"]
    edit_letter(letter_id=letter.pk, changes={"body": "Changed."}, now=NOW + timedelta(hours=1))
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert "Changed." in words(PdfReader(BytesIO(again.content)))
    edit_office(office_id=office.pk, changes={"name": "City Clerk"}, now=NOW)
    assert "City Clerk" in words(read(client, path))
    assert len(times) == 3


def test_a_language_whose_signs_no_font_has_leads_to_the_page(
    client: Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = typst.Fonts(include_system_fonts=False, font_paths=[settings.DOCUMENT_FONTS])
    monkeypatch.setattr(papers, "_fonts", lambda: ours)
    letter = make_letter(office, translations={"zh-hans": {"title": "停车", "body": "请计算汽车"}})
    answer = client.get(f"/letters/{letter.slug}.pdf?in=zh-hans")
    assert answer["Location"] == f"{letter.get_absolute_url()}?in=zh-hans"


def test_a_letter_that_was_taken_back_has_no_paper(client: Client, office: Office) -> None:
    letter = make_letter(office)
    client.get(f"/letters/{letter.slug}.pdf")
    retract_letter(letter_id=letter.pk, reason="Wrong.", now=NOW)
    assert client.get(f"/letters/{letter.slug}.pdf")["Location"] == letter.get_absolute_url()


def test_a_draft_has_no_paper(client: Client, office: Office) -> None:
    draft = make_letter(office, post=False)
    assert client.get(f"/letters/{draft.slug}.pdf").status_code == 404


def test_a_campaigns_letter_says_who_paid(client: Client) -> None:
    letter = make_letter(make_office(kind="campaign", paid_for_by="Friends of Ana"))
    assert "Paid for by Friends of Ana" in words(read(client, f"/letters/{letter.slug}.pdf"))
