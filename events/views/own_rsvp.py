"""A person's own RSVP, behind the link that was mailed."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from events import clock, links, proof
from events.actions.line import position_in_line
from events.actions.rsvps import cancel_rsvp, change_rsvp, confirm_rsvp
from events.errors import Refused
from events.forms import ChangeForm
from events.models import RSVP, Event, Mode, StaffUser
from events.permissions import grants_of
from events.public_post import public_post
from events.queries import Line, lines_at, rsvp_state, standing_in_for
from events.token_pages import see_other, token_page, unprefixed_url
from events.views.event import add_to_calendar
from events.ways import Way, ways_into

#: What a person can still confirm, change or cancel.
OPEN = ("confirmed", "waitlisted", "unproven")


def rsvp_of(token: str, purpose: str = links.RSVP) -> RSVP:
    """Return the RSVP that the link opens; raises :class:`events.links.BadLink`."""
    rsvp = (
        RSVP.objects.select_related("person", "upgrade_of")
        .filter(pk=links.pk_from(purpose, token))
        .first()
    )
    if rsvp is None:
        raise links.BadLink
    links.check_version(purpose, token, rsvp)
    return rsvp


@require_safe
@token_page
def own_rsvp(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the person holds, and the ways to confirm, change and cancel it."""
    return _show(request, token, rsvp_of(token))


@require_safe
@token_page
def at_the_door(request: HttpRequest, token: str) -> HttpResponse:
    """Where the code on the guest's page leads a phone's camera: staff to the door, all others to
    the event, since a code that is shown in a line is seen by everybody there.

    It changes nothing; the door's page has the button.
    """
    rsvp = rsvp_of(token, links.DOOR)
    if may_open_the_door(request, rsvp.event_id):
        return redirect(reverse("staff-door", kwargs={"pk": rsvp.event_id}) + f"?guest={rsvp.pk}")
    return redirect(rsvp.event.get_absolute_url())


def may_open_the_door(request: HttpRequest, event_id: int) -> bool:
    """Whether a member of staff who works at this event's door is logged in here."""
    user = request.user
    if not isinstance(user, StaffUser):
        return False
    offices = grants_of(user).offices("edit_attendance")
    return Event.objects.filter(pk=event_id, office__in=offices).exists()


@csrf_exempt
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm by POST; GET is a page with one button."""
    return _confirm(request, token) if request.method == "POST" else _ask(request, token, "confirm")


@csrf_exempt
def change(request: HttpRequest, token: str) -> HttpResponse:
    """Change by POST; GET is a page with the form."""
    return _change(request, token) if request.method == "POST" else _ask(request, token, "change")


@csrf_exempt
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel by POST; GET is a page with one button."""
    return _cancel(request, token) if request.method == "POST" else _ask(request, token, "cancel")


@require_safe
@token_page
def _ask(request: HttpRequest, token: str, what: str) -> HttpResponse:
    """Show one button, or lead to the RSVP where there is nothing left to do."""
    now = clock.now()
    rsvp = rsvp_of(token)
    event = _event_of(rsvp)
    state = rsvp_state(rsvp, event, now)
    if state not in OPEN and not (what == "cancel" and state == "event_postponed"):
        return redirect(unprefixed_url("rsvp", token=token))
    context = _frame(token, rsvp, event, state, now)
    if what == "change":
        context["form"] = ChangeForm(rsvp=rsvp, event=event, ways=_ways(event, rsvp), now=now)
    return render(request, f"events/rsvp_{what}.html", context)


@public_post
@token_page
def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    rsvp = rsvp_of(token)
    try:
        confirm_rsvp(rsvp_id=rsvp.pk, now=clock.now())
    except Refused as refused:
        return _remember(request, rsvp, _show(request, token, rsvp, refused=refused))
    return _done(request, rsvp, token, "confirmed")


@public_post
@token_page
def _change(request: HttpRequest, token: str) -> HttpResponse:
    now = clock.now()
    rsvp = rsvp_of(token)
    event = _event_of(rsvp)
    state = rsvp_state(rsvp, event, now)
    form = ChangeForm(request.POST, rsvp=rsvp, event=event, ways=_ways(event, rsvp), now=now)
    if form.is_valid():
        facts = form.cleaned_data
        try:
            changed = change_rsvp(
                rsvp_id=rsvp.pk,
                party_size=facts["party_size"],
                mode=facts["mode"],
                access_needs=facts["access_needs"] if form.tells_needs else None,
                access_note=facts["access_note"] if form.tells_needs else None,
                now=now,
            )
        except Refused as refused:
            if state not in OPEN:
                return _remember(request, rsvp, _show(request, token, rsvp, refused=refused))
            form.add_refusal(refused)
        else:
            return _done(request, rsvp, links.token_for(links.RSVP, changed), "changed")
    context = _frame(token, rsvp, event, state, now) | {"form": form}
    return _remember(request, rsvp, render(request, "events/rsvp_change.html", context, status=422))


