"""The catalogue on the desk: staff read every message before anybody gets it."""

import pytest
from pytest_django import DjangoAssertNumQueries

from events.models import Office
from notifications import catalogue
from tests.desk import Desk
from tests.factories import make_event, make_office, make_rsvp, make_staff
from tests.stories.snapshot import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office(slug="rivera", name="Office of Ana Rivera")


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(make_staff(office))


def test_every_message_and_every_silence_is_listed(desk: Desk) -> None:
    shown = desk.see("staff-messages")
    links = [link for link in shown.links if link.startswith("/staff/messages/")]
    assert links[1:] == [f"/staff/messages/{message.name}/" for message in catalogue.MESSAGES]
    for message in catalogue.MESSAGES:
        assert str(message.title) in shown.text
        assert str(message.recipients) in shown.text
        for action in message.actions:
            assert action in shown.text
    for fact, reason in catalogue.SILENT.items():
        assert f"{fact} {reason}" in shown.text


def test_the_list_says_what_happens_after_a_cut_and_what_finds_a_reminder(desk: Desk) -> None:
    shown = desk.see("staff-messages").text
    again = sum(message.again for message in catalogue.MESSAGES)
    assert shown.count("it is sent once more") == again
    assert shown.count("staff decide whether it goes again") == len(catalogue.MESSAGES) - again
    by_time = [message for message in catalogue.MESSAGES if not message.actions]
    assert shown.count("the program looks each minute whose turn it is") == len(by_time)


def test_a_message_is_shown_with_a_made_up_case(desk: Desk) -> None:
    make_rsvp(make_event(), name="A Real Neighbor", email="real@example.org")
    before = everything()
    shown = desk.see("staff-message", kind="rsvp_confirmed")
    assert everything() == before
    assert "You have a place: Town hall on street lights" in shown.text
    assert "notifications/email/rsvp_confirmed/" in shown.text
    assert "Brings an entry for the calendar." in shown.text
    assert "Real Neighbor" not in shown.text


def test_the_sample_comes_in_each_language(desk: Desk) -> None:
    shown = desk.see("staff-message", "?language=es", kind="rsvp_confirmed")
    assert "Asamblea pública sobre el alumbrado" in shown.text
    assert shown.fields["language"] == "es"
    assert desk.ask("staff-message", "?language=xx", kind="rsvp_confirmed").status_code == 404
    assert desk.ask("staff-message", kind="gone").status_code == 404


def test_the_html_part_is_alone_in_a_frame_that_may_do_nothing(desk: Desk) -> None:
    page = desk.ask("staff-message", "?language=es", kind="rsvp_confirmed").content.decode()
    source = '/staff/messages/rsvp_confirmed/html/?language=es&amp;office=rivera"'
    assert f'<iframe class="mail-preview" sandbox src="{source}' in page
    answer = desk.ask("staff-message-html", "?language=es", kind="rsvp_confirmed")
    assert answer.content.decode().startswith("<!doctype html>")
    policy = set(answer["Content-Security-Policy"].split("; "))
    assert {
        "default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'", "sandbox",
    } <= policy  # fmt: skip
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["Cache-Control"] == "private, no-store"


def test_who_is_no_staff_sees_none_of_it(office: Office) -> None:
    nobody = Desk(make_staff())
    for name, arguments in (
        ("staff-messages", {}),
        ("staff-message", {"kind": "rsvp_confirmed"}),
        ("staff-message-html", {"kind": "rsvp_confirmed"}),
    ):
        assert nobody.ask(name, **arguments).status_code == 403


def test_another_office_is_not_shown(desk: Desk) -> None:
    make_office(slug="council")
    assert desk.ask("staff-message", "?office=council", kind="digest").status_code == 404


def test_the_list_asks_three_queries(
    desk: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        desk.see("staff-messages")
