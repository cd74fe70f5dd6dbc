"""What all public pages have in common: they are the same for everybody who asks."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

View = Callable[..., HttpResponse]

#: A shared cache may keep a page for so many seconds. Browsers ask again each time and mostly get a
#: 304, so that nobody sees their own change late.
SHARED_SECONDS = 30


def public_page(view: View) -> View:
    """Make ``view`` a page by GET alone (405) that shared caches may keep for a moment.

    It reads neither session nor user, so that it sets no cookie and varies by none; its ETag comes
    from ``ConditionalGetMiddleware``.
    """

    @wraps(view)
    def shared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 200:
            response.headers.setdefault(
                "Cache-Control", f"public, max-age=0, s-maxage={SHARED_SECONDS}"
            )
        return response

    return require_safe(shared)
