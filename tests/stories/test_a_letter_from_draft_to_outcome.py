"""The whole life of a letter: written by two, tried, timed, sent, accounted for, answered.

An office asks for more buses. Tom writes, Sam posts, the readers read, and at every moment the desk
can say who has the letter, who has not, and why.
"""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from events.models import Person, Role
from notifications.subscriptions import addresses
from tests.notifications.letters.files import PDF
from tests.notifications.mailing import make_reader
from tests.smtp_sink import DROP
from tests.stories.browser import Browser
from tests.stories.street import Street, words_of

#: 9:00 in Los Angeles on Tuesday, the day after the story begins.
TUESDAY_NINE = datetime(2026, 6, 2, 16, 0, tzinfo=UTC)

LETTER = {
    "title": "Buses: what we asked for",
    "body": "Dear Director,\n\nplease send *more* buses.",
    "title_es": "Autobuses: lo que pedimos",
    "body_es": "Estimado director:\n\nmande *más* autobuses.",
    "addressees": "The Department of Transportation",
    "signatories": "Lucía Ortega, Council Member",
    "topics": ["town-halls"],
}


@pytest.fixture
def readers(street: Street) -> None:
    """Ana, Ben, Dora and Eli read in English, Luz in Spanish."""
    for name in ("ana", "ben", "dora", "eli", "luz"):
        make_reader(
            street.office, [street.topics["town-halls"]], email=f"{name}@example.org",
            language="es" if name == "luz" else "en", now=street.now,
        )  # fmt: skip


def the_desk_shows(sam: Browser, *lines: str) -> None:
    """Open the page of the letter again; every one of these lines is on it."""
    sam.open(sam.path)
    for line in lines:
        assert line in sam.page.text, f"{line!r} is not in {sam.page.text}"


def test_from_a_draft_to_its_outcome(street: Street, readers: None) -> None:
    # Tom, an editor, writes it in both languages, with the plan that it speaks of, and tries it.
    tom = street.staff(Role.EDITOR)
    tom.follow("Letters")
    tom.follow("Write a letter")
    plan = SimpleUploadedFile("Plan of the lines.pdf", PDF)
    tom.press("Save and send me a test", **LETTER, attachments=plan)
    assert "on its way" in tom.page.text
    tests = street.mail()
    assert [message["Subject"] for message in tests] == [
        "[Test] Buses: what we asked for", "[Test] Autobuses: lo que pedimos",
    ]  # fmt: skip
    assert len({message["To"] for message in tests}) == 1
    tom.press("Save and check before posting")
    assert "A manager of the office posts it." in tom.page.text

    # Sam, the manager, reads both versions side by side, and lets it go up tomorrow at nine.
    sam = street.staff()
    sam.open(tom.path)
    assert "please send more buses" in sam.page.text
    assert "mande más autobuses" in sam.page.text
    assert "Plan of the lines.pdf" in sam.page.text
    assert "5 readers in all get it, each once." in sam.page.text
    sam.press("Post the letter", when="later", on="2026-06-02", at="09:00")
    assert "It goes up by itself on Tuesday, June 2, 2026, 9:00 a.m." in sam.page.text
    street.tick()
    assert street.mail() == []
    rita = street.neighbor("Rita")
    assert rita.status("/letters/buses-what-we-asked-for/") == 404

    # On Tuesday it is there. One mailbox is full, and one line breaks in the very last moment.
    street.sink.answer_for("ben@example.org", "552 5.2.2 The mailbox is full")
    street.sink.answer_for("dora@example.org", DROP, phase="taken")
    street.go_to(TUESDAY_NINE)
    street.tick()
    has_it = sorted(message["To"] for message in street.mail())
    assert has_it == ["ana@example.org", "dora@example.org", "eli@example.org", "luz@example.org"]
    page = rita.open("/letters/buses-what-we-asked-for/")
    assert "Plan of the lines.pdf" in page.text
    assert rita.status("/letters/buses-what-we-asked-for.pdf") == 200

    # The desk knows who has it, who has not, and of whom nobody can say.
    sam.open("/staff/letters/?view=posted")
    sam.follow("Buses: what we asked for")
    the_desk_shows(sam, "3 Accepted", "1 Failed", "The mailbox is full", "1 Unknown")
    account = sam.path
    sam.follow("1 Failed")
    assert "ben@example.org" in sam.page.text
    assert "ana@example.org" not in sam.page.text

    # Ben has made room. He gets it, and nobody else.
    street.sink.answer_for("ben@example.org", None)
    sam.open(account)
    sam.follow("Resend the failed")
    assert "1 person gets it again, and nobody else." in sam.page.text
    sam.press("Send it again to 1 person")
    (copy,) = street.mail()
    assert copy["To"] == "ben@example.org"
    assert "please send more buses" in words_of(copy)

    # Dora may have it. She gets it once more, with the same name, which her mail program knows.
    street.sink.answer_for("dora@example.org", None, phase="taken")
    sam.open(account)
    sam.follow("Resend the unknown")
    sam.press("Send it again to 1 person")
    (copy,) = street.mail()
    assert copy["To"] == "dora@example.org"
    copies = [taken for taken in street.sink.taken if taken.recipient == "dora@example.org"]
    assert len({taken.message_id for taken in copies[-2:]}) == 1
    sam.open(account)
    the_desk_shows(sam, "5 Accepted")
    assert "Failed" not in sam.page.text

    # In July the Director answers. The letter says so, and nobody is mailed about it.
    street.go_to(datetime(2026, 7, 10, 17, 0, tzinfo=UTC))
    sam = street.staff()
    sam.open(account)
    sam.follow("Add the outcome")
    sam.press(
        "Save", on="2026-07-09", outcome="Line 14 runs **every ten minutes** from September.",
        outcome_es="La línea 14 pasa **cada diez minutos** desde septiembre.",
    )  # fmt: skip
    said = "Line 14 runs every ten minutes from September."
    for path in ("/letters/buses-what-we-asked-for/", "/letters/"):
        assert said in rita.open(path).text
    assert "cada diez minutos" in rita.open("/es/letters/buses-what-we-asked-for/").text
    assert b"every ten minutes" in rita.client.get("/letters/feed.atom").content
    assert street.mail() == []


