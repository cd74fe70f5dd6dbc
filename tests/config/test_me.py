"""A person's own page: a mailed link signs in, once and for two hours; then everything is there."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client

from events import extensions, links, proof
from events.actions.people import sign_in_token
from events.models import AuditEntry, EventTranslation, Outbox, Person, RateCount, SignInLink
from notifications.models import Subscription
from tests.clock import at
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_person,
    make_rsvp,
    make_shift,
    make_topic,
)
from tests.pages import Page, page

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"


def ask(client: Client, email: str) -> HttpResponse:
    with at(NOW):
        return client.post("/me/", {"email": email})


def mailed_link() -> str:
    return f"/me/{sign_in_token(SignInLink.objects.latest('pk'))}/"


@pytest.fixture
def ana() -> Person:
    make_office(name="Office of Council Member Rivera")
    return make_person(ANA)


@pytest.fixture
def signed_in(client: Client, ana: Person) -> Client:
    """A browser in which Ana has pressed the button behind her link."""
    ask(client, ANA)
    with at(NOW):
        client.post(mailed_link())
    return client


def me(client: Client, *, after: timedelta = timedelta(), path: str = "/me/") -> Page:
    with at(NOW + after):
        answer = client.get(path)
    assert answer.status_code == 200
    return page(answer)


# --- Asking for a link ---------------------------------------------------------------------------


def test_me_asks_a_stranger_for_an_address(client: Client, ana: Person) -> None:
    with at(NOW):
        answer = client.get("/me/")
    assert page(answer).fields == {"email": ""}
    assert not answer.cookies
    assert answer["Cache-Control"] == "private, no-store"


def test_known_and_unknown_addresses_get_the_same_answer(client: Client, ana: Person) -> None:
    known, unknown = ask(client, "Ana@Example.org "), ask(client, "nobody@example.org")
    for answer in (known, unknown):
        assert (answer.status_code, answer["Location"]) == (303, "/me/sent/")
        assert not answer.cookies
    assert known.content == unknown.content
    assert [link.person for link in SignInLink.objects.all()] == [ana]
    requested = AuditEntry.objects.filter(action="person.sign_in_requested")
    assert requested.get().subjects == {"sign_in": SignInLink.objects.get().pk}
    assert "If we know the address" in me(client, path="/me/sent/").text


@pytest.mark.django_db(transaction=True)
def test_known_and_unknown_addresses_take_the_same_time(
    client: Client, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes long is the commit and the doorbell: each address costs one of both."""
    rung: list[str] = []
    cost = {}
    for email in (ANA, "nobody@example.org"):
        monkeypatch.setattr(extensions, "doorbells", [partial(rung.append, email)])
        before = Outbox.objects.count()
        ask(client, email)
        cost[email] = (Outbox.objects.count() - before, rung.count(email))
    assert set(cost.values()) == {(1, 1)}
    of_nobody = AuditEntry.objects.get(action="person.sign_in_unknown")
    assert (of_nobody.person_id, of_nobody.subjects, of_nobody.changes) == (None, {}, {})


def test_bad_address_is_422_and_kept(client: Client, ana: Person) -> None:
    answer = ask(client, "ana at example")
    assert answer.status_code == 422
    assert page(answer).fields == {"email": "ana at example"}
    assert page(answer).title.startswith("Error: ")


def test_sixth_link_in_an_hour_is_429_for_known_and_unknown_alike(
    client: Client, ana: Person
) -> None:
    for email in (ANA, "nobody@example.org"):
        assert [ask(client, email).status_code for _ in range(6)] == [303] * 5 + [429]
    assert SignInLink.objects.count() == 5
    assert not RateCount.objects.filter(key__contains="example").exists()


def test_request_from_another_sites_page_is_refused(client: Client, ana: Person) -> None:
    with at(NOW):
        answer = client.post("/me/", {"email": ANA}, headers={"Origin": "null"})
    assert answer.status_code == 403
    assert not SignInLink.objects.exists()


# --- The link ------------------------------------------------------------------------------------


def test_looking_at_the_link_spends_nothing(client: Client, ana: Person) -> None:
    ask(client, ANA)
    for _scanner in range(3):
        with at(NOW):
            answer = client.get(mailed_link())
        assert page(answer).forms == [mailed_link()]
        assert not answer.cookies
    assert SignInLink.objects.get().used_at is None


