"""A provider's API against a real HTTP server that answers as each test tells it."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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
from tests.provider_sink import DROP, DROP_EARLY, HANG, SQUEEZED, ProviderSink
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


def test_letters_go_into_a_stream_of_their_own(provider: ProviderSink) -> None:
    plain = postmark(provider)
    chosen = MailTransport(
        "anymail", provider="postmark", options={**plain.options, "letter_stream": "broadcast"}
    )
    for bulk in (True, False):
        send(chosen, mail(bulk=bulk))
    assert [request.json.get("MessageStream") for request in provider.taken] == ["broadcast", None]


# --- The line ------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sink")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "sink.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    return file


@pytest.fixture
def tls(certificate: Path) -> Iterator[ProviderSink]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ProviderSink(context) as running:
        yield running


def test_tickets_of_tls_are_no_answer_and_cost_no_connection(
    tls: ProviderSink, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    api = ProviderApi(postmark(tls))
    for _ in range(3):
        api.prepare()
        api.send(mail())
    api.close()
    assert (len(tls.taken), tls.connections) == (3, 1)


def test_an_end_under_tls_is_seen_before_the_last_byte(
    tls: ProviderSink, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls.answer(DROP_EARLY)
    with pytest.raises(TryLater):
        send(postmark(tls), mail(Rendered(**{**vars(WORDS), "text": "So it goes.\n" * 400_000})))
    assert tls.taken == []


def test_a_certificate_that_nobody_trusts_stops_all_mail(tls: ProviderSink) -> None:
    with pytest.raises(MailRefused, match="certificate verify failed"):
        ProviderApi(postmark(tls)).prepare()


def test_a_proxy_is_asked_for_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"127.0.0.1:{proxy.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", f"http://me:p%2Fw@{address}")
        monkeypatch.setenv("no_proxy", "")
        heard = []

        def refuse() -> None:
            line, _address = proxy.accept()
            with line:
                heard.append(line.recv(4096).decode())
                line.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        chosen = MailTransport("anymail", provider="postmark", options={"server_token": "t0k"})
        with pytest.raises(ServerAway, match="403"):
            ProviderApi(chosen).prepare()
        thread.join()
    assert heard[0].startswith("CONNECT api.postmarkapp.com:443 ")
    login = base64.b64encode(b"me:p/w").decode()
    assert f"Proxy-Authorization: Basic {login}\r\n" in heard[0]


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
        ((200, SQUEEZED), Cut),
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
    assert str(answer[0]) in str(met.value) or answer[1] == SQUEEZED
    assert provider.not_given() == 0


def test_a_key_that_no_header_can_hold_is_refused_and_not_told(provider: ProviderSink) -> None:
    options = {**postmark(provider).options, "server_token": "hunter2\n"}
    with pytest.raises(MailRefused) as met:
        send(MailTransport("anymail", provider="postmark", options=options))
    assert str(met.value) == "request: InvalidHeader"
    assert provider.taken == []


@pytest.mark.parametrize("code", [300, 406])
def test_a_refusal_in_words_that_nobody_knows_is_no_yes(provider: ProviderSink, code: int) -> None:
    provider.answer((422, {"ErrorCode": code, "Message": "Said in another way."}))
    with pytest.raises(Rejected, match="Said in another way"):
        send(postmark(provider))


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
