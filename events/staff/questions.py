"""The board of an event's questions: read, publish, decline, merge, put in order, answer.

Two moderators may work on it at once: every button says which decision its page had seen, and who
comes second reads what the first one has done.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseStopPolling

from events import clock
from events.actions import questions as actions
from events.errors import Refused
from events.models import DeclineReason, Event, Question, QuestionOrder, QuestionState
from events.models.question import in_order
from events.staff.access import POST, StaffRequest, desk_page, own_row, staff_page
from events.token_pages import see_other


class DecisionForm(forms.Form):
    """What every button of the board sends; the page made all of it but the answer."""

    do = forms.ChoiceField(
        choices=[
            (name, name)
            for name in ("publish", "decline", "uphold", "merge", "write", "live", "reopen")
        ]
    )
    seen = forms.UUIDField(required=False)
    reason = forms.CharField(required=False)
    into = forms.IntegerField(required=False)
    answer = forms.CharField(required=False, max_length=actions.LONGEST_ANSWER)


_SAID = {
    "publish": gettext_lazy("Published."),
    "decline": gettext_lazy("Declined. Who asked is told why."),
    "uphold": gettext_lazy("It stays declined. Who asked is told."),
    "merge": gettext_lazy("Merged. The votes went along."),
    "write": gettext_lazy("The answer is public, and goes to who asked and who voted."),
    "live": gettext_lazy("Answered at the event."),
    "reopen": gettext_lazy("It is open again."),
}


@staff_page("moderate_questions")
def board(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the questions of an event, what waits for somebody on top."""
    return _page(request, own_row(request, Event.objects.for_cards(), pk=pk))


@staff_page("moderate_questions", signed_out_part="events/staff/_questions_news.html")
def news(request: StaffRequest, pk: int) -> HttpResponse:
    """Say once to a page that is open that the board has changed; until then 204, every 5 s."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    if request.GET.get("seen", "") == _state(event):
        return HttpResponse(status=204)
    held = Question.objects.held().filter(event=event).count()
    said = desk_page(
        request, "events/staff/_questions_news.html", {"event": event, "held": held},
        section="events", office=event.office,
    )  # fmt: skip
    return HttpResponseStopPolling(said.content)


def _state(event: Event) -> str:
    """Return what changes with every question that comes in and every decision of anybody."""
    rows = Question.objects.asked().filter(event=event).order_by("pk")
    known = [event.question_order, *rows.values_list("pk", "decision", "second_asked_at")]
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


@staff_page("moderate_questions", methods=POST)
def decide(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Do with one question what the button says."""
    event = own_row(request, Event.objects.for_cards(), pk=event_pk)
    if not Question.objects.asked().filter(event=event, pk=pk).exists():
        raise Http404
    form = DecisionForm(request.POST)
    if not form.is_valid():
        too_long = "answer" in form.errors
        refused = Refused(
            "bad_form",
            _("This answer is too long. Shorten it to %(most)s signs.")
            if too_long
            else _("Something was missing. Load the page and try again."),
            most=actions.LONGEST_ANSWER,
        )
        return _page(request, event, refused=refused, question_id=pk)
    sent = form.cleaned_data
    try:
        _decide(request, pk, sent)
    except Refused as refused:
        return _page(request, event, refused=refused, question_id=pk)
    messages.success(request, str(_SAID[sent["do"]]))
    return see_other(reverse("staff-questions", kwargs={"pk": event.pk}))


def _decide(request: StaffRequest, pk: int, sent: dict[str, Any]) -> None:
    seen: UUID | None = sent["seen"]
    known: dict[str, Any] = {
        "question_id": pk, "seen": seen, "now": clock.now(), "actor": request.user,
    }  # fmt: skip
    acts: dict[str, Callable[[], object]] = {
        "publish": lambda: actions.publish_question(**known),
        "decline": lambda: actions.decline_question(reason=sent["reason"], **known),
        "uphold": lambda: actions.uphold_decline(**known),
        "merge": lambda: actions.merge_question(into_id=_into(sent["into"]), **known),
        "write": lambda: actions.answer_in_writing(answer=sent["answer"], **known),
        "live": lambda: actions.answer_live(**known),
        "reopen": lambda: actions.reopen_question(**known),
    }
    acts[sent["do"]]()


def _into(key: int | None) -> int:
    if key is None or not Question.objects.filter(pk=key).exists():
        raise Refused("into", _("Choose a question that is published."), field="into")
    return key


@staff_page("moderate_questions", methods=POST)
def order(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose the order in which the questions are answered."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    actions.order_questions(
        event_id=event.pk, order=request.POST.get("order", ""), now=clock.now(),
        actor=request.user,
    )  # fmt: skip
    messages.success(request, _("Saved. The public page shows them in this order."))
    return see_other(reverse("staff-questions", kwargs={"pk": event.pk}))


def _page(
    request: StaffRequest,
    event: Event,
    *,
    refused: Refused | None = None,
    question_id: int | None = None,
) -> HttpResponse:
    # Before the rows: what comes in between is news then, and not overlooked.
    state = _state(event)
    rows = list(
        Question.objects.asked()
        .filter(event=event)
        .exclude(state=QuestionState.MERGED)
        .with_votes()
        .select_related("decided_by")
        .order_by("proven_at", "pk")
    )
    published = [one for one in rows if one.is_published]
    context = {
        "event": event,
        "state": state,
        "is_over": event.is_over(clock.now()),
        "tab": "questions",
        "second": [one for one in rows if one.waits_for_second_reader],
        "held": [one for one in rows if one.is_held],
        "open_questions": in_order([one for one in published if not one.answered], event),
        "answered_questions": [one for one in published if one.answered],
        "declined": [one for one in rows if one.is_declined and not one.waits_for_second_reader],
        "published": [one for one in published if not one.answered],
        "reasons": DeclineReason.choices,
        "orders": QuestionOrder.choices,
        "refused": refused,
        "refused_id": question_id,
        "typed_answer": request.POST.get("answer", "") if refused else "",
        "has_errors": refused is not None,
    }
    status = 200 if refused is None else 409 if refused.code == "question_changed" else 422
    return desk_page(
        request, "events/staff/questions.html", context, section="events", office=event.office,
        status=status,
    )  # fmt: skip
