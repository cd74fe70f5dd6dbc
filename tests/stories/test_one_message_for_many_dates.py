"""What one click at the desk changes of many dates, everyone hears in one message; their calendar
gets one short message for each entry. Counted at the mail server."""

from collections import Counter
from email.message import EmailMessage

from events.models import Event, Venue
from tests.factories import make_event
from tests.notifications.scenes import office_hours
from tests.stories.browser import Browser
from tests.stories.street import Street, heard, invitation_in, words_of

FOR_THE_CALENDAR = "For your calendar: "


def summaries(mail: list[EmailMessage]) -> list[tuple[str, str]]:
    """Who was told what, the calendar's own messages aside."""
    return sorted(
        (message["To"].split("@")[0], message["Subject"])
        for message in mail
        if not message["Subject"].startswith(FOR_THE_CALENDAR)
    )


def in_calendars(mail: list[EmailMessage]) -> Counter[tuple[str, str]]:
    """How many entries each person's calendar is told to enter (REQUEST) or to remove (CANCEL)."""
    return Counter(
        (message["To"].split("@")[0], heard(message).method)
        for message in mail
        if heard(message).method
    )


def desk(street: Street, event: Event, page: str = "") -> Browser:
    sam = street.staff()
    sam.open(f"/staff/events/{event.pk}/{page}")
    return sam


def test_a_series_that_ends_is_one_message_to_a_guest_of_ten_dates(street: Street) -> None:
    dates = list(office_hours(street.office, now=street.now).events.order_by("starts_at")[:12])
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    for date in dates[1:11]:
        ana.rsvp(date.get_absolute_url())
    ben.rsvp(dates[11].get_absolute_url())
    street.neighbor("Luz").rsvp(dates[0].get_absolute_url())

    sam = desk(street, dates[1], "cancel/")
    assert "Who will be told of this date alone 1 guest will get one message." in sam.page.text
    told = "Who will be told with the later dates 2 guests will get one message each."
    assert told in sam.page.text
    sam.press("Cancel the event", reason="The office moves.", dates="all")
    assert "2 guests will get a message." in sam.page.text

    mail = street.mail()
    assert summaries(mail) == [
        ("ana", "Cancelled: Office hours, 10 dates"),
        ("ben", "Cancelled: Office hours, Wednesday, August 19"),
    ]
    assert in_calendars(mail) == {("ana", "CANCEL"): 10, ("ben", "CANCEL"): 1}
    assert len(mail) == 12
    (ana_hears,) = (message for message in mail if message["Subject"].endswith("10 dates"))
    assert "The reason: The office moves." in words_of(ana_hears)
    assert words_of(ana_hears).count("\n- Wednesday, ") == 10
    assert street.mail() == []
    assert dates[0].get_absolute_url() not in words_of(ana_hears)


def test_a_new_address_is_one_message_to_whoever_goes_there(street: Street) -> None:
    first, second = (
        make_event(street.office, title=title, venue=street.library, now=street.now)
        for title in ("Town hall", "Budget evening")
    )
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    for event in (first, second):
        ana.rsvp(event.get_absolute_url())
    ben.rsvp(second.get_absolute_url())

    sam = street.staff()
    sam.open(f"/staff/venues/{street.library.pk}/")
    sam.press("Save", street="14 Elm Street")
    assert "2 guests will get one message each." in sam.page.text
    assert street.mail() == [], "nothing is saved yet"
    assert Venue.objects.get(pk=street.library.pk).street == "12 Oak Avenue"
    sam.press("Save and tell them")

    mail = street.mail()
    assert summaries(mail) == [
        ("ana", "New address: Main Library, Community Room"),
        ("ben", "New address: Budget evening, Thursday, June 11"),
    ]
    assert in_calendars(mail) == {("ana", "REQUEST"): 2, ("ben", "REQUEST"): 1}
    for message in mail:
        if not message["Subject"].startswith(FOR_THE_CALENDAR):
            assert "12 Oak Avenue, San Arroyo" in words_of(message)
            assert "14 Elm Street, San Arroyo" in words_of(message)


