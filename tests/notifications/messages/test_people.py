"""The sign-in link: one use, half an hour, in the name of an office that the person knows."""

from datetime import timedelta

import pytest

from events.actions import people as actions
from notifications import rendering
from notifications.message import Superseded
from tests import factories as make
from tests.notifications.scenes import LATER, NOW, delivered, goes, plan, read, the_office

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"


def test_the_link_signs_in_once() -> None:
    make.make_rsvp(make.make_event(), email=ANA)
    actions.request_sign_in(email=ANA, now=NOW)
    delivery = delivered("sign_in_link")
    token = read(delivery).text.split("/me/")[1].split("/")[0]
    assert actions.use_sign_in_link(token=token, now=LATER).email == ANA
    assert not goes(delivery)
    assert isinstance(rendering.render(delivery, LATER), Superseded)


def test_a_link_that_is_too_old_is_not_sent_any_more() -> None:
    make.make_person(ANA)
    actions.request_sign_in(email=ANA, now=NOW)
    assert delivered("sign_in_link").expires_at == NOW + timedelta(minutes=30)


def test_an_unknown_address_gets_nothing() -> None:
    actions.request_sign_in(email="stranger@example.org", now=NOW)
    assert plan() == []


def test_it_comes_from_the_office_that_the_person_last_had_to_do_with() -> None:
    first, second = the_office(position=1), the_office(name="Campaign", position=2)
    make.make_rsvp(make.make_event(first), email=ANA)
    make.make_claim(make.make_shift(office=second), email=ANA, now=LATER)
    actions.request_sign_in(email=ANA, now=LATER)
    assert delivered("sign_in_link").office == second


def test_without_any_office_the_first_one_signs() -> None:
    make.make_person(ANA)
    the_office(name="Second", position=2)
    first = the_office(position=1)
    actions.request_sign_in(email=ANA, now=NOW)
    assert delivered("sign_in_link").office == first
