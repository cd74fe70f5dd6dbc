"""The Atom feed of letters, as a feed reader sees it."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from events.actions.offices import edit_office
from notifications.letters.actions import edit_letter
from notifications.letters.feed import LENGTH
from notifications.models import Letter
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import make_letter

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read(client: Client, path: str = "/letters/feed.atom") -> ElementTree.Element:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def texts(feed: ElementTree.Element, name: str) -> list[str]:
    return [entry.findtext(ATOM + name) or "" for entry in feed.iter(f"{ATOM}entry")]


def test_an_entry_holds_the_whole_letter(client: Client) -> None:
    letter = make_letter(
        make_office(name="City Clerk"),
        topics=[make_topic("housing")],
        body="Dear *Director*,\n\nsee [the date](/events/).",
    )
    feed = read(client)
    assert feed.findtext(f"{ATOM}title") == "Letters from City Clerk"
    (entry,) = feed.iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Parking on Oak Avenue"
    assert entry.findtext(f"{ATOM}id") == f"urn:uuid:{letter.uid}"
    assert entry.findtext(f"{ATOM}updated") == "2026-06-01T16:00:00+00:00"
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    assert content.text is not None
    assert content.text.startswith("<p>Dear <em>Director</em>,</p>")
    assert 'href="http://testserver/events/"' in content.text
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "http://testserver/letters/parking-on-oak-avenue/"
    assert [c.get("term") for c in entry.iter(f"{ATOM}category")] == ["housing"]


def test_an_empty_feed_is_valid_and_stable(client: Client) -> None:
    make_office()
    feed = read(client)
    assert texts(feed, "id") == []
    assert feed.findtext(f"{ATOM}updated") == "2026-06-01T16:00:00+00:00"
    assert feed.findtext(f"{ATOM}id") == "http://testserver/letters/feed.atom"
    assert client.get("/letters/feed.atom").content == client.get("/letters/feed.atom").content


def test_drafts_are_not_in_it(client: Client) -> None:
    make_letter(make_office(), post=False)
    assert texts(read(client), "id") == []


def test_an_old_letter_takes_its_place_among_the_old_ones(client: Client) -> None:
    office = make_office()
    make_letter(office, title="Old", dated=date(2019, 5, 3), mails=False, now=NOW)
    make_letter(office, title="New", dated=date(2026, 6, 1))
    feed = read(client)
    assert texts(feed, "title") == ["New", "Old"]
    assert texts(feed, "published") == ["2026-06-01T16:00:00+00:00", "2019-05-03T19:00:00+00:00"]


def test_it_is_narrowed_as_the_list_is(client: Client) -> None:
    office, other = make_office(slug="one"), make_office(slug="two", name="Two")
    make_letter(office, title="A", topics=[make_topic("housing")])
    make_letter(other, title="B", topics=[make_topic("trees")])
    assert texts(read(client, "/letters/feed.atom?topic=housing"), "title") == ["A"]
    narrowed = read(client, "/letters/feed.atom?office=two")
    assert texts(narrowed, "title") == ["B"]
    assert narrowed.findtext(f"{ATOM}title") == "Letters from Two"
    assert narrowed.findtext(f"{ATOM}id") == "http://testserver/letters/feed.atom?office=two"
    assert texts(read(client, "/letters/feed.atom?topic=%00"), "title") == []


def test_each_entry_names_its_language(client: Client) -> None:
    office = make_office()
    make_letter(office, title="Both", translations={"es": {"title": "Ambos", "body": "Hola"}})
    make_letter(office, title="English alone", dated=date(2026, 1, 1))
    feed = read(client, "/letters/feed.atom?lang=es")
    assert feed.get(LANG) == "es"
    assert texts(feed, "title") == ["Ambos", "English alone"]
    assert [entry.get(LANG) for entry in feed.iter(f"{ATOM}entry")] == ["es", "en"]


def test_signs_that_xml_cannot_carry_break_nothing(client: Client) -> None:
    make_letter(
        make_office(), title="A\x0bB \U0001f333 & <C>", body="one\x1ftwo\ufffe", signatories="X\x08"
    )
    feed = read(client)
    assert texts(feed, "title") == ["AB \U0001f333 & <C>"]
    assert texts(feed, "content") == ["<p>onetwo</p>"]


def test_a_reader_that_has_it_gets_304_in_two_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = make_office()
    for number in range(3):
        make_letter(office, title=f"Letter {number}")
    etag = client.get("/letters/feed.atom")["ETag"]
    with django_assert_num_queries(2):
        answer = client.get("/letters/feed.atom", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    weak = client.get("/letters/feed.atom", headers={"If-None-Match": f"W/{etag}"})
    assert weak.status_code == 304


def test_whatever_it_shows_changes_its_etag(client: Client) -> None:
    office = make_office()
    topic = make_topic("housing")
    letter = make_letter(office, topics=[topic])
    seen = [client.get("/letters/feed.atom?topic=housing")["ETag"]]

    def changed() -> bool:
        seen.append(client.get("/letters/feed.atom?topic=housing")["ETag"])
        return len(set(seen)) == len(seen)

    later = NOW + timedelta(hours=1)
    edit_letter(letter_id=letter.pk, changes={"body": "New"}, now=later)
    assert changed()
    make_letter(office, title="Another", topics=[topic])
    assert changed()
    edit_office(office_id=office.pk, changes={"name": "New name"}, now=later)
    assert changed()
    # One leaves the feed, and so does the count; nothing else of the feed's rows changes.
    edit_letter(letter_id=letter.pk, changes={"topics": []}, now=later)
    assert changed()
    assert client.get("/letters/feed.atom")["ETag"] not in seen
    assert client.get("/letters/feed.atom?topic=housing&lang=es")["ETag"] not in seen


def test_head_answers_as_get_and_nothing_else_is_allowed(client: Client) -> None:
    make_letter(make_office())
    got, headed = client.get("/letters/feed.atom"), client.head("/letters/feed.atom")
    assert headed.content == b""
    for header in ("ETag", "Content-Type", "Cache-Control"):
        assert headed[header] == got[header]
    assert client.post("/letters/feed.atom").status_code == 405


@pytest.mark.parametrize("letters", [3, LENGTH + 10])
def test_it_holds_the_latest_letters_in_a_constant_number_of_queries(
    client: Client, letters: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office, topic = make_office(), make_topic()
    for number in range(letters):
        make_letter(office, title=f"Letter {number}", topics=[topic])
    with django_assert_num_queries(8):
        feed = read(client)
    assert len(texts(feed, "id")) == min(letters, LENGTH)
    assert Letter.objects.count() == letters


def test_the_id_of_an_entry_stays_whatever_changes(client: Client) -> None:
    letter = make_letter(make_office())
    before = re.findall(
        r"urn:uuid:[-0-9a-f]{36}", client.get("/letters/feed.atom").content.decode()
    )
    edit_letter(letter_id=letter.pk, changes={"title": "Trees"}, now=NOW + timedelta(days=1))
    after = re.findall(r"urn:uuid:[-0-9a-f]{36}", client.get("/letters/feed.atom").content.decode())
    assert before == after == [letter.uid.urn]


@pytest.mark.postgres
def test_a_filter_that_no_database_can_hold_finds_nothing(client: Client) -> None:
    make_letter(make_office())
    for query in ("office=%00", "topic=%00"):
        assert texts(read(client, f"/letters/feed.atom?{query}"), "title") == []
