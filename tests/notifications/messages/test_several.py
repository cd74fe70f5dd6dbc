"""One operation that changes several occasions of a person: one summary, one entry each."""

from datetime import timedelta
from typing import Any

import pytest

from events.actions import events as actions
from events.actions import rsvps as rsvp_actions
from events.actions.calling_off import cancel_event
from events.actions.offices import edit_venue
from events.actions.series import end_series
from events.actions.series_edit import edit_series
from events.models import AuditEntry, Event, Venue
from notifications import catalogue, rendering
from notifications.message import Superseded
from notifications.models import Delivery, DeliveryState
from tests import factories as make
from tests.notifications import scenes
from tests.notifications.scenes import (
    LATER,
    NEW_START,
    calendar_lines,
    delivered,
    goes,
    plan,
    read,
    the_office,
    town_hall,
)
from volunteers.actions import claims as claim_actions

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"
HOUR = timedelta(hours=1)


def told() -> None:
    """Count everything planned so far as read."""
    plan()
    Delivery.objects.update(state=DeliveryState.ACCEPTED)


def new_mail(email: str = ANA) -> list[Delivery]:
    """What waits for this address since :func:`told`, and is true."""
    return [
        delivery
        for delivery in plan()
        if delivery.state == DeliveryState.DUE
        and delivery.person
        and delivery.person.email == email
        and goes(delivery)
    ]


def names(deliveries: list[Delivery]) -> list[str]:
    return [delivery.message for delivery in deliveries]


def ten_dates() -> list[Event]:
    return list(scenes.office_hours(the_office()).events.order_by("starts_at")[:10])


def end(first: Event) -> None:
    end_series(event_id=first.pk, reason="The library has a water leak.", now=LATER)


def move(venue: Venue, street: str, *, hours: int = 0) -> None:
    edit_venue(venue_id=venue.pk, changes={"street": street}, now=LATER + hours * HOUR)


# --- A series that ends --------------------------------------------------------------------------


def test_a_guest_of_ten_dates_hears_once_and_has_ten_entries_removed() -> None:
    dates = ten_dates()
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    end(dates[0])
    summary, *entries = new_mail()
    assert summary.message == "dates_cancelled"
    mail = read(summary)
    assert mail.subject == "Cancelled: Office hours, 10 dates"
    assert mail.calendar is None
    assert mail.text.count("\n- Wednesday, ") == 10
    assert "The reason: The library has a water leak." in mail.text
    person = summary.person_id
    assert [entry.key for entry in entries] == [
        f"invite:{date.uid}:1:CANCEL:{person}" for date in dates
    ]
    removed = [calendar_lines(read(entry)) for entry in entries]
    assert [(one["METHOD"], one["UID"]) for one in removed] == [
        ("CANCEL", date.uid) for date in dates
    ]


def test_a_series_ends_in_one_operation() -> None:
    dates = ten_dates()
    before = set(AuditEntry.objects.values_list("operation", flat=True))
    end(dates[2])
    new = AuditEntry.objects.exclude(operation__in=before)
    assert new.values("operation").distinct().count() == 1
    assert set(new.values_list("action", flat=True)) == {"series.ended", "event.cancelled"}


def test_who_holds_one_of_the_dates_is_told_as_of_any_other_event() -> None:
    dates = ten_dates()
    make.make_rsvp(dates[1], email=ANA)
    make.make_claim(make.make_shift(dates[2]), email="helps@example.org")
    told()
    end(dates[0])
    (mine,) = new_mail()
    assert (mine.message, calendar_lines(read(mine))["UID"]) == ("event_cancelled", dates[1].uid)
    (theirs,) = new_mail("helps@example.org")
    assert (theirs.message, theirs.event_id) == ("event_cancelled", dates[2].pk)


