"""Sign up, confirm, choose, stop. A GET only shows: a scanner that opens all links ends nothing."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from events import clock, links, proof, rate_limits
from events.errors import Refused
from events.languages import language_in_use
from events.models import Office
from events.public_pages import public_page
from events.public_post import comes_from_elsewhere, public_post
from events.token_pages import see_other, token_page
from notifications.models import Subscription, SubscriptionRequest
from notifications.subscriptions import addresses
from notifications.subscriptions.actions import (
    Consent,
    Outcome,
    choose,
    confirm_request,
    subscribe,
    unsubscribe,
    wishes_of,
)
from notifications.subscriptions.forms import (
    PreferencesForm,
    SubscribeForm,
    consent_text,
    peers_of,
    topics_shown,
)

#: The body of a one-click unsubscribe (RFC 8058, 3.2), which mail clients send by themselves.
ONE_CLICK = ("List-Unsubscribe", "One-Click")

# One address shows by GET and acts by POST; `public_post` inside guards the POST.
show_and_post = require_http_methods(["GET", "HEAD", "POST"])


# --- Sign up -------------------------------------------------------------------------------------


@csrf_exempt
@show_and_post
def subscribe_page(request: HttpRequest) -> HttpResponse:
    """Show the sign-up form; take it by POST. ``?office=SLUG`` chooses whose it is."""
    return _subscribe(request) if request.method == "POST" else _show_subscribe(request)


@public_page
def _show_subscribe(request: HttpRequest) -> HttpResponse:
    offices = list(Office.objects.in_order())
    chosen = asked_offices(request, offices)
    form = SubscribeForm(offices=offices, topics=topics_shown(), chosen=chosen)
    return _subscribe_answer(request, form, offices)


def asked_offices(request: HttpRequest, offices: list[Office]) -> list[Office]:
    """Return the offices in the query that are of one kind, the first one's."""
    asked = set(request.GET.getlist("office"))
    found = [office for office in offices if office.slug in asked]
    return peers_of(found[0], found) if found else []


def _subscribe_answer(
    request: HttpRequest, form: SubscribeForm, offices: list[Office], *, status: int = 200
) -> HttpResponse:
    others = [office for office in offices if office not in form.offered]
    context: dict[str, Any] = {
        "form": form,
        "others": others,
        "offices_count": len(offices),
        "page_path": reverse("subscribe") + _office_query(form.chosen, offices),
        "office": next(iter(form.chosen), next(iter(offices), None)),
    }
    return render(request, "notifications/subscriptions/subscribe.html", context, status=status)


def _office_query(chosen: list[Office], offices: list[Office]) -> str:
    """Return the query that names the offices of a form, where that needs saying."""
    if len(offices) < 2:
        return ""
    return "?" + urlencode({"office": [office.slug for office in chosen]}, doseq=True)


@public_post
def _subscribe(request: HttpRequest) -> HttpResponse:
    offices = list(Office.objects.in_order())
    form = SubscribeForm(request.POST, offices=offices, topics=topics_shown())
    if not form.is_valid():
        return _subscribe_answer(request, form, offices, status=422)
    data = form.cleaned_data
    proven = proof.has_proven(request, data["email"])
    outcome = sign_up(request, form, proven=proven)
    if outcome is None:
        return _subscribe_answer(request, form, offices, status=422)
    if proven:
        path = addresses.preferences_path(
            outcome.person.pk, data["office"][0].pk, language=language_in_use()
        )
        return see_other(_with(path, "saved"))
    return see_other(reverse("subscribe-sent") + _office_query(data["office"], offices))


def sign_up(request: HttpRequest, form: SubscribeForm, *, proven: bool) -> Outcome | None:
    """Do what a valid form asks for; ``None``: it is refused, and the form says why.

    ``proven``: the browser has shown that the address is its own. Any other gets a mail, of which
    an address gets so many an hour.
    """
    now, data = clock.now(), form.cleaned_data
    if not proven:
        rate_limits.count(rate_limits.MAILS, data["email"].lower(), now=now)
    try:
        return subscribe(
            email=data["email"],
            topics=data["topics"],
            offices=data["office"],
            consent=Consent(source=request.path, text=consent_text(data["office"])),
            name=data["name"],
            language=data["language"] or language_in_use(),
            frequency=data["frequency"],
            proven=proven,
            now=now,
        )
    except Refused as refused:
        form.add_error(refused.field or None, refused.message)
        return None


def _with(path: str, flag: str) -> str:
    """Return the path with one more word in its query, which only chooses what the page says."""
    return f"{path}{'&' if '?' in path else '?'}{flag}"


@public_page
def subscribe_sent(request: HttpRequest) -> HttpResponse:
    """Say what happens next. The same for a new address, a known one and a mistyped one."""
    offices = list(Office.objects.in_order())
    asked = asked_offices(request, offices) or offices[:1]
    context = {"office": next(iter(asked), None), "asked": asked, "offices_count": len(offices)}
    return render(request, "notifications/subscriptions/sent.html", context)


# --- Confirm -------------------------------------------------------------------------------------


