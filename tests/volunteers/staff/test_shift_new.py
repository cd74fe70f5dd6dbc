"""Writing a shift: at an event or on its own, as a draft or posted at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.actions.calling_off import cancel_event
from events.models import Membership, Office, OfficeKind, Role, Venue
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_role, make_shift, make_venue
from tests.pages import page
from volunteers.models import Shift, VolunteerRole

pytestmark = pytest.mark.django_db


def the_shift() -> Any:
    return Shift.objects.effective().select_related("role", "venue", "event").get()


def alone(**typed: Any) -> dict[str, Any]:
    """What somebody types into the form of a shift on its own."""
    return {
        "role_name": "Food sorter",
        "role_description": "Sort and pack food.",
        "minimum": "3",
        "capacity": "8",
        "starts_on": "2026-06-20",
        "starts_time": "09:00",
        "ends_time": "12:00",
        "timezone": "America/Los_Angeles",
        "notes": "Closed shoes,\r\nplease.",
        "do": "post",
    } | typed


def test_a_shift_at_an_event_begins_an_hour_before_and_ends_with_it(
    desk: Desk, office: Office
) -> None:
    event = make_event(office)  # 2026-06-11, 18:30 to 20:00 in Los Angeles
    role = make_role(office)
    query = f"?event={event.pk}"
    fields = desk.fill("staff-shift-new", query)
    assert {name: fields[name] for name in ("starts_on", "starts_time", "ends_time")} == {
        "starts_on": "2026-06-11", "starts_time": "17:30", "ends_time": "20:00",
    }  # fmt: skip
    answer = desk.change("staff-shift-new", {"role": str(role.pk), "do": "post"}, query)
    assert "Posted. Everybody can see it now." in desk.follow(answer).text
    shift = the_shift()
    assert (shift.event, shift.role, shift.is_posted) == (event, role, True)
    assert shift.starts_at == event.starts_at - timedelta(hours=1)
    assert shift.ends_at == event.ends_at
    assert (shift.minimum, shift.capacity, shift.venue) == (1, None, None)


def test_a_shift_at_an_event_is_in_the_events_zone_whatever_is_sent(
    desk: Desk, office: Office
) -> None:
    event = make_event(office, timezone="America/New_York")
    query = f"?event={event.pk}"
    typed = desk.fill("staff-shift-new", query) | {
        "role_name": "Greeter", "timezone": "Pacific/Honolulu", "starts_time": "20:00",
        "ends_time": "22:00", "do": "save",
    }  # fmt: skip
    desk.follow(desk.send("staff-shift-new", typed, query))
    shift = the_shift()
    assert shift.timezone == "America/New_York"
    assert shift.starts_at == datetime(2026, 6, 12, 0, 0, tzinfo=UTC)


def test_a_shift_on_its_own_has_its_zone_and_place_and_may_bring_a_new_role(
    desk: Desk, office: Office
) -> None:
    venue = make_venue(office, name="Food bank")
    typed = alone(timezone="America/Denver", venue=str(venue.pk))
    answer = desk.send("staff-shift-new", typed, "?event=none")
    desk.follow(answer)
    shift = the_shift()
    assert (shift.event, shift.timezone, shift.venue) == (None, "America/Denver", venue)
    assert shift.starts_at == datetime(2026, 6, 20, 15, 0, tzinfo=UTC)
    assert (shift.role.name, shift.role.description) == ("Food sorter", "Sort and pack food.")
    assert (shift.minimum, shift.capacity) == (3, 8)
    assert shift.notes == "Closed shoes,\nplease."


def test_a_draft_is_seen_by_staff_alone(desk: Desk, office: Office) -> None:
    answer = desk.send("staff-shift-new", alone(do="save"), "?event=none")
    assert "Saved as a draft. Only staff see it." in desk.follow(answer).text
    shift = the_shift()
    assert shift.is_posted is False
    assert desk.client.get(shift.get_absolute_url()).status_code == 404


def test_a_shift_at_a_draft_waits_for_it(desk: Desk, office: Office) -> None:
    event = make_event(office, post=False)
    query = f"?event={event.pk}"
    answer = desk.change("staff-shift-new", {"role_name": "Greeter", "do": "post"}, query)
    assert "It is public as soon as its event is." in desk.follow(answer).text
    assert the_shift().waits_for_event is True


def test_a_new_place_is_put_on_the_list_once(desk: Desk, office: Office) -> None:
    for _time in range(2):
        desk.send("staff-shift-new", alone(venue_name="The old mill", venue_locality="San Arroyo"),
                  "?event=none")  # fmt: skip
    places = Venue.objects.filter(office=office, name="The old mill", locality="San Arroyo")
    assert [shift.venue for shift in Shift.objects.all()] == [places.get(), places.get()]


def test_a_role_that_is_written_again_is_the_one_on_the_list(desk: Desk, office: Office) -> None:
    known = make_role(office, "Food Sorter")
    desk.send("staff-shift-new", alone(), "?event=none")
    assert the_shift().role == known
    assert VolunteerRole.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"role_name": "", "role_description": ""}, "Choose a role, or write a new one."),
        ({"role_name": ""}, "Give the new role a name."),
        ({"minimum": ""}, "Enter how many people are needed."),
        ({"minimum": "0"}, "Enter 1 or more."),
        ({"minimum": "9"}, "This is less than the people needed."),
        ({"starts_on": ""}, "Enter the date."),
        ({"starts_time": ""}, "Enter when it starts."),
        ({"ends_time": "08:00"}, "It ends before it starts."),
        ({"ends_time": "09:00"}, "It ends when it starts. Enter a later time."),
        ({"timezone": "Mars/Olympus"}, "Choose a time zone from the list."),
        ({"venue_street": "1 Main Street"}, "Give the new place a name."),
        ({"starts_on": "2027-03-14", "starts_time": "02:30", "ends_time": "05:00"},
         "Clocks go forward on Sunday, March 14, and 2:30 a.m. is left out."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    desk: Desk, office: Office, typed: dict[str, str], said: str
) -> None:
    answer = desk.send("staff-shift-new", alone(**typed), "?event=none")
    assert answer.status_code == 422
    shown = page(answer)
    assert said in shown.text
    kept = {name: shown.fields[name] for name in alone(**typed) if name not in ("do", "timezone")}
    expected = {name: value for name, value in alone(**typed).items() if name in kept}
    assert kept == expected
    assert not Shift.objects.exists()


def test_a_shift_too_far_from_its_event_is_refused_at_its_date(desk: Desk, office: Office) -> None:
    event = make_event(office)
    typed = {"role_name": "Greeter", "starts_on": "2026-05-20", "do": "post"}
    answer = desk.change("staff-shift-new", typed, f"?event={event.pk}")
    assert answer.status_code == 422
    assert "Date – A shift at an event is at most 14 days away from it." in page(answer).text
    assert not Shift.objects.exists()


def test_it_is_asked_at_which_event_a_shift_is(desk: Desk, office: Office) -> None:
    make_event(office, title="Budget night")
    make_event(office, title="Long ago", starts_at=NOW - timedelta(days=9))
    cancel_event(event_id=make_event(office, title="Called off").pk, reason="Rain", now=NOW)
    make_event(make_office(), title="Somebody else’s")
    asked = desk.see("staff-shift-new")
    assert "No, it is on its own Budget night (June 11, 2026)" in asked.text
    for other in ("Long ago", "Called off", "Somebody else’s"):
        assert other not in asked.text


def test_without_events_the_form_comes_at_once(desk: Desk, office: Office) -> None:
    assert "role_name" in desk.see("staff-shift-new").fields


def test_with_several_offices_it_is_asked_whose_shift_it_is(desk: Desk, office: Office) -> None:
    parks = make_office(name="Parks", slug="parks")
    Membership.objects.create(user=desk.user, office=parks, role=Role.EDITOR)
    assert "Whose shift is it?" in desk.see("staff-shift-new").text
    desk.send("staff-shift-new", alone(), "?office=parks&event=none")
    assert Shift.objects.get().office == parks


def test_nobody_adds_a_shift_to_an_event_of_another_office(desk: Desk, office: Office) -> None:
    theirs = make_event(make_office(kind=OfficeKind.CAMPAIGN))
    query = f"?event={theirs.pk}"
    assert desk.ask("staff-shift-new", query).status_code == 404
    assert desk.send("staff-shift-new", alone(), query).status_code == 404
    assert not Shift.objects.exists()


def test_roles_and_places_of_another_office_cannot_be_chosen(desk: Desk, office: Office) -> None:
    other = make_office()
    role, venue = make_role(other), make_venue(other)
    typed = alone(role_name="", role_description="", role=str(role.pk), venue=str(venue.pk))
    answer = desk.send("staff-shift-new", typed, "?event=none")
    assert answer.status_code == 422
    assert {"role", "venue"} <= set(answer.context["form"].errors)


def test_a_cancelled_event_takes_no_new_shift(desk: Desk, office: Office) -> None:
    event = make_event(office)
    cancel_event(event_id=event.pk, reason="Rain", now=NOW)
    answer = desk.ask("staff-shift-new", f"?event={event.pk}")
    assert "It needs no shifts." in desk.follow(answer).text


def test_an_event_that_lasts_all_day_proposes_its_day_alone(desk: Desk, office: Office) -> None:
    event = make_event(
        office, all_day=True, starts_at=datetime(2026, 6, 11, 7, tzinfo=UTC),
        ends_at=datetime(2026, 6, 12, 7, tzinfo=UTC),
    )  # fmt: skip
    fields = desk.fill("staff-shift-new", f"?event={event.pk}")
    assert (fields["starts_on"], fields["starts_time"], fields["ends_time"]) == (
        "2026-06-11", "", "",
    )  # fmt: skip


def test_a_copy_has_everything_but_the_day(desk: Desk, office: Office) -> None:
    venue = make_venue(office)
    pattern = make_shift(office=office, minimum=2, capacity=5, notes="A hat.", venue=venue)
    fields = desk.fill("staff-shift-new", f"?copy={pattern.pk}")
    assert fields["starts_on"] == ""
    desk.change("staff-shift-new", {"starts_on": "2026-07-01", "do": "post"},
                f"?copy={pattern.pk}")  # fmt: skip
    copy = Shift.objects.exclude(pk=pattern.pk).get()
    assert (copy.role, copy.minimum, copy.capacity, copy.notes, copy.venue) == (
        pattern.role, 2, 5, "A hat.", venue,
    )  # fmt: skip


@pytest.mark.parametrize("query", ["copy=²", "copy=99999999999999999999", "event=²", "event=x"])
def test_an_address_that_asks_for_nonsense_does_not_break(
    desk: Desk, office: Office, query: str
) -> None:
    assert desk.client.get(f"/staff/shifts/new/?{query}").status_code == 200
