"""A provider's API against a real HTTP server that answers as each test tells it."""

import base64
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from config.environment import MailTransport
from notifications.delivery import mime
from notifications.delivery.channels import (
    Cut,
    Mail,
    MailRefused,
    Rejected,
    ServerAway,
    TryLater,
    http_line,
)
from notifications.delivery.channels import email as channel
from notifications.delivery.channels.provider import ProviderApi
from notifications.delivery.sending import send_batch
from notifications.message import CalendarPart, Rendered
from notifications.models import Delivery, MailHold, Suppression
from tests.factories import NOW, make_office
from tests.notifications.delivery.kit import LETTER, THEN, make_delivery
from tests.notifications.delivery.kit import state as state_of
from tests.provider_sink import DROP, DROP_EARLY, HANG, ProviderSink
from tests.servers import free_port

WORDS = Rendered(
    subject="Your place — Straße",
    text="Hello,\n\n.dots and — dashes\n",
    html="<p>Hello — <a href='https://example.org/rsvps/x/'>here</a></p>",
    unsubscribe_url="https://example.org/unsubscribe/token/",
)
KEY = "reminder:rsvp:7:1d@11:00:3"
MESSAGE_ID = "reminder.rsvp.7.1d=4011.00.3@testserver"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderSink]:
    monkeypatch.setattr(http_line, "STEP_TIMEOUT", 2)
    monkeypatch.setattr(http_line, "ANSWER_TIMEOUT", 0.3)
    with ProviderSink() as running:
        yield running


def postmark(sink: ProviderSink) -> MailTransport:
    return MailTransport(
        "anymail", provider="postmark", options={"server_token": "t0k", "api_url": sink.url}
    )


def mailgun(sink: ProviderSink) -> MailTransport:
    options = {"api_key": "k3y", "api_url": f"{sink.url}v3", "sender_domain": "mg.example.gov"}
    return MailTransport("anymail", provider="mailgun", options=options)


def mail(rendered: Rendered = WORDS, *, to: str = "ana@example.org", bulk: bool = True) -> Mail:
    delivery = Delivery(key=KEY, language="en", planned_at=NOW)
    return mime.build(delivery, rendered, address=to, bulk=bulk)


def send(chosen: MailTransport, one: Mail | None = None) -> None:
    api = ProviderApi(chosen)
    try:
        api.prepare()
        api.send(one or mail())
    finally:
        api.close()


def headers_of(data: dict[str, Any]) -> dict[str, str]:
    return {row["Name"]: row["Value"] for row in data["Headers"]}


# --- What it is given ----------------------------------------------------------------------------


def test_mailgun_gets_the_very_bytes(provider: ProviderSink) -> None:
    one = mail()
    send(mailgun(provider), one)
    (request,) = provider.taken
    assert (request.path, request.login) == ("/v3/mg.example.gov/messages.mime", "api:k3y")
    assert request.form["message"] == one.content
    assert {name: value for name, value in request.form.items() if name != "message"} == {
        "to": b"ana@example.org",
        "v:plazuela": MESSAGE_ID.encode(),
        "o:tracking-clicks": b"no",
        "o:tracking-opens": b"no",
    }


