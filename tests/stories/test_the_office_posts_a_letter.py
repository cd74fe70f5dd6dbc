"""The office posts a letter, from a file or on the desk; each reader of its topics has one copy."""

import xml.etree.ElementTree as ET
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from events.models import Role
from tests.notifications.mailing import make_reader
from tests.stories.street import Street, words_of

TEXT = """---
title: Buses: what we asked for
topics: [legislation, town-halls]
signatories: Lucía Ortega, Council Member
addressees: The Department of Transportation
dated: 2026-05-28
---
Dear Director,

please send *more* buses.
"""
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def readers(street: Street) -> None:
    """Ana reads one of the topics, Ben both, Luz in Spanish; Dora another; Eli has not said yes."""
    for name, slugs, language, proven in (
        ("ana", ["legislation"], "en", True),
        ("ben", ["legislation", "town-halls"], "en", True),
        ("luz", ["town-halls", "events"], "es", True),
        ("dora", ["events"], "en", True),
        ("eli", ["legislation"], "en", False),
    ):
        make_reader(
            street.office, [street.topics[slug] for slug in slugs], email=f"{name}@example.org",
            language=language, proven=proven, now=street.now,
        )  # fmt: skip
    street.mail()


def titles_in_the_feed(street: Street) -> list[str | None]:
    feed = street.neighbor("Rita").client.get("/letters/feed.atom")
    assert feed["Content-Type"].startswith("application/atom+xml")
    entries = ET.fromstring(feed.content).iter(f"{ATOM}entry")
    return [entry.findtext(f"{ATOM}title") for entry in entries]


def test_from_a_file(street: Street, readers: None, tmp_path: Path) -> None:
    file = tmp_path / "buses.md"
    file.write_text(TEXT)
    said = StringIO()
    call_command("post_letter", str(file), "--office", "district-4", stdout=said)
    assert said.getvalue() == (
        "Posted: http://testserver/letters/buses-what-we-asked-for/\nReaders: 3\n"
    )

    mail = street.mail()
    assert Counter(message["To"] for message in mail) == Counter(
        ["ana@example.org", "ben@example.org", "luz@example.org"]
    )
    for message in mail:
        assert message["Subject"] == "Buses: what we asked for"
        assert "please send more buses" in words_of(message)
        assert "200 Main Street" in words_of(message)

    rita = street.neighbor("Rita")
    rita.open("/")
    rita.follow("Buses: what we asked for")
    assert "Dear Director, please send more buses" in rita.page.text
    assert "Lucía Ortega, Council Member" in rita.page.text
    assert titles_in_the_feed(street) == ["Buses: what we asked for"]

    # The same file once more is the same letter.
    call_command("post_letter", str(file), "--office", "district-4", stdout=said)
    assert "Already posted" in said.getvalue()
    assert street.mail() == []


def test_on_the_desk(street: Street, readers: None) -> None:
    sam = street.staff()
    sam.follow("Letters")
    sam.follow("Write a letter")
    words = {
        "title": "Buses: what we asked for",
        "body": "Dear Director,\n\nplease send *more* buses.",
        "title_es": "Autobuses: lo que pedimos",
        "body_es": "Estimado director:\n\nmande *más* autobuses.",
        "topics": ["legislation", "town-halls"],
    }
    sam.press("Preview", **words)
    assert "Nothing is saved yet." in sam.page.text
    # The preview has kept what was typed.
    sam.press("Save and check before posting")
    assert "3 readers in all get it, each once." in sam.page.text
    assert street.mail() == []

    sam.press("Post the letter")
    assert "It goes out by mail to 3 readers now." in sam.page.text
    subjects = {message["To"]: message["Subject"] for message in street.mail()}
    assert subjects == {
        "ana@example.org": "Buses: what we asked for",
        "ben@example.org": "Buses: what we asked for",
        "luz@example.org": "Autobuses: lo que pedimos",
    }
    sam.follow("Public page")
    assert "Dear Director," in sam.page.text
    assert titles_in_the_feed(street) == ["Buses: what we asked for"]


def test_an_editor_writes_and_a_manager_posts(street: Street, readers: None) -> None:
    tom, sam = street.staff(Role.EDITOR), street.staff()
    tom.open("/staff/letters/new/")
    tom.press("Save and check before posting", title="Buses", body="Dear Director,")
    assert "A manager of the office posts it." in tom.page.text
    buttons = [button.label for form in tom.controls.forms for button in form.buttons]
    assert buttons == ["Sign out", "Send me a test"]
    sam.open(tom.path)
    sam.press("Post the letter", mails="no")
    assert "Posted on the website. Nobody is mailed." in sam.page.text
    assert street.mail() == []
    assert street.neighbor("Rita").open("/letters/buses/").title.startswith("Buses")
