"""The sign-up for a frame on the office's own site.

It is the page ``/subscribe/`` in small, with an answer inside the frame. A browser's proof cookie
is not asked for: in a frame of another site it would not come, and the answer must be the same
whoever signs up.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from events.framing import framed_anywhere
from events.models import Office
from events.public_pages import public_page
from events.public_post import public_post
from events.token_pages import see_other
from notifications.subscriptions.forms import SubscribeForm, topics_shown
from notifications.subscriptions.views import asked_offices, sign_up


@framed_anywhere
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def embed_subscribe(request: HttpRequest) -> HttpResponse:
    """Show the sign-up; take it by POST.

    ``office=SLUG`` chooses whose it is, ``topic=SLUG`` (many) what is ticked, and ``sent`` shows
    what happens next, the same for everybody.
    """
    return _take(request) if request.method == "POST" else _show(request)


@public_page
def _show(request: HttpRequest) -> HttpResponse:
    offices, topics = list(Office.objects.in_order()), topics_shown()
    chosen = asked_offices(request, offices)
    form = SubscribeForm(
        offices=offices,
        topics=topics,
        chosen=chosen,
        ticked=[topic.slug for topic in topics if topic.slug in request.GET.getlist("topic")],
        # The frame that names its offices has chosen them.
        hide_office=bool(chosen),
    )
    return _answer(request, form, offices, is_sent="sent" in request.GET)


def _answer(
    request: HttpRequest,
    form: SubscribeForm,
    offices: list[Office],
    *,
    is_sent: bool = False,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "is_sent": is_sent,
        "action": _address(request),
        "office": next(iter(form.chosen), next(iter(offices), None)),
        "offices_count": len(offices),
    }
    return render(request, "notifications/subscriptions/embed.html", context, status=status)


def _address(request: HttpRequest, *flags: str) -> str:
    """Return the address of this very frame, with what chooses its form and nothing else."""
    query = [
        (name, value) for name in ("office", "topic") for value in request.GET.getlist(name)
    ] + [(flag, "1") for flag in flags]
    path = reverse("embed-subscribe")
    return f"{path}?{urlencode(query)}" if query else path


@public_post
def _take(request: HttpRequest) -> HttpResponse:
    offices, topics = list(Office.objects.in_order()), topics_shown()
    chosen = asked_offices(request, offices)
    form = SubscribeForm(
        request.POST, offices=offices, topics=topics, chosen=chosen, hide_office=bool(chosen)
    )
    if not form.is_valid():
        return _answer(request, form, offices, status=422)
    if sign_up(request, form, proven=False) is None:
        return _answer(request, form, offices, status=422)
    return see_other(_address(request, "sent"))
