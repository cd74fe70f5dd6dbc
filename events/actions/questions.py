"""Ask, prove, vote; publish, decline, merge; put in order; answer.

Whoever decides locks the questions, in the order of their keys, and says which decision they last
saw: of two moderators at one question the second is told what the first has done. Texts and
answers never stand in a fact.
"""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from events.actions.line import lock_event
from events.actions.people import person_with_email, tell_proof
from events.audit import Operation, operation
from events.errors import Refused
from events.models import (
    RSVP,
    AnswerKind,
    DeclineReason,
    Event,
    Person,
    Question,
    QuestionOrder,
    QuestionState,
    QuestionVote,
    StaffUser,
)

#: Longer than anybody reads aloud.
LONGEST_QUESTION = 1000
LONGEST_ANSWER = 5000


# --- Residents ----------------------------------------------------------------------------------


def ask_question(
    *,
    event_id: int,
    email: str,
    text: str,
    public_name: str = "",
    language: str = "",
    proven: bool = False,
    now: datetime,
) -> Question:
    """Take a question; it is held until somebody has read it.

    From a browser that has not ``proven`` the address it counts only when the asker presses the
    button behind the mailed link. The same text of the same person again is the question that is
    there; the link is mailed again. Refused where the event takes no questions.
    """
    with operation(at=now, by_person=True) as op:
        event = Event.objects.select_related("office").get(pk=event_id)
        _check_asking(event, now)
        person = person_with_email(email, language=language, at=now)
        text = _text(text)
        earlier = Question.objects.filter(event=event, person=person, text=text).first()
        if earlier is not None:
            if earlier.proven_at is None and proven:
                _prove(op, earlier)
            elif earlier.proven_at is None:
                # Its new link is good for as long as a new question's.
                earlier.created_at = now
                earlier.save(update_fields=["created_at"])
                op.record("question.unproven", **_about(event, earlier))
            return earlier
        return add_question(
            op, event, person, text, public_name=public_name, language=language, proven=proven
        )


def add_question(
    op: Operation,
    event: Event,
    person: Person,
    text: str,
    *,
    public_name: str = "",
    language: str = "",
    rsvp: RSVP | None = None,
    proven: bool = False,
) -> Question:
    """Write a question down in the caller's transaction.

    One that comes with an RSVP waits for that RSVP's proof; the RSVP's own message asks for it.
    """
    question = Question.objects.create(
        event=event, person=person, text=text, public_name=public_name.strip(), language=language,
        rsvp=rsvp, created_at=op.at, proven_at=op.at if proven else None,
    )  # fmt: skip
    if proven:
        _support(question, person.pk, op.at)
    if proven or rsvp is not None:
        op.record("question.asked", **_about(event, question))
    else:
        op.record("question.unproven", **_about(event, question))
    return question


def prove_questions(op: Operation, rsvp: RSVP) -> None:
    """What came with an RSVP counts as soon as the RSVP is proven. In the caller's transaction."""
    for question in Question.objects.filter(rsvp=rsvp, proven_at=None).select_related("event"):
        _prove(op, question)


def confirm_question(*, question_id: int, now: datetime) -> Question:
    """Prove the address through the mailed link. Twice is harmless."""
    with operation(at=now, by_person=True) as op:
        question = _lock(question_id)
        tell_proof(op, question.person_id)
        if question.proven_at is None:
            _prove(op, question)
    return question


def ask_second_reader(*, question_id: int, now: datetime) -> Question:
    """The asker of a declined question wants somebody else to read it. Once; twice is harmless."""
    with operation(at=now, by_person=True) as op:
        question = _lock(question_id)
        tell_proof(op, question.person_id)
        if not question.is_declined:
            raise Refused("not_declined", _("This question is not declined. Nothing was changed."))
        if question.second_asked_at is None:
            question.second_asked_at = now
            question.save(update_fields=["second_asked_at"])
            op.record("question.second_reader_asked", **_about(question.event, question))
    return question


def ask_to_vote(*, question_id: int, email: str, language: str = "", now: datetime) -> None:
    """Mail somebody the link that counts their vote. Nothing counts yet."""
    with operation(at=now, by_person=True) as op:
        question = Question.objects.select_related("event").get(pk=question_id)
        _check_open(question, now)
        person = person_with_email(email, language=language, at=now)
        op.record(
            "question.vote_asked", event=question.event, person=person, question=question,
            language=language,
        )  # fmt: skip


def vote(*, question_id: int, person_id: int, now: datetime) -> Question:
    """Count one person's vote, once; ``person_id`` has proven that they are who they are.

    A vote for a question that was merged meanwhile counts for the one that it was merged into.
    Returns the question that the vote is for.
    """
    with operation(at=now, by_person=True) as op:
        rows = Question.objects.filter(pk=question_id)
        # Only the one that the vote is for is locked, so that nobody waits in a circle.
        question = _lock(rows.values_list("merged_into_id", flat=True).get() or question_id)
        tell_proof(op, person_id)
        _check_open(question, now)
        if _support(question, person_id, now):
            op.record("question.voted", event=question.event, person=person_id, question=question)
    return question


