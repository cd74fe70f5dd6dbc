"""Samples: every message can be read before it is sent, and reading it changes nothing."""

import pytest
from django.conf import settings
from django.test import Client

from events.audit import rehearsal
from events.models import Office
from notifications import catalogue, samples
from tests.clock import at
from tests.factories import NOW, make_event, make_office, make_rsvp
from tests.notifications.mailing import plan
from tests.stories.snapshot import everything

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.fixture
def office() -> Office:
    return make_office(name="Office of Ana Rivera", palette="plum")


def test_every_message_has_a_sample() -> None:
    assert sorted(samples.SCENES) == sorted(message.name for message in catalogue.MESSAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(samples.SCENES))
def test_every_sample_reads_in_every_language(name: str, language: str, office: Office) -> None:
    made = samples.sample(name, office=office, language=language, now=NOW)
    for part in (made.rendered.subject, made.rendered.text, made.rendered.html):
        assert part.strip()
        assert "{{" not in part
        assert "{%" not in part
    assert "Office of Ana Rivera" in made.rendered.text
    assert "Office of Ana Rivera" in made.rendered.html
    assert f'lang="{language}"' in made.rendered.html


def test_a_sample_leaves_nothing_behind(office: Office) -> None:
    make_rsvp(make_event(office))
    before = everything()
    for name in samples.SCENES:
        samples.sample(name, office=office, language="es", now=NOW)
    assert everything() == before


def test_what_really_waits_to_be_told_is_not_touched_by_a_sample(office: Office) -> None:
    make_rsvp(make_event(office), email="real@example.org")
    samples.sample("rsvp_confirmed", office=office, language="en", now=NOW)
    assert [delivery.person.email for delivery in plan() if delivery.person] == ["real@example.org"]


def _rehearse_and_fail(office: Office) -> None:
    with rehearsal():
        make_rsvp(make_event(office))
        raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_rehearsal_is_taken_back_when_it_fails_and_rings_no_bell(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = []
    monkeypatch.setattr("events.audit.ring", lambda: rung.append(1))
    before = everything()
    with pytest.raises(ZeroDivisionError):
        _rehearse_and_fail(office)
    assert everything() == before
    assert rung == []
    make_event(office)
    assert rung != [], "an action outside of it is whole again"


def test_the_sample_speaks_of_a_coming_day_whatever_the_time(
    office: Office, client: Client
) -> None:
    for hour in (0, 3, 12, 23):
        with at(NOW.replace(hour=hour)):
            made = samples.sample(
                "rsvp_reminder", office=office, language="en", now=NOW.replace(hour=hour)
            )
        assert "tomorrow" in made.rendered.text.lower()