@public_post
@token_page
def _cancel(request: HttpRequest, token: str) -> HttpResponse:
    rsvp = rsvp_of(token)
    try:
        cancel_rsvp(rsvp_id=rsvp.pk, now=clock.now())
    except Refused as refused:
        return _remember(request, rsvp, _show(request, token, rsvp, refused=refused))
    return _done(request, rsvp, token, "cancelled")


def _done(request: HttpRequest, rsvp: RSVP, token: str, what: str) -> HttpResponse:
    url = unprefixed_url("rsvp", token=token)
    url += ("&" if "?" in url else "?") + f"done={what}"
    return _remember(request, rsvp, see_other(url))


def _remember(request: HttpRequest, rsvp: RSVP, response: HttpResponse) -> HttpResponse:
    proof.remember(request, response, rsvp.person.email)
    return response


def _event_of(rsvp: RSVP) -> Event:
    return Event.objects.with_all_shown().get(pk=rsvp.event_id)


def _ways(event: Event, rsvp: RSVP) -> list[Way]:
    """Return the event's ways, and the person's own where the event has since given it up."""
    ways = ways_into(event, lines_at(event))
    if rsvp.mode not in event.modes:
        ways.append(Way(rsvp.mode, None, event.places_left_in(rsvp.mode), Line()))
    return ways


def _frame(token: str, rsvp: RSVP, event: Event, state: str, now: datetime) -> dict[str, Any]:
    """Return what all pages of one RSVP show."""
    names = ("confirm", "change", "cancel")
    return {
        "rsvp": rsvp,
        "event": event,
        "office": event.office,
        "state": state,
        "now": now,
        "asks_anew": state == "confirmed" and rsvp.is_asked_anew(event.asks_anew_since),
        "own_url": unprefixed_url("rsvp", token=token),
        "questions": rsvp.questions.all(),
        "questions_url": unprefixed_url("rsvp-questions", token=token),
        **{f"{name}_url": unprefixed_url(f"rsvp-{name}", token=token) for name in names},
    }


def _show(
    request: HttpRequest, token: str, rsvp: RSVP, *, refused: Refused | None = None
) -> HttpResponse:
    now = clock.now()
    event = _event_of(rsvp)
    rsvp.event = event
    state = rsvp_state(rsvp, event, now)
    context = _frame(token, rsvp, event, state, now)
    # Who waits for the room reads of it at the place online that they hold meanwhile.
    beside = rsvp.upgrade_of is not None and rsvp.upgrade_of.is_active
    left = event.places_left_in(rsvp.mode)
    waits = state == "waitlisted"
    context |= {
        "refused": refused,
        "done": request.GET.get("done", ""),
        "had_already": "had" in request.GET,
        "needs": rsvp.needs,
        "tells_answers": state in OPEN and not beside,
        "line": _place_in_line(rsvp) if waits else None,
        # A smaller party would have its place at once.
        "fits_now": left if waits and left and left < rsvp.party_size else 0,
        "online_left": _online_left(event, rsvp) if waits else False,
        "other": _other(rsvp),
        "door_code": _door_code(request, rsvp, state),
        "add": add_to_calendar(event, request.LANGUAGE_CODE, url=_public_url(request, event)),
    }
    return render(request, "events/rsvp.html", context, status=422 if refused else 200)


def _place_in_line(rsvp: RSVP) -> dict[str, int]:
    position, people = position_in_line(rsvp)
    return {"position": position, "parties": position - 1, "people": people}


def _online_left(event: Event, rsvp: RSVP) -> bool:
    """Whether somebody who waits for the room could join online instead."""
    return (
        "remote" in event.modes
        and rsvp.mode != "remote"
        and rsvp.upgrade_of_id is None
        and event.remote_places_left != 0
    )


def _door_code(request: HttpRequest, rsvp: RSVP, state: str) -> str:
    """Return the address in the code that a guest of the room can show at the door."""
    if state != "confirmed" or rsvp.mode != Mode.IN_PERSON:
        return ""
    token = links.token_for(links.DOOR, rsvp)
    return request.build_absolute_uri(reverse("rsvp-door", kwargs={"token": token}))


def _other(rsvp: RSVP) -> dict[str, Any] | None:
    """Return the person's other row that belongs to this one, with the link to it."""
    other = standing_in_for(rsvp)
    if other is None:
        return None
    url = unprefixed_url("rsvp", token=links.token_for(links.RSVP, other))
    return {"rsvp": other, "url": url}


def _public_url(request: HttpRequest, event: Event) -> str:
    return request.build_absolute_uri(event.get_absolute_url())
