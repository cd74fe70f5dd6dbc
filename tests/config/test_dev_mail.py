"""The mail of a developer's machine in the browser; a public site has no such page."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection
from django.test import Client
from django.urls import get_resolver

from config.environment import MailTransport
from notifications.tick import drain
from tests.factories import NOW, make_event, make_office, make_rsvp
from tests.pages import page

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.dev_mail_urls")]


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    # The paths are loaded once, for all tests: as a public site has them.
    assert get_resolver(settings.ROOT_URLCONF).url_patterns
    settings.DEBUG = True
    settings.MAIL_TRANSPORT = MailTransport("file", path=tmp_path / "mail")
    return tmp_path / "mail"


def test_a_confirmation_is_read_as_text_as_html_and_whole(client: Client, folder: Path) -> None:
    assert "Nothing has been sent yet." in page(client.get("/dev/mail/")).text
    event = make_event(make_office(name="City Clerk"), title="Town hall: <b>parks</b>")
    make_rsvp(event, email="ana@example.org")
    drain(now=NOW)
    shown = page(client.get("/dev/mail/"))
    assert "ana@example.org" in shown.text
    (address,) = (link for link in shown.links if link.startswith("/dev/mail/") and "eml" in link)

    answer = client.get(address)
    assert answer["Cache-Control"] == "private, no-store"
    read = page(answer)
    assert "Town hall: <b>parks</b>" in read.text
    assert "BEGIN:VEVENT" in read.text
    assert any("/rsvps/" in link for link in read.links)

    html = client.get(address, {"as": "html"})
    assert html["Content-Security-Policy"].startswith("default-src 'none';")
    assert b"Town hall: &lt;b&gt;parks&lt;/b&gt;" in html.content
    raw = client.get(address, {"as": "raw"})
    assert raw["Content-Type"] == "text/plain; charset=utf-8"
    assert raw.content.startswith(b"From: ")


def test_what_django_sends_itself_is_there_and_the_newest_is_first(
    client: Client, folder: Path, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(folder)
    # Kept, since Django names a file after the connection.
    connections = [get_connection(), get_connection()]
    for age, subject, connection in zip((60, 0), ("First", "Second"), connections, strict=True):
        sent = EmailMessage(subject, "Choose one.", "a@example.org", ["b@example.org"])
        connection.send_messages([sent])
        newest = max(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)
        os.utime(newest, (newest.stat().st_mtime - age,) * 2)
    shown = page(client.get("/dev/mail/"))
    assert shown.text.index("Second") < shown.text.index("First")
    newest = max(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)
    read = page(client.get(f"/dev/mail/{newest.name}/")).text
    assert "Choose one." in read
    assert "-----" not in read


@pytest.mark.parametrize("name", ["nothing.eml", "..", "secret_key", "a.eml%00", "%2e%2e%2fx.eml"])
def test_nothing_else_is_read(client: Client, folder: Path, name: str) -> None:
    folder.mkdir()
    (folder.parent / "secret_key").write_text("secret")
    (folder / "secret_key").write_text("secret")
    assert client.get(f"/dev/mail/{name}/").status_code == 404


def test_a_public_site_shows_none(client: Client, folder: Path, settings: Any) -> None:
    settings.DEBUG = False
    assert client.get("/dev/mail/").status_code == 404
    assert client.get("/dev/mail/a.eml/").status_code == 404
