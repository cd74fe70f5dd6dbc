"""Who may show a page of ours inside a page of their own: nobody, but for what is marked here.

Every answer refuses to be framed (``frame-ancestors 'none'`` and ``X-Frame-Options``, see the
settings): a page in a hostile frame can be clicked without being seen. The two embeds are made for
frames, set no cookie and know nobody; previews on the desk are framed by the desk alone.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpResponse
from django.views.decorators.clickjacking import xframe_options_exempt, xframe_options_sameorigin

View = Callable[..., HttpResponse]


def framed_anywhere(view: View) -> View:
    """Let pages of any site frame ``view``, whatever it answers: a refusal is read there, too."""
    anybody = csp_replace({"frame-ancestors": ["*"]})

    @wraps(view)
    def framed(*args: Any, **kwargs: Any) -> HttpResponse:
        answer: Any = xframe_options_exempt(anybody(view))(*args, **kwargs)
        return answer

    framed.may_be_framed_by = "anybody"  # type: ignore[attr-defined]
    return framed


def framed_here(view: View) -> View:
    """Let our own pages frame ``view``."""
    ours = csp_replace({"frame-ancestors": ["'self'"]})

    @wraps(view)
    def framed(*args: Any, **kwargs: Any) -> HttpResponse:
        answer: Any = xframe_options_sameorigin(ours(view))(*args, **kwargs)
        return answer

    framed.may_be_framed_by = "ourselves"  # type: ignore[attr-defined]
    return framed