def test_who_waits_for_one_date_and_has_another_gets_its_entry_with_the_summary() -> None:
    dates = ten_dates()
    make.make_rsvp(dates[0], email=ANA)
    actions.edit_event(event_id=dates[1].pk, changes={"capacity": 1}, now=scenes.NOW)
    make.make_rsvp(dates[1])
    make.make_rsvp(dates[1], email=ANA)
    told()
    end(dates[0])
    (summary,) = new_mail()
    assert summary.message == "dates_cancelled"
    assert calendar_lines(read(summary))["UID"] == dates[0].uid


def test_what_was_given_back_before_it_is_told_is_left_out() -> None:
    dates = ten_dates()
    rsvps = [make.make_rsvp(date, email=ANA) for date in dates[:3]]
    told()
    end(dates[0])
    plan()
    rsvp_actions.cancel_rsvp(rsvp_id=rsvps[0].pk, now=LATER)
    summary = new_mail()[0]
    assert read(summary).subject == "Cancelled: Office hours, 2 dates"
    for rsvp in rsvps[1:]:
        rsvp_actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    assert names(new_mail()) == ["rsvp_cancelled"] * 3


def test_a_date_of_another_name_is_named() -> None:
    dates = ten_dates()
    actions.edit_event(event_id=dates[1].pk, changes={"title": "Open house"}, now=scenes.NOW)
    for date in dates[:2]:
        make.make_rsvp(date, email=ANA)
    told()
    end(dates[0])
    text = read(new_mail()[0]).text
    assert "- Wednesday, June 3, 2026" in text
    assert "- Open house, Wednesday, June 10, 2026" in text


def test_a_large_audience_of_a_series_is_planned_in_pieces_and_nobody_twice() -> None:
    dates = ten_dates()
    often = [f"often{number}@example.org" for number in range(5)]
    for email in often:
        for date in dates[:2]:
            make.make_rsvp(date, email=email)
    for number in range(4):
        make.make_rsvp(dates[number], email=f"once{number}@example.org")
    told()
    end(dates[0])
    entries = list(AuditEntry.objects.filter(action__in=("series.ended", "event.cancelled")))
    heard: dict[str, list[int]] = {}
    for name in ("dates_cancelled", "event_cancelled"):
        cursor, rounds, heard[name] = "", 0, []
        while rounds == 0 or cursor:
            recipients, cursor = catalogue.named(name).audience(entries, cursor, 3)
            heard[name] += [recipient.person_id for recipient in recipients]
            rounds += 1
        assert rounds == 4
    everybody = [*heard["dates_cancelled"], *heard["event_cancelled"]]
    assert (len(heard["dates_cancelled"]), len(everybody), len(set(everybody))) == (5, 9, 9)


# --- A place with another address ----------------------------------------------------------------


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


# --- Several dates of a series that change -------------------------------------------------------


def later(event: Event, **changes: object) -> None:
    """Let this date and all later ones be an hour later."""
    moved = {name: getattr(event, name) + HOUR for name in ("starts_at", "ends_at")}
    edit_series(event_id=event.pk, scope="following", changes=moved | changes, now=LATER)


def test_a_guest_of_ten_dates_hears_once_of_another_hour_and_has_ten_entries_moved() -> None:
    dates = ten_dates()
    for date in dates:
        make.make_rsvp(date, email=ANA)
    make.make_rsvp(dates[4], email="ben@example.org")
    make.make_rsvp(dates[0], email="luz@example.org")
    told()
    later(dates[2])
    summary, *entries = new_mail()
    assert (summary.message, names(entries)) == ("dates_changed", ["calendar_update"] * 8)
    mail = read(summary)
    assert mail.subject == "Changed: Office hours, 8 dates"
    assert mail.text.count("\n- Office hours, Wednesday, ") == 8
    assert mail.text.count("7:00") == mail.text.count("Before: Wednesday") == 8
    assert "please cancel, so that somebody else gets the place" in mail.text
    assert {calendar_lines(read(one))["METHOD"] for one in entries} == {"REQUEST"}
    assert names(new_mail("ben@example.org")) == ["event_changed"]
    assert new_mail("luz@example.org") == []


