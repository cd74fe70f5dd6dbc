"""The questions of an event as everybody sees them, and where they are asked and voted for.

Nothing here says who asked or who voted, but for a name that an asker gave for it.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from events import clock, links, proof, rate_limits
from events.actions.people import known_person
from events.actions.questions import ask_question, ask_to_vote, vote
from events.errors import Refused
from events.languages import language_in_use
from events.models import DeclineReason, Event, Question
from events.public_pages import public_page
from events.public_post import public_post
from events.queries import asked_at
from events.question_forms import AskForm, VoteForm
from events.token_pages import see_other, unprefixed_url


class Declined(NamedTuple):
    """How many questions were declined for one of the fixed reasons."""

    label: str
    number: int


def posted_event_for_cards(slug: str) -> Event:
    return get_object_or_404(Event.objects.posted().for_cards(), slug=slug)


def questions_of(event: Event) -> dict[str, Any]:
    """Return the published questions in their order, the answered ones, and how many were
    declined for which reason; two queries.
    """
    answered, unanswered = asked_at(event)
    counts = dict(
        Question.objects.filter(event=event)
        .declined()
        .values_list("reason")
        .annotate(number=Count("pk"))
        .order_by()
    )
    return {
        "open_questions": unanswered,
        "answered_questions": answered,
        "declined": [
            Declined(str(reason.label), counts[reason.value])
            for reason in DeclineReason
            if counts.get(reason.value)
        ],
    }


@csrf_exempt
def event_questions(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the questions of an event; take one by POST."""
    return _ask(request, slug) if request.method == "POST" else _show(request, slug)


@public_page
def _show(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, posted_event_for_cards(slug), AskForm())


@public_post
def _ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Check the form, call the action, say what happens next (INTERFACE.md, Forms)."""
    now = clock.now()
    event = posted_event_for_cards(slug)
    form = AskForm(request.POST)
    if not form.is_valid():
        return _page(request, event, form)
    facts = form.cleaned_data
    rate_limits.count(rate_limits.MAILS, facts["email"].lower(), now=now)
    proven = proof.has_proven(request, facts["email"])
    try:
        question = ask_question(
            event_id=event.pk, **facts, language=language_in_use(), proven=proven, now=now
        )
    except Refused as refused:
        form.add_refusal(refused)
        return _page(request, event, form)
    if not proven:
        return see_other(reverse("event-question-sent", kwargs={"slug": slug}))
    return see_other(unprefixed_url("question", token=links.token_for(links.QUESTION, question)))


def _page(request: HttpRequest, event: Event, form: AskForm) -> HttpResponse:
    now = clock.now()
    context = {
        **frame(event, "event-questions"),
        **questions_of(event),
        "form": form,
        "is_open": event.is_on and not event.is_over(now),
    }
    status = 422 if form.errors else 200
    return render(request, "events/questions.html", context, status=status)


def frame(event: Event, name: str) -> dict[str, Any]:
    """Return what all public pages about an event's questions show."""
    path = reverse(name, kwargs={"slug": event.slug})
    return {
        "event": event,
        "words": event.in_language(language_in_use()),
        "office": event.office,
        "page_path": path,
        "url": f"{settings.SITE_URL}{reverse('event-questions', kwargs={'slug': event.slug})}",
    }


@public_page
def projector(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the open questions in large type for a screen in the room, with a code to ask by."""
    event = posted_event_for_cards(slug)
    context = {**frame(event, "event-projector"), **questions_of(event)}
    return render(request, "events/questions_projector.html", context)


@public_page
def question_sent(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what happens next. Depends on the event alone, never on who sent what."""
    event = posted_event_for_cards(slug)
    return render(request, "events/question_sent.html", frame(event, "event-question-sent"))


@csrf_exempt
def question_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Vote for a question: by GET the form, by POST the link is mailed or the vote counted."""
    return _take_vote(request, pk) if request.method == "POST" else _show_vote(request, pk)


@public_page
def _show_vote(request: HttpRequest, pk: int) -> HttpResponse:
    return _vote_page(request, open_question(pk), VoteForm())


@public_post
def _take_vote(request: HttpRequest, pk: int) -> HttpResponse:
    now = clock.now()
    question = open_question(pk)
    form = VoteForm(request.POST)
    if not form.is_valid():
        return _vote_page(request, question, form)
    email = form.cleaned_data["email"]
    rate_limits.count(rate_limits.MAILS, email.lower(), now=now)
    try:
        if proof.has_proven(request, email) and (person := known_person(email)) is not None:
            voted = vote(question_id=pk, person_id=person.pk, now=now)
            token = links.sign(links.VOTE, voted.pk, person.pk)
            return see_other(unprefixed_url("vote", token=token))
        ask_to_vote(question_id=pk, email=email, language=language_in_use(), now=now)
    except Refused as refused:
        form.add_refusal(refused)
        return _vote_page(request, question, form)
    return see_other(reverse("question-vote-sent", kwargs={"pk": pk}))


@public_page
def vote_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what happens next. Depends on the question alone."""
    question = open_question(pk)
    context = {**frame(question.event, "event-questions"), "question": question}
    context["page_path"] = reverse("question-vote-sent", kwargs={"pk": pk})
    return render(request, "events/question_vote_sent.html", context)


def open_question(pk: int) -> Question:
    """Return the public question of this number with its event, or raise 404."""
    rows = Question.objects.published().with_votes().filter(event__posted_at__isnull=False)
    question = get_object_or_404(rows, pk=pk)
    question.event = Event.objects.for_cards().get(pk=question.event_id)
    return question


def _vote_page(request: HttpRequest, question: Question, form: VoteForm) -> HttpResponse:
    context = {
        **frame(question.event, "event-questions"),
        "page_path": reverse("question-vote", kwargs={"pk": question.pk}),
        "question": question,
        "form": form,
        "is_open": not question.answered
        and question.event.is_on
        and not question.event.is_over(clock.now()),
    }
    status = 422 if form.errors else 200
    return render(request, "events/question_vote.html", context, status=status)
