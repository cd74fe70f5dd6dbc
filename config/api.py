"""The read API under ``/api/v1/``: open to every site, cacheable, errors in JSON.

django-ninja parses, checks and describes; its own documentation page loads scripts from elsewhere,
so ours is rendered here from the same OpenAPI document.
"""

import logging
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.cache import get_conditional_response, set_response_etag
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from config import api_docs
from events import api as events
from events.errors import Refused
from events.public_pages import public_page
from events.queries import read_page
from notifications import api as notifications
from volunteers import api as volunteers

logger = logging.getLogger(__name__)

#: Seconds that an answer may be kept without asking again.
MAX_AGE = 60

#: Names and titles as they are written, and not as escapes three times as long.
PLAIN = {"ensure_ascii": False}

View = Callable[..., HttpResponse]


class PlainRenderer(JSONRenderer):
    """ninja's JSON, with letters as they are."""

    json_dumps_params = PLAIN


api = NinjaAPI(
    title="Public data",
    version="1",
    description="Events, volunteer shifts and letters, as JSON, for everybody. Read-only, no key, "
    "no personal data. Answers carry an ETag and may be kept for a minute.",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    renderer=PlainRenderer(),
)
for _router in (events.router, volunteers.router, notifications.router):
    api.add_router("", _router)


def problem(status: int, code: str, message: str, field: str = "") -> JsonResponse:
    """Return an error as the API tells it: a code for programs, a sentence for people."""
    body = {"error": code, "message": message}
    return JsonResponse(
        body | ({"field": field} if field else {}), status=status, json_dumps_params=PLAIN
    )


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return problem(422, refused.code, refused.message, refused.field)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name the first parameter that is wrong, and how; the bounds of lists in the pages' words."""
    try:
        read_page(request.GET, usual=events.USUAL_LIMIT)
    except Refused as refused:
        return problem(422, refused.code, refused.message, refused.code.removeprefix("bad_"))
    first = error.errors[0]
    field = str(first["loc"][-1])
    return problem(422, f"bad_{field}", f"“{field}”: {first['msg']}.", field)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found", "There is nothing public under this name.")


def open_to_all(view: View) -> View:
    """Let pages of other sites read what ``view`` answers, and caches keep it.

    GET and HEAD (405 otherwise, in JSON); OPTIONS for a browser that asks first.
    """

    @csrf_exempt
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response["Access-Control-Allow-Headers"] = "If-None-Match"
            response["Access-Control-Max-Age"] = "86400"
        elif request.method in ("GET", "HEAD"):
            response = _read(view, request, *args, **kwargs)
        else:
            response = problem(405, "read_only", "This API only reads: use GET.")
        if response.status_code in (204, 405):
            response["Allow"] = "GET, HEAD, OPTIONS"
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag"
        return response

    return opened


def _read(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    asked = request.method
    request.method = "GET"
    try:
        response = view(request, *args, **kwargs)
    except Exception:
        logger.exception("The API failed: %s", request.path_info)
        response = problem(500, "failed", "Something went wrong here. Please try again later.")
    finally:
        request.method = asked
    if response.status_code == 200:
        response["Cache-Control"] = f"public, max-age={MAX_AGE}"
        set_response_etag(response)
        if asked == "HEAD":
            response["Content-Length"] = str(len(response.content))
            response.content = b""
        # Here and not in the middleware, whose 304 would lose what lets other sites read it.
        etag = response["ETag"]
        return get_conditional_response(request, etag=etag, response=response) or response
    return response


@lru_cache(maxsize=1)
def openapi() -> OpenAPISchema:
    """Return the OpenAPI document. It depends on the code alone."""
    return api.get_openapi_schema()


@public_page
def docs(request: HttpRequest) -> HttpResponse:
    """Show what the API answers, from its OpenAPI document."""
    return render(request, "api_docs.html", {"endpoints": api_docs.endpoints(openapi())})


def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer 404 in JSON. A slash too many is led to the right address."""
    if rest.endswith("/"):
        query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
        return HttpResponsePermanentRedirect(request.path.rstrip("/") + query)
    return problem(404, "no_such_address", "There is nothing here. See /api/v1/docs.")


def _opened(pattern: Any) -> Any:
    assert isinstance(pattern, URLPattern)
    pattern.callback = open_to_all(pattern.callback)
    return pattern


_patterns, _app_name, _namespace = api.urls

#: For ``include()``: ninja's paths, our page of documentation, and JSON for everything else.
urls = (
    [
        path("", lambda request: redirect("api:docs")),
        path("docs", docs, name="docs"),
        *map(_opened, _patterns),
        path("<path:rest>", open_to_all(nowhere)),
    ],
    _app_name,
    _namespace,
)
