"""A volunteer's own claim, behind the link that was mailed."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from events import clock, links, proof
from events.errors import Refused
from events.languages import language_in_use
from events.public_post import public_post
from events.token_pages import see_other, token_page, unprefixed_url
from volunteers.actions.claims import confirm_claim, release_claim
from volunteers.forms import ReleaseForm
from volunteers.models import Shift, ShiftClaim
from volunteers.overlap import Clash, first_clash
from volunteers.queries import claim_state, positions_in_line

#: States in which there is something to confirm or to give back.
OPEN = ("confirmed", "waitlisted", "unproven")
CALLED_OFF = ("cancelled", "postponed")


def claim_of(token: str) -> ShiftClaim:
    """Return the claim that the link opens; raises :class:`events.links.BadLink`."""
    claim = (
        ShiftClaim.objects.select_related("person")
        .filter(pk=links.pk_from(links.CLAIM, token))
        .first()
    )
    if claim is None:
        raise links.BadLink
    links.check_version(links.CLAIM, token, claim)
    return claim


@require_safe
@token_page
def claim_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the claim: whether it holds, when and where, and the buttons to confirm and release."""
    return _show(request, token, claim_of(token))


@csrf_exempt
def claim_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm by POST; GET is a page with one button."""
    return _confirm(request, token) if request.method == "POST" else _ask(request, token, "confirm")


@csrf_exempt
def claim_release(request: HttpRequest, token: str) -> HttpResponse:
    """Give the place back by POST; GET is a page with one button."""
    return _release(request, token) if request.method == "POST" else _ask(request, token, "release")


@require_safe
@token_page
def _ask(request: HttpRequest, token: str, what: str) -> HttpResponse:
    """Show one button, or lead to the claim where there is nothing left to do."""
    claim = claim_of(token)
    context = _context(token, claim)
    if context["state"] not in OPEN and not (what == "release" and context["state"] in CALLED_OFF):
        return redirect(unprefixed_url("claim", token=token))
    return render(request, f"volunteers/claim_{what}.html", context)


@public_post
@token_page
def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    claim = claim_of(token)
    try:
        confirm_claim(claim_id=claim.pk, now=clock.now())
    except Refused as refused:
        return _remember(request, claim, _show(request, token, claim, refused=refused, status=422))
    return _done(request, token, claim)


@public_post
@token_page
def _release(request: HttpRequest, token: str) -> HttpResponse:
    claim = claim_of(token)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        context = _context(token, claim, form)
        refused = render(request, "volunteers/claim_release.html", context, status=422)
        return _remember(request, claim, refused)
    release_claim(claim_id=claim.pk, reason=form.cleaned_data["reason"], now=clock.now())
    return _done(request, token, claim)


def _done(request: HttpRequest, token: str, claim: ShiftClaim) -> HttpResponse:
    return _remember(request, claim, see_other(unprefixed_url("claim", token=token)))


def _remember(request: HttpRequest, claim: ShiftClaim, response: HttpResponse) -> HttpResponse:
    """Give the browser the proof: whatever came of it, a link mailed to the address was used."""
    proof.remember(request, response, claim.person.email if claim.person else None)
    return response


def _show(
    request: HttpRequest,
    token: str,
    claim: ShiftClaim,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(token, claim) | {"refused": refused}
    return render(request, "volunteers/claim.html", context, status=status)


def _context(token: str, claim: ShiftClaim, form: ReleaseForm | None = None) -> dict[str, Any]:
    """Return what all pages of one claim show."""
    now = clock.now()
    shift = Shift.objects.effective().with_all_shown().get(pk=claim.shift_id)
    clash = _clash(claim, shift, now)
    return {
        "claim": claim,
        "shift": shift,
        "office": shift.office,
        "form": form if form is not None else ReleaseForm(),
        "state": claim_state(claim, shift, now),
        "position": positions_in_line([claim]).get(claim.pk) if claim.is_waitlisted else None,
        "clash": clash,
        "clash_name": clash.name(language_in_use()) if clash else "",
        "manage_url": unprefixed_url("claim", token=token),
        "confirm_url": unprefixed_url("claim-confirm", token=token),
        "release_url": unprefixed_url("claim-release", token=token),
        "page_path": unprefixed_url("claim", token=token),
        "now": now,
    }


def _clash(claim: ShiftClaim, shift: Shift, now: datetime) -> Clash | None:
    """Return what overlaps the claim, if anything does.

    A held place overlaps after one of two was moved; a waiting one cannot move up meanwhile.
    """
    if claim.person_id is None or not claim.is_active or not shift.is_on or shift.ends_at <= now:
        return None
    return first_clash(person_id=claim.person_id, shift=shift)
