"""Questions: held, published, declined, merged, put in order, answered; one vote a person."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from events import links
from events.actions import questions as actions
from events.actions.calling_off import cancel_event
from events.actions.rsvps import confirm_rsvp
from events.errors import Refused
from events.models import (
    AuditEntry,
    DeclineReason,
    Event,
    Question,
    QuestionState,
    QuestionVote,
)
from events.models.question import in_order, rank_by_lot
from tests.factories import (
    NOW,
    make_event,
    make_person,
    make_question,
    make_rsvp,
    make_staff,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


def facts(question: Question) -> list[str]:
    entries = AuditEntry.objects.filter(subjects__question=question.pk).order_by("pk")
    return [entry.action.removeprefix("question.") for entry in entries]


def voters(question: Question) -> set[int]:
    return set(question.votes.values_list("person_id", flat=True))


def test_a_question_counts_only_when_its_address_is_proven() -> None:
    event = make_event()
    question = make_question(event, proven=False)
    assert not Question.objects.held().exists()
    with pytest.raises(Refused, match="question_closed"):
        actions.publish_question(question_id=question.pk, now=NOW, actor=make_staff(event.office))
    for _twice in range(2):
        actions.confirm_question(question_id=question.pk, now=LATER)
    assert Question.objects.held().get() == question
    assert voters(question) == {question.person_id}
    assert facts(question) == ["unproven", "proven"]


def test_the_same_words_of_the_same_person_are_one_question() -> None:
    event = make_event()
    first = make_question(event, "Who pays?", email="ana@example.org", proven=False)
    again = make_question(event, " Who pays? ", email="Ana@example.org", proven=False)
    assert again.pk == first.pk
    assert facts(first) == ["unproven", "unproven"], "the link is mailed again"
    other = make_question(event, "Who pays?", email="ben@example.org")
    assert other.pk != first.pk


def test_a_question_that_comes_with_an_rsvp_is_proven_with_it_alone() -> None:
    event = make_event()
    rsvp = make_rsvp(event, email="ana@example.org", proven=False, question="Who pays?")
    strangers = make_question(event, "Buy now!", email="ana@example.org", proven=False)
    question = rsvp.questions.get()
    assert question.proven_at is None
    confirm_rsvp(rsvp_id=rsvp.pk, now=LATER)
    question.refresh_from_db()
    strangers.refresh_from_db()
    assert (question.proven_at, strangers.proven_at) == (LATER, None)


def test_an_event_that_is_off_or_over_takes_no_questions() -> None:
    event = make_event()
    with pytest.raises(Refused, match="event_over"):
        make_question(event, now=event.ends_at)
    with pytest.raises(Refused, match="event_off"):
        make_question(make_event(post=False))
    cancel_event(event_id=event.pk, reason="Rain", now=NOW)
    with pytest.raises(Refused, match="event_off"):
        make_question(event)


def test_a_question_is_declined_for_a_fixed_reason_and_its_text_kept() -> None:
    question = make_question(make_event())
    staff = make_staff(question.event.office)
    with pytest.raises(Refused, match="reason_missing"):
        actions.decline_question(
            question_id=question.pk, reason="too critical", now=NOW, actor=staff
        )
    actions.decline_question(question_id=question.pk, reason="spam", now=NOW, actor=staff)
    declined = Question.objects.declined().get()
    assert (declined.reason, declined.text) == (DeclineReason.SPAM, question.text)
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(reason="because")
    assert question.text not in str(AuditEntry.objects.values_list("subjects", "changes"))


def test_the_second_reader_is_another_person_and_reads_once() -> None:
    question = make_question(make_event())
    first, second = make_staff(question.event.office), make_staff(question.event.office)
    with pytest.raises(Refused, match="not_declined"):
        actions.ask_second_reader(question_id=question.pk, now=NOW)
    actions.decline_question(question_id=question.pk, reason="spam", now=NOW, actor=first)
    for _twice in range(2):
        actions.ask_second_reader(question_id=question.pk, now=LATER)
    waiting = Question.objects.for_second_reader().get()
    for again in (actions.publish_question, actions.uphold_decline):
        with pytest.raises(Refused, match="second_reader"):
            again(question_id=waiting.pk, seen=waiting.decision, now=LATER, actor=first)
    actions.uphold_decline(question_id=waiting.pk, seen=waiting.decision, now=LATER, actor=second)
    assert not Question.objects.for_second_reader().exists()
    assert facts(question) == ["asked", "declined", "second_reader_asked", "upheld"]


def test_the_second_reader_can_publish_it() -> None:
    question = make_question(make_event())
    first, second = make_staff(question.event.office), make_staff(question.event.office)
    actions.decline_question(question_id=question.pk, reason="spam", now=NOW, actor=first)
    actions.ask_second_reader(question_id=question.pk, now=LATER)
    question.refresh_from_db()
    actions.publish_question(
        question_id=question.pk, seen=question.decision, now=LATER, actor=second
    )
    question.refresh_from_db()
    assert (question.state, question.reason) == (QuestionState.PUBLISHED, "")


def test_of_two_moderators_the_second_is_told_what_the_first_has_done() -> None:
    question = make_question(make_event())
    first, second = make_staff(question.event.office), make_staff(question.event.office)
    actions.publish_question(question_id=question.pk, seen=None, now=NOW, actor=first)
    with pytest.raises(Refused, match="question_changed") as refused:
        actions.decline_question(
            question_id=question.pk, reason="spam", seen=None, now=NOW, actor=second
        )
    assert refused.value.message.startswith(f"{first} has published this question")
    question.refresh_from_db()
    assert question.is_published


def test_votes_carry_over_one_a_person_when_questions_are_merged() -> None:
    event = make_event()
    one, other = make_question(event, publish=True), make_question(event, publish=True)
    earlier = make_question(event)
    actor = make_staff(event.office)
    actions.merge_question(question_id=earlier.pk, into_id=other.pk, now=NOW, actor=actor)
    both, only = make_person("both@example.org"), make_person("only@example.org")
    for question, person in ((one, both), (other, both), (other, only), (other, only)):
        actions.vote(question_id=question.pk, person_id=person.pk, now=NOW)
    actions.merge_question(
        question_id=other.pk, into_id=one.pk, seen=other.decision, now=LATER, actor=actor
    )
    everybody = {one.person_id, other.person_id, earlier.person_id, both.pk, only.pk}
    assert voters(one) == everybody
    assert QuestionVote.objects.count() == 5
    assert set(one.merged.all()) == {other, earlier}
    late = make_person("late@example.org")
    assert actions.vote(question_id=other.pk, person_id=late.pk, now=LATER) == one
    assert voters(one) == everybody | {late.pk}


def test_a_question_merges_with_a_published_one_of_the_same_event_alone() -> None:
    event = make_event()
    question, held = make_question(event), make_question(event)
    elsewhere = make_question(make_event(event.office), publish=True)
    actor = make_staff(event.office)
    for into in (held, elsewhere):
        with pytest.raises(Refused, match="not_published"):
            actions.merge_question(question_id=question.pk, into_id=into.pk, now=NOW, actor=actor)
    with pytest.raises(Refused, match="same"):
        actions.merge_question(question_id=held.pk, into_id=held.pk, now=NOW, actor=actor)


def test_a_person_has_one_vote_whatever_the_code_does() -> None:
    question = make_question(make_event(), publish=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuestionVote.objects.create(question=question, person=question.person, at=NOW)


def test_votes_end_with_the_answer_and_with_the_event() -> None:
    question = make_question(make_event(), publish=True)
    person = make_person()
    with pytest.raises(Refused, match="event_over"):
        actions.vote(question_id=question.pk, person_id=person.pk, now=question.event.ends_at)
    assert question.decided_by is not None
    actions.answer_live(
        question_id=question.pk, seen=question.decision, now=NOW, actor=question.decided_by
    )
    with pytest.raises(Refused, match="not_open"):
        actions.vote(question_id=question.pk, person_id=person.pk, now=NOW)


def shown(event: Event) -> list[str]:
    event.refresh_from_db()
    rows = Question.objects.filter(event=event).published().with_votes()
    return [one.text for one in in_order(rows, event)]


def test_the_order_is_in_turn_by_votes_or_by_a_lot_that_anybody_can_check() -> None:
    event = make_event()
    actor = make_staff(event.office)
    questions = [
        make_question(event, text, publish=True, now=NOW + timedelta(minutes=number))
        for number, text in enumerate("abcdefgh")
    ]
    assert shown(event) == list("abcdefgh")
    actions.vote(question_id=questions[2].pk, person_id=make_person().pk, now=NOW)
    actions.order_questions(event_id=event.pk, order="votes", now=NOW, actor=actor)
    assert shown(event) == list("cabdefgh")
    actions.order_questions(event_id=event.pk, order="lot", now=NOW, actor=actor)
    drawn = shown(event)
    ranked = sorted(questions, key=lambda one: rank_by_lot(event.question_seed, one.pk))
    assert drawn == [one.text for one in ranked]
    actions.order_questions(event_id=event.pk, order="in_turn", now=NOW, actor=actor)
    actions.order_questions(event_id=event.pk, order="lot", now=NOW, actor=actor)
    assert shown(event) == drawn, "a lot is drawn once"
    assert AuditEntry.objects.filter(action="question.lot_drawn").count() == 1
    # SHA-256 of "5eed:7", by another program.
    assert rank_by_lot("5eed", 7).startswith("dddfce5b")


def test_an_answer_is_given_once_and_only_in_public() -> None:
    question = make_question(make_event())
    staff = make_staff(question.event.office)
    with pytest.raises(Refused, match="not_published"):
        actions.answer_in_writing(question_id=question.pk, answer="We do.", now=NOW, actor=staff)
    actions.publish_question(question_id=question.pk, now=NOW, actor=staff)
    question.refresh_from_db()
    with pytest.raises(Refused, match="answer_missing"):
        actions.answer_in_writing(
            question_id=question.pk, answer=" ", seen=question.decision, now=NOW, actor=staff
        )
    actions.answer_live(question_id=question.pk, seen=question.decision, now=NOW, actor=staff)
    question.refresh_from_db()
    actions.reopen_question(question_id=question.pk, seen=question.decision, now=NOW, actor=staff)
    question.refresh_from_db()
    assert question.answered == ""
    actions.answer_in_writing(
        question_id=question.pk, answer="We do.", seen=question.decision, now=NOW, actor=staff
    )
    question.refresh_from_db()
    for act in (actions.answer_live, actions.reopen_question):
        with pytest.raises(Refused):
            act(question_id=question.pk, seen=question.decision, now=NOW, actor=staff)
    assert question.answer == "We do."


def test_a_token_for_one_thing_opens_nothing_else() -> None:
    question = make_question(make_event())
    token = links.token_for(links.QUESTION, question)
    with pytest.raises(links.BadLink):
        links.unsign(links.VOTE, token)
