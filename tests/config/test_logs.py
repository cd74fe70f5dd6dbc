"""Secret links and people's data do not reach the log."""

import logging
import sys
import time

import pytest
from django.test import Client

from config.logs import RedactingFormatter, redact

TOKEN = "MTIz:1:q3WkV0-Zx_9"


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        (f"Not Found: /rsvps/{TOKEN}/", "Not Found: /rsvps/…/"),
        (f"GET /es/rsvps/{TOKEN}/cancel/?lang=es", "GET /es/rsvps/…/cancel/?lang=es"),
        (f"/claims/{TOKEN}/release/", "/claims/…/release/"),
        (f"/me/{TOKEN}/", "/me/…/"),
        (f"/feeds/me/{TOKEN}.ics", "/feeds/me/…"),
        (f"/unsubscribe/{TOKEN}/", "/unsubscribe/…/"),
        (f"/subscriptions/{TOKEN}/", "/subscriptions/…/"),
        (f"/subscribe/confirm/{TOKEN}/", "/subscribe/confirm/…/"),
        (f"/accounts/login/?next=%2Fme%2F{TOKEN}%2F", "/accounts/login/?next=%2Fme%2F…%2F"),
        ("/accounts/password/reset/key/3-abc123/", "/accounts/password/reset/key/…/"),
        ("Not Found: /events/town-hall/", "Not Found: /events/town-hall/"),
        ("/subscribe/ /me/ /feeds/events.ics", "/subscribe/ /me/ /feeds/events.ics"),
        ("RCPT TO:<ana.r+x@example.org> refused", "RCPT TO:<…@…> refused"),
        ("Key (email)=(ana@example.org) exists", "Key (email)=(…@…) exists"),
        ("oh\nDETAIL:  Failing row contains (7, Ana).\nbye", "oh\nDETAIL: …\nbye"),
        ("redis://user@host:6379/0 is away", "redis://…@…:6379/0 is away"),
    ],
)
def test_what_is_secret_or_personal_is_not_logged(line: str, logged: str) -> None:
    assert redact(line) == logged


def test_a_traceback_holds_no_token() -> None:
    try:
        raise ValueError(f"bad path /rsvps/{TOKEN}/")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "oh", None, sys.exc_info())
    written = RedactingFormatter("{message}", style="{").format(record)
    assert "ValueError: bad path /rsvps/…/" in written
    assert TOKEN not in written


@pytest.mark.django_db
def test_the_sites_own_log_of_a_missing_page_holds_no_token(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    # pytest takes the handlers away, so the configured one is looked up and asked.
    logger = logging.getLogger("django.request")
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        client.get(f"/rsvps/{TOKEN}/no-such-page/")
    finally:
        logger.removeHandler(handler)
    (record,) = records
    (console,) = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, RedactingFormatter)
    ]
    assert console.format(record) == "WARNING django.request: Not Found: /rsvps/…/no-such-page/"


def test_a_long_word_without_an_address_is_logged_in_no_time() -> None:
    word = "a" * 400_000
    started = time.perf_counter()
    assert redact(f"{word} {word}@example.org") == f"{word} …@…"
    # From each of its letters on, it took minutes.
    assert time.perf_counter() - started < 5
