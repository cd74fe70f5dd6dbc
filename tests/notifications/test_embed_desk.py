"""The page of the desk that makes the lines for the office's own site."""

import html
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from events.models import Office
from notifications.embed_desk import has_signed_up_in_a_frame
from tests.desk import Desk
from tests.factories import make_office, make_staff, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    make_topic("trees")
    return make_office(name='Office of "Ana" & Rivera', slug="rivera")


def lines(page: str) -> str:
    """The lines to copy, as they come out of the field."""
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def test_the_lines_show_the_office_sign_up(office: Office) -> None:
    answer = Desk(make_staff(office)).ask("staff-embeds")
    assert lines(answer.content.decode()) == (
        '<iframe src="http://testserver/embed/subscribe/?office=rivera" '
        'title="Get updates by email, Office of &quot;Ana&quot; &amp; Rivera" width="100%" '
        'height="760" loading="lazy" style="border: 0; max-width: 40rem"></iframe>'
    )


def test_the_choice_is_in_the_lines_and_in_the_preview(office: Office, client: Client) -> None:
    desk = Desk(make_staff(office))
    query = "?what=events&language=es&topic=trees&type=hearing&limit=3&height=500"
    text = desk.ask("staff-embeds", query).content.decode()
    path = "/es/embed/events/?office=rivera&topic=trees&type=hearing&limit=3"
    pasted = lines(text)
    assert f'src="http://testserver{path.replace("&", "&amp;")}"' in pasted
    assert 'title="Eventos, ' in pasted
    assert 'height="500"' in pasted
    assert f'class="embed-preview" src="{path.replace("&", "&amp;")}"' in text
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "query", ["what=all", "language=xx", "topic=gone", "type=gone", "limit=0", "height=9"]
)
def test_what_cannot_be_is_refused_and_makes_no_lines(office: Office, query: str) -> None:
    answer = Desk(make_staff(office)).ask("staff-embeds", f"?{query}")
    assert answer.status_code == 422
    assert "textarea" not in answer.content.decode()


def test_a_member_of_several_offices_chooses_one(office: Office) -> None:
    user = make_staff(office)
    make_staff(make_office(slug="council", name="Council"), email=user.email)
    desk = Desk(user)
    assert desk.see("staff-embeds").fields["office"] == "rivera"
    text = desk.ask("staff-embeds", "?office=council").content.decode()
    assert "office=council" in lines(text)
    make_office(slug="elsewhere")
    assert desk.ask("staff-embeds", "?office=elsewhere").status_code == 422


def test_the_first_step_is_done_when_somebody_signed_up_in_a_frame(
    office: Office, client: Client
) -> None:
    assert not has_signed_up_in_a_frame([office])
    client.post("/embed/subscribe/", {"email": "ana@example.org", "topics": ["trees"]})
    assert has_signed_up_in_a_frame([office])


@pytest.mark.parametrize("topics", [1, 20])
def test_it_asks_five_queries(
    office: Office, topics: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(topics):
        make_topic(f"topic-{n}", translations={"es": {"name": f"Tema {n}"}})
    desk = Desk(make_staff(office))
    with django_assert_num_queries(5):
        desk.see("staff-embeds")