# --- Staff --------------------------------------------------------------------------------------


def publish_question(
    *, question_id: int, seen: UUID | None = None, now: datetime, actor: StaffUser
) -> Question:
    """Publish a held question, or as second reader a declined one.

    The second reader is another person than who declined it. ``seen`` is the last decision that
    the caller knew of: refused with what happened if there is another one.
    """
    with operation(at=now, actor=actor) as op:
        question = _decidable(question_id, seen)
        _check_second_reader(question, actor)
        if question.is_declined:
            question.second_read_at = now
        _decide(op, question, QuestionState.PUBLISHED, published_at=now, reason="")
        op.record("question.published", **_about(question.event, question))
    return question


def decline_question(
    *, question_id: int, reason: str, seen: UUID | None = None, now: datetime, actor: StaffUser
) -> Question:
    """Decline a held or a published question for one of the fixed reasons; the asker is told."""
    with operation(at=now, actor=actor) as op:
        question = _decidable(question_id, seen, also=QuestionState.PUBLISHED)
        if reason not in DeclineReason.values:
            raise Refused("reason_missing", _("Choose one of the reasons."), field="reason")
        if question.answered:
            raise Refused("answered", _("This question is answered. Nothing was changed."))
        if question.is_declined:
            raise Refused("declined", _("This question is declined already."))
        _decide(op, question, QuestionState.DECLINED, reason=reason)
        op.record("question.declined", **_about(question.event, question), reason_code=reason)
    return question


def uphold_decline(
    *, question_id: int, seen: UUID | None = None, now: datetime, actor: StaffUser
) -> Question:
    """The second reader, who is another person, finds the same; the asker is told."""
    with operation(at=now, actor=actor) as op:
        question = _decidable(question_id, seen)
        if not question.waits_for_second_reader:
            raise Refused("not_asked", _("Nobody asked for a second reader. Nothing was changed."))
        _check_second_reader(question, actor)
        question.second_read_at = now
        _decide(op, question, QuestionState.DECLINED)
        op.record("question.upheld", **_about(question.event, question))
    return question


def merge_question(
    *,
    question_id: int,
    into_id: int,
    seen: UUID | None = None,
    now: datetime,
    actor: StaffUser,
) -> Question:
    """Join a question with a published one that asks the same; return that one.

    Who wanted to hear the one now wants to hear the other, once a person. Its asker among them.
    """
    if question_id == into_id:
        raise Refused("same", _("Choose another question to merge it with."), field="into")
    with operation(at=now, actor=actor) as op:
        # In the order of their keys, so that two mergers never wait for each other.
        locked = {pk: _lock(pk) for pk in sorted((question_id, into_id))}
        question, into = locked[question_id], locked[into_id]
        _check_decidable(question, seen, also=QuestionState.PUBLISHED)
        if question.is_declined or question.answered:
            raise Refused("not_open", _("Only an open question can be merged."))
        if into.event_id != question.event_id or not into.is_published:
            raise Refused("not_published", _("Choose a question that is published."), field="into")
        have = QuestionVote.objects.filter(question=into).values("person_id")
        question.votes.exclude(person_id__in=have).update(question=into)
        question.votes.all().delete()
        question.merged.update(merged_into=into)
        _decide(op, question, QuestionState.MERGED, merged_into=into)
        op.record("question.merged", **_about(question.event, question), into=into)
    return into


def order_questions(*, event_id: int, order: str, now: datetime, actor: StaffUser) -> Event:
    """Choose the order of the questions. The first time by lot draws the seed, once for good.

    A seed that could be drawn again until it pleases would be no lot.
    """
    if order not in QuestionOrder.values:
        raise Refused("order", _("Choose one of the orders."), field="order")
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        if order == event.question_order:
            return event
        if order == QuestionOrder.LOT and not event.question_seed:
            event.question_seed = secrets.token_hex(8)
            op.record("question.lot_drawn", event=event)
        event.question_order = order
        event.save(update_fields=["question_order", "question_seed"])
        op.record("question.ordered", event=event, order=order)
    return event


def answer_in_writing(
    *, question_id: int, answer: str, seen: UUID | None = None, now: datetime, actor: StaffUser
) -> Question:
    """Publish a written answer; the asker and everybody who voted are told."""
    answer = answer.strip()
    if not answer:
        raise Refused("answer_missing", _("Write the answer."), field="answer")
    with operation(at=now, actor=actor) as op:
        question = _answerable(question_id, seen)
        question.answered, question.answer, question.answered_at = AnswerKind.WRITING, answer, now
        _decide(op, question, QuestionState.PUBLISHED)
        op.record("question.answered", **_about(question.event, question))
    return question


