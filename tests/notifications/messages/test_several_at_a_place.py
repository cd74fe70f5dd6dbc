"""A place with another address or name: one summary, an entry for each occasion there."""

from datetime import timedelta

import pytest

from events.actions import events as actions
from events.actions.calling_off import cancel_event
from events.actions.offices import edit_venue
from events.models import Event, Venue
from notifications import rendering
from notifications.message import Superseded
from tests import factories as make
from tests.notifications import scenes
from tests.notifications.mailbox import ANA, names, new_mail, told
from tests.notifications.scenes import (
    LATER,
    NEW_START,
    calendar_lines,
    delivered,
    plan,
    read,
    the_office,
    town_hall,
)
from volunteers.actions import claims as claim_actions

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def move(venue: Venue, street: str, *, hours: int = 0) -> None:
    edit_venue(venue_id=venue.pk, changes={"street": street}, now=LATER + hours * HOUR)


def test_a_new_address_is_told_with_old_and_new_and_the_calendar_entry() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    assert event.venue is not None
    move(event.venue, "14 Elm Street")
    (mine,) = new_mail()
    mail = read(mine)
    assert mail.subject == "New address: Town hall on parking, Thursday, June 11"
    assert mail.text.splitlines()[2:6] == [
        "Thursday, June 11, 2026, 6:30–8:00 p.m. PDT",
        "Before: Main Library, Community Room, 12 Oak Avenue, San Arroyo, CA 90000",
        "Now: Main Library, Community Room",
        "14 Elm Street, San Arroyo, CA 90000",
    ]
    lines = calendar_lines(mail)
    assert (lines["METHOD"], lines["SEQUENCE"]) == ("REQUEST", "1")
    assert lines["LOCATION"].startswith("Main Library\\, Community Room\\, 14 Elm Street")


def test_a_new_name_alone_is_told_as_such() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    assert event.venue is not None
    edit_venue(venue_id=event.venue.pk, changes={"name": "Rivera Library"}, now=LATER)
    (mine,) = new_mail()
    assert read(mine).subject.startswith("The place has a new name: Town hall on parking")


def test_what_else_is_new_at_a_place_is_told_to_nobody() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    assert event.venue is not None
    facts = {"entrance": "The back door", "transit": "Bus 9", "step_free": False}
    edit_venue(venue_id=event.venue.pk, changes=facts, now=LATER)
    assert new_mail() == []
    after = Event.objects.get(pk=event.pk)
    assert (after.sequence, after.revision) == (event.sequence, event.revision + 1)


def test_several_occasions_at_one_place_are_told_once_with_an_entry_each() -> None:
    office = the_office()
    library = make.make_venue(office)
    hall = town_hall(office, venue=library)
    fair = town_hall(office, venue=library, starts_at=NEW_START, title="Fair")
    driving = make.make_shift(
        office=office, venue=library, role=make.make_role(office, "Driver"), starts_at=NEW_START
    )
    elsewhere = town_hall(office, title="Elsewhere")
    for event in (hall, fair, elsewhere):
        make.make_rsvp(event, email=ANA)
    make.make_claim(driving, email="vic@example.org")
    make.make_rsvp(hall, email="vic@example.org")
    told()
    move(library, "14 Elm Street")
    summary, *entries = new_mail()
    assert summary.message == "place_changed"
    mail = read(summary)
    assert mail.subject == "New address: Main Library, Community Room"
    assert mail.calendar is None
    assert "- Town hall on parking, Thursday, June 11, 2026, 6:30–8:00 p.m. PDT: " in mail.text
    assert "- Fair, Monday, June 15, 2026" in mail.text
    assert "Elsewhere" not in mail.text
    assert [calendar_lines(read(entry))["UID"] for entry in entries] == [hall.uid, fair.uid]
    # A shift of its own beside an event is another occasion.
    summary, *entries = new_mail("vic@example.org")
    assert summary.message == "place_changed"
    assert "- Driver, Monday, June 15, 2026, 6:30–8:30 p.m. PDT: " in read(summary).text
    assert [calendar_lines(read(entry))["UID"] for entry in entries] == [hall.uid, driving.uid]


def test_a_volunteer_hears_of_a_shift_alone_and_of_two_at_once() -> None:
    office = the_office()
    library = make.make_venue(office)
    first, second = (
        make.make_shift(office=office, venue=library, starts_at=NEW_START + number * 24 * HOUR)
        for number in range(2)
    )
    make.make_claim(first, email=ANA)
    for shift in (first, second):
        make.make_claim(shift, email="vic@example.org")
    told()
    move(library, "14 Elm Street")
    (mine,) = new_mail()
    assert mine.message == "shift_changed"
    assert "Before: Main Library, Community Room, 12 Oak Avenue" in read(mine).text
    summary, *entries = new_mail("vic@example.org")
    assert (summary.message, names(entries)) == ("place_changed", ["calendar_update"] * 2)
    assert read(summary).text.count("\n- Greeter, ") == 2


