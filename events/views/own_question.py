"""A person's own question and votes, behind the links that were mailed."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from events import clock, links, proof
from events.actions import questions as actions
from events.errors import Refused
from events.models import Event, Person, Question, QuestionVote
from events.public_post import public_post
from events.token_pages import see_other, token_page, unprefixed_url
from events.views.own_rsvp import rsvp_of
from events.views.questions import frame, questions_of


def question_of(token: str) -> Question:
    """Return the question that the link opens; raises :class:`events.links.BadLink`."""
    rows = Question.objects.with_votes().select_related("person", "merged_into")
    question = rows.filter(pk=links.pk_from(links.QUESTION, token)).first()
    if question is None:
        raise links.BadLink
    links.check_version(links.QUESTION, token, question)
    question.event = Event.objects.for_cards().get(pk=question.event_id)
    return question


@require_safe
@token_page
def own_question(request: HttpRequest, token: str) -> HttpResponse:
    """Show what became of the question; before its proof the button that proves it."""
    return _show(request, token, question_of(token))


@csrf_exempt
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Prove by POST; GET leads to the page with the button."""
    return _confirm(request, token) if request.method == "POST" else _back(request, token)


@csrf_exempt
def read_again(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a second reader by POST; GET leads to the page with the button."""
    return _read_again(request, token) if request.method == "POST" else _back(request, token)


@require_safe
@token_page
def _back(request: HttpRequest, token: str) -> HttpResponse:
    question_of(token)
    return redirect(unprefixed_url("question", token=token))


@public_post
@token_page
def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    question = question_of(token)
    actions.confirm_question(question_id=question.pk, now=clock.now())
    return _done(request, question.person, unprefixed_url("question", token=token))


@public_post
@token_page
def _read_again(request: HttpRequest, token: str) -> HttpResponse:
    question = question_of(token)
    try:
        actions.ask_second_reader(question_id=question.pk, now=clock.now())
    except Refused as refused:
        return _show(request, token, question, refused=refused)
    return _done(request, question.person, unprefixed_url("question", token=token))


def _done(request: HttpRequest, person: Person, url: str) -> HttpResponse:
    response = see_other(url)
    proof.remember(request, response, person.email)
    return response


def _show(
    request: HttpRequest, token: str, question: Question, *, refused: Refused | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        **frame(question.event, "event-questions"),
        "page_path": unprefixed_url("question", token=token),
        "question": question,
        "refused": refused,
        "confirm_url": unprefixed_url("question-confirm", token=token),
        "read_again_url": unprefixed_url("question-read-again", token=token),
    }
    status = 422 if refused else 200
    return render(request, "events/question_own.html", context, status=status)


# --- Votes --------------------------------------------------------------------------------------


@csrf_exempt
def vote_link(request: HttpRequest, token: str) -> HttpResponse:
    """Count a vote by POST; GET is a page with one button."""
    return _count(request, token) if request.method == "POST" else _show_vote(request, token)


@require_safe
@token_page
def _show_vote(request: HttpRequest, token: str) -> HttpResponse:
    question, person = _voter(token)
    return _vote_page(request, token, question, person)


@public_post
@token_page
def _count(request: HttpRequest, token: str) -> HttpResponse:
    question, person = _voter(token)
    try:
        actions.vote(question_id=question.pk, person_id=person.pk, now=clock.now())
    except Refused as refused:
        return _vote_page(request, token, question, person, refused=refused)
    return _done(request, person, unprefixed_url("vote", token=token))


def _voter(token: str) -> tuple[Question, Person]:
    question_id, person_id = links.unsign(links.VOTE, token)
    question = Question.objects.with_votes().filter(pk=question_id).first()
    if question is not None and question.merged_into_id is not None:
        question = Question.objects.with_votes().get(pk=question.merged_into_id)
    person = Person.objects.filter(pk=person_id).first()
    if question is None or person is None:
        raise links.BadLink
    question.event = Event.objects.for_cards().get(pk=question.event_id)
    return question, person


def _vote_page(
    request: HttpRequest,
    token: str,
    question: Question,
    person: Person,
    *,
    refused: Refused | None = None,
) -> HttpResponse:
    context = {
        **frame(question.event, "event-questions"),
        "page_path": unprefixed_url("vote", token=token),
        "question": question,
        "refused": refused,
        "has_voted": question.votes.filter(person=person).exists(),
        "is_open": question.is_published and not question.answered and question.event.is_on,
        "vote_url": unprefixed_url("vote", token=token),
    }
    return render(request, "events/vote.html", context, status=422 if refused else 200)


@require_safe
@token_page
def rsvp_questions(request: HttpRequest, token: str) -> HttpResponse:
    """Show the questions of the event to a guest, each with a button to vote for it."""
    rsvp = rsvp_of(token)
    event = Event.objects.for_cards().get(pk=rsvp.event_id)
    votes = QuestionVote.objects.filter(person=rsvp.person_id, question__event=event)
    context = {
        **frame(event, "event-questions"),
        **questions_of(event),
        "page_path": unprefixed_url("rsvp-questions", token=token),
        "own_url": unprefixed_url("rsvp", token=token),
        "token": token,
        "voted": set(votes.values_list("question_id", flat=True)),
        "is_open": event.is_on and not event.is_over(clock.now()),
    }
    return render(request, "events/rsvp_questions.html", context)


@csrf_exempt
def rsvp_vote(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Vote as the guest that the link names, by POST; GET leads to the questions."""
    if request.method != "POST":
        return _to_questions(request, token)
    return _rsvp_vote(request, token, pk)


@require_safe
@token_page
def _to_questions(request: HttpRequest, token: str) -> HttpResponse:
    rsvp_of(token)
    return redirect(unprefixed_url("rsvp-questions", token=token))


@public_post
@token_page
def _rsvp_vote(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    rsvp = rsvp_of(token)
    if not Question.objects.asked().filter(event=rsvp.event_id, pk=pk).exists():
        raise Http404
    actions.vote(question_id=pk, person_id=rsvp.person_id, now=clock.now())
    return _done(request, rsvp.person, unprefixed_url("rsvp-questions", token=token))
