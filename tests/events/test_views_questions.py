"""The public pages of questions: what they show, what a form sends, and whose link does what."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from events import links
from events.actions import questions as actions
from events.models import AuditEntry, Event, Person, Question
from tests.clock import at
from tests.factories import (
    NOW,
    make_event,
    make_office,
    make_person,
    make_question,
    make_rsvp,
    make_staff,
)
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


def questions_url(event: Event) -> str:
    return reverse("event-questions", kwargs={"slug": event.slug})


def own_url(question: Question, name: str = "question") -> str:
    return reverse(name, kwargs={"token": links.token_for(links.QUESTION, question)})


def asks(client: Client, event: Event, **data: str) -> object:
    return client.post(questions_url(event), {"email": "ana@example.org", **data})


def test_the_page_shows_what_is_published_and_never_who_asked(client: Client) -> None:
    event = make_event()
    make_question(event, "Who pays?", email="ana@example.org", publish=True)
    make_question(event, "Where is it?", public_name="Ben of Oak Street", publish=True)
    make_question(event, "Held back")
    bad = make_question(event, "Buy my lamps")
    staff = make_staff(event.office)
    actions.decline_question(question_id=bad.pk, reason="spam", now=NOW, actor=staff)
    make_question(event, "Unproven", proven=False)
    answer = client.get(questions_url(event))
    text = page(answer).text
    assert "Who pays?" in text
    assert "Where is it?" in text
    assert "Ben of Oak Street" in text
    assert "It is advertising or spam: 1" in text
    for hidden in ("Held back", "Buy my lamps", "Unproven", "ana@example.org"):
        assert hidden not in answer.content.decode()
    assert "s-maxage" in answer["Cache-Control"]
    assert not answer.cookies


def test_a_draft_has_no_questions_page(client: Client) -> None:
    assert client.get(questions_url(make_event(post=False))).status_code == 404


def test_the_answer_to_the_form_is_the_same_for_everybody(client: Client) -> None:
    event = make_event()
    answers = [asks(client, event, text="Who pays?") for _twice in range(2)]
    answers.append(asks(client, event, text="Something else", email="new@example.org"))
    sent = reverse("event-question-sent", kwargs={"slug": event.slug})
    assert [(one.status_code, one["Location"]) for one in answers] == [(303, sent)] * 3
    assert client.get(sent).status_code == 200
    assert Question.objects.filter(proven_at=None).count() == 2


def test_bad_input_is_422_and_keeps_what_was_typed(client: Client) -> None:
    event = make_event()
    answer = asks(client, event, text="Who pays?", email="no address")
    assert answer.status_code == 422
    assert page(answer).fields["text"] == "Who pays?"
    assert asks(client, event, text="").status_code == 422
    assert asks(client, event, text="a" * 1001).status_code == 422
    with at(event.ends_at):
        assert asks(client, event, text="Too late").status_code == 422
    assert Question.objects.count() == 0


def test_another_site_cannot_ask(client: Client) -> None:
    event = make_event()
    headers = {"Origin": "https://elsewhere.example"}
    data = {"email": "a@example.org", "text": "Hello"}
    assert client.post(questions_url(event), data, headers=headers).status_code == 403


def test_the_mailed_link_proves_by_its_button_alone(client: Client) -> None:
    question = make_question(make_event(), "Who pays?", proven=False)
    before = AuditEntry.objects.count()
    shown = client.get(own_url(question))
    assert "Who pays?" in page(shown).text
    assert "no-store" in shown["Cache-Control"]
    assert client.get(own_url(question, "question-confirm")).status_code == 302
    assert client.get(own_url(question, "question-read-again")).status_code == 302
    assert AuditEntry.objects.count() == before, "looking changes nothing"
    client.post(own_url(question, "question-confirm"))
    question.refresh_from_db()
    assert question.proven_at is not None
    # This browser has proven the address: the next question counts at once.
    address = question.person.email or ""
    answer = asks(client, question.event, text="And when?", email=address)
    assert page(client.get(answer["Location"])).title.startswith("Your question")
    assert Question.objects.held().count() == 2


def test_a_link_that_is_not_ours_opens_nothing(client: Client) -> None:
    for name in ("question", "vote"):
        assert client.get(reverse(name, kwargs={"token": "1.1.nonsense"})).status_code == 404


def test_a_declined_question_says_why_and_asks_for_a_second_reader(client: Client) -> None:
    question = make_question(make_event())
    staff = make_staff(question.event.office)
    actions.decline_question(question_id=question.pk, reason="off_topic", now=NOW, actor=staff)
    assert "It is not about this event" in page(client.get(own_url(question))).text
    answer = client.post(own_url(question, "question-read-again"))
    assert "Somebody else will read it" in page(client.get(answer["Location"])).text
    assert Question.objects.for_second_reader().get() == question


def test_a_vote_counts_through_the_mailed_link_once(client: Client) -> None:
    question = make_question(make_event(), publish=True)
    vote_url = reverse("question-vote", kwargs={"pk": question.pk})
    assert page(client.get(vote_url)).fields == {"email": ""}
    assert client.post(vote_url, {"email": "no"}).status_code == 422
    answer = client.post(vote_url, {"email": "ben@example.org"})
    sent = reverse("question-vote-sent", kwargs={"pk": question.pk})
    assert (answer.status_code, answer["Location"]) == (303, sent)
    assert client.get(sent).status_code == 200
    ben = Person.objects.get(email="ben@example.org")
    link = reverse("vote", kwargs={"token": links.sign(links.VOTE, question.pk, ben.pk)})
    assert "Press the button" in page(client.get(link)).text
    assert question.votes.count() == 1, "nothing counts before the button"
    for _twice in range(2):
        client.post(link)
    assert question.votes.count() == 2
    assert "Your vote counts" in page(client.get(link)).text
    # The browser is known now: a vote for another one counts at once.
    other = make_question(question.event, publish=True)
    client.post(reverse("question-vote", kwargs={"pk": other.pk}), {"email": "ben@example.org"})
    assert other.votes.filter(person=ben).exists()


def test_a_question_that_is_not_public_takes_no_votes(client: Client) -> None:
    held = make_question(make_event())
    assert client.get(reverse("question-vote", kwargs={"pk": held.pk})).status_code == 404
    person = make_person()
    link = reverse("vote", kwargs={"token": links.sign(links.VOTE, held.pk, person.pk)})
    shown = client.get(link).content.decode()
    assert held.text not in shown
    assert client.post(link).status_code == 422
    assert held.votes.count() == 1


def test_a_guest_votes_from_the_page_of_the_rsvp(client: Client) -> None:
    event = make_event()
    rsvp = make_rsvp(event)
    question = make_question(event, "Who pays?", publish=True)
    token = links.token_for(links.RSVP, rsvp)
    listed = reverse("rsvp-questions", kwargs={"token": token})
    assert listed in page(client.get(reverse("rsvp", kwargs={"token": token}))).links
    button = reverse("rsvp-vote", kwargs={"token": token, "pk": question.pk})
    assert button in page(client.get(listed)).forms
    assert client.get(button).status_code == 302
    assert question.votes.count() == 1
    for _twice in range(2):
        assert client.post(button).status_code == 303
    assert question.votes.count() == 2
    assert "You voted for this." in page(client.get(listed)).text
    elsewhere = make_question(make_event(event.office), publish=True)
    there = reverse("rsvp-vote", kwargs={"token": token, "pk": elsewhere.pk})
    assert client.post(there).status_code == 404


def test_a_question_comes_with_the_rsvp_and_its_proof(client: Client) -> None:
    event = make_event()
    form = {
        "name": "Ana", "email": "ana@example.org", "party_size": "1", "mode": "in_person",
        "question": "Who pays?",
    }  # fmt: skip
    url = reverse("event-rsvp", kwargs={"slug": event.slug})
    assert "question" in page(client.get(event.get_absolute_url())).fields
    client.post(url, form)
    question = Question.objects.get()
    rsvp = question.rsvp
    assert rsvp is not None
    assert question.proven_at is None
    token = links.token_for(links.RSVP, rsvp)
    confirm = reverse("rsvp-confirm", kwargs={"token": token})
    assert "Who pays?" in page(client.get(confirm)).text, "nobody vouches for words unseen"
    client.post(confirm)
    question.refresh_from_db()
    assert question.proven_at == NOW
    # A stranger who types the same address: the RSVP's link vouches for no other words.
    Client().post(url, form | {"question": "Buy my lamps"})
    strangers = Question.objects.get(text="Buy my lamps")
    assert (strangers.rsvp, strangers.proven_at) == (None, None)


def test_the_screen_in_the_room_shows_open_questions_and_a_code(client: Client) -> None:
    event = make_event()
    asked = make_question(event, "Who pays?", email="ana@example.org", publish=True)
    done = make_question(event, "Long answered", publish=True)
    assert done.decided_by is not None
    actions.answer_live(question_id=done.pk, seen=done.decision, now=NOW, actor=done.decided_by)
    answer = client.get(reverse("event-projector", kwargs={"slug": event.slug}))
    html = answer.content.decode()
    assert asked.text in html
    assert done.text not in html
    assert "ana@example.org" not in html
    assert 'id="progress" data-progress' in html
    assert "progress.js" in html
    assert answer.request["PATH_INFO"] in page(answer).links, "works without its script"
    assert "<svg" in html


@pytest.mark.parametrize("number", [1, 30])
def test_pages_ask_the_same_for_one_question_and_for_thirty(
    client: Client, number: int, django_assert_num_queries: object
) -> None:
    event = make_event(make_office())
    guest = make_rsvp(event)
    for _each in range(number):
        make_question(event, publish=True)
    client.get(questions_url(event))
    token = links.token_for(links.RSVP, guest)
    for url, queries in (
        (questions_url(event), 4),
        (reverse("event-projector", kwargs={"slug": event.slug}), 4),
        (reverse("rsvp-questions", kwargs={"token": token}), 6),
    ):
        with django_assert_num_queries(queries):  # type: ignore[operator]
            client.get(url)
