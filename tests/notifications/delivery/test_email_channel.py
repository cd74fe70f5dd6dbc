"""The SMTP channel against a real server that answers as each test tells it."""

import smtplib
import socket
import time
from collections.abc import Iterator

import pytest

from config.environment import MailTransport
from notifications.delivery.channels import (
    Cut,
    Mail,
    MailRefused,
    Rejected,
    ServerAway,
    TryLater,
)
from notifications.delivery.channels import email as channel
from tests.smtp_sink import DROP, HANG, SmtpSink

CONTENT = b"X-Plazuela-Key: a\r\nSubject: Hello\r\n\r\nFirst\r\n.\r\n..two\r\nlast"


def mail(key: str = "a", to: str = "ana@example.org") -> Mail:
    return Mail(
        key=key,
        sender="office@example.org",
        recipient=to,
        content=CONTENT.replace(b"Key: a", f"Key: {key}".encode()),
    )


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


@pytest.fixture
def smtp(sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[channel.Smtp]:
    monkeypatch.setattr(channel, "STEP_TIMEOUT", 0.5)
    monkeypatch.setattr(channel, "DOT_TIMEOUT", 0.5)
    line = channel.Smtp(MailTransport("smtp", "127.0.0.1", sink.port))
    yield line
    line.close()


def test_a_message_arrives_as_it_was_written(sink: SmtpSink, smtp: channel.Smtp) -> None:
    smtp.prepare()
    smtp.send(mail())
    (taken,) = sink.taken
    assert (taken.sender, taken.recipient) == ("office@example.org", "ana@example.org")
    assert taken.content == CONTENT + b"\r\n"


def test_messages_share_one_connection_and_reset_between(
    sink: SmtpSink, smtp: channel.Smtp
) -> None:
    for key in "abc":
        smtp.prepare()
        smtp.send(mail(key))
    assert [taken.key for taken in sink.taken] == ["a", "b", "c"]
    assert (sink.connections, sink.reached["RSET"]) == (1, 2)


def test_the_dot_does_not_wait_for_the_packet_before_it(sink: SmtpSink, smtp: channel.Smtp) -> None:
    """Nagle's algorithm and delayed acknowledgement together cost 40 ms a message."""
    smtp.prepare()
    assert smtp._line is not None
    assert smtp._line.sock is not None
    assert smtp._line.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    started = time.monotonic()
    for _ in range(50):
        smtp.prepare()
        smtp.send(mail())
    assert time.monotonic() - started < 50 * 0.04


def test_a_dropped_connection_is_opened_again(sink: SmtpSink, smtp: channel.Smtp) -> None:
    smtp.prepare()
    smtp.send(mail("a"))
    sink.answer("RSET", DROP)
    smtp.prepare()
    smtp.send(mail("b"))
    assert [taken.key for taken in sink.taken] == ["a", "b"]
    assert sink.connections == 2


@pytest.mark.parametrize("answer", ["421 4.3.2 Busy", DROP, HANG])
@pytest.mark.parametrize("phase", ["connect", "EHLO"])
def test_a_server_that_does_not_talk_is_away(
    sink: SmtpSink, smtp: channel.Smtp, phase: str, answer: str
) -> None:
    sink.answer(phase, answer)
    with pytest.raises(ServerAway):
        smtp.prepare()
    smtp.prepare()
    smtp.send(mail())
    assert len(sink.taken) == 1


def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(ServerAway, match="refused"):
        channel.Smtp(MailTransport("smtp", "127.0.0.1", 1)).prepare()


def test_a_refused_greeting_stops_all_mail(sink: SmtpSink, smtp: channel.Smtp) -> None:
    sink.answer("connect", "554 5.7.1 You are on a block list")
    with pytest.raises(MailRefused, match=r"connect: 554 5\.7\.1 You are"):
        smtp.prepare()


def test_a_missing_starttls_stops_all_mail(sink: SmtpSink) -> None:
    line = channel.Smtp(MailTransport("smtp", "127.0.0.1", sink.port, tls="starttls"))
    with pytest.raises(MailRefused, match="STARTTLS"):
        line.prepare()


@pytest.mark.parametrize("answer", [DROP, HANG, "450 4.3.0 Later", "421 4.7.0 Too many"])
@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
def test_trouble_before_the_content_is_tried_later(
    sink: SmtpSink, smtp: channel.Smtp, phase: str, answer: str
) -> None:
    sink.answer(phase, answer)
    smtp.prepare()
    with pytest.raises(TryLater):
        smtp.send(mail("a"))
    smtp.prepare()
    smtp.send(mail("b"))
    assert [taken.key for taken in sink.taken] == ["b"]


def test_a_connection_dropped_in_the_content_is_tried_later(
    sink: SmtpSink, smtp: channel.Smtp
) -> None:
    sink.answer("content", DROP)
    smtp.prepare()
    long = Mail("a", "office@example.org", "ana@example.org", b"x" * 70 + b"\r\n" * 10**7)
    with pytest.raises(TryLater, match="content"):
        smtp.send(long)
    assert sink.reached["content"] == 1


def test_a_server_that_hung_up_before_the_dot_is_noticed_before_the_dot(
    sink: SmtpSink, smtp: channel.Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short message is in the socket's buffer before the server is known to be gone."""
    sink.answer("content", DROP)
    real = channel._has_spoken

    def look_a_little_later(line: smtplib.SMTP) -> bool:
        time.sleep(0.3)
        return real(line)

    monkeypatch.setattr(channel, "_has_spoken", look_a_little_later)
    smtp.prepare()
    with pytest.raises(TryLater, match="content"):
        smtp.send(mail())
    assert sink.reached["content"] == 1


def test_a_hang_in_the_content_of_a_large_message_is_tried_later(
    sink: SmtpSink, smtp: channel.Smtp
) -> None:
    sink.answer("content", HANG)
    smtp.prepare()
    long = Mail("a", "office@example.org", "ana@example.org", b"x" * 70 + b"\r\n" * 10**7)
    with pytest.raises(TryLater, match="content"):
        smtp.send(long)


def test_a_temporary_refusal_after_the_dot_is_tried_later(
    sink: SmtpSink, smtp: channel.Smtp
) -> None:
    sink.answer("dot", "451 4.7.1 Greylisted")
    smtp.prepare()
    with pytest.raises(TryLater, match=r"final dot: 451 4\.7\.1"):
        smtp.send(mail())


def test_a_refusal_after_the_dot_concerns_the_message_alone(
    sink: SmtpSink, smtp: channel.Smtp
) -> None:
    sink.answer("dot", "554 5.6.0 Content refused")
    smtp.prepare()
    with pytest.raises(Rejected) as raised:
        smtp.send(mail())
    assert not raised.value.bad_address


@pytest.mark.parametrize("answer", [DROP, HANG])
@pytest.mark.parametrize("phase", ["dot", "taken"])
def test_silence_after_the_dot_leaves_it_open(
    sink: SmtpSink, smtp: channel.Smtp, phase: str, answer: str
) -> None:
    sink.answer(phase, answer)
    smtp.prepare()
    with pytest.raises(Cut, match="after the final dot"):
        smtp.send(mail("a"))
    smtp.prepare()
    smtp.send(mail("b"))
    assert [taken.key for taken in sink.taken] == (["a", "b"] if phase == "taken" else ["b"])


@pytest.mark.parametrize(
    ("answer", "bad"),
    [
        ("550 5.1.1 <ana@example.org>: User unknown", True),
        ("550 5.1.10 Recipient not found", True),
        ("556 5.1.10 Recipient address has null MX", True),
        ("550 5.1.2 Host or domain name not found", True),
        ("553 5.1.3 Bad address syntax", True),
        ("551 5.1.6 Mailbox has moved", True),
        ("550 5.1.1 <ana@example.org>: User unknown in relay recipient table", True),
        ("550 No such user here", True),
        ("550 Unknown user", True),
        ("550 <ana@example.org>: Recipient unknown", True),
        ("550 The account that you tried to reach does not exist", True),
        ("550 Mailbox not found", True),
        ("553 Mailbox name invalid", True),
        ("550 5.2.1 The mailbox is disabled", False),
        ("550 5.3.2 System not accepting messages", False),
        ("550 5.3.4 Message too big", False),
        ("552 5.2.3 Message longer than the mailbox allows", False),
        ("550 5.7.1 No such user may write to us", False),
        ("550 5.7.26 Unauthenticated mail from this address is not accepted", False),
        ("550 Requested action not taken", False),
        ("550 Mailbox unavailable", False),
        ("550 Administrative prohibition", False),
        ("550 Invalid sender address", False),
        ("554 No such user here", False),
        ("550 5.7.1 Message blocked as spam", False),
        ("550 5.4.1 Recipient address rejected", False),
        ("550 Blocked by policy, see https://example.net", False),
        ("552 5.2.2 Mailbox full", False),
        ("554 Transaction failed", False),
    ],
)
def test_a_refused_recipient_fails_and_its_address_is_bad_only_if_it_says_so(
    sink: SmtpSink, smtp: channel.Smtp, answer: str, bad: bool
) -> None:
    sink.answer("RCPT", answer)
    smtp.prepare()
    with pytest.raises(Rejected) as raised:
        smtp.send(mail("a"))
    assert raised.value.bad_address is bad
    assert "ana@example.org" not in str(raised.value)
    smtp.prepare()
    smtp.send(mail("b"))
    assert [taken.key for taken in sink.taken] == ["b"]


@pytest.mark.parametrize(
    ("phase", "answer"),
    [
        ("MAIL", "530 5.7.0 Authentication required"),
        ("MAIL", "550 5.7.1 Not allowed to send"),
        ("RCPT", "530 5.7.0 Must issue a STARTTLS command first"),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("DATA", "535 5.7.8 Log in first"),
    ],
)
def test_a_server_that_refuses_our_mail_as_such_stops_it_all(
    sink: SmtpSink, smtp: channel.Smtp, phase: str, answer: str
) -> None:
    sink.answer(phase, answer)
    smtp.prepare()
    with pytest.raises(MailRefused) as raised:
        smtp.send(mail())
    assert not raised.value.sender_only


def test_a_refused_sender_address_is_told_apart(sink: SmtpSink, smtp: channel.Smtp) -> None:
    sink.answer("MAIL", "553 5.1.8 Sender address rejected: domain not found")
    smtp.prepare()
    with pytest.raises(MailRefused) as raised:
        smtp.send(mail())
    assert raised.value.sender_only


def test_a_message_too_large_concerns_itself_alone(sink: SmtpSink, smtp: channel.Smtp) -> None:
    sink.answer("MAIL", "552 5.3.4 Message size exceeds the limit")
    smtp.prepare()
    with pytest.raises(Rejected):
        smtp.send(mail())


def test_login_with_the_password_of_the_address() -> None:
    with SmtpSink(password="open sesame") as sink:
        line = channel.Smtp(MailTransport("smtp", "127.0.0.1", sink.port, "sink", "open sesame"))
        line.prepare()
        line.send(mail())
        line.close()
        assert len(sink.taken) == 1


def test_a_wrong_password_stops_all_mail() -> None:
    with SmtpSink(password="open sesame") as sink:
        line = channel.Smtp(MailTransport("smtp", "127.0.0.1", sink.port, "sink", "wrong"))
        with pytest.raises(MailRefused, match="AUTH: 535"):
            line.prepare()


def test_a_login_that_is_put_off_is_a_server_away() -> None:
    with SmtpSink(password="open sesame") as sink:
        sink.answer("AUTH", *["454 4.7.0 Temporary authentication failure"] * 2)
        line = channel.Smtp(MailTransport("smtp", "127.0.0.1", sink.port, "sink", "open sesame"))
        with pytest.raises(ServerAway, match="AUTH: 454"):
            line.prepare()
