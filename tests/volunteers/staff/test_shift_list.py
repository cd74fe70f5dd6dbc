"""The list of shifts: gaps first, a tab for each state, filters."""

from datetime import timedelta

import pytest

from events.actions.calling_off import cancel_event, postpone_event
from events.models import EventTranslation, Membership, Office, OfficeKind, Role
from tests.desk import Desk
from tests.factories import NOW, make_claim, make_event, make_office, make_role, make_shift
from volunteers.actions.shifts import cancel_shift

pytestmark = pytest.mark.django_db


def shifts_listed(desk: Desk, query: str = "") -> list[int]:
    """The keys of the shifts on the list, in its order."""
    links = desk.see("staff-shifts", query).links
    names = [link.removeprefix("/staff/shifts/").rstrip("/") for link in links]
    return [int(name) for name in names if name.isdigit()]


def test_shifts_short_of_people_come_first_soonest_first(desk: Desk, office: Office) -> None:
    soon, later, latest = (NOW + timedelta(days=n) for n in (1, 2, 3))
    enough = make_shift(office=office, starts_at=soon, minimum=1)
    make_claim(enough)
    far_gap = make_shift(office=office, starts_at=latest, minimum=2)
    near_gap = make_shift(office=office, starts_at=later, minimum=2, capacity=4)
    make_claim(near_gap)
    assert shifts_listed(desk) == [near_gap.pk, far_gap.pk, enough.pk]
    text = desk.see("staff-shifts").text
    assert "Still need people" in text
    assert "1 person still missing 1 of at most 4" in text
    assert "2 people still missing 0 of at most 2" in text
    assert text.index("Enough people") > text.index("2 people still missing")


def test_a_list_without_gaps_has_no_heading_for_them(desk: Desk, office: Office) -> None:
    make_claim(make_shift(office=office, minimum=1))
    text = desk.see("staff-shifts").text
    assert "Still need people" not in text
    assert "Enough people" in text


def test_the_list_has_a_tab_for_each_state_with_its_count(desk: Desk, office: Office) -> None:
    coming = make_shift(office=office)
    draft = make_shift(office=office, post=False)
    past = make_shift(office=office, starts_at=NOW - timedelta(days=3))
    off = make_shift(office=office)
    cancel_shift(shift_id=off.pk, reason="Nobody needs it.", now=NOW)
    for query, shift in (
        ("", coming), ("?view=drafts", draft), ("?view=past", past), ("?view=cancelled", off),
    ):  # fmt: skip
        assert shifts_listed(desk, query) == [shift.pk]
        assert "Coming 1 Drafts 1 Past 1 Cancelled 1" in desk.see("staff-shifts", query).text
    assert "Nobody needs it." in desk.see("staff-shifts", "?view=cancelled").text


def test_what_becomes_of_the_event_becomes_of_its_shifts(desk: Desk, office: Office) -> None:
    off = make_shift(make_event(office))
    cancel_event(event_id=off.event_id, reason="Rain.", now=NOW)
    assert shifts_listed(desk, "?view=cancelled") == [off.pk]
    waits = make_shift(make_event(office, post=False))
    assert shifts_listed(desk, "?view=drafts") == [waits.pk]
    assert "Public as soon as its event is" in desk.see("staff-shifts", "?view=drafts").text


def test_a_postponed_shift_waits_among_what_comes_and_is_no_gap(desk: Desk, office: Office) -> None:
    event = make_event(office, starts_at=NOW + timedelta(hours=1))
    shift = make_shift(event, minimum=2)
    postpone_event(event_id=event.pk, reason="Rain.", now=NOW)
    text = desk.see("staff-shifts").text
    assert shifts_listed(desk) == [shift.pk]
    assert "Postponed with its event" in text
    assert "still missing" not in text


