"""The one way in for the public's forms (INTERFACE.md, Forms for the public).

They carry no CSRF cookie and no token: their authority is the form itself, or the token in the
URL. What keeps other sites out is where the browser says the request comes from.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from events import clock, rate_limits
from events.context_processors import last_known, section
from events.errors import Refused
from events.languages import own_name
from events.models import Office

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def comes_from_elsewhere(request: HttpRequest) -> bool:
    """Whether the browser says that another site sent this.

    A foreign or ``null`` Origin, or a cross-site ``Sec-Fetch-Site``, is from elsewhere; a missing
    header is not, since one-click mail clients send none (RFC 8058).
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin not in _our_origins(request)


def says_it_is_ours(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this site sent this; silence is no answer."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.headers.get("Origin") in _our_origins(request)


def _our_origins(request: HttpRequest) -> set[str]:
    site = urlsplit(settings.SITE_URL)
    return {f"{request.scheme}://{request.get_host()}", f"{site.scheme}://{site.netloc}"}


def public_post(view: View) -> View:
    """Make ``view`` a public form's target.

    POST alone (405); 403 for another site's page; 429 beyond the limit for one network address.
    A failure inside is logged and answered with a page that keeps what was typed and names the
    office's phone number: nothing typed is lost to a 500.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if comes_from_elsewhere(request):
            return render(request, "elsewhere.html", status=403)
        try:
            rate_limits.count(rate_limits.POSTS, _address(request), now=clock.now())
            return view(request, *args, **kwargs)
        except rate_limits.TooMany as error:
            return too_many(request, error)
        except Refused as refused:
            return refused_page(request, refused)
        except Exception as error:
            if isinstance(error, _answers()):
                raise
            # The handler that reports errors must not log what residents typed: Django's own
            # handling would attach the request with its POST data.
            logger.exception("A public form failed: %s", _name(request))
            return submission_failed(request)

    return csrf_exempt(require_POST(guarded))


def _answers() -> tuple[type[Exception], ...]:
    """Exceptions that Django itself turns into an answer."""
    from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
    from django.http import Http404
    from django.http.multipartparser import MultiPartParserError

    return (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)


def _address(request: HttpRequest) -> str:
    """Where the visitor comes from, as ``events.middleware`` has found it."""
    return rate_limits.network_of(request.client_address)  # type: ignore[attr-defined]


def _name(request: HttpRequest) -> str:
    """The name of the address: the address itself may hold a token."""
    return request.resolver_match.view_name if request.resolver_match else "?"


def submission_failed(request: HttpRequest) -> HttpResponse:
    """Answer 500 with what was typed and the office's phone number, even without a database."""
    try:
        office = Office.objects.in_order().first()
    except DatabaseError:
        office = next(iter(last_known), None)
    context = {
        "typed": typed_values(request),
        "office": office,
        "action": request.get_full_path(),
        "section": section(request.path_info),
    }
    return HttpResponse(render_to_string("submission_failed.html", context), status=500)


def too_many(request: HttpRequest, error: rate_limits.TooMany) -> HttpResponse:
    """Answer 429 with Retry-After; the page keeps what was typed."""
    response = render(
        request,
        "429.html",
        {
            "retry_minutes": -(-error.retry_after // 60),
            "typed": typed_values(request),
            "action": request.get_full_path(),
        },
        status=429,
    )
    response["Retry-After"] = str(error.retry_after)
    return response


def refused_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Answer 422 with the reason, for refusals that no form on a page belongs to."""
    return render(
        request,
        "refused.html",
        {"refused": refused, "typed": typed_values(request)},
        status=422,
    )


class Typed(NamedTuple):
    """One thing that was typed or chosen, as ``components/typed.html`` shows it again."""

    name: str
    label: str
    value: str
    #: Whether its sender has seen it; what a form carries along is only sent again.
    shown: bool


#: What forms call their fields, for pages that show a form's content without it.
LABELS = {
    "name": _("Name"),
    "email": _("Email address"),
    "login": _("Email address"),
    "phone": _("Phone number"),
    "party_size": _("How many people come"),
    "mode": _("How you take part"),
    "language": _("Language"),
    "access_needs": _("What you need"),
    "access_note": _("More about what you need"),
    "text": _("Your question"),
    "question": _("Your question"),
    "public_name": _("Name to show with it"),
    "topics": _("Topics"),
    "office": _("Office"),
    "reason": _("Reason"),
    "title": _("Title"),
    "description": _("Description"),
    "body": _("Text"),
    "starts_on": _("Date"),
    "starts_time": _("Starts"),
    "ends_time": _("Ends"),
    "venue": _("Place"),
}
#: What a form carries along: which button was pressed, and what its sender had seen.
CARRIED = {"do", "seen", "revision", "back", "next", "view", "show", "office_asked"}
#: Never written into a page again.
SECRETS = {"csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code"}


def typed_values(request: HttpRequest) -> list[Typed]:
    """Return what was typed, in order, without the CSRF token, passwords and codes."""
    return [
        Typed(name, _label(name), value, shown=name not in CARRIED)
        for name, values in request.POST.lists()
        if name not in SECRETS
        for value in values
    ]


def _label(name: str) -> str:
    """What a field is called; ``title_es`` is the title in Spanish."""
    base, _underscore, code = name.rpartition("_")
    if base in LABELS and code in dict(settings.LANGUAGES):
        return f"{LABELS[base]} ({own_name(code)})"
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))
