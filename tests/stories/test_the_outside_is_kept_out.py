"""The outside is kept out: other sites' pages, floods, forged links, and the office next door."""

import pytest
from pytest_django import Settings

from events.models import RSVP, Event, RateCount
from tests.factories import (
    PASSWORD,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_staff,
)
from tests.notifications.mailing import make_letter
from tests.stories.browser import Browser
from tests.stories.snapshot import everything
from tests.stories.street import Street


@pytest.fixture
def limited(street: Street, settings: Settings) -> Street:
    """The street with the limits of life."""
    settings.RATE_LIMITS = True
    return street


RSVP_PATH = "/events/town-hall-on-buses/rsvp/"


@pytest.fixture
def town_hall(street: Street) -> Event:
    return make_event(
        street.office, title="Town hall on buses", venue=street.library, now=street.now
    )


# --- Other sites ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_on_another_site_does_nothing(
    street: Street, town_hall: Event, headers: dict[str, str]
) -> None:
    shift = make_shift(town_hall, now=street.now)
    ana = street.neighbor("Ana")
    ana.open_from(ana.rsvp(f"/events/{town_hall.slug}/"), "rsvps")
    mailed_link = ana.path.removesuffix("confirm/")
    before = everything()
    for path in (
        RSVP_PATH, f"/volunteer/shifts/{shift.pk}/claim/", "/subscribe/", "/me/",
        f"{mailed_link}confirm/", f"{mailed_link}cancel/",
    ):  # fmt: skip
        typed = {"name": "Eve", "email": "eve@example.org", "topics": ["events"]}
        answer = Browser().client.post(path, typed, headers=headers)
        assert answer.status_code == 403, path
        assert "This form came from another site" in answer.content.decode()
    assert everything() == before


def test_a_mail_program_that_says_nothing_of_where_it_is_passes(
    street: Street, town_hall: Event
) -> None:
    eve = Browser()
    assert "Check your email" in eve.send(RSVP_PATH, name="Eve", email="eve@example.org").text


def test_the_desk_takes_no_form_without_its_token(street: Street, town_hall: Event) -> None:
    sam = street.staff()
    before = everything()
    answer = sam.client.post(f"/staff/events/{town_hall.pk}/cancel/", {"reason": "Because"})
    assert answer.status_code == 403
    assert everything() == before


def test_no_page_runs_scripts_of_others(street: Street, town_hall: Event) -> None:
    for path in ("/", f"/events/{town_hall.slug}/", "/letters/", "/me/", "/accounts/login/"):
        answer = Browser().client.get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy, path
        assert "unsafe" not in policy
        assert answer["Referrer-Policy"] == "same-origin"


# --- Floods --------------------------------------------------------------------------------------


def test_a_mailbox_is_written_to_five_times_an_hour(limited: Street, town_hall: Event) -> None:
    eve = Browser()
    for path in (RSVP_PATH, "/subscribe/", "/me/", RSVP_PATH, "/me/"):
        eve.send(path, name="Ana", email="ana@example.org", topics=["events"])
    answer = eve.client.post(RSVP_PATH, {"name": "Ana", "email": "Ana@example.org"})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert "Please wait a few minutes" in answer.content.decode()
    assert "Ana@example.org" in answer.content.decode(), "what was typed is kept"
    # Others go on, and so does Ana when the hour is over.
    eve.send(RSVP_PATH, name="Ben", email="ben@example.org")
    limited.wait(seconds=int(answer["Retry-After"]))
    eve.send(RSVP_PATH, name="Ana", email="ana@example.org")