def test_pressing_the_button_signs_in_for_two_hours_apart_from_staff(
    client: Client, ana: Person
) -> None:
    ask(client, ANA)
    with at(NOW):
        answer = client.post(mailed_link())
    assert (answer.status_code, answer["Location"]) == (303, "/me/")
    cookie = answer.cookies["me"]
    assert (cookie["path"], cookie["max-age"]) == ("/me/", 7200)
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert proof.COOKIE in answer.cookies
    assert "sessionid" not in answer.cookies
    assert f"Signed in as {ANA}" in me(client).text
    assert "Signed in" in me(client, after=timedelta(minutes=119)).text
    assert "Send me the link" in me(client, after=timedelta(minutes=121)).text
    with at(NOW):
        assert client.get("/staff/").status_code != 200


def test_link_works_once(client: Client, ana: Person) -> None:
    ask(client, ANA)
    with at(NOW):
        client.post(mailed_link())
        other = Client()
        for answer in (other.get(mailed_link()), other.post(mailed_link())):
            assert answer.status_code == 404
            assert "used before or is older than 30 minutes" in page(answer).text
            assert "me" not in answer.cookies
            # A new one is one press away.
            assert page(answer).forms == ["/me/"]


@pytest.mark.parametrize(("minutes", "status"), [(30, 303), (31, 404)])
def test_link_is_good_for_thirty_minutes(
    client: Client, ana: Person, minutes: int, status: int
) -> None:
    ask(client, ANA)
    with at(NOW + timedelta(minutes=minutes)):
        assert client.post(mailed_link()).status_code == status


def test_forged_links_and_cookies_open_nothing(client: Client, ana: Person) -> None:
    ask(client, ANA)
    with at(NOW):
        assert client.post(mailed_link()[:-8] + "AAAAAAA/").status_code == 404
        assert client.post(f"/me/{links.token_for(links.FEED, ana)}/").status_code == 404
    for forged in (str(ana.pk), "x", client.cookies.get("me", "")):
        client.cookies["me"] = str(forged)
        assert "Send me the link" in me(client).text


