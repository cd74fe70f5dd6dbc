"""The staff's way through the desk, by its links, forms and buttons alone."""

from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from events.models import Event, Role
from tests.stories.browser import Browser
from tests.stories.street import Street, heard, words_of

CALENDAR = Path(__file__).parent.parent / "calendars" / "fixtures" / "google.ics"


def posted_by(staff: Browser, **facts: str) -> Event:
    """A town hall that staff have written on the desk and posted."""
    staff.open("/staff/")
    staff.follow("New event")
    typed = {
        "title": "Town hall on buses", "starts_on": "2026-06-11", "starts_time": "18:30",
        "ends_time": "20:00", "capacity": "2",
    }  # fmt: skip
    library = next(value for value in staff.controls.forms[-1].controls["venue"].offered if value)
    staff.press("Save and post", venue=library, **(typed | facts))
    assert "Posted. Everybody can see it now." in staff.page.text
    return Event.objects.get(title=typed["title"])


def test_a_town_hall_from_the_first_draft_to_its_cancellation(street: Street) -> None:
    staff = street.staff()
    event = posted_by(staff)
    desk = f"/staff/events/{event.pk}/"

    # Ana takes a place on the page; Dolores calls, and has no address.
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    ana.rsvp(event.get_absolute_url())
    staff.open(f"{desk}guests/")
    staff.follow("Add a guest")
    staff.press("Add the guest", name="Dolores Vega", phone="555-0171",
                access_needs=["wheelchair"], access_note="Near the door, please.")  # fmt: skip
    assert "Dolores Vega has a place." in staff.page.text
    waits = ben.rsvp(event.get_absolute_url(), "Join the waitlist")
    assert heard(waits).subject.startswith("You are on the waitlist")

    staff.open("/staff/")
    assert "Access to arrange By Monday, June 8 Town hall on buses Wheelchair space" in (
        staff.page.text
    )
    assert "2 of 2 in the room 1 waits" in staff.page.text

    # A new time is shown with those whom it concerns; nothing is said before it is confirmed.
    staff.open(f"{desk}edit/")
    staff.press("Save", starts_time="19:00", ends_time="20:30", description="Bring your route.")
    assert "2 guests will get one message each." in staff.page.text
    assert "1 person has no email address and has to be called." in staff.page.text
    assert street.mail() == []
    staff.press("Save and tell them")
    assert "Saved. 2 guests will get a message with old and new." in staff.page.text
    moved = [heard(message) for message in street.mail()]
    assert sorted((one.to, one.method, one.starts) for one in moved) == [
        ("ana@example.org", "REQUEST", "2026-06-12 02:00"),
        ("ben@example.org", "", ""),
    ]

    # Dolores calls again: her place goes to Ben, at once.
    staff.open(f"{desk}guests/?show=call")
    staff.follow("Dolores Vega")
    staff.press("Cancel this RSVP")
    assert heard(ben.letter()).subject.startswith("You have a place now")

    # Called off, once, with the reason.
    staff.open(desk)
    staff.follow("Cancel")
    staff.press_in_vain("Cancel the event", reason="")
    assert "Say why; everyone who hears of it asks." in staff.page.text
    staff.press("Cancel the event", reason="The library has no power.")
    told = street.mail()
    assert sorted((heard(m).to, heard(m).method) for m in told) == [
        ("ana@example.org", "CANCEL"),
        ("ben@example.org", "CANCEL"),
    ]
    assert all("The library has no power." in words_of(message) for message in told)
    assert "The library has no power." in ana.open(event.get_absolute_url()).text
    staff.open(f"{desk}cancel/")
    assert staff.path == desk
    assert street.mail() == []

    staff.follow("History")
    for words in ("Posted", "Moved to another time", "Cancelled Status: Confirmed → Cancelled"):
        assert words in staff.page.text


def test_a_colleague_who_was_faster_is_not_overwritten(street: Street) -> None:
    first, second = street.staff(), street.staff(role=Role.EDITOR)
    event = posted_by(first)
    for browser in (first, second):
        browser.open(f"/staff/events/{event.pk}/")
        browser.follow("Change")
    second.press("Save", title="Town hall on buses and trains")
    first.press_in_vain("Save", status=409, title="Town hall on trams", capacity="60")
    assert "Saved now: Town hall on buses and trains" in first.page.text
    assert "In your form: Town hall on trams" in first.page.text
    first.press("Save")
    after = Event.objects.get(pk=event.pk)
    assert (after.title, after.capacity) == ("Town hall on trams", 60)


def test_an_office_brings_its_calendar_by_the_browser(street: Street) -> None:
    staff = street.staff()
    staff.open("/staff/")
    staff.follow("Bring your calendar")

    def file() -> SimpleUploadedFile:
        return SimpleUploadedFile("calendar.ics", CALENDAR.read_bytes(), "text/calendar")

    staff.press("Read the file", file=file())
    added = Event.objects.count()
    assert added > 3
    assert f"{added} added 0 changed 0 unchanged" in staff.page.text
    assert not Event.objects.filter(posted_at__isnull=False).exists()
    staff.press("Read the file", file=file())
    assert f"0 added 0 changed {added} unchanged" in staff.page.text
    assert Event.objects.count() == added

    staff.press_in_vain("Read the file", file=SimpleUploadedFile("x.ics", b"\x89PNG not one"))
    assert "This is no calendar file." in staff.page.text


def test_a_new_editor_from_the_link_to_the_first_draft(street: Street) -> None:
    staff = street.staff()
    staff.open("/staff/members/")
    staff.press("Add", email="tom@example.org", name="Tom Becker", role="editor")
    link = next(word for word in staff.page.text.split() if "/password/reset/key/" in word)

    tom = Browser()
    tom.open(link.removeprefix("http://testserver"))
    (form,) = [form for form in tom.controls.forms if "password1" in form.controls]
    words = "quiet evenings by the river"
    tom.press(form.buttons[0].label, password1=words, password2=words)
    tom.log_in("tom@example.org", words)
    assert "Office" not in [label for label, _href in tom.controls.links]

    tom.follow("New event")
    tom.press("Save the draft", title="Coffee", starts_on="2026-06-20", starts_time="08:30",
              ends_time="10:00")  # fmt: skip
    assert "Draft: only staff see it" in tom.page.text
    staff.open("/staff/")
    assert "Events not posted yet Coffee" in staff.page.text
