"""Mail on the desk: found, counted, drawn and explained, each office its own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from events.models import Event, Office
from notifications.deliveries_desk import HEIGHT, plot
from notifications.models import Delivery, DeliveryState
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_staff,
    make_topic,
)
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.pages import Page
from tests.stories.snapshot import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office(slug="rivera", name="Office of Ana Rivera")


@pytest.fixture
def event(office: Office) -> Event:
    return make_event(office, title="Town hall on parking")


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(make_staff(office))


def see(desk: Desk, query: str = "", *, now: datetime = NOW) -> Page:
    with at(now):
        return desk.see("staff-deliveries", query)


def ended(delivery: Delivery, state: str, **columns: Any) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, finished_at=NOW, **columns)


def addresses(shown: Page) -> list[str]:
    return [word for word in shown.text.split() if word.endswith("@guest.example")]


def test_the_list_shows_the_latest_first_with_state_and_reason(desk: Desk, event: Event) -> None:
    for n in range(3):
        make_rsvp(event, email=f"{n}@guest.example")
    first, second, _third = plan()
    ended(first, "accepted")
    ended(second, "failed", error="RCPT: 550 no such user")
    shown = see(desk)
    assert addresses(shown) == ["2@guest.example", "1@guest.example", "0@guest.example"]
    assert "1@guest.example Failed RCPT: 550 no such user" in shown.text
    assert "0@guest.example Accepted" in shown.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=failed", ["1@guest.example"]),
        ("state=waiting", ["2@guest.example"]),
        ("message=rsvp_confirmed", ["2@guest.example", "1@guest.example", "0@guest.example"]),
        ("message=claim_confirmed", []),
        ("q=1@Guest.example", ["1@guest.example"]),
        ("q=guest.example", []),
        ("since=2026-06-02", []),
        ("state=bounced", ["0@guest.example"]),
        ("state=complained", []),
        ("since=2026-06-01", ["2@guest.example", "1@guest.example", "0@guest.example"]),
    ],
)
def test_the_filters_narrow_the_list(
    desk: Desk, event: Event, query: str, found: list[str]
) -> None:
    for n in range(3):
        make_rsvp(event, email=f"{n}@guest.example")
    first, second, _third = plan()
    ended(first, "accepted", bounced_at=NOW, bounce="soft")
    ended(second, "failed")
    assert addresses(see(desk, f"?{query}")) == found


@pytest.mark.parametrize("query", ["state=lost", "message=gone", "since=yesterday", "limit=0"])
def test_what_cannot_be_asked_is_refused(desk: Desk, query: str) -> None:
    assert desk.ask("staff-deliveries", f"?{query}").status_code == 422


def test_what_is_older_shows_where_it_is_asked_for(desk: Desk, event: Event) -> None:
    make_rsvp(event, email="0@guest.example")
    (old,) = plan()
    ended(old, "accepted")
    later = NOW + timedelta(days=20)
    assert addresses(see(desk, now=later)) == []
    for query in ("since=2026-06-01", f"event={event.pk}", "q=0@guest.example"):
        assert addresses(see(desk, f"?{query}", now=later)) == ["0@guest.example"], query
    Delivery.objects.update(state="retry")
    assert addresses(see(desk, "?state=waiting", now=later)) == ["0@guest.example"]


def test_one_letter_and_one_event_by_themselves(desk: Desk, office: Office, event: Event) -> None:
    make_rsvp(event, email="0@guest.example")
    topic = make_topic("parking")
    make_reader(office, [topic], email="1@guest.example")
    letter = make_letter(office, topics=[topic], now=NOW + timedelta(minutes=1))
    plan(NOW + timedelta(minutes=1))
    assert addresses(see(desk, f"?letter={letter.pk}")) == ["1@guest.example"]
    assert addresses(see(desk, f"?event={event.pk}")) == ["0@guest.example"]


def test_another_offices_mail_does_not_exist(desk: Desk) -> None:
    theirs = make_office(slug="council")
    event, topic = make_event(theirs), make_topic("trees")
    make_rsvp(event, email="0@guest.example")
    letter = make_letter(theirs, topics=[topic])
    (delivery,) = plan()
    assert addresses(see(desk)) == []
    assert addresses(see(desk, "?q=0@guest.example")) == []
    assert desk.ask("staff-deliveries", f"?event={event.pk}").status_code == 404
    assert desk.ask("staff-deliveries", f"?letter={letter.pk}").status_code == 404
    assert desk.ask("staff-delivery", pk=delivery.pk).status_code == 404
    assert desk.ask("staff-why", f"?event={event.pk}&email=0@guest.example").status_code == 404
    nobody = Desk(make_staff())
    assert nobody.ask("staff-deliveries").status_code == 403


def test_looking_changes_nothing(desk: Desk, event: Event) -> None:
    make_rsvp(event, email="0@guest.example")
    (delivery,) = plan()
    before = everything()
    see(desk)
    desk.see("staff-delivery", pk=delivery.pk)
    desk.see("staff-why", f"?event={event.pk}&email=0@guest.example")
    assert everything() == before


@pytest.mark.parametrize("rows", [2, 40])
def test_the_list_asks_six_queries(
    desk: Desk, event: Event, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _n in range(rows):
        make_rsvp(event)
    plan()
    with at(NOW), django_assert_num_queries(6):
        desk.see("staff-deliveries")


# --- The plot ------------------------------------------------------------------------------------


def test_the_plot_counts_days_where_the_office_is(office: Office, event: Event) -> None:
    for _n in range(5):
        make_rsvp(event)
    first, second, third, fourth, fifth = plan()
    # 23:30 of the day before in Los Angeles.
    Delivery.objects.filter(pk__in=[first.pk, second.pk]).update(
        planned_at=datetime(2026, 6, 1, 6, 30, tzinfo=UTC), state="accepted"
    )
    Delivery.objects.filter(pk=third.pk).update(state="failed")
    Delivery.objects.filter(pk=fourth.pk).update(state="suppressed")
    Delivery.objects.filter(pk=fifth.pk).update(planned_at=F("planned_at") - timedelta(days=14))
    drawn = plot([office], now=NOW, zone=office.zone)
    assert (drawn.days[0], drawn.days[-1]) == (date(2026, 5, 19), date(2026, 6, 1))
    assert {group.name: group.total for group in drawn.groups} == {
        "accepted": 2, "waiting": 0, "not-sent": 1, "failed": 1, "unknown": 0,
    }  # fmt: skip
    assert drawn.rows[:2] == [
        (date(2026, 6, 1), [0, 0, 1, 1, 0]),
        (date(2026, 5, 31), [2, 0, 0, 0, 0]),
    ]


def test_every_state_is_in_the_plot_once() -> None:
    from notifications.deliveries_desk import GROUPS

    drawn = [state for _name, _label, states in GROUPS for state in states]
    assert sorted(drawn) == sorted(DeliveryState)


def test_a_bar_for_one_beside_thousands_can_be_seen(office: Office) -> None:
    from notifications.deliveries_desk import _bars

    big, one, none = _bars([5000, 1, 0])
    assert (big.height, one.height, none.height) == (HEIGHT, 2, 0)
    assert (big.y, one.y) == (0, HEIGHT - 2)


def test_an_office_that_sent_nothing_sees_no_plot_and_what_will_come(desk: Desk) -> None:
    shown = see(desk)
    assert "Nothing was sent in the last two weeks" in shown.text
    assert "The same as a table" not in shown.text


# --- One delivery --------------------------------------------------------------------------------


def test_a_delivery_tells_its_story(desk: Desk, event: Event) -> None:
    make_rsvp(event, email="0@guest.example")
    (delivery,) = plan()
    ended(delivery, "failed", error="RCPT: 550 no such user", attempts=2, transmitting_at=NOW)
    shown = desk.see("staff-delivery", pk=delivery.pk)
    for words in (
        "To 0@guest.example",
        "refused it for good",
        "RSVP: a place, Monday, June 1, 2026, 9:00 a.m. PDT, by the person.",
        "Tries 2",
        "RCPT: 550 no such user",
        "Town hall on parking",
    ):
        assert words in shown.text
    assert f"/staff/events/{event.pk}/" in shown.links
    assert "/staff/messages/rsvp_confirmed/" in shown.links
    assert "/staff/no-mail/" in shown.links


def test_a_delivery_that_came_back_says_so_in_the_list_and_in_its_story(
    desk: Desk, event: Event
) -> None:
    make_rsvp(event, email="0@guest.example")
    (delivery,) = plan()
    ended(
        delivery, "accepted", bounced_at=NOW, bounce="hard", bounce_words="550 5.1.1 Unknown.",
        complained_at=NOW,
    )  # fmt: skip
    assert "0@guest.example Accepted Came back Complaint" in see(desk).text
    shown = desk.see("staff-delivery", pk=delivery.pk)
    for words in (
        "The mail server took it",
        "Later it came back, as our provider reported Monday, June 1, 2026, 9:00 a.m. PDT: there "
        "is no such mailbox. The receiving mail server said: 550 5.1.1 Unknown.",
        "The person complained about it Monday, June 1, 2026, 9:00 a.m. PDT.",
    ):
        assert words in shown.text
    assert "/staff/no-mail/" in shown.links


def test_a_delivery_of_an_older_version_still_tells_its_story(desk: Desk, event: Event) -> None:
    make_rsvp(event, email="0@guest.example")
    Delivery.objects.filter(pk=plan()[0].pk).update(message="of_old")
    shown = desk.see("staff-delivery", pk=Delivery.objects.get().pk)
    assert "of_old" in shown.title
    assert "The facts that caused it are no longer kept." in shown.text


# --- Why not? ------------------------------------------------------------------------------------


def test_the_question_begins_with_what_it_is_about(desk: Desk, office: Office) -> None:
    letter = make_letter(office, topics=[make_topic("trees")])
    with at(NOW):
        event = make_event(office)
        shown = desk.see("staff-why")
    assert {f"?letter={letter.pk}", f"?event={event.pk}"} <= set(shown.links)


def test_the_question_is_answered_for_a_letter_and_for_an_event(
    desk: Desk, office: Office, event: Event
) -> None:
    letter = make_letter(office, topics=[make_topic("trees")])
    make_rsvp(event, email="0@guest.example")
    (delivery,) = plan()
    asked = "email=0@guest.example"
    of_letter = desk.see("staff-why", f"?letter={letter.pk}&{asked}")
    assert "never signed up for letters of this office" in of_letter.text
    of_event = desk.see("staff-why", f"?event={event.pk}&{asked}")
    assert "RSVP: a place" in of_event.text
    assert f"/staff/deliveries/{delivery.pk}/" in of_event.links
    stranger = desk.see("staff-why", f"?event={event.pk}&email=gone@guest.example")
    assert "nothing to do with anybody of this address" in stranger.text


def test_letter_guest_and_volunteer_lead_to_the_question(
    desk: Desk, office: Office, event: Event
) -> None:
    letter = make_letter(office, topics=[make_topic("trees")])
    rsvp = make_rsvp(event, email="0@guest.example")
    claim = make_claim(make_shift(event), email="1@guest.example")
    account = desk.see("staff-letter-account", pk=letter.pk)
    assert f"/staff/deliveries/why/?letter={letter.pk}" in account.links
    guest = desk.see("staff-guest", event_pk=event.pk, pk=rsvp.pk)
    assert f"/staff/deliveries/why/?event={event.pk}&email=0%40guest.example" in guest.links
    volunteer = desk.see("staff-volunteer", shift_pk=claim.shift_id, pk=claim.pk)
    assert f"/staff/deliveries/why/?event={event.pk}&email=1%40guest.example" in volunteer.links


def test_of_a_shift_at_no_event_the_volunteer_leads_to_the_question_about_it(
    desk: Desk, office: Office
) -> None:
    claim = make_claim(make_shift(office=office), email="1@guest.example")
    volunteer = desk.see("staff-volunteer", shift_pk=claim.shift_id, pk=claim.pk)
    asked = f"?shift={claim.shift_id}&email=1%40guest.example"
    assert f"/staff/deliveries/why/{asked}" in volunteer.links
    shown = desk.see("staff-why", asked)
    assert "Greeter" in shown.text
    assert "Shift taken" in shown.text
    other = make_shift(office=make_office())
    assert desk.ask("staff-why", f"?shift={other.pk}").status_code == 404