def test_postmark_keeps_the_message_id_the_key_and_the_way_out(provider: ProviderSink) -> None:
    calendar = CalendarPart(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "REQUEST")
    with_calendar = Rendered(**{**vars(WORDS), "calendar": calendar})
    send(postmark(provider), mail(with_calendar))
    (request,) = provider.taken
    data = request.json
    assert (request.path, request.headers["X-Postmark-Server-Token"]) == ("/email", "t0k")
    assert (data["To"], data["Subject"]) == ("ana@example.org", WORDS.subject)
    assert data["TextBody"].replace("\r\n", "\n") == WORDS.text.rstrip()
    assert data["HtmlBody"].strip() == WORDS.html
    assert headers_of(data) == {
        "Message-ID": f"<{MESSAGE_ID}>",
        "X-Plazuela-Key": KEY,
        "X-PM-KeepID": "true",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "en",
        "List-Id": "<testserver>",
        "List-Unsubscribe": "<https://example.org/unsubscribe/token/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert data["Metadata"] == {"plazuela": MESSAGE_ID}
    assert (data["TrackOpens"], data["TrackLinks"]) == (False, "None")
    (attached,) = data["Attachments"]
    assert attached["ContentType"] == 'text/calendar; method="REQUEST"; charset="utf-8"'
    assert base64.b64decode(attached["Content"]).splitlines() == calendar.content.splitlines()


def test_messages_share_one_connection(provider: ProviderSink) -> None:
    api = ProviderApi(postmark(provider))
    for _ in range(3):
        api.prepare()
        api.send(mail())
    api.close()
    assert (len(provider.taken), provider.connections) == (3, 1)


def test_a_connection_that_has_been_idle_is_opened_anew(
    provider: ProviderSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_line, "IDLE", 0.0)
    api = ProviderApi(postmark(provider))
    for _ in range(2):
        api.prepare()
        api.send(mail())
    api.close()
    assert (len(provider.taken), provider.connections) == (2, 2)


# --- How far it got ------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_away(provider: ProviderSink) -> None:
    chosen = MailTransport(
        "anymail",
        provider="postmark",
        options={"server_token": "t0k", "api_url": f"http://127.0.0.1:{free_port()}/"},
    )
    with pytest.raises(ServerAway, match="connect:"):
        ProviderApi(chosen).prepare()


def test_a_line_that_breaks_before_the_last_byte_has_sent_nothing(provider: ProviderSink) -> None:
    long = Rendered(**{**vars(WORDS), "text": "So it goes on.\n" * 400_000})
    provider.answer(DROP_EARLY)
    with pytest.raises(TryLater, match="request:"):
        send(postmark(provider), mail(long))
    assert provider.taken == []


def test_the_last_byte_waits_for_a_server_that_has_hung_up(
    provider: ProviderSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the connection is seen before the request is complete: nothing was sent."""
    real, asked = http_line._has_spoken, []

    def patient(line: Any) -> bool:
        asked.append(line)
        if len(asked) == 1:
            line.sock.settimeout(2)
            assert line.sock.recv(1, socket.MSG_PEEK) == b""
        return real(line)

    provider.answer(DROP_EARLY)
    api = ProviderApi(postmark(provider))
    api.prepare()
    monkeypatch.setattr(http_line, "_has_spoken", patient)
    with pytest.raises(TryLater, match="the server ended it"):
        api.send(mail())
    assert asked


@pytest.mark.parametrize("trouble", [DROP, HANG])
def test_silence_after_the_last_byte_leaves_it_open(provider: ProviderSink, trouble: str) -> None:
    provider.answer(trouble)
    api = ProviderApi(postmark(provider))
    api.prepare()
    with pytest.raises(Cut, match="after the request"):
        api.send(mail())
    assert len(provider.taken) == 1
    # It makes no *unknown* of the next message, too.
    with pytest.raises(ServerAway):
        api.prepare()


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ((200, b"<html>It works</html>"), Cut),
        ((200, {"id": "x", "message": "Mailgun Magnificent API"}), Cut),
        ((504, b"upstream timed out"), Cut),
        ((502, b"bad gateway"), Cut),
        ((429, {"message": "Too many requests"}), TryLater),
        ((500, {"message": "Internal error"}), TryLater),
        ((503, {"message": "Down for repairs"}), TryLater),
        ((401, b"Forbidden"), MailRefused),
        ((403, {"message": "Domain is disabled"}), MailRefused),
        ((404, {"message": "Domain not found: mg.example.gov"}), MailRefused),
        ((301, b""), MailRefused),
        ((413, b"too large"), Rejected),
        ((400, {"message": "'to' parameter is not a valid address"}), Rejected),
    ],
)
def test_what_an_answer_means(
    provider: ProviderSink, answer: tuple[int, Any], meaning: type[Exception]
) -> None:
    provider.answer(answer)
    with pytest.raises(meaning) as met:
        send(mailgun(provider))
    assert type(met.value) is meaning
    assert str(answer[0]) in str(met.value)
    assert provider.not_given() == 0


@pytest.mark.parametrize(
    ("code", "meaning", "about"),
    [
        (400, MailRefused, "sender_only"),
        (412, MailRefused, "at_recipient"),
        (405, MailRefused, ""),
        (406, Rejected, ""),
        (300, Rejected, "bad_address"),
        (411, Rejected, ""),
    ],
)
def test_what_postmarks_codes_mean(
    provider: ProviderSink, code: int, meaning: type[Exception], about: str
) -> None:
    words = {
        300: "Invalid 'To' address: 'ana@example.org'.",
        406: "Found inactive addresses: ana@example.org.\n Inactive recipients are ones that have",
    }.get(code, "No.")
    provider.answer((422, {"ErrorCode": code, "Message": words}))
    with pytest.raises(meaning) as met:
        send(postmark(provider))
    said = {name for name, value in vars(met.value).items() if value is True}
    assert said == ({about} if about else set())
    assert "ana@example.org" not in str(met.value)


# --- With the machine around it ------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("small_catalogue")
def test_a_batch_through_an_api_ends_as_one_through_smtp(
    provider: ProviderSink, settings: Any
) -> None:
    settings.MAIL_TRANSPORT = postmark(provider)
    assert isinstance(channel.transport(), ProviderApi)
    notes = [make_delivery(email=f"n{number}@example.org") for number in range(3)]
    provider.answer(
        (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'n0@example.org'."}),
        (429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}),
    )
    outcome = send_batch(now=THEN)
    assert outcome is not None
    assert outcome.states == {"failed": 1, "retry": 1, "accepted": 1}
    assert [state_of(note) for note in notes] == ["failed", "retry", "accepted"]
    assert Suppression.objects.get().reason == "bounced"
    assert headers_of(provider.taken[0].json)["X-Plazuela-Key"] == notes[2].key


@pytest.mark.django_db
@pytest.mark.usefixtures("small_catalogue")
def test_letters_whose_answer_got_lost_are_one_unknown_a_run(
    provider: ProviderSink, settings: Any
) -> None:
    settings.MAIL_TRANSPORT = postmark(provider)
    office = make_office()
    letters = [make_delivery(LETTER, office=office) for _ in range(3)]
    provider.answer(DROP)
    outcome = send_batch(now=THEN)
    assert outcome is not None
    assert outcome.stopped
    assert [state_of(letter) for letter in letters] == ["unknown", "due", "due"]
    assert [letter.attempts for letter in letters] == [1, 0, 0]
    send_batch(now=THEN)
    assert [state_of(letter) for letter in letters] == ["unknown", "accepted", "accepted"]
    assert len(provider.taken) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("small_catalogue")
def test_a_wrong_key_holds_all_mail_and_loses_none(provider: ProviderSink, settings: Any) -> None:
    settings.MAIL_TRANSPORT = postmark(provider)
    note = make_delivery()
    provider.answer((401, {"ErrorCode": 10, "Message": "No Account or Server API tokens"}))
    send_batch(now=THEN)
    assert state_of(note) == "due"
    assert "401" in MailHold.objects.get().reason
