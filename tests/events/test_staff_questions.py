"""The board of questions: two moderators, every button, and nobody else's questions."""

import html
from collections.abc import Iterator

import pytest
from django.urls import reverse

from events.actions import questions as actions
from events.models import Question
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_question, make_staff
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


def decide(desk: Desk, question: Question, do: str, **data: object) -> object:
    """Press a button of a page that was loaded just now."""
    question.refresh_from_db()
    sent = {"do": do, "seen": question.decision or "", **data}
    return desk.send("staff-question-decide", sent, event_pk=question.event_id, pk=question.pk)


def test_each_button_does_what_it_says() -> None:
    event = make_event()
    desk = Desk(make_staff(event.office))
    one, two, three = (make_question(event, text) for text in ("One?", "Two?", "Three?"))
    for question in (one, two):
        assert "Published." in desk.follow(decide(desk, question, "publish")).text
    desk.follow(decide(desk, three, "merge", into=one.pk))
    assert one.votes.count() == 2
    desk.follow(decide(desk, one, "live"))
    desk.follow(decide(desk, one, "reopen"))
    desk.follow(decide(desk, one, "write", answer="We do."))
    desk.follow(decide(desk, two, "decline", reason="off_topic"))
    states = dict(Question.objects.values_list("text", "state"))
    assert states == {"One?": "published", "Two?": "declined", "Three?": "merged"}
    one.refresh_from_db()
    assert one.answer == "We do."
    desk.follow(desk.send("staff-questions-order", {"order": "lot"}, pk=event.pk))
    event.refresh_from_db()
    assert event.question_seed in desk.see("staff-questions", pk=event.pk).text


def test_who_comes_second_reads_what_happened_and_loses_no_word() -> None:
    question = make_question(make_event(), "Who pays?", publish=True)
    first, second = Desk(make_staff(question.event.office)), Desk(make_staff(question.event.office))
    seen = question.decision
    first.follow(decide(first, question, "live"))
    late = {"do": "write", "seen": seen, "answer": "A long and careful answer."}
    answer = second.send("staff-question-decide", late, event_pk=question.event_id, pk=question.pk)
    assert answer.status_code == 409
    text = page(answer).text
    assert f"{first.user} has answered this question meanwhile" in text
    assert "A long and careful answer." in text
    question.refresh_from_db()
    assert question.answered == "live"


def test_the_second_reader_finds_it_on_top_and_is_somebody_else() -> None:
    question = make_question(make_event(), "Who pays?")
    first, second = Desk(make_staff(question.event.office)), Desk(make_staff(question.event.office))
    decide(first, question, "decline", reason="spam")
    actions.ask_second_reader(question_id=question.pk, now=NOW)
    where = {"pk": question.event_id}
    assert "you declined it" in first.see("staff-questions", **where).text
    assert "I would decline it, too" in second.see("staff-questions", **where).text
    assert decide(first, question, "publish").status_code == 422
    second.follow(decide(second, question, "uphold"))
    assert "by a second reader, too" in first.see("staff-questions", **where).text


def test_an_open_board_says_once_that_it_has_changed() -> None:
    event = make_event()
    desk = Desk(make_staff(event.office))

    def address() -> str:
        page = desk.ask("staff-questions", pk=event.pk).content.decode()
        return html.unescape(page.split('data-hx-get="', 1)[1].split('"', 1)[0])

    seen = address()
    assert desk.client.get(seen).status_code == 204
    make_question(event, "Nobody has confirmed this", proven=False)
    assert desk.client.get(seen).status_code == 204
    question = make_question(event, "Who pays?")
    answer = desk.client.get(seen)
    # 286: the page asks no more.
    assert answer.status_code == 286
    assert "1 question waits to be read" in page(answer).text
    seen = address()
    assert desk.client.get(seen).status_code == 204
    decide(Desk(make_staff(event.office)), question, "publish")
    assert "The board has changed. Load again" in page(desk.client.get(seen)).text


def test_an_open_board_is_not_loaded_again_where_somebody_types_and_is_signed_out() -> None:
    event = make_event()
    desk = Desk(make_staff(event.office))
    desk.client.logout()
    news = reverse("staff-questions-news", kwargs={"pk": event.pk})
    answer = desk.client.get(news, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers.get("HX-Refresh")) == (286, None)
    assert "You are signed out. What you have typed is kept" in page(answer).text


def test_nobody_decides_for_another_office_nor_about_what_is_unproven() -> None:
    question = make_question(make_event())
    stranger = Desk(make_staff(make_event().office))
    assert stranger.ask("staff-questions", pk=question.event_id).status_code == 404
    assert decide(stranger, question, "publish").status_code == 404
    event = make_event()
    desk = Desk(make_staff(event.office))
    elsewhere = desk.send(
        "staff-question-decide", {"do": "publish"}, event_pk=event.pk, pk=question.pk
    )
    assert elsewhere.status_code == 404
    unproven = make_question(event, "Nobody has confirmed this", proven=False)
    assert decide(desk, unproven, "publish").status_code == 404
    assert unproven.text not in desk.see("staff-questions", pk=event.pk).text


def test_a_bad_choice_is_422() -> None:
    question = make_question(make_event())
    desk = Desk(make_staff(question.event.office))
    for do, data in (
        ("nonsense", {}),
        ("decline", {"reason": "too critical"}),
        ("merge", {}),
        ("merge", {"into": 10**9}),
        ("write", {"answer": "a" * 5001}),
    ):
        assert decide(desk, question, do, **data).status_code == 422
    question.refresh_from_db()
    assert question.is_held


@pytest.mark.parametrize("number", [1, 30])
def test_the_board_asks_the_same_for_one_question_and_for_thirty(
    number: int, django_assert_num_queries: object
) -> None:
    event = make_event()
    desk = Desk(make_staff(event.office))
    for _each in range(number):
        make_question(event)
        make_question(event, publish=True)
    desk.see("staff-questions", pk=event.pk)
    with django_assert_num_queries(7):  # type: ignore[operator]
        desk.see("staff-questions", pk=event.pk)
