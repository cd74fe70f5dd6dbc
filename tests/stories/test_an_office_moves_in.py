"""An office moves in with its calendar and its old letters; nobody is mailed about the past."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from config import setup_code
from tests.notifications.mailing import make_reader
from tests.stories.street import Street

GOOGLE = Path(__file__).parent.parent / "calendars" / "fixtures" / "google.ics"
#: What cannot come in, each with its line in the file and the reason.
LEFT_OUT = """\
  line 81: Typed by hand: DTSTART is not a date: '2026-11-20 18:00'.
  line 87: Dentist: It is marked as private.
  line 95: Walk in the park: It is cancelled, and was not here before.
"""
OLD_LETTER = """---
title: A crossing at Oak and Third
signatories: Ana Ruiz, Council Member
dated: 2019-05-03
topics: [legislation]
---
Dear Director,

please paint a crossing.
"""


@pytest.fixture
def code() -> Iterator[str]:
    """The code that `manage.py up` prints on an empty database."""
    yield setup_code.issue_code()
    setup_code.spend()


def say(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_two_minutes_to_an_office(empty_street: Street, code: str) -> None:
    rosa = empty_street.neighbor("Rosa")
    rosa.open("/")
    assert rosa.path == "/setup/", "an empty site leads to the set-up"
    answers = {
        "name": "Office of Council Member Ruiz", "timezone": "America/Los_Angeles",
        "languages": ["en", "es"], "phone": "555-0100", "postal_address": "200 Main Street",
        "sender_address": "ruiz@example.org", "manager_name": "Rosa", "manager_email": rosa.email,
        "password": "a long and quiet sentence",
    }  # fmt: skip
    rosa.press_in_vain("Open the office", code="AAAA-BBBB-CCCC", **answers)
    assert "This is not the code in force" in rosa.page.text
    rosa.press("Open the office", code=code.lower(), password=answers["password"])

    assert rosa.path == "/staff/"
    assert "Bring your calendar" in rosa.page.text
    visitor = empty_street.neighbor("Ana")
    assert "Office of Council Member Ruiz" in visitor.open("/").title
    assert visitor.status("/setup/") == 404, "the set-up opens once"


def test_the_calendar_comes_along(street: Street, tmp_path: Path) -> None:
    said = say("import_ics", str(GOOGLE), "--office", "district-4")
    whose = "Councilmember Ruiz, into the calendar of Office of Council Member Ortega\n"
    assert said == f"{whose}Added: 7\nChanged: 0\nUnchanged: 0\nSkipped: 3\n{LEFT_OUT}"

    again = say("import_ics", str(GOOGLE), "--office", "district-4")
    assert again == f"{whose}Added: 0\nChanged: 0\nUnchanged: 7\nSkipped: 3\n{LEFT_OUT}"

    ana = street.neighbor("Ana")
    shown = ana.open("/events/")
    assert "Office hours (Wednesday this week)" in shown.text
    assert "Dentist" not in shown.text
    ana.follow("Budget town hall")
    assert "Thursday, November 12, 2026" in ana.page.text
    assert "6:00–8:00 p.m. PST" in ana.page.text
    assert street.mail() == []


def test_old_letters_keep_their_dates_and_mail_nobody(street: Street, tmp_path: Path) -> None:
    make_reader(street.office, [street.topics["legislation"]], now=street.now)
    street.mail()
    file = tmp_path / "crossing.md"
    file.write_text(OLD_LETTER)
    assert "posted without mail" in say("post_letter", str(file), "--no-mail")
    assert street.mail() == []
    ana = street.neighbor("Ana")
    ana.open("/letters/")
    ana.follow("A crossing at Oak and Third")
    assert "Dated May 3, 2019 , posted here June 1, 2026" in ana.page.text