def test_an_event_that_is_put_off_and_kept_after_all_is_told_each_time_once(
    street: Street,
) -> None:
    event = make_event(street.office, title="Town hall", venue=street.library, now=street.now)
    ana = street.neighbor("Ana")
    ana.rsvp(event.get_absolute_url())
    sam = desk(street, event, "postpone/")
    sam.press("Postpone the event", reason="The speaker is ill.")
    postponed = ana.letter()
    assert (postponed["Subject"], heard(postponed).method) == (
        "Postponed: Town hall, Thursday, June 11", "CANCEL",
    )  # fmt: skip
    # A week before: nobody is reminded of what is postponed.
    street.wait(days=3, hours=10)
    assert ana.mail() == []

    sam.open(f"/staff/events/{event.pk}/")
    sam.follow("Keep the old date after all")
    assert "1 guest will get one message." in sam.page.text
    sam.press("Keep the old date and tell them")
    again = ana.letter()
    assert heard(again).method == "REQUEST"
    assert again["Subject"] == "It takes place after all: Town hall, Thursday, June 11"
    assert "Now it takes place after all, at the time that was planned." in words_of(again)
    street.wait(days=6)
    assert ana.letter()["Subject"] == "Reminder: Town hall, Thursday, June 11"


def test_an_event_that_becomes_certain_is_told_once(street: Street) -> None:
    event = make_event(
        street.office, title="Town hall", venue=street.library, status="tentative", now=street.now
    )
    ana = street.neighbor("Ana")
    invited = ana.rsvp(event.get_absolute_url())
    assert "STATUS:TENTATIVE" in invitation(invited)
    sam = desk(street, event, "edit/")
    sam.press("Save", tentative=[])
    sam.press("Save and tell them")
    certain = ana.letter()
    assert certain["Subject"] == "It is now certain: Town hall, Thursday, June 11"
    assert "It is now certain that this event takes place." in words_of(certain)
    assert "STATUS:CONFIRMED" in invitation(certain)
    assert "SEQUENCE:1" in invitation(certain)


def invitation(message: EmailMessage) -> str:
    found = invitation_in(message)
    assert found is not None
    return found.decode()


def test_office_hours_move_to_seven_and_every_guest_hears_once(street: Street) -> None:
    dates = list(office_hours(street.office, now=street.now).events.order_by("starts_at")[:6])
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    for date in dates[1:5]:
        ana.rsvp(date.get_absolute_url())
    ben.rsvp(dates[4].get_absolute_url())

    # One date is moved by itself first: it is by itself from then on.
    sam = desk(street, dates[3], "edit/")
    sam.press("Save", starts_time="16:00", ends_time="18:00")
    sam.press("Save and tell them")
    assert [words[:8] for _to, words in summaries(street.mail())] == ["New time"]

    sam.open(f"/staff/events/{dates[1].pk}/edit/")
    sam.press("Save", starts_time="19:00", ends_time="20:30", scope="following")
    assert "50 dates change. What is new: Starts, Ends." in sam.page.text
    assert "2 guests will get one message each." in sam.page.text
    assert "Stays, for it was changed of this date by itself: Starts." in sam.page.text
    assert street.mail() == [], "nothing is saved yet"
    assert Event.objects.get(pk=dates[1].pk).starts_at == dates[1].starts_at
    sam.press("Save and tell them")
    assert "50 dates are changed. 2 guests will get a message" in sam.page.text

    mail = street.mail()
    assert summaries(mail) == [
        ("ana", "Changed: Office hours, 3 dates"),
        ("ben", "New time: Office hours, Wednesday, July 1"),
    ]
    assert in_calendars(mail) == {("ana", "REQUEST"): 3, ("ben", "REQUEST"): 1}
    (ana_hears,) = (message for message in mail if message["Subject"].startswith("Changed"))
    words = words_of(ana_hears)
    assert words.count("7:00–8:30 p.m.") == words.count("Before: ") == 3
    assert "please cancel, so that somebody else gets the place" in words
    assert street.mail() == []
    hours = [Event.objects.get(pk=date.pk).starts_at.astimezone(date.zone).hour for date in dates]
    assert hours == [18, 19, 19, 16, 19, 19]
