"""The pages of letters, as a reader sees them."""

import json
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications.letters.actions import edit_letter
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import make_letter, make_reader
from tests.pages import page

pytestmark = pytest.mark.django_db


def words(client: Client, path: str) -> str:
    """What a page says, without the spaces that its markup puts before signs."""
    return re.sub(r" (?=[.,])", "", page(client.get(path)).text)


ES = {"es": {"title": "Estacionamiento", "body": "Estimado director:\n\ncuente los autos."}}


def test_without_letters_the_list_says_what_to_do(client: Client) -> None:
    make_office()
    shown = page(client.get("/letters/"))
    assert "No letters yet" in shown.text
    assert "/subscribe/" in shown.links


def test_the_list_shows_letters_by_year_with_both_dates(client: Client) -> None:
    office = make_office()
    make_letter(office, title="This spring")
    make_letter(office, title="Long ago", dated=date(2019, 5, 3), mails=False)
    make_letter(office, title="A draft", post=False)
    text = page(client.get("/letters/")).text
    assert re.findall(r"\b(2026|2019|This spring|Long ago|A draft)(?=\s)", text)[:2] == [
        "2026",
        "This spring",
    ]
    assert "Posted June 1, 2026 · dated May 28, 2026" in text
    assert "Posted June 1, 2026 · dated May 3, 2019" in text
    assert "A draft" not in text


def test_the_list_narrows_to_a_topic_and_an_office(client: Client) -> None:
    housing = make_topic("housing")
    office, other = make_office(slug="one"), make_office(slug="two")
    make_letter(office, title="Ours about housing", topics=[housing])
    make_letter(other, title="Theirs about housing", topics=[housing])
    make_letter(office, title="Ours about trees")
    text = page(client.get("/letters/?topic=housing&office=one")).text
    assert "Ours about housing" in text
    assert "Theirs about housing" not in text
    assert "Ours about trees" not in text
    assert "No letters match" in page(client.get("/letters/?topic=gone")).text
    assert "No letters match" in page(client.get("/letters/?topic=%00")).text


def test_a_narrowed_list_links_its_own_feed(client: Client) -> None:
    make_office()
    make_topic("housing")
    html = client.get("/es/letters/?topic=housing").content.decode()
    assert 'href="/letters/feed.atom?topic=housing&amp;lang=es"' in html


def test_pages_of_the_list(client: Client) -> None:
    office = make_office()
    for number in range(5):
        make_letter(office, title=f"Letter {number}", dated=date(2026, 1, 1 + number))
    first = page(client.get("/letters/?limit=2"))
    assert "Letter 4" in first.text
    assert "Letter 2" not in first.text
    assert "1–2 of 5" in first.text
    last = page(client.get("/letters/?limit=2&offset=4"))
    assert "Letter 0" in last.text
    assert "Letter 1" not in last.text


@pytest.mark.parametrize("query", ["limit=201", "limit=0", "offset=10001", "offset=-1", "limit=x"])
def test_a_list_out_of_bounds_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/letters/?{query}").status_code == 422


