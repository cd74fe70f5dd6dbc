"""The start of the staff desk: what needs somebody today."""

from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from events import clock, extensions
from events.staff.access import StaffRequest, desk_page, staff_page


class Step(NamedTuple):
    """One of the first things to do, and whether it is done."""

    label: Any
    text: Any
    url: str
    is_done: bool


@staff_page("see_desk")
def today(request: StaffRequest) -> HttpResponse:
    """Show what is broken, what comes, and what waits for somebody; at first, where to begin."""
    now = clock.now()
    parts: dict[str, list[SafeString]] = {"banner": [], "main": [], "card": []}
    for card in sorted(extensions.desk_cards, key=lambda card: card.position):
        facts = card.load(request, request.offices, now)
        if facts is not None:
            parts[card.place].append(_rendered(request, card, facts, now))
    context = {
        "banners": parts["banner"],
        "mains": parts["main"],
        "cards": parts["card"],
        "steps": first_steps(request),
        "now": now,
        "nothing_to_do": not parts["main"] and not parts["card"],
    }
    return desk_page(request, "events/staff/today.html", context, section="today")


@staff_page("see_desk")
def signed_in(request: StaffRequest) -> HttpResponse:
    """Lead back to the form that was kept while its sender signed in (``events.kept_forms``)."""
    return desk_page(request, "events/staff/signed_in.html", {}, section="")


def _rendered(
    request: StaffRequest, card: extensions.DeskCard, facts: dict[str, Any], now: datetime
) -> SafeString:
    context = {
        "now": now,
        "office": request.offices[0],
        "offices_count": len(request.offices),
        "may": request.grants.permissions_in(*request.offices),
        **facts,
    }
    return render_to_string(card.template, context, request=request)


def first_steps(request: StaffRequest) -> list[Step]:
    """Return what a new office does first; empty once all is done that is not optional."""
    found, waiting = [], False
    may = request.grants.permissions_in(*request.offices)
    for step in sorted(extensions.first_steps, key=lambda step: step.position):
        if step.permission not in may:
            continue
        is_done = step.is_done(request.offices)
        waiting = waiting or not (is_done or step.optional)
        found.append(Step(step.label, step.text, reverse(step.url_name), is_done))
    return found if waiting else []
