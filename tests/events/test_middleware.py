"""Who sent a request, over which scheme, and in which language it is answered."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from pytest_django import Settings

from events.middleware import LanguageMiddleware, TrustedProxyMiddleware

PEER = "198.51.100.9"


def seen(hops: int, settings: Settings, **headers: str) -> tuple[str, str | None]:
    """Return the address and the scheme that a view sees."""
    settings.TRUSTED_PROXIES = hops
    request = RequestFactory().get("/", REMOTE_ADDR=PEER, headers=headers)
    TrustedProxyMiddleware(lambda request: HttpResponse())(request)
    return request.client_address, request.scheme  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "203.0.113.1", PEER),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "192.0.2.66, 203.0.113.1", "203.0.113.1"),
        (2, "192.0.2.66, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", PEER),
        (1, "", PEER),
        (1, "not an address", PEER),
        (1, "203.0.113.1:4711", "203.0.113.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
    ],
)
def test_an_address_is_believed_as_far_as_proxies_are_trusted(
    settings: Settings, hops: int, forwarded: str, address: str
) -> None:
    assert seen(hops, settings, x_forwarded_for=forwarded)[0] == address


@pytest.mark.parametrize(
    ("hops", "proto", "scheme"),
    [(0, "https", "http"), (1, "https", "https"), (1, "http", "http"), (1, "", "http"),
     (1, "gopher", "http"), (1, "https, http", "http"), (2, "https, http", "https")],
)  # fmt: skip
def test_a_scheme_is_believed_only_from_a_trusted_proxy(
    settings: Settings, hops: int, proto: str, scheme: str
) -> None:
    assert seen(hops, settings, x_forwarded_proto=proto)[1] == scheme


def language_of(path: str) -> str:
    """Return the language that a view behind the middleware answers in."""
    answered = []

    def view(request: HttpRequest) -> HttpResponse:
        answered.append(translation.get_language())
        return HttpResponse()

    response = LanguageMiddleware(view)(RequestFactory().get(path))
    assert response.headers["Content-Language"] == answered[0]
    assert "Vary" not in response.headers
    return answered[0]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/accounts/login/", "en"),
        ("/es/accounts/login/", "es"),
        ("/accounts/login/?lang=es", "en"),
        ("/es/accounts/login/?lang=en", "es"),
        ("/token/abc/", "en"),
        ("/token/abc/?lang=es", "es"),
        ("/token/abc/?lang=fr", "en"),
    ],
)
def test_the_language_comes_from_the_path_and_else_from_the_question(
    path: str, language: str
) -> None:
    assert language_of(path) == language


@pytest.mark.django_db
def test_a_browsers_language_list_changes_nothing(client: Client) -> None:
    response = client.get("/accounts/login/", headers={"accept-language": "es"})
    assert response.headers["Content-Language"] == "en"
    assert "Accept-Language" not in response.headers.get("Vary", "")


def test_a_language_does_not_stay_for_the_next_request() -> None:
    assert [language_of("/es/accounts/login/"), language_of("/token/abc/")] == ["es", "en"]