def test_a_connection_sends_thirty_forms_in_ten_minutes(limited: Street, town_hall: Event) -> None:
    eve = Browser()
    for n in range(30):
        # What she claims about herself changes nothing: nobody stands in front of this site.
        eve.client.post(RSVP_PATH, {"email": ""}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
    answer = eve.client.post(RSVP_PATH, {"name": "Eve", "email": "eve@example.org"})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 600
    assert not RSVP.objects.exists()
    elsewhere = eve.client.post(
        RSVP_PATH, {"name": "Ana", "email": "ana@example.org"}, REMOTE_ADDR="198.51.100.7"
    )
    assert elsewhere.status_code == 303
    limited.wait(seconds=int(answer["Retry-After"]))
    eve.send(RSVP_PATH, name="Eve", email="eve@example.org")
    assert not RateCount.objects.filter(key__contains="198.51").exists()


# --- Links ---------------------------------------------------------------------------------------


def test_a_link_that_was_forged_or_cut_off_opens_nothing(street: Street, town_hall: Event) -> None:
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    ana.open_from(ana.rsvp(f"/events/{town_hall.slug}/"), "rsvps")
    ben.open_from(ben.rsvp(f"/events/{town_hall.slug}/"), "rsvps")
    token = ana.path.split("/")[2]
    forged = f"{ben.path.split('/')[2].split('.')[0]}.{token.partition('.')[2]}"
    before = everything()
    for wrong in (token[:-1], forged, token.upper(), "1", "x" * 300):
        for path in (
            f"/rsvps/{wrong}/", f"/rsvps/{wrong}/confirm/", f"/claims/{wrong}/",
            f"/subscribe/confirm/{wrong}/", f"/subscriptions/{wrong}/", f"/unsubscribe/{wrong}/",
            f"/me/{wrong}/", f"/feeds/me/{wrong}.ics",
        ):  # fmt: skip
            assert Browser().client.get(path).status_code == 404, path
        assert Browser().client.post(f"/rsvps/{wrong}/cancel/").status_code == 404
    # A link of one kind is none of another.
    assert Browser().client.get(f"/claims/{token}/").status_code == 404
    assert Browser().client.get(f"/feeds/me/{token}.ics").status_code == 404
    assert everything() == before


# --- The office next door ------------------------------------------------------------------------


def test_staff_of_another_office_see_and_change_nothing(street: Street, town_hall: Event) -> None:
    rsvp = make_rsvp(town_hall, email="ana@example.org", name="Ana", now=street.now)
    letter = make_letter(street.office, title="A draft on buses", post=False, now=street.now)
    other = make_office(slug="district-5", name="Office of Council Member Wong", now=street.now)
    wong = Browser().log_in(make_staff(other, now=street.now).email, PASSWORD)

    for page in ("", "events/", "letters/", "venues/", "members/"):
        text = wong.open(f"/staff/{page}").text
        for ours in ("Town hall on buses", "A draft on buses", "Main Library", "ana@example.org"):
            assert ours not in text, page
    before = everything()
    event, ours = f"/staff/events/{town_hall.pk}", street.office.slug
    for path in (
        f"{event}/", f"{event}/edit/", f"{event}/reschedule/", f"{event}/cancel/",
        f"{event}/history/", f"{event}/poster/",
        f"{event}/guests/", f"{event}/guests.csv", f"{event}/guests/sheet/",
        f"{event}/sign-in.pdf", f"{event}/flyer.pdf", f"{event}/run-sheet.pdf",
        f"{event}/guests/{rsvp.pk}/", f"/staff/letters/{letter.pk}/",
        f"/staff/letters/{letter.pk}/post/", f"/staff/venues/{street.library.pk}/",
        f"/staff/offices/{ours}/",
    ):  # fmt: skip
        assert wong.status(path) == 404, path
    wong.open("/staff/")
    token = wong.controls.forms[0].controls["csrfmiddlewaretoken"].values[0]
    for path, typed in (
        (f"{event}/cancel/", {"reason": "Because"}),
        (f"{event}/guests/{rsvp.pk}/cancel/", {}),
        (f"/staff/letters/{letter.pk}/post/", {"mails": "yes"}),
    ):
        answer = wong.client.post(path, typed | {"csrfmiddlewaretoken": token})
        assert answer.status_code == 404, path
    assert everything() == before


def test_the_public_gets_no_further_than_the_staff_door(street: Street, town_hall: Event) -> None:
    eve = Browser()
    for path in ("/staff/", f"/staff/events/{town_hall.pk}/guests.csv", "/admin/"):
        eve.open(path)
        assert eve.path.startswith("/accounts/login/"), path
    refused = eve.press_in_vain("Sign in", login="sam@example.org", password="guess", status=200)
    assert "not correct" in refused.text
