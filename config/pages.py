"""Pages that show several apps at once: the home page and a person's own page, ``/me/``."""

from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from events import clock, extensions, links, proof, rate_limits
from events.actions.people import (
    find_sign_in_link,
    renew_feed,
    request_sign_in,
    use_sign_in_link,
)
from events.errors import Refused
from events.models import Event, EventType, Office, Person
from events.models.event import EventQuerySet
from events.person_fields import your_email
from events.public_pages import public_page
from events.public_post import public_post, says_it_is_ours, submission_failed
from events.token_pages import see_other, unlisted, unprefixed_url
from notifications.calendars.subscribing import subscribe_links
from notifications.letters.queries import matching_letters
from notifications.subscriptions.forms import subscribe_form_for, usual_offices
from volunteers.queries import open_shifts

# --- Home ----------------------------------------------------------------------------------------

TOWN_HALLS = 3
OTHER_EVENTS = 4
SHIFTS = 3
LETTERS = 3


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Show what comes next and how to take part: town halls, other events, shifts, letters."""
    now = clock.now()
    offices = list(Office.objects.in_order())
    coming = _next_of_each_series(Event.objects.posted().upcoming(now)).for_cards()
    town_halls = list(coming.filter(event_type=EventType.TOWN_HALL)[: TOWN_HALLS + 1])
    others = list(coming.exclude(event_type=EventType.TOWN_HALL)[: OTHER_EVENTS + 1])
    featured = next((event for event in (*town_halls, *others) if event.is_on), None)
    letters = (
        matching_letters().standing().select_related("office").prefetch_related("translations")
    )
    context = {
        "featured": featured,
        "town_halls": [event for event in town_halls if event is not featured][:TOWN_HALLS],
        "others": [event for event in others if event is not featured][:OTHER_EVENTS],
        "shifts": list(open_shifts(now).for_cards()[:SHIFTS]),
        "letters": list(letters[:LETTERS]),
        "subscribe_form": subscribe_form_for(usual_offices(offices)),
        "now": now,
        "office": next(iter(offices), None),
        "offices_count": len(offices),
    }
    return render(request, "home.html", context)


def _next_of_each_series(events: EventQuerySet) -> EventQuerySet:
    """Keep one date of a series, the next: fifty Mondays would hide everything else."""
    sooner = events.order_by().filter(
        series=OuterRef("series"), starts_at__lt=OuterRef("starts_at")
    )
    return events.exclude(Exists(sooner))


# --- When something breaks -----------------------------------------------------------------------


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500; a form that a page of ours has sent comes back with what was typed."""
    if request.method == "POST" and says_it_is_ours(request):
        return submission_failed(request)
    return defaults.server_error(request)


# --- A person's own page -------------------------------------------------------------------------

COOKIE = "me"
COOKIE_PATH = "/me/"
#: Seconds that a sign-in lasts (DESIGN.md, Links).
SIGNED_IN_FOR = 2 * 60 * 60
_SALT = "plazuela.me"


class SignInForm(forms.Form):
    """Ask for a sign-in link."""

    email = your_email(_("The one that you gave for your RSVP, shift or sign-up."))


class Section(NamedTuple):
    """One app's part of the page, ready to show."""

    name: str
    html: SafeString


@csrf_exempt
def me(request: HttpRequest) -> HttpResponse:
    """Show the signed-in person's page, else ask for an address; POST asks for a sign-in link."""
    if request.method == "POST":
        return _ask(request)
    return _look(request)


@require_safe
def _look(request: HttpRequest) -> HttpResponse:
    person = signed_in_person(request)
    if person is None:
        response = render(request, "me_ask.html", {"form": SignInForm()})
        response["Cache-Control"] = "private, no-store"
        return response
    return _own_page(request, person)


@public_post
def _ask(request: HttpRequest) -> HttpResponse:
    """Mail a sign-in link. The answer is the same whether or not the address is known."""
    form = SignInForm(request.POST)
    if not form.is_valid():
        return unlisted(render(request, "me_ask.html", {"form": form}, status=422))
    email, now = form.cleaned_data["email"].lower(), clock.now()
    rate_limits.count(rate_limits.MAILS, email, now=now)
    request_sign_in(email=email, now=now)
    return see_other(unprefixed_url("me-sent"))


@require_safe
def me_sent(request: HttpRequest) -> HttpResponse:
    """Say that a link is on its way if the address is known."""
    return unlisted(render(request, "me_sent.html"))


@csrf_exempt
def me_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button of a mailed sign-in link; POST spends the link and signs in."""
    if request.method == "POST":
        return _sign_in(request, token=token)
    return _offer(request, token)


@require_safe
def _offer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        find_sign_in_link(token=token, now=clock.now())
    except Refused as refused:
        return _spent(request, refused)
    action = unprefixed_url("me-link", token=token)
    return unlisted(render(request, "me_link.html", {"action": action}))


@public_post
def _sign_in(request: HttpRequest, token: str) -> HttpResponse:
    try:
        person = use_sign_in_link(token=token, now=clock.now())
    except Refused as refused:
        return _spent(request, refused)
    response = unlisted(see_other(unprefixed_url("me")))
    response.set_cookie(
        COOKIE,
        signing.dumps(person.pk, salt=_SALT),
        max_age=SIGNED_IN_FOR,
        path=COOKIE_PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    proof.remember(request, response, person.email)
    return response


def _spent(request: HttpRequest, refused: Refused) -> HttpResponse:
    context = {"form": SignInForm(), "refused": refused}
    return unlisted(render(request, "me_spent.html", context, status=404))


def signed_in_person(request: HttpRequest) -> Person | None:
    """Return who signed in with a mailed link in this browser within the last two hours."""
    held = request.COOKIES.get(COOKIE)
    if not held:
        return None
    try:
        pk = signing.loads(held, salt=_SALT, max_age=SIGNED_IN_FOR)
    except signing.BadSignature:
        return None
    return Person.objects.filter(pk=pk).first()


def _own_page(request: HttpRequest, person: Person) -> HttpResponse:
    now = clock.now()
    feed = reverse("feed-me", kwargs={"token": links.token_for(links.FEED, person)})
    offices = list(Office.objects.in_order())
    frame = {"now": now, "office": next(iter(offices), None), "offices_count": len(offices)}
    context = frame | {
        "person": person,
        "sections": _sections(person, now, frame),
        "feed": subscribe_links(feed, gettext("My RSVPs and shifts")),
        "renew_url": unprefixed_url("me-renew-feed"),
        "sign_out_url": unprefixed_url("me-sign-out"),
    }
    return unlisted(render(request, "me.html", context))


def _sections(person: Person, now: datetime, frame: dict[str, Any]) -> list[Section]:
    shown = []
    for section in sorted(extensions.person_sections, key=lambda section: section.position):
        context = section.load(person, now)
        if context is not None:
            html = render_to_string(section.template, frame | context)
            shown.append(Section(section.name, mark_safe(html)))  # noqa: S308  a template's output
    return shown


@require_POST
def me_renew_feed(request: HttpRequest) -> HttpResponse:
    """Give the private feed a new address; whoever still has the old one sees nothing more."""
    person = signed_in_person(request)
    if person is not None:
        renew_feed(person_id=person.pk, now=clock.now())
    return unlisted(see_other(unprefixed_url("me") + "#feed"))


@require_POST
def me_sign_out(request: HttpRequest) -> HttpResponse:
    """Forget who is signed in."""
    response = unlisted(see_other(unprefixed_url("me")))
    response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Lax")
    return response