@pytest.mark.parametrize("letters", [3, 40])
def test_the_list_asks_the_database_as_often_for_few_as_for_many(
    client: Client, letters: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = make_office()
    topics = [make_topic("housing"), make_topic("trees")]
    for number in range(letters):
        make_letter(office, title=f"Letter {number}", topics=topics, translations=ES)
    with django_assert_num_queries(8):
        client.get("/letters/?limit=2")


def test_a_letter_with_its_dates_addressees_signatories_and_topics(client: Client) -> None:
    letter = make_letter(make_office(), topics=[make_topic("housing")])
    answer = client.get(letter.get_absolute_url())
    shown = page(answer)
    assert shown.title.startswith("Parking on Oak Avenue |")
    said = words(client, letter.get_absolute_url())
    assert "Dated May 28, 2026, posted here June 1, 2026." in said
    assert "To Director Helen Park" in shown.text
    assert "Signed Ana Rivera, Council Member Ben Ortiz" in shown.text
    assert "<em>count</em>" in answer.content.decode()
    assert "/letters/?topic=housing" in shown.links


def test_a_letter_that_was_changed_says_when(client: Client) -> None:
    letter = make_letter(make_office())
    edit_letter(letter_id=letter.pk, changes={"body": "New."}, now=NOW + timedelta(days=3))
    said = words(client, letter.get_absolute_url())
    assert "posted here June 1, 2026, changed June 4, 2026." in said


def test_a_draft_is_not_there(client: Client) -> None:
    letter = make_letter(make_office(), post=False)
    assert client.get(letter.get_absolute_url()).status_code == 404


def test_what_a_letter_says_is_text_and_no_markup_of_its_own(client: Client) -> None:
    letter = make_letter(
        make_office(),
        title="</script><script>alert(1)</script>",
        body="<script>alert(2)</script> [x](javascript:alert(3))",
        signatories="<b>Ana</b>",
    )
    html = client.get(letter.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert 'href="javascript' not in html
    assert "&lt;b&gt;Ana&lt;/b&gt;" in html


def test_a_letter_in_the_language_of_the_page(client: Client) -> None:
    path = make_letter(make_office(), translations=ES).get_absolute_url()
    spanish = page(client.get(f"/es{path}"))
    assert "Estimado director" in spanish.text
    assert "28 de mayo de 2026" in spanish.text
    assert path in spanish.links
    assert "Dear Director" not in spanish.text


def test_a_letter_that_has_no_version_says_so_and_marks_its_language(client: Client) -> None:
    letter = make_letter(make_office(), language="es", title="Carta", body="Queridos vecinos:")
    answer = client.get(letter.get_absolute_url())
    text = page(answer).text
    assert "This letter is not available in English. You see it in Español." in text
    assert re.search(r'<div class="prose[^>]*lang="es"', answer.content.decode())


def test_a_version_in_a_language_that_the_site_does_not_speak(client: Client) -> None:
    letter = make_letter(
        make_office(), translations={"fa": {"title": "پارکینگ", "body": "مدیر محترم"}}
    )
    address = f"{letter.get_absolute_url()}?in=fa"
    assert address in page(client.get(letter.get_absolute_url())).links
    answer = client.get(address)
    assert "مدیر محترم" in page(answer).text
    assert re.search(r'<div class="prose[^>]*lang="fa" dir="rtl"', answer.content.decode())
    assert client.get(f"{letter.get_absolute_url()}?in=xx").status_code == 200


def test_the_sign_up_form_of_a_letter_is_for_its_office_and_its_topics(client: Client) -> None:
    housing = make_topic("housing")
    make_topic("trees")
    make_office(slug="first")
    office = make_office(slug="campaign", kind="campaign", paid_for_by="Friends of Ana")
    letter = make_letter(office, topics=[housing])
    shown = page(client.get(letter.get_absolute_url()))
    assert "/subscribe/" in shown.forms
    assert shown.fields["office"] == "campaign"
    assert shown.fields["topics"] == ["housing"]


def test_search_engines_read_what_the_letter_is(client: Client) -> None:
    letter = make_letter(make_office(name="City Clerk"), topics=[make_topic("housing")])
    html = client.get(letter.get_absolute_url()).content.decode()
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    data = json.loads(block[1])
    assert data["headline"] == "Parking on Oak Avenue"
    assert data["dateCreated"] == "2026-05-28"
    assert data["datePublished"] == "2026-06-01T09:00:00-07:00"
    assert data["publisher"]["name"] == "City Clerk"
    assert data["url"] == "http://testserver/letters/parking-on-oak-avenue/"
    assert '<meta property="og:title" content="Parking on Oak Avenue">' in html
    assert 'content="Dear Director, please count the cars."' in html


@pytest.mark.parametrize("path", ["/letters/", "/letters/parking-on-oak-avenue/"])
def test_the_pages_are_the_same_for_everybody_and_can_be_kept(client: Client, path: str) -> None:
    office = make_office()
    make_letter(office, topics=[make_topic()])
    first = client.get(path)
    make_reader(office, [make_topic()])
    second = Client().get(path)
    assert not first.cookies
    assert first["ETag"] == second["ETag"]
    assert "s-maxage" in first["Cache-Control"]
    assert "csrf" not in first.content.decode()
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post(path).status_code in (403, 405)