def test_a_letter_that_was_wrong(street: Street, readers: None) -> None:
    sam = street.staff()
    sam.open("/staff/letters/new/")
    sam.press("Save and check before posting", **LETTER)
    sam.press("Post the letter")
    account = sam.path
    assert "It goes out by mail to 5 readers now." in sam.page.text

    # A number is wrong! Before anything has gone out, Sam stops the mail, and thinks.
    sam.press("Pause")
    assert street.mail() == []
    the_desk_shows(sam, "0 of 5 done", "what has not gone out waits")

    # It cannot be mended: the letter is taken back. Its mail never goes out.
    sam.follow("Take the letter back")
    assert "5 copies have not gone out, and will not." in sam.page.text
    sam.press("Take it back", reason="The number of buses was wrong.")
    assert street.mail() == []
    sam.open(account)
    the_desk_shows(sam, "Taken back", "5 No longer wanted")

    # Whoever comes to its page learns that, and why; the text is gone.
    rita = street.neighbor("Rita")
    page = rita.open("/letters/buses-what-we-asked-for/")
    assert "The office took this letter back on June 1, 2026" in page.text
    assert "The number of buses was wrong." in page.text
    assert "more buses" not in page.text
    assert b"Taken back: Buses: what we asked for" in rita.client.get("/letters/feed.atom").content


def test_a_letter_that_had_to_wait(street: Street, readers: None) -> None:
    sam = street.staff()
    sam.open("/staff/letters/new/")
    sam.press("Save and check before posting", **LETTER)
    sam.press("Post the letter")
    sam.press("Pause")
    assert street.mail() == []

    # Eli leaves the list meanwhile, so that he is left out when it goes on.
    eli = Person.objects.get(email="eli@example.org")
    browser = Browser()
    browser.open(addresses.unsubscribe_path(eli.pk, street.office.pk))
    browser.press("Stop all letters")
    sam.open(sam.path)
    sam.press("Resume")
    assert sorted(message["To"] for message in street.mail()) == [
        "ana@example.org", "ben@example.org", "dora@example.org", "luz@example.org",
    ]  # fmt: skip
    the_desk_shows(sam, "4 Accepted", "1 No longer wanted")