def test_sign_in_from_another_sites_page_is_refused(client: Client, ana: Person) -> None:
    """Nobody can be signed in to a stranger's page behind their back."""
    ask(client, ANA)
    with at(NOW):
        answer = client.post(mailed_link(), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "me" not in answer.cookies


# --- The page ------------------------------------------------------------------------------------


def test_page_shows_rsvps_shifts_and_subscriptions(signed_in: Client, ana: Person) -> None:
    event = make_event(title="Budget night")
    rsvp = make_rsvp(event, email=ANA, party_size=2)
    full = make_event(title="Rent night", capacity=1)
    make_rsvp(full)
    waiting = make_rsvp(full, email=ANA)
    claim = make_claim(make_shift(starts_at=NOW + timedelta(days=3)), email=ANA)
    subscription = Subscription.objects.create(
        person=ana, topic=make_topic("legislation", name="Legislation news"), office=event.office,
        created_at=NOW, confirmed_at=NOW, consent_source="/", consent_text="Yes",
    )  # fmt: skip
    read = me(signed_in)
    said = [
        "Your RSVPs", "Budget night", "Confirmed", "2 people", "Rent night", "On the waitlist",
        "Your volunteer shifts", "Greeter", "Yours", "Your subscriptions",
        subscription.office.name, "Legislation news",
    ]  # fmt: skip
    places = [read.text.index(word) for word in said]
    assert places == sorted(places)
    for row, purpose, root in (
        (rsvp, links.RSVP, "rsvps"),
        (waiting, links.RSVP, "rsvps"),
        (claim, links.CLAIM, "claims"),
    ):
        assert f"/{root}/{links.token_for(purpose, row)}/" in read.links
    preferences = links.sign(links.SUBSCRIPTIONS, ana.pk, event.office_id)
    assert f"/subscriptions/{preferences}/" in read.links


def test_page_shows_nothing_of_others_and_nothing_that_is_over(signed_in: Client) -> None:
    event = make_event(title="Budget night")
    make_rsvp(event, email="someone.else@example.org")
    past = make_event(title="Long ago", starts_at=NOW - timedelta(days=1), now=NOW)
    make_rsvp(past, email=ANA, now=NOW - timedelta(days=2))
    text = me(signed_in).text
    assert "Budget night" not in text
    assert "Long ago" not in text
    assert "You have no RSVPs to events that are still to come." in text
    assert "You have no shifts to come." in text
    assert "You get no letters by email." in text


def test_page_is_private(signed_in: Client) -> None:
    with at(NOW):
        answer = signed_in.get("/me/")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_page_in_spanish(signed_in: Client) -> None:
    event = make_event(title="Budget night")
    EventTranslation.objects.create(event=event, language="es", title="Noche del presupuesto")
    rsvp = make_rsvp(event, email=ANA)
    read = me(signed_in, path="/me/?lang=es")
    assert "Noche del presupuesto" in read.text
    assert f"/rsvps/{links.token_for(links.RSVP, rsvp)}/?lang=es" in read.links


def test_feed_is_shown_and_renewed_at_once(signed_in: Client, ana: Person) -> None:
    old = f"http://testserver/feeds/me/{links.token_for(links.FEED, ana)}.ics"
    html = signed_in_html(signed_in)
    assert old in html
    assert old.replace("http://", "webcal://") in html
    with at(NOW):
        assert signed_in.get(old).status_code == 200
        answer = signed_in.post("/me/feed/renew/")
    assert (answer.status_code, answer["Location"]) == (303, "/me/#feed")
    ana.refresh_from_db()
    new = f"http://testserver/feeds/me/{links.token_for(links.FEED, ana)}.ics"
    assert new != old
    assert new in signed_in_html(signed_in)
    assert old not in signed_in_html(signed_in)
    with at(NOW):
        assert signed_in.get(old).status_code == 404
        assert signed_in.get(new).status_code == 200


def signed_in_html(client: Client) -> str:
    with at(NOW):
        return client.get("/me/").content.decode()


def test_renewing_the_feed_of_nobody_changes_nothing(client: Client, ana: Person) -> None:
    with at(NOW):
        assert client.post("/me/feed/renew/")["Location"] == "/me/#feed"
    ana.refresh_from_db()
    assert ana.link_version == 1


def test_signing_out_forgets(signed_in: Client) -> None:
    with at(NOW):
        answer = signed_in.post("/me/sign-out/")
    assert (answer.status_code, answer["Location"]) == (303, "/me/")
    assert (answer.cookies["me"].value, answer.cookies["me"]["path"]) == ("", "/me/")
    assert "Send me the link" in me(signed_in).text


def test_renewing_and_signing_out_need_djangos_csrf_token(ana: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    ask(client, ANA)
    with at(NOW):
        client.post(mailed_link())
        html = client.get("/me/").content.decode()
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', html)[0]
        for path in ("/me/feed/renew/", "/me/sign-out/"):
            assert client.post(path).status_code == 403
            answer = client.post(path, {"csrfmiddlewaretoken": token})
            assert answer.status_code == 303
            assert client.get(path).status_code == 405


def test_page_says_what_was_agreed_to_when_and_where(signed_in: Client, ana: Person) -> None:
    office = make_office()
    for slug, asked in (("trees", NOW - timedelta(days=3)), ("parks", NOW - timedelta(days=3))):
        Subscription.objects.create(
            person=ana, topic=make_topic(slug), office=office, created_at=asked, confirmed_at=NOW,
            consent_source="/subscribe/", consent_text="They may write to me.", frequency="weekly",
        )  # fmt: skip
    text = me(signed_in).text
    assert "Once a week, on Mondays, if there is news" in text
    assert (
        "Trees, Parks: “They may write to me.” Asked for on Friday, May 29, 2026, 9:00 a.m. PDT ,"
        " at /subscribe/. Confirmed on Monday, June 1, 2026, 9:00 a.m. PDT ."
    ) in text


@pytest.mark.parametrize("number", [3, 30])
def test_page_asks_eleven_queries_whatever_is_on_it(
    signed_in: Client, ana: Person, number: int, django_assert_num_queries
) -> None:
    topics = [make_topic(f"topic-{n}") for n in range(3)]
    for n in range(number):
        event = make_event(starts_at=NOW + timedelta(days=n + 1))
        EventTranslation.objects.create(event=event, language="es", title=f"Evento {n}")
        make_rsvp(event, email=ANA)
        shift = make_shift(event, capacity=1)
        if n % 2:
            make_claim(shift)
        make_claim(shift, email=ANA)
    Subscription.objects.bulk_create(
        Subscription(
            person=ana, topic=topic, office=event.office, created_at=NOW, confirmed_at=NOW,
            consent_source="/", consent_text="Yes",
        )
        for topic in topics
    )  # fmt: skip
    with at(NOW), django_assert_num_queries(11):
        text = page(signed_in.get("/me/?lang=es")).text
    assert text.count("Evento ") == number
