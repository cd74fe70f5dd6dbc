"""The board of open shifts, one shift, and its claim form."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from events import clock, dates_text, links, proof, rate_limits
from events.errors import Refused
from events.languages import language_in_use
from events.models import Office
from events.public_pages import public_page
from events.public_post import public_post, refused_page
from events.queries import read_page
from events.token_pages import see_other, unprefixed_url
from volunteers.actions.claims import Outcome, claim_shift
from volunteers.forms import BoardFilters, ClaimForm
from volunteers.models import Shift
from volunteers.overlap import Clash
from volunteers.queries import board_shifts, open_shifts, waiting_count

PAGE_SIZE = 60
FILTERS = ("role", "event", "office", "when")


@public_page
def board(request: HttpRequest) -> HttpResponse:
    """Show the shifts to come by day, filtered by role, event, office and time."""
    now = clock.now()
    asked = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    try:
        found = board_shifts(asked, now)
        limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    except Refused as refused:
        return refused_page(request, refused)
    page = list(found.for_cards()[offset : offset + limit])
    offices = list(Office.objects.in_order())
    # A feed knows no "when": its window is its own.
    feed = {name: value for name, value in asked.items() if name != "when"}
    return render(
        request,
        "volunteers/board.html",
        {
            "days": list(by_day(page)),
            "filters": BoardFilters(asked, offices=offices, now=now),
            "is_filtered": bool(asked),
            "is_past": asked.get("when") == "past",
            "feed_url": reverse("feed-shifts") + (f"?{urlencode(feed)}" if feed else ""),
            "offset": offset,
            "limit": limit,
            "count": found.count(),
            "now": now,
            "office": next(iter(offices), None),
            "offices_count": len(offices),
        },
    )


def by_day(shifts: list[Shift]) -> Iterator[tuple[Shift, list[Shift]]]:
    """Group shifts that follow each other by the day on which they start where they take place.

    Each group is its first shift, which names the day, and all of its shifts.
    """
    for _day, group in groupby(
        shifts, key=lambda shift: dates_text.local(shift.starts_at, shift.timezone).date()
    ):
        members = list(group)
        yield members[0], members


@public_page
def shift_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one shift with its claim form."""
    return _show(request, _posted_shift(pk), ClaimForm())


@csrf_exempt
def shift_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a claim by POST; anybody who only looks is led to the shift."""
    if request.method in ("GET", "HEAD"):
        return redirect("shift", pk=pk)
    return _claim(request, pk)


@public_post
def _claim(request: HttpRequest, pk: int) -> HttpResponse:
    now = clock.now()
    shift = _posted_shift(pk)
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return _show(request, shift, form, status=422)
    email = form.cleaned_data["email"]
    rate_limits.count(rate_limits.MAILS, email.lower(), now=now)
    proven = proof.has_proven(request, email)
    try:
        outcome = claim_shift(
            shift_id=shift.pk,
            name=form.cleaned_data["name"],
            email=email,
            phone=form.cleaned_data["phone"],
            language=language_in_use(),
            proven=proven,
            now=now,
        )
    except Refused as refused:
        form.add_error(refused.field or None, refused.message)
        return _show(request, shift, form, status=422)
    if not proven:
        # The same answer whoever it is and whatever came of it: that goes by mail.
        return see_other(reverse("shift-claim-sent", kwargs={"pk": shift.pk}))
    return _tell(request, shift, form, outcome)


def _tell(request: HttpRequest, shift: Shift, form: ClaimForm, outcome: Outcome) -> HttpResponse:
    """Answer a browser that has proven the address: with the claim, or with what is in the way."""
    if outcome.claim is not None:
        token = links.token_for(links.CLAIM, outcome.claim)
        return see_other(unprefixed_url("claim", token=token))
    assert outcome.clash is not None
    form.add_error(None, clash_message(outcome.clash))
    return _show(request, shift, form, status=422)


def clash_message(clash: Clash) -> str:
    """Say what stands in the way of a shift, and when that is."""
    language = language_in_use()
    when = dates_text.when_text(clash.starts_at, clash.ends_at, clash.timezone, language)
    facts = {"name": clash.name(language), "when": when}
    if clash.shift is not None:
        return (
            _(
                "You already have a shift at that time: %(name)s, %(when)s. "
                "Give that one back first, or choose another shift."
            )
            % facts
        )
    return (
        _(
            "You have a place at an event at that time: %(name)s, %(when)s. "
            "Give it back first, or choose another shift."
        )
        % facts
    )


@public_page
def shift_claim_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what happens next. Depends on the shift alone, never on who claimed it."""
    shift = _posted_shift(pk)
    return render(request, "volunteers/claim_sent.html", {"shift": shift, "office": shift.office})


def _posted_shift(pk: int) -> Shift:
    return get_object_or_404(Shift.objects.effective().posted().with_all_shown(), pk=pk)


def _show(
    request: HttpRequest, shift: Shift, form: ClaimForm, *, status: int = 200
) -> HttpResponse:
    now = clock.now()
    context: dict[str, Any] = {
        "shift": shift,
        "office": shift.office,
        "form": form,
        "takes_claims": shift.accepts_claims(now),
        "is_over": shift.ends_at <= now,
        "waiting": waiting_count(shift) if shift.is_full else 0,
        "others": _others(shift, now),
        "now": now,
        "page_path": request.path_info.removesuffix("claim/"),
    }
    return render(request, "volunteers/shift.html", context, status=status)


def _others(shift: Shift, now: datetime) -> list[Shift]:
    """Return a few open shifts for somebody whom this one does not fit: at its event, else any."""
    others = open_shifts(now).filter(office=shift.office_id).exclude(pk=shift.pk)
    if shift.event_id is not None and shift.is_on:
        others = others.filter(event=shift.event_id)
    return list(others.for_cards()[:3])
