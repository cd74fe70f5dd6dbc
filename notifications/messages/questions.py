"""Messages about questions to an event: please confirm, declined and why, answered, a vote's link.

A message about a decision is about that one: the operation that made it is on the question, and
another decision makes the message untrue. What a stranger typed stands in no message to an address
that nobody has proven.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from events import links
from events.models import AnswerKind, AuditEntry, Event, Question, QuestionState, QuestionVote
from notifications.message import Message, Recipient
from notifications.messages import addresses, guards, occasions
from notifications.models import Delivery

# --- Who hears -----------------------------------------------------------------------------------


def asker(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """Who asked, and whose question was put together with that one, each of their own."""
    keys = [entry.subjects["question"] for entry in entries]
    rows = Question.objects.filter(Q(pk__in=keys) | Q(merged_into__in=keys))
    found = [_recipient(one) for one in rows.select_related("event").order_by("pk")]
    return found, ""


def who_wants_to_vote(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """Who typed their address to get the link."""
    keys = [entry.subjects["question"] for entry in entries]
    rows = Question.objects.select_related("event").in_bulk(keys)
    return [
        Recipient(
            person_id=entry.person_id,
            language=entry.subjects.get("language", ""),
            office_id=entry.office_id,
            event_id=entry.event_id,
            expires_at=rows[entry.subjects["question"]].event.ends_at,
            context={"question": entry.subjects["question"]},
        )
        for entry in entries
        if entry.person_id is not None and entry.subjects["question"] in rows
    ], ""


def everyone_who_voted(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """Who voted for it; its asker is the first of them, and the askers of those merged into it."""
    keys = [entry.subjects["question"] for entry in entries]
    votes = QuestionVote.objects.filter(question__in=keys, pk__gt=int(cursor or 0))
    page = list(votes.select_related("question__event").order_by("pk")[:limit])
    found = [
        Recipient(
            person_id=vote.person_id,
            language=vote.question.language if vote.person_id == vote.question.person_id else "",
            office_id=vote.question.event.office_id,
            event_id=vote.question.event_id,
            context={"question": vote.question_id},
        )
        for vote in page
    ]
    return found, str(page[-1].pk) if len(page) == limit else ""


def _recipient(question: Question) -> Recipient:
    return Recipient(
        person_id=question.person_id,
        language=question.language,
        office_id=question.event.office_id,
        event_id=question.event_id,
        expires_at=question.event.ends_at if question.proven_at is None else None,
        context={"question": question.pk},
    )


# --- How long it is true -------------------------------------------------------------------------


def waits_for_proof() -> Q:
    """The person has a question there that nobody has confirmed."""
    rows = Question.objects.filter(
        person_id=OuterRef("person_id"), event_id=OuterRef("event_id"), proven_at=None
    )
    return Q(Exists(rows)) & guards.event_is_on()


def is_declined() -> Q:
    return _is_the_decision(Question.objects.declined())


def is_answered() -> Q:
    return _is_the_decision(Question.objects.filter(answered=AnswerKind.WRITING))


def _is_the_decision(rows: Any) -> Q:
    return Q(Exists(rows.filter(decision=OuterRef("operation"), event_id=OuterRef("event_id"))))


def takes_votes() -> Q:
    """Whether this very question does is asked when the message is written."""
    rows = Question.objects.filter(
        state=QuestionState.PUBLISHED, answered="", event_id=OuterRef("event_id")
    )
    return Q(Exists(rows)) & guards.event_is_on()


# --- What it says --------------------------------------------------------------------------------


def _facts(delivery: Delivery, now: datetime) -> tuple[Question, dict[str, Any]]:
    key = delivery.context["question"]
    question = Question.objects.select_related("merged_into").filter(pk=key).first()
    if question is None:
        raise guards.NothingToTell(gettext_noop("the question is gone"))
    event = Event.objects.with_all_shown().get(pk=question.event_id)
    shown = occasions.event_facts(event, language=delivery.language, now=now)
    page = addresses.page("event-questions", slug=event.slug)
    reason = _("%(office)s writes to you because this address was used for a question.")
    return question, {
        **shown,
        "contact": occasions.contact(event.office),
        "questions_url": page,
        "reason": reason % {"office": event.office.name},
    }


def context_confirm(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The link alone: the words may be a stranger's."""
    question, known = _facts(delivery, now)
    if question.proven_at is not None:
        raise guards.NothingToTell(gettext_noop("the question was confirmed meanwhile"))
    return known | {"own_url": _own_url(question)}


