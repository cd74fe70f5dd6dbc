"""What a request says of its sender, and in which language to answer."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

_GetResponse = Callable[[HttpRequest], HttpResponse]


class TrustedProxyMiddleware:
    """Sets `request.client_address` and the scheme, believing TRUSTED_PROXIES hops and no more.

    Each proxy appends the address it was called from, so with n trusted hops the n-th value from
    the right is the last one that a stranger could not write. With 0 hops no header is believed.
    """

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hops = settings.TRUSTED_PROXIES
        peer = request.META.get("REMOTE_ADDR", "")
        request.client_address = _nth_from_right(  # type: ignore[attr-defined]
            request.META.get("HTTP_X_FORWARDED_FOR", ""), hops, peer
        )
        if hops:
            # The scheme that the visitor used is the one the outermost trusted proxy saw; a proxy
            # that overwrites the header leaves one value.
            schemes = _parts(request.META.get("HTTP_X_FORWARDED_PROTO", ""))
            if schemes:
                scheme = schemes[-min(hops, len(schemes))].lower()
                request.META["wsgi.url_scheme"] = "https" if scheme == "https" else "http"
        return self.get_response(request)


class LanguageMiddleware:
    """Activates the language of the page: its prefix (`/es/…`), else `?lang=`, else the default.

    `?lang=` counts only where there is no prefixed twin: on links with a token, feeds and the API.
    Nothing depends on Accept-Language, so a shared cache keeps one copy of a page.
    """

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_path(request.path_info)
        if language is None:
            language = self._asked_for(request) or settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language())
        return response

    def _asked_for(self, request: HttpRequest) -> str | None:
        asked = request.GET.get("lang")
        if asked not in dict(settings.LANGUAGES):
            return None
        if asked != settings.LANGUAGE_CODE and _has_prefixed_twin(request.path_info, asked):
            return None
        return asked


def _has_prefixed_twin(path: str, language: str) -> bool:
    with translation.override(language):
        try:
            resolve(f"/{language}{path}")
        except Resolver404:
            return False
    return True


def _parts(header: str) -> list[str]:
    return [part.strip() for part in header.split(",") if part.strip()]


def _nth_from_right(forwarded_for: str, hops: int, peer: str) -> str:
    """Return the address that the outermost trusted proxy was called from, without a port.

    Fewer values than hops means that a proxy was passed by: only the peer is certain then.
    """
    addresses = _parts(forwarded_for)
    if not 0 < hops <= len(addresses):
        return peer
    address = addresses[-hops]
    if address.startswith("["):  # [2001:db8::1]:443
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:  # 192.0.2.1:443
        address = address.partition(":")[0]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return peer
