"""The RSVP form, as a resident's browser sends it (INTERFACE.md, Forms for the public)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from events import links
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event
from events.actions.offices import edit_office
from events.models import RSVP, AuditEntry, Event, Person, RateCount
from tests.factories import NOW, make_event, make_office, make_person, make_rsvp
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def event() -> Event:
    return make_event(title="Budget town hall")


def send(client: Client, event: Event, prefix: str = "", **typed: Any) -> HttpResponse:
    form = {"name": "Ana Reyes", "email": "ana@example.org", "party_size": "2"} | typed
    return client.post(f"{prefix}/events/{event.slug}/rsvp/", form)


def facts() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="rsvp.").order_by("pk")
    return list(found.values_list("action", flat=True))


def prove(client: Client, email: str) -> None:
    """Make the client a browser that has POSTed a link mailed to ``email``."""
    elsewhere = make_rsvp(make_event(), email=email)
    token = links.token_for(links.RSVP, elsewhere)
    assert client.post(f"/rsvps/{token}/confirm/").status_code == 303
    AuditEntry.objects.all().delete()


# From a browser that has proven nothing


def test_a_sent_form_becomes_a_place_and_leads_to_check_your_mail(
    client: Client, event: Event
) -> None:
    answer = send(
        client, event, email=" Ana@Example.org ", mode="in_person", language="es",
        access_needs=["asl", "wheelchair"], access_note="I lip-read.",
    )  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (303, f"/events/{event.slug}/rsvp/sent/")
    assert not answer.cookies
    rsvp = RSVP.objects.get()
    assert (rsvp.person.email, rsvp.name, rsvp.party_size, rsvp.mode, rsvp.language) == (
        "ana@example.org", "Ana Reyes", 2, "in_person", "es",
    )  # fmt: skip
    assert (rsvp.status, rsvp.proven_at, rsvp.access_note) == ("confirmed", None, "I lip-read.")
    kinds = rsvp.access_requests.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["asl", "wheelchair"]
    assert facts() == ["rsvp.confirmed"]


def test_the_form_offers_what_the_office_offers_and_always_something_else(client: Client) -> None:
    office = make_office(access_kinds=["captions", "other"])
    event = make_event(office)
    text = page(client.get(event.get_absolute_url())).text
    assert "Live captions Something else More about" in text
    assert "Wheelchair space" not in text
    refused = send(client, event, party_size="1", access_needs=["asl"])
    assert refused.status_code == 422
    assert "Choose from the list, or write it below." in page(refused).text
    send(client, event, party_size="1", access_needs=["other"])
    assert RSVP.objects.get().access_requests.get().kind == "other"
    # What somebody has asked for already stays a choice of theirs.
    edit_office(office_id=office.pk, changes={"access_kinds": []}, now=NOW)
    early = make_rsvp(event, access_needs=["wheelchair"])
    token = links.token_for(links.RSVP, early)
    shown = page(client.get(f"/rsvps/{token}/change/"))
    assert shown.fields["access_needs"] == ["wheelchair"]
    assert "Live captions" not in shown.text


def test_name_and_address_alone_are_enough(client: Client, event: Event) -> None:
    answer = client.post(f"/events/{event.slug}/rsvp/", {"name": "Ana", "email": "ana@example.org"})
    assert answer.status_code == 303
    rsvp = RSVP.objects.get()
    assert (rsvp.party_size, rsvp.mode, rsvp.language) == (1, "in_person", "en")


def test_the_next_page_is_the_same_whoever_it_was_and_whatever_came_of_it(client: Client) -> None:
    event = make_event(capacity=1)
    pages = set()
    for email, size in (("a@example.org", "1"), ("b@example.org", "1"), ("a@example.org", "1")):
        answer = send(client, event, email=email, party_size=size)
        assert answer.status_code == 303
        pages.add((answer["Location"], client.get(answer["Location"]).content))
    assert facts() == ["rsvp.confirmed", "rsvp.waitlisted", "rsvp.repeated"]
    assert len(pages) == 1


def test_check_your_mail_has_the_public_facts_and_no_cookie(client: Client, event: Event) -> None:
    answer = client.get(f"/events/{event.slug}/rsvp/sent/")
    assert not answer.cookies
    seen = page(answer)
    assert "Your place, or your place in line, is in the mail" in seen.text
    assert "Thursday, June 11, 2026" in seen.text
    assert f"/events/{event.slug}.ics" in seen.links
    assert "555-0100" in seen.text


def test_a_second_rsvp_changes_nothing(client: Client, event: Event) -> None:
    first = make_rsvp(event, email="ana@example.org", party_size=1, name="Ana")
    before = RSVP.objects.values().get()
    assert send(client, event, name="Somebody Else", party_size="7").status_code == 303
    assert RSVP.objects.values().get() == before
    assert Person.objects.get(pk=first.person_id).name == "Ana"
    assert facts()[-1] == "rsvp.repeated"


def test_what_a_stranger_types_never_overwrites_the_person(client: Client, event: Event) -> None:
    person = make_person("ana@example.org", name="Ana Reyes", language="es")
    send(client, event, name="Not Ana", language="en")
    person.refresh_from_db()
    assert (person.name, person.language) == ("Ana Reyes", "es")
    assert RSVP.objects.get().name == "Not Ana"


def test_beyond_the_share_of_unproven_places_an_rsvp_holds_none(client: Client) -> None:
    event = make_event(capacity=10)
    for number in range(4):
        send(client, event, email=f"guest{number}@example.org", party_size="2")
    send(client, event, email="fifth@example.org", party_size="2")
    assert facts() == ["rsvp.confirmed"] * 4 + ["rsvp.unproven"]


# From a browser that has proven the address


def test_a_proven_browser_is_led_to_its_place(client: Client, event: Event) -> None:
    prove(client, "ana@example.org")
    answer = send(client, event, email="ANA@example.org")
    rsvp = RSVP.objects.get(event=event)
    assert rsvp.proven_at == NOW
    assert answer.status_code == 303
    assert answer["Location"] == f"/rsvps/{links.token_for(links.RSVP, rsvp)}/"
    assert "You have 2 places" in page(client.get(answer["Location"])).text


def test_a_proven_browser_learns_at_once_that_it_was_there_before(
    client: Client, event: Event
) -> None:
    prove(client, "ana@example.org")
    send(client, event)
    answer = send(client, event, party_size="5")
    seen = page(client.get(answer["Location"])).text
    assert "You had already RSVPed to this event. We did not change anything." in seen
    assert "You have 2 places" in seen


def test_the_proof_is_for_one_address_alone(client: Client, event: Event) -> None:
    prove(client, "ana@example.org")
    assert send(client, event, email="ben@example.org")["Location"].endswith("/rsvp/sent/")
    client.cookies["proof"] = client.cookies["proof"].value[:-2] + "xx"
    assert send(client, event)["Location"].endswith("/rsvp/sent/")


# Bad input


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"name": ""}, "Enter your name."),
        ({"name": "  "}, "Enter your name."),
        ({"name": "A" * 201}, "at most 200 characters"),
        ({"name": "A\x00B"}, "Null characters are not allowed"),
        ({"email": ""}, "Enter your email address."),
        ({"email": "ana at example"}, "Enter an email address in full"),
        ({"email": "a" * 250 + "@example.org"}, "at most 254 characters"),
        ({"party_size": "0"}, "Enter a number of people from 1 to 20."),
        ({"party_size": "-1"}, "Enter a number of people from 1 to 20."),
        ({"party_size": "21"}, "Enter a number of people from 1 to 20."),
        ({"party_size": "500"}, "Enter a number of people from 1 to 20."),
        ({"party_size": "9" * 400}, "Enter a number of people from 1 to 20."),
        ({"party_size": "abc"}, "Enter a number of people from 1 to 20."),
        ({"party_size": "1.5"}, "Enter a number of people from 1 to 20."),
        ({"party_size": ""}, "Enter a number of people from 1 to 20."),
        ({"mode": "remote"}, "This event is not offered that way."),
        ({"mode": "telepathy"}, "This event is not offered that way."),
        ({"language": "tlh"}, "Choose a language from the list."),
        ({"access_needs": ["asl", "magic"]}, "Choose from the list, or write it below."),
        ({"access_note": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_bad_input_is_422_with_a_summary_and_keeps_what_was_typed(
    client: Client, event: Event, typed: dict[str, Any], message: str
) -> None:
    answer = send(client, event, **{"access_note": "I lip-read.", "access_needs": ["asl"], **typed})
    assert answer.status_code == 422
    seen = page(answer)
    assert seen.title.startswith("Error: Budget town hall")
    assert "There is a problem" in seen.text
    assert message in seen.text
    for name, value in {"email": "ana@example.org", "access_note": "I lip-read.", **typed}.items():
        if name not in ("access_needs", "mode", "language") and "\x00" not in str(value):
            assert seen.fields[name] == value
    assert "asl" in seen.fields["access_needs"]
    assert RSVP.objects.count() == 0
    assert AuditEntry.objects.filter(action__startswith="rsvp.").count() == 0


def test_the_summary_links_to_the_fields_and_the_errors_stand_beside_them(
    client: Client, event: Event
) -> None:
    answer = send(client, event, email="", party_size="0")
    assert {"#id_email", "#id_party_size"} <= set(page(answer).links)
    html = answer.content.decode()
    assert 'aria-invalid="true"' in html
    assert 'id="id_email_error"' in html
    # The language links lead to the event, since a POST cannot be repeated by a link.
    assert f"/es/events/{event.slug}/" in page(answer).links


def test_an_empty_post_is_422(client: Client, event: Event) -> None:
    answer = client.post(f"/events/{event.slug}/rsvp/", {})
    assert answer.status_code == 422
    assert "Enter your name." in page(answer).text


def test_a_party_larger_than_the_room_is_told_how_large_it_is(client: Client) -> None:
    event = make_event(capacity=4)
    answer = send(client, event, party_size="5")
    assert answer.status_code == 422
    assert "Places in all: 4. Bring fewer people, or call the office." in page(answer).text


def test_an_event_with_two_ways_takes_the_one_that_was_chosen(client: Client) -> None:
    event = make_event(mode="both", capacity=1, remote_capacity=5)
    make_rsvp(event, mode="in_person")
    send(client, event, email="a@example.org", mode="in_person", party_size="1")
    send(client, event, email="b@example.org", mode="remote")
    # Without a choice: what the form had proposed, here online, since the room is full.
    send(client, event, email="c@example.org")
    rows = RSVP.objects.order_by("pk").values_list("person__email", "mode", "status")
    assert list(rows)[1:] == [
        ("a@example.org", "in_person", "waitlisted"),
        ("b@example.org", "remote", "confirmed"),
        ("c@example.org", "remote", "confirmed"),
    ]


# What changed while the form was open


def test_an_event_cancelled_meanwhile_says_so_and_keeps_what_was_typed(
    client: Client, event: Event
) -> None:
    cancel_event(event_id=event.pk, reason="The hall is flooded.", now=NOW)
    answer = send(client, event, access_note="I lip-read.")
    assert answer.status_code == 422
    seen = page(answer)
    assert "There is a problem This event was cancelled." in seen.text
    assert "The hall is flooded." in seen.text
    assert "I lip-read." in seen.text
    assert "ana@example.org" in seen.text
    assert RSVP.objects.count() == 0


@pytest.mark.parametrize("what", ["postponed", "over", "closed"])
def test_an_event_that_no_longer_takes_rsvps_says_why(
    client: Client, event: Event, what: str
) -> None:
    moment, message = NOW, "This event was postponed."
    if what == "postponed":
        postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
    elif what == "over":
        moment, message = NOW + timedelta(days=30), "This event is over."
    else:
        edit_event(event_id=event.pk, changes={"takes_rsvps": False}, now=NOW)
        message = "This event does not take RSVPs."
    with time_machine.travel(moment, tick=False):
        answer = send(client, event)
    assert answer.status_code == 422
    assert message in page(answer).text
    assert RSVP.objects.count() == 0


def test_the_last_place_went_meanwhile_so_the_sender_is_in_line(client: Client) -> None:
    event = make_event(capacity=2)
    assert "Send RSVP" in page(client.get(f"/events/{event.slug}/")).text
    make_rsvp(event, party_size=2)
    assert send(client, event).status_code == 303
    assert RSVP.objects.latest("pk").status == "waitlisted"


def test_a_way_given_up_meanwhile_is_422(client: Client) -> None:
    event = make_event(mode="both")
    edit_event(event_id=event.pk, changes={"mode": "in_person"}, now=NOW)
    answer = send(client, event, mode="remote")
    assert answer.status_code == 422
    assert "This event is not offered that way." in page(answer).text


def test_two_tabs_make_one_rsvp(client: Client, event: Event) -> None:
    assert [send(client, event).status_code for _tab in range(2)] == [303, 303]
    assert RSVP.objects.count() == 1


# Who may send, and how often


def test_looking_at_the_forms_address_leads_to_the_event_and_changes_nothing(
    client: Client, event: Event
) -> None:
    for look in (client.get, client.head):
        answer = look(f"/events/{event.slug}/rsvp/")
        assert (answer.status_code, answer["Location"]) == (302, f"/events/{event.slug}/")
    assert client.put(f"/events/{event.slug}/rsvp/").status_code == 405
    assert RSVP.objects.count() == 0
    assert RateCount.objects.count() == 0


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_form_from_another_site_is_refused(
    client: Client, event: Event, headers: dict[str, str]
) -> None:
    typed = {"name": "Ana", "email": "ana@example.org"}
    answer = client.post(f"/events/{event.slug}/rsvp/", typed, headers=headers)
    assert answer.status_code == 403
    assert "This form came from another site" in page(answer).text
    assert "ana@example.org" not in page(answer).text
    assert RSVP.objects.count() == 0


def test_no_csrf_token_is_asked_for(event: Event) -> None:
    strict = Client(enforce_csrf_checks=True)
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    typed = {"name": "Ana", "email": "ana@example.org"}
    answer = strict.post(f"/events/{event.slug}/rsvp/", typed, headers=headers)
    assert answer.status_code == 303


def test_the_sixth_mail_in_an_hour_to_one_address_is_429_and_loses_nothing(client: Client) -> None:
    office = make_office()
    events = [make_event(office) for _number in range(6)]
    answers = [send(client, event, email="Ana@example.org") for event in events]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    # The hour of the limit is the clock's: at 16:00 a new one has just begun.
    assert answers[-1]["Retry-After"] == "3600"
    seen = page(answers[-1])
    assert seen.fields["email"] == "Ana@example.org"
    assert seen.fields["party_size"] == "2"
    assert seen.forms == [f"/events/{events[-1].slug}/rsvp/"]
    assert RSVP.objects.count() == 5
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert send(client, events[-1]).status_code == 303


def test_too_many_forms_from_one_connection_are_429(client: Client, event: Event) -> None:
    answers = [send(client, event, name="").status_code for _try in range(31)]
    assert answers == [422] * 30 + [429]


def test_nothing_typed_is_lost_to_a_failure(client: Client, event: Event) -> None:
    with patch("events.views.rsvp.rsvp", side_effect=RuntimeError("broken")):
        answer = send(client, event, access_note="I lip-read.")
    assert answer.status_code == 500
    seen = page(answer)
    assert "Your form was not sent" in seen.text
    assert "555-0100" in seen.text
    assert seen.fields == {
        "name": "Ana Reyes", "email": "ana@example.org", "party_size": "2",
        "access_note": "I lip-read.",
    }  # fmt: skip
    assert seen.forms == [f"/events/{event.slug}/rsvp/"]


def test_without_a_database_the_failure_page_still_keeps_the_text(
    client: Client, event: Event
) -> None:
    client.get("/events/")  # The process has read who the office is.
    down = OperationalError("the database is away")
    with (
        patch("events.rate_limits.count", side_effect=down),
        patch("events.public_post.Office.objects.in_order", side_effect=down),
    ):
        answer = send(client, event)
    assert answer.status_code == 500
    seen = page(answer)
    assert seen.fields["email"] == "ana@example.org"
    assert "555-0100" in seen.text


# In Spanish


def test_the_spanish_form_leads_to_spanish_pages(client: Client, event: Event) -> None:
    assert send(client, event, "/es")["Location"] == f"/es/events/{event.slug}/rsvp/sent/"
    assert RSVP.objects.get().language == "es"
    prove(client, "ben@example.org")
    answer = send(client, event, "/es", email="ben@example.org")
    assert answer["Location"].endswith("/?lang=es")
    assert '<html lang="es"' in client.get(answer["Location"]).content.decode()