@csrf_exempt
@show_and_post
def confirm_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a sign-up asked for and one button; confirm it by POST."""
    return _confirm(request, token) if request.method == "POST" else _show_confirm(request, token)


def _request_of(token: str) -> SubscriptionRequest | None:
    """Return the request that a link of ours confirms; None when it is gone since."""
    (pk,) = links.unsign(links.SUBSCRIBE, token, size=1)
    return SubscriptionRequest.objects.select_related("person", "office").filter(pk=pk).first()


@token_page
def _show_confirm(request: HttpRequest, token: str) -> HttpResponse:
    asked = _request_of(token)
    if asked is None or asked.is_expired(clock.now()):
        office = asked.office if asked is not None else None
        gone = {"state": "expired", "office": office}
        return render(request, "notifications/subscriptions/confirm.html", gone)
    rows = list(
        asked.subscriptions.select_related("office", "topic")
        .prefetch_related("topic__translations")
        .order_by("office__position", "office_id", "topic__position", "topic_id")
    )
    if asked.confirmed_at is None:
        state, shown = "pending", [row for row in rows if row.ended_at is None]
    else:
        # What the person gets of it now, also where an earlier request had brought it.
        live = wishes_of(asked.person)
        state = "confirmed"
        shown = [row for row in rows if (row.office_id, row.topic_id) in live]
    context = {
        "rows": shown,
        "several_offices": len({row.office_id for row in shown}) > 1,
        "state": state if shown else "over",
        "office": asked.office,
        "preferences_url": addresses.preferences_path(
            asked.person_id, asked.office_id, language=language_in_use()
        ),
    }
    return render(request, "notifications/subscriptions/confirm.html", context)


@public_post
@token_page
def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    asked = _request_of(token)
    response = see_other(request.get_full_path())
    if asked is not None:
        asked = confirm_request(request_id=asked.pk, now=clock.now())
        if asked.confirmed_at is not None:
            proof.remember(request, response, asked.person.email)
    return response


# --- Preferences ---------------------------------------------------------------------------------


@csrf_exempt
@show_and_post
def preferences_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a person gets, as boxes to tick; save it by POST."""
    if request.method == "POST":
        return _save_preferences(request, token)
    return _show_preferences(request, token)


def _preferences_form(holder: addresses.Holder, data: Any = None) -> PreferencesForm:
    offices = peers_of(holder.office, Office.objects.in_order())
    live = list(
        Subscription.objects.live()
        .filter(person=holder.person, office__in=offices)
        .order_by("-created_at", "-id")
    )
    language = next((row.language for row in live if row.language), holder.person.language)
    return PreferencesForm(
        data,
        own=holder.office,
        offices=offices,
        topics=topics_shown(),
        wishes={(row.office_id, row.topic_id): row.frequency for row in live},
        language=language or language_in_use(),
    )


def _preferences_answer(
    request: HttpRequest, holder: addresses.Holder, form: PreferencesForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "office": holder.office,
        "address": addresses.masked(holder.person.email),
        "saved": status == 200 and "saved" in request.GET,
        "gets_any": form.gets_any,
        "gets_own": bool(form["topics"].initial),
        "consent": consent_text(form.offices),
        "unsubscribe_url": addresses.unsubscribe_path(
            holder.person.pk, holder.office.pk, language=language_in_use()
        ),
    }
    return render(request, "notifications/subscriptions/preferences.html", context, status=status)


@token_page
def _show_preferences(request: HttpRequest, token: str) -> HttpResponse:
    holder = addresses.holder_of(links.SUBSCRIPTIONS, token)
    return _preferences_answer(request, holder, _preferences_form(holder))


@public_post
@token_page
def _save_preferences(request: HttpRequest, token: str) -> HttpResponse:
    holder = addresses.holder_of(links.SUBSCRIPTIONS, token)
    form = _preferences_form(holder, request.POST)
    if not form.is_valid():
        return _preferences_answer(request, holder, form, status=422)
    choose(
        person_id=holder.person.pk,
        offices=form.offices,
        wishes=form.wishes(),
        language=form.cleaned_data["language"] or str(form.initial["language"]),
        frequencies=form.frequencies(),
        # The path without its token, which is a secret.
        consent=Consent(source="/subscriptions/", text=consent_text(form.offices)),
        now=clock.now(),
    )
    path = addresses.preferences_path(
        holder.person.pk, holder.office.pk, language=language_in_use()
    )
    response = see_other(_with(path, "saved"))
    proof.remember(request, response, holder.person.email)
    return response


# --- Unsubscribe ---------------------------------------------------------------------------------


@csrf_exempt
@show_and_post
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; end all of an office's bulk mail by POST, the reader's or their client's."""
    if request.method != "POST":
        return _show_unsubscribe(request, token)
    if request.POST.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return _one_click(request, token)
    return _unsubscribe(request, token)


@token_page
def _show_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    return _unsubscribe_answer(request, token)


def _unsubscribe_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the office and a button, and nothing of the reader: the mail may have been forwarded."""
    holder = addresses.holder_of(links.UNSUBSCRIBE, token)
    gets_any = (
        Subscription.objects.live().filter(person=holder.person, office=holder.office).exists()
    )
    context = {
        "office": holder.office,
        "gets_any": gets_any,
        "page_path": request.path,
        "preferences_url": addresses.preferences_path(
            holder.person.pk, holder.office.pk, language=language_in_use()
        ),
    }
    return render(request, "notifications/subscriptions/unsubscribe.html", context)


@public_post
@token_page
def _unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    holder = addresses.holder_of(links.UNSUBSCRIBE, token)
    unsubscribe(person_id=holder.person.pk, office_id=holder.office.pk, now=clock.now())
    response = see_other(request.get_full_path())
    proof.remember(request, response, holder.person.email)
    return response


@csrf_exempt
@token_page
def _one_click(request: HttpRequest, token: str) -> HttpResponse:
    """End it for a mail client: no redirect (RFC 8058, 3.1), no cookie.

    Nor a limit for one address of origin: after a letter, a mail provider's few servers send the
    clicks of thousands of readers. The token is the authority, and one can only stop mail with it.
    """
    if comes_from_elsewhere(request):
        return render(request, "elsewhere.html", status=403)
    holder = addresses.holder_of(links.UNSUBSCRIBE, token)
    unsubscribe(person_id=holder.person.pk, office_id=holder.office.pk, now=clock.now())
    return _unsubscribe_answer(request, token)