def test_a_new_address_concerns_what_is_public_and_still_to_come() -> None:
    office = the_office()
    library = make.make_venue(office)
    over = town_hall(office, venue=library, starts_at=scenes.NOW + HOUR)
    off = town_hall(office, venue=library)
    put_off = town_hall(office, venue=library)
    for event in (over, off, put_off):
        make.make_rsvp(event, email=ANA)
    scenes.call_off(off)
    scenes.call_off(put_off, "postpone")
    told()
    move(library, "14 Elm Street", hours=3)
    assert new_mail() == []


def test_a_second_correction_is_told_with_the_first_that_is_not_out_yet() -> None:
    office = the_office()
    library, hall = make.make_venue(office), make.make_venue(office, name="City Hall")
    events = [town_hall(office, venue=library, starts_at=NEW_START + n * HOUR) for n in range(2)]
    for event in events:
        make.make_rsvp(event, email=ANA)
    told()
    move(library, "14 Elm Street")
    plan()
    move(library, "16 Elm Street", hours=1)
    # Another place of the same person is another matter.
    move(hall, "2 Plaza", hours=1)
    (summary,) = [one for one in new_mail() if one.message == "place_changed"]
    text = read(summary).text
    assert "Before: Main Library, Community Room, 12 Oak Avenue" in text
    assert "Now: Main Library, Community Room, 16 Elm Street" in text


def test_what_was_taken_back_before_it_was_told_is_not_told() -> None:
    office = the_office()
    library = make.make_venue(office)
    events = [town_hall(office, venue=library, starts_at=NEW_START + n * HOUR) for n in range(2)]
    for event in events:
        make.make_rsvp(event, email=ANA)
    told()
    move(library, "14 Elm Street")
    plan()
    move(library, "12 Oak Avenue", hours=1)
    (summary,) = [one for one in new_mail() if one.message == "place_changed"]
    assert rendering.render(summary, scenes.NOW) == Superseded(
        "the change was taken back before it was told"
    )


def test_the_address_that_changed_before_an_event_went_elsewhere_is_the_one_it_left() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    assert event.venue is not None
    move(event.venue, "14 Elm Street")
    plan()
    hall = make.make_venue(event.office, name="City Hall", street="1 Plaza", entrance="")
    actions.edit_event(event_id=event.pk, changes={"venue": hall}, now=LATER + HOUR)
    (mine,) = new_mail()
    mail = read(mine)
    assert mail.subject.startswith("New place: Town hall on parking")
    assert mail.text.splitlines()[3:5] == [
        "Before: Main Library, Community Room, 12 Oak Avenue, San Arroyo, CA 90000",
        "Now: City Hall",
    ]


def test_what_has_gone_elsewhere_meanwhile_is_not_listed_under_the_new_address() -> None:
    office = the_office()
    library = make.make_venue(office)
    hall, fair, tour = (
        town_hall(office, venue=library, title=title, starts_at=NEW_START + n * HOUR)
        for n, title in enumerate(("Hall", "Fair", "Tour"))
    )
    for event in (hall, fair, tour):
        make.make_rsvp(event, email=ANA)
    told()
    move(library, "14 Elm Street")
    plan()
    there = make.make_venue(office, name="City Hall")
    actions.edit_event(event_id=hall.pk, changes={"venue": there}, now=LATER + HOUR)
    cancel_event(event_id=fair.pk, reason="Rain", now=LATER + HOUR)
    text = read(delivered("place_changed")).text
    assert "- Tour, " in text
    assert "Hall, " not in text.replace("City Hall", "")
    assert "Fair" not in text


def test_who_gave_everything_back_is_not_told_of_the_place() -> None:
    office = the_office()
    library = make.make_venue(office)
    shifts = [
        make.make_shift(office=office, venue=library, starts_at=NEW_START + number * 24 * HOUR)
        for number in range(2)
    ]
    claims = [make.make_claim(shift, email=ANA) for shift in shifts]
    told()
    move(library, "14 Elm Street")
    assert "place_changed" in names(new_mail())
    for claim in claims:
        claim_actions.release_claim(claim_id=claim.pk, now=LATER)
    assert "place_changed" not in names(new_mail())