def test_who_has_said_of_each_date_that_they_still_come_is_not_asked_again() -> None:
    dates = ten_dates()[:2]
    places = [make.make_rsvp(date, email=ANA, proven=True) for date in dates]
    told()
    later(dates[0])
    (summary,) = (one for one in new_mail() if one.message == "dates_changed")
    question = "Please tell us on the page of each date whether you still come."
    assert question in read(summary).text
    rsvp_actions.affirm_rsvp(rsvp_id=places[0].pk, now=LATER + HOUR)
    assert question in read(summary).text
    rsvp_actions.affirm_rsvp(rsvp_id=places[1].pk, now=LATER + HOUR)
    assert question not in read(summary).text


def test_what_changes_and_is_told_to_nobody_makes_no_mail() -> None:
    dates = ten_dates()
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    edit_series(event_id=dates[0].pk, scope="unedited", changes={"title": "Hours"}, now=LATER)
    assert new_mail() == []


def test_of_dates_that_are_called_off_meanwhile_nothing_new_is_told() -> None:
    dates = ten_dates()
    for date in dates[:2]:
        make.make_rsvp(date, email=ANA)
    told()
    later(dates[0])
    cancel_event(event_id=dates[1].pk, reason="Storm.", now=LATER)
    mail = {one.message: read(one) for one in new_mail() if one.message != "calendar_update"}
    assert mail["dates_changed"].subject == "Changed: Office hours, 1 date"
    cancel_event(event_id=dates[0].pk, reason="Storm.", now=LATER)
    assert set(names(new_mail())) == {"event_cancelled", "calendar_update"}


def test_who_moves_up_at_two_dates_that_change_hears_of_both_places_and_of_the_change() -> None:
    dates = ten_dates()[:3]
    Event.objects.update(capacity=1)
    for date in dates[:2]:
        make.make_rsvp(date, email="sam@example.org")
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    later(dates[0], capacity=2)
    heard = names(new_mail())
    assert sorted(set(heard)) == ["calendar_update", "dates_changed", "rsvp_promoted"]
    assert (heard.count("dates_changed"), heard.count("rsvp_promoted")) == (1, 2)


def test_a_second_change_before_the_first_is_told_is_one_message_from_what_was_known() -> None:
    dates = ten_dates()[:3]
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    # One by itself, then all, then those from the second on.
    first = dates[0]
    actions.reschedule_event(event_id=first.pk, now=LATER, **_at(first, 1))
    edit_series(event_id=first.pk, scope="following", changes=_at(first, 2), now=LATER)
    edit_series(event_id=dates[1].pk, scope="following", changes=_at(dates[1], 3), now=LATER)
    mail = [one for one in new_mail() if one.message not in ("calendar_update", "event_changed")]
    said = [read(one) for one in mail]
    assert [one.subject for one in said] == [
        "Changed: Office hours, 1 date", "Changed: Office hours, 2 dates",
    ]  # fmt: skip
    assert "June 3, 2026, 8:00–10:00 p.m. PDT. Before: Wednesday, June 3" in said[0].text
    for words in said:
        assert words.text.count("6:00–8:00 p.m. PDT") == words.text.count("Before:")
    assert said[1].text.count("9:00–11:00 p.m.") == 2


def test_a_change_of_all_that_is_taken_back_before_it_is_told_is_not_told() -> None:
    dates = ten_dates()[:3]
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    edit_series(event_id=dates[0].pk, scope="following", changes=_at(dates[0], 1), now=LATER)
    edit_series(event_id=dates[0].pk, scope="following", changes=_at(dates[0], 0), now=LATER)
    batches = [one for one in new_mail() if one.message == "dates_changed"]
    assert len(batches) == 2
    for one in batches:
        assert isinstance(rendering.render(one, LATER), Superseded)


def _at(event: Event, hours: int) -> dict[str, Any]:
    return {name: getattr(event, name) + hours * HOUR for name in ("starts_at", "ends_at")}
