"""A form of the staff whose sender was signed out, or whose token is an old one: its text is kept.

Neither page does what the form asks for. Signing in renews the token, so the page of who was signed
out has none: sent from there, the form comes back once more, with a token, for its sender to look
at and to send. Nothing of it is stored here; it stays in the sender's browser.
"""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from events.public_post import comes_from_elsewhere, says_it_is_ours, typed_values
from events.token_pages import unlisted


class Attached(NamedTuple):
    """A field that files were chosen in. Their content is not kept."""

    name: str
    filenames: str
    are_many: bool


def signed_out(request: HttpRequest) -> HttpResponse:
    """Answer 403 with what was typed, and say how to sign in beside it and go on."""
    context = _kept(request) | {"sign_in": _sign_in_beside()}
    return unlisted(render(request, "signed_out.html", context, status=403))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 for a form without the token of this browser (``CSRF_FAILURE_VIEW``).

    Only what a page of ours has sent comes back with a token: a stranger's page could otherwise
    let staff send, with one more press, what they never typed.
    """
    if comes_from_elsewhere(request):
        return render(request, "elsewhere.html", status=403)
    if _is_of_the_desk(request) and not request.user.is_authenticated:
        return signed_out(request)
    context = _kept(request)
    if not says_it_is_ours(request):
        context["action"] = ""
    return unlisted(render(request, "403_csrf.html", context, status=403))


def _kept(request: HttpRequest) -> dict[str, Any]:
    return {
        "typed": typed_values(request),
        "files": [
            Attached(name, ", ".join(file.name or "" for file in files), len(files) > 1)
            for name, files in request.FILES.lists()
        ],
        "action": request.get_full_path(),
        # The other language's link would lead to an address that may only take forms.
        "page_path": reverse("staff"),
    }


def _sign_in_beside() -> str:
    """Return the address of the staff's door that leads to a page which says to come back."""
    return f"{reverse('account_login')}?next={reverse('staff-signed-in')}"


def _is_of_the_desk(request: HttpRequest) -> bool:
    found = request.resolver_match
    return found is not None and found.view_name.split("-")[0] == "staff"
