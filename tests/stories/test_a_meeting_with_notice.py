"""An office posts with notice; a reporter keeps what was public, and no later edit changes it."""

import hashlib
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from events.models import Body, Event
from tests.notifications.letters.files import PDF
from tests.pages import Page
from tests.stories.browser import Browser
from tests.stories.street import Street

LINE = "For an interpreter or other help, call 555-0100 by {day}."
MEETING = {
    "title": "Budget meeting", "starts_on": "2026-06-03", "starts_time": "18:30",
    "ends_time": "20:00", "mode": "in_person", "venue_name": "Old Depot",
}  # fmt: skip


def saved(reader: Browser, page: Page) -> dict[str, bytes]:
    """Save the text of every version that the receipt links to, as a reporter does."""
    paths = [link for link in page.links if link.endswith(".txt")]
    return {path: reader.client.get(path).content for path in paths}


def test_a_reporter_can_show_what_was_public_when(street: Street) -> None:
    sam, rita = street.staff(), street.neighbor("Rita")

    # What is usual here: three days of notice, the line on access, the council's quorum.
    sam.open("/staff/offices/district-4/")
    sam.follow("Public notice, how to ask for access, and quorums")
    sam.press(
        "Save", notice_class="72", accommodation=LINE, body_new0_name="City Council",
        body_new0_quorum="3",
    )  # fmt: skip

    # In two days is too soon. Nothing is public, nothing that was typed is lost.
    sam.open("/staff/events/new/")
    refused = sam.press_in_vain("Save and post", **MEETING)
    assert "This event needs 72 hours of notice, and it starts sooner." in refused.text
    assert refused.fields["title"] == "Budget meeting"
    assert rita.status("/events/budget-meeting/") == 404
    sam.press("Save the draft", starts_on="2026-06-11")

    # The agenda, a paper, and three members of the council: the desk warns before it is posted.
    sam.follow("Agenda")
    council = str(Body.objects.get().pk)
    members = {
        f"speaker_{n}_{part}": value
        for n, name in enumerate(("Ana Cruz", "Ben Dao", "Cleo Eng"))
        for part, value in (("name", name), ("role", "Council Member"), ("body", council))
    }
    paper = SimpleUploadedFile("Draft budget.pdf", PDF)
    sam.press(
        "Save", agenda="6:30 Welcome\n6:45 The budget\n  First reading", is_recorded="on",
        documents=paper, **members,
    )  # fmt: skip
    sam.follow("Check and post")
    assert "3 members of City Council are expected; 3 are a quorum." in sam.page.text
    sam.press("Post")

    # Rita reads it, prints the programme, opens the paper, and keeps the receipt.
    event = Event.objects.get()
    shown = rita.open(f"/events/{event.slug}/")
    assert "6:45 p.m. The budget First reading" in shown.text
    assert "Ana Cruz , Council Member" in shown.text
    assert "call 555-0100 by Monday, June 8, 2026" in shown.text
    (paper_path,) = (link for link in shown.links if "/documents/" in link)
    assert b"".join(rita.client.get(paper_path)) == PDF  # type: ignore[call-overload]
    assert "First reading" in rita.follow("The programme, to print").text
    rita.open(f"/events/{event.slug}/")
    receipt = rita.follow("Notice receipt")
    assert "First public Monday, June 1, 2026, 9:00 a.m. PDT" in receipt.text
    assert "72 hours before the start It was public in time." in receipt.text
    assert f"Draft budget.pdf (sha256 {hashlib.sha256(PDF).hexdigest()})" in receipt.text
    first = saved(rita, receipt)
    assert len(first) == 1

    # A day before, the office takes the item away, moves to another room, and then calls it off.
    street.go_to(event.starts_at - timedelta(days=1))
    sam.open(f"/staff/events/{event.pk}/agenda/")
    sam.press("Save", agenda="6:30 Welcome")
    sam.open(f"/staff/events/{event.pk}/edit/")
    sam.press("Save", venue_name="Town gym")
    sam.press("Save")
    # An earlier hour tomorrow would be too late for its notice: refused without a reason.
    sam.open(f"/staff/events/{event.pk}/reschedule/")
    sam.press("Check who will be told", starts_time="18:00")
    refused = sam.press_in_vain("Save")
    assert "write under “Notice” why it is late" in refused.text
    sam.open(f"/staff/events/{event.pk}/cancel/")
    sam.press("Cancel the event", reason="The budget is not ready.")

    # The receipt says so, step by step; what Rita saved is still the same, byte by byte.
    receipt = rita.open(f"/events/{event.slug}/notice/")
    assert "This event was cancelled The budget is not ready." in receipt.text
    assert "24 hours before the start Agenda Before: 18:45 The budget" in receipt.text
    assert "Old Depot" in receipt.text
    assert "We have just checked 4 versions: they fit together" in receipt.text
    now = saved(rita, receipt)
    assert len(now) == 4
    assert now.items() >= first.items()
    for content in now.values():
        assert hashlib.sha256(content).hexdigest() in receipt.text
    # Nobody else's name stands there, and other languages lead to the same chain.
    assert "Sam" not in receipt.text
    spanish = rita.open(f"/es/events/{event.slug}/notice/")
    assert set(saved(rita, spanish)) == set(now)