def test_filters_keep_an_event_a_role_or_what_stands_alone(desk: Desk, office: Office) -> None:
    event = make_event(office, title="Budget night")
    greeter, notes = make_role(office), make_role(office, "Note taker")
    at_event = make_shift(event, role=greeter)
    alone = make_shift(office=office, role=greeter)
    other = make_shift(office=office, role=notes, starts_at=NOW + timedelta(days=20))
    assert shifts_listed(desk, f"?event={event.pk}") == [at_event.pk]
    assert shifts_listed(desk, "?event=none") == [alone.pk, other.pk]
    assert shifts_listed(desk, "?role=Note taker") == [other.pk]
    assert shifts_listed(desk, f"?event={event.pk}&role=Note taker") == []
    narrowed = desk.see("staff-shifts", f"?event={event.pk}")
    assert narrowed.fields["event"] == str(event.pk)
    assert "Coming 1 Drafts 0" in narrowed.text
    assert f"?event={event.pk}&view=past" in narrowed.links


@pytest.mark.parametrize("event", ["x", "9" * 30, "²", "%00"])
def test_an_event_that_does_not_exist_leaves_an_empty_list(
    desk: Desk, office: Office, event: str
) -> None:
    shift = make_shift(office=office)
    if event == "%00":
        assert shifts_listed(desk, f"?event={event}") == [shift.pk]
        return
    assert shifts_listed(desk, f"?event={event}") == []
    assert "Nothing found here" in desk.see("staff-shifts", f"?event={event}").text


def test_the_first_shift_is_asked_for_where_there_is_none(desk: Desk, office: Office) -> None:
    shown = desk.see("staff-shifts")
    assert "No shifts yet" in shown.text
    assert "/staff/shifts/new/" in shown.links


@pytest.mark.parametrize(
    ("view", "words"),
    [("drafts", "No drafts"), ("past", "Nothing is over yet"),
     ("cancelled", "Nothing was cancelled")],
)  # fmt: skip
def test_an_empty_tab_says_what_will_stand_there(
    desk: Desk, office: Office, view: str, words: str
) -> None:
    make_shift(office=office)
    assert words in desk.see("staff-shifts", f"?view={view}").text


def test_shifts_of_other_offices_are_not_listed(desk: Desk, office: Office) -> None:
    campaign = make_office(kind=OfficeKind.CAMPAIGN, slug="campaign")
    theirs = make_shift(office=campaign, role=make_role(campaign, "Secret role"))
    mine = make_shift(office=office)
    assert shifts_listed(desk) == [mine.pk]
    assert "Secret role" not in desk.see("staff-shifts").text
    assert desk.ask("staff-shifts", "?office=campaign").status_code == 404
    assert desk.ask("staff-shift", pk=theirs.pk).status_code == 404


def test_with_several_offices_the_list_can_be_kept_to_one(desk: Desk, office: Office) -> None:
    parks = make_office(name="Parks", slug="parks")
    Membership.objects.create(user=desk.user, office=parks, role=Role.EDITOR)
    mine, theirs = make_shift(office=office), make_shift(office=parks)
    assert sorted(shifts_listed(desk)) == sorted([mine.pk, theirs.pk])
    assert shifts_listed(desk, "?office=parks") == [theirs.pk]


def test_the_list_asks_as_many_queries_for_thirty_shifts_as_for_three(
    desk: Desk, office: Office, django_assert_num_queries
) -> None:
    def add(number: int) -> None:
        for n in range(number):
            event = make_event(office, starts_at=NOW + timedelta(days=n + 1))
            EventTranslation.objects.create(event=event, language="es", title="Asamblea")
            shift = make_shift(event, capacity=1, role=make_role(office, f"Role {n}"))
            make_claim(shift)
            make_claim(shift)
            if n % 3 == 2:
                cancel_event(event_id=event.pk, reason="Rain.", now=NOW)

    add(3)
    for number in (0, 27):
        add(number)
        # Session, user, roles; four tabs; the page and its translations; events with theirs, roles.
        with django_assert_num_queries(13):
            desk.ask("staff-shifts")
