"""What volunteers add to the desk's first page and to an event's."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from events.actions.calling_off import cancel_event, postpone_event
from events.models import EventTranslation, Office
from tests.desk import Desk
from tests.factories import NOW, make_claim, make_event, make_office, make_role, make_shift
from volunteers.actions.shifts import cancel_shift
from volunteers.staff.parts import event_panel, gaps_card

pytestmark = pytest.mark.django_db

REQUEST = RequestFactory().get("/staff/")


def test_the_first_page_names_the_shifts_that_still_need_people(desk: Desk, office: Office) -> None:
    shift = make_shift(make_event(office, title="Budget night"), minimum=2)
    make_claim(shift)
    shown = desk.see("staff")
    assert "Shifts that still need people 1 person still missing Greeter , Budget night" in (
        shown.text
    )
    assert f"/staff/shifts/{shift.pk}/" in shown.links


def test_no_card_is_shown_where_nobody_is_missing(desk: Desk, office: Office) -> None:
    make_claim(make_shift(office=office, minimum=1))
    make_shift(office=office, post=False)
    make_shift(office=office, starts_at=NOW - timedelta(days=1))
    cancel_shift(shift_id=make_shift(office=office).pk, reason="Not needed.", now=NOW)
    event = make_event(office)
    make_shift(event)
    postpone_event(event_id=event.pk, reason="Rain.", now=NOW)
    make_shift(office=make_office())
    assert gaps_card(REQUEST, [office], NOW) is None
    assert "Shifts that still need people" not in desk.see("staff").text


def test_the_card_shows_the_next_few_and_counts_the_rest(office: Office) -> None:
    shifts = [make_shift(office=office, starts_at=NOW + timedelta(days=n)) for n in range(7, 0, -1)]
    card = gaps_card(REQUEST, [office], NOW)
    assert card is not None
    assert [shift.pk for shift in card["shifts"]] == [shift.pk for shift in shifts[:2:-1]]
    assert card["more"] == 3


@pytest.mark.parametrize("number", [5, 50])
def test_the_card_asks_four_queries(office: Office, django_assert_num_queries, number: int) -> None:
    for n in range(number):
        event = make_event(office, starts_at=NOW + timedelta(days=n + 1))
        EventTranslation.objects.create(event=event, language="es", title="Asamblea")
        make_shift(event)
    with django_assert_num_queries(4):
        assert gaps_card(REQUEST, [office], NOW) is not None


def test_an_events_page_lists_its_shifts_and_leads_to_a_new_one(desk: Desk, office: Office) -> None:
    event = make_event(office)
    short = make_shift(event, minimum=2)
    draft = make_shift(event, post=False, role=make_role(office, "Note taker"))
    off = make_shift(event, role=make_role(office, "Usher"))
    cancel_shift(shift_id=off.pk, reason="Not needed.", now=NOW)
    shown = desk.see("staff-event", pk=event.pk)
    assert "2 people still missing" in shown.text
    assert "Note taker Draft" in shown.text
    assert "Usher Cancelled" in shown.text
    for link in (short.pk, draft.pk, off.pk, f"new/?event={event.pk}"):
        assert f"/staff/shifts/{link}".rstrip("/") in [each.rstrip("/") for each in shown.links]


def test_an_event_without_shifts_says_so(desk: Desk, office: Office) -> None:
    event = make_event(office)
    assert "Nobody is asked to help at this event yet." in desk.see("staff-event", pk=event.pk).text


def test_a_cancelled_event_offers_no_new_shift(desk: Desk, office: Office) -> None:
    event = make_event(office)
    cancel_event(event_id=event.pk, reason="Rain.", now=NOW)
    links = desk.see("staff-event", pk=event.pk).links
    assert f"/staff/shifts/new/?event={event.pk}" not in links


@pytest.mark.parametrize("number", [3, 30])
def test_the_panel_asks_two_queries(office: Office, django_assert_num_queries, number: int) -> None:
    event = make_event(office)
    for n in range(number):
        make_claim(make_shift(event, role=make_role(office, f"Role {n}"), capacity=1))
    with django_assert_num_queries(2):
        shifts = event_panel(event, NOW)["shifts"]
        assert len({shift.role.name for shift in shifts}) == number


def test_the_history_of_the_event_names_what_was_done_with_its_shifts(
    desk: Desk, office: Office
) -> None:
    event = make_event(office)
    shift = make_shift(event)
    desk.change("staff-shift-edit", {"minimum": "2", "capacity": "4", "notes": "A hat."},
                pk=shift.pk)  # fmt: skip
    text = desk.see("staff-event-history", pk=event.pk).text
    for change in ("People needed: 1 → 2", "Most people: 2 → 4", "What to know before you come"):
        assert change in text
    assert "Places in the room" not in text
    assert "Shift posted" in text
