"""What all pages behind a mailed link have in common.

Such an address is a secret: no cache may keep the page, no search engine list it. A link that is
not ours, was cut short on its way, or was renewed since, leads to a page that says what to do.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from events.languages import language_in_use
from events.links import BadLink

View = Callable[..., HttpResponse]


def token_page(view: View) -> View:
    """Make ``view`` private and unlisted; a :class:`BadLink` that it raises becomes a 404 page.

    Stands inside ``public_post`` where a view has both.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except BadLink:
            response = render(request, "bad_link.html", status=404)
        return unlisted(response)

    return guarded


def unlisted(response: HttpResponse) -> HttpResponse:
    """Mark the response as one person's own: not to be kept, not to be listed."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def unprefixed_url(name: str, **kwargs: Any) -> str:
    """Return the address of a page without a language prefix, in the language of this page."""
    language = language_in_use()
    url = reverse(name, kwargs=kwargs)
    return url if language == settings.LANGUAGE_CODE else f"{url}?lang={language}"


def see_other(url: str) -> HttpResponse:
    """Answer 303: what was sent has been taken in, and the next page is got at ``url``."""
    return HttpResponseRedirect(url, status=303)