def answer_live(
    *, question_id: int, seen: UUID | None = None, now: datetime, actor: StaffUser
) -> Question:
    """Write down that a question was answered at the event."""
    with operation(at=now, actor=actor) as op:
        question = _answerable(question_id, seen)
        question.answered, question.answered_at = AnswerKind.LIVE, now
        _decide(op, question, QuestionState.PUBLISHED)
        op.record("question.answered_live", **_about(question.event, question))
    return question


def reopen_question(
    *, question_id: int, seen: UUID | None = None, now: datetime, actor: StaffUser
) -> Question:
    """Take back that a question was answered at the event. What was mailed stays."""
    with operation(at=now, actor=actor) as op:
        question = _decidable(question_id, seen, also=QuestionState.PUBLISHED)
        if question.answered != AnswerKind.LIVE:
            raise Refused("not_live", _("It was not answered at the event. Nothing was changed."))
        question.answered, question.answered_at = "", None
        _decide(op, question, QuestionState.PUBLISHED)
        op.record("question.reopened", **_about(question.event, question))
    return question


# --- What they share ----------------------------------------------------------------------------


def _check_asking(event: Event, now: datetime) -> None:
    if not event.is_posted or not event.is_on:
        raise Refused("event_off", _("This event does not take place, so it takes no questions."))
    if event.is_over(now):
        raise Refused("event_over", _("This event is over, so it takes no more questions."))


def _check_open(question: Question, now: datetime) -> None:
    """A vote needs a question that is public and still to be answered."""
    if not question.is_published or question.answered:
        raise Refused("not_open", _("This question takes no more votes."))
    _check_asking(question.event, now)


def _text(text: str) -> str:
    text = text.strip().replace("\r\n", "\n")
    if not text:
        raise Refused("text_missing", _("Write your question."), field="text")
    return text


def _prove(op: Operation, question: Question) -> None:
    question.proven_at = op.at
    question.save(update_fields=["proven_at"])
    _support(question, question.person_id, op.at)
    op.record("question.proven", **_about(question.event, question))


def _support(question: Question, person_id: int, at: datetime) -> bool:
    """Let somebody be one of those who want to hear it; return whether they are a new one."""
    _vote, created = QuestionVote.objects.get_or_create(
        question=question, person_id=person_id, defaults={"at": at}
    )
    return created


def _lock(question_id: int) -> Question:
    rows = Question.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("event__office", "decided_by").get(pk=question_id)


def _decidable(
    question_id: int, seen: UUID | None, *, also: QuestionState | None = None
) -> Question:
    question = _lock(question_id)
    _check_decidable(question, seen, also=also)
    return question


def _check_decidable(
    question: Question, seen: UUID | None, *, also: QuestionState | None = None
) -> None:
    """Refuse with what happened where somebody else has decided since."""
    if question.decision != seen:
        raise Refused("question_changed", _meanwhile(question), who=str(question.decided_by or "–"))
    open_states = {QuestionState.HELD, QuestionState.DECLINED, also}
    if question.proven_at is None or question.state not in open_states:
        raise Refused("question_closed", _("This question is not open. Nothing was changed."))


def _meanwhile(question: Question) -> Any:
    """Say what somebody else has done. The template of the message has ``%(who)s``."""
    if question.answered:
        return _("%(who)s has answered this question meanwhile. Nothing of yours was saved.")
    return {
        QuestionState.PUBLISHED: _(
            "%(who)s has published this question meanwhile. Nothing of yours was saved."
        ),
        QuestionState.DECLINED: _(
            "%(who)s has declined this question meanwhile. Nothing of yours was saved."
        ),
        QuestionState.MERGED: _(
            "%(who)s has merged this question meanwhile. Nothing of yours was saved."
        ),
    }.get(
        QuestionState(question.state),
        _("%(who)s has changed this question meanwhile. Nothing of yours was saved."),
    )


def _answerable(question_id: int, seen: UUID | None) -> Question:
    question = _decidable(question_id, seen, also=QuestionState.PUBLISHED)
    if not question.is_published:
        raise Refused("not_published", _("Publish the question first, then answer it."))
    if question.answered == AnswerKind.WRITING:
        raise Refused("answered", _("This question is answered. Nothing was changed."))
    return question


def _check_second_reader(question: Question, actor: StaffUser) -> None:
    if question.is_declined and question.decided_by_id == actor.pk:
        raise Refused(
            "second_reader",
            _("You declined this question yourself. Somebody else has to read it."),
        )


def _decide(op: Operation, question: Question, state: QuestionState, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(question, name, value)
    question.state = state
    question.decided_by, question.decided_at, question.decision = op.staff, op.at, op.id
    question.save()


def _about(event: Event, question: Question) -> dict[str, Any]:
    """Return whom and what a fact of a question is about. Its words stand in none."""
    return {"event": event, "person": question.person_id, "question": question}