def context_declined(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The reason, the words as they were asked, and how to get a second reader."""
    question, known = _facts(delivery, now)
    decided = question.merged_into or question
    return known | {
        "text": question.text,
        "because": decided.get_reason_display(),
        "is_merged": question.merged_into is not None,
        "is_final": decided.second_read_at is not None,
        "own_url": _own_url(question),
    }


def context_answered(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Question and answer, as the public page has them."""
    question, known = _facts(delivery, now)
    return known | {
        "text": question.text,
        "answer": question.answer,
        "answer_url": f"{known['questions_url']}#question-{question.pk}",
        "reason": _("%(office)s writes to you because you asked this question or voted for it.")
        % {"office": known["office"].name},
    }


def context_vote(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The published question, and the link that counts the vote."""
    question, known = _facts(delivery, now)
    if not question.is_published or question.answered:
        raise guards.NothingToTell(gettext_noop("the question takes no more votes"))
    token = links.sign(links.VOTE, question.pk, delivery.person_id or 0)
    return known | {"text": question.text, "vote_url": addresses.own_page("vote", token)}


def _own_url(question: Question) -> str:
    return addresses.own_page("question", links.token_for(links.QUESTION, question))


MESSAGES = [
    Message(
        name="question_confirm",
        title=gettext_lazy("Question: please confirm"),
        description=gettext_lazy("Asks to confirm the address. Before that nobody sees it."),
        recipients=gettext_lazy("Who asks a question from an address that is not confirmed"),
        actions=("question.unproven",),
        audience=asker,
        guard=waits_for_proof,
        still_true=guards.holds(waits_for_proof),
        context=context_confirm,
        answers_form=True,
    ),
    Message(
        name="question_vote",
        title=gettext_lazy("Link to vote for a question"),
        description=gettext_lazy("The link that counts one vote for one question."),
        recipients=gettext_lazy("Who wants to vote, from an address that is not confirmed"),
        actions=("question.vote_asked",),
        audience=who_wants_to_vote,
        guard=takes_votes,
        still_true=guards.holds(takes_votes),
        context=context_vote,
        answers_form=True,
    ),
    Message(
        name="question_declined",
        title=gettext_lazy("Question declined"),
        description=gettext_lazy("For which of the fixed reasons, and how to get a second reader."),
        recipients=gettext_lazy("Who asked the question"),
        actions=("question.declined", "question.upheld"),
        audience=asker,
        guard=is_declined,
        still_true=guards.holds(is_declined),
        context=context_declined,
    ),
    Message(
        name="question_answered",
        title=gettext_lazy("Question answered in writing"),
        description=gettext_lazy("The question and the whole answer."),
        recipients=gettext_lazy("Who asked the question, and who voted for it"),
        actions=("question.answered",),
        audience=everyone_who_voted,
        guard=is_answered,
        still_true=guards.holds(is_answered),
        context=context_answered,
    ),
]

#: Facts that nobody is told of, each with the reason.
SILENT = {
    "question.asked": "the page after the form says what happens, or the RSVP’s own message",
    "question.proven": "the page after the button says it",
    "question.voted": "the page after the button says it",
    "question.published": "the page shows it, and the asker’s own link says it",
    "question.merged": "the asker’s own link says it; the answer goes to them, too",
    "question.second_reader_asked": "it was they who did it; what comes of it is told",
    "question.ordered": "the page shows the order",
    "question.lot_drawn": "the page shows the seed",
    "question.answered_live": "the page says it; the minutes tell who asked and who voted",
    "question.reopened": "a slip of the board, mended there",
}
