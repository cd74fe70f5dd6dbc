"""SMTP, with an exact account of how far a message got (RFC 5321).

The server answers each step. What its answer means depends on the step: a refusal of the login or
of the sender concerns all mail, a refusal of the recipient concerns one message, and silence after
the final dot leaves it open whether the message was taken.
"""

import re
import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings

from notifications.delivery import answers
from notifications.delivery.channels import (
    Cut,
    Mail,
    MailRefused,
    NotSent,
    Rejected,
    ServerAway,
    Transport,
    TryLater,
)
from notifications.delivery.channels.local import Console, Folder

#: Seconds for each step up to the final dot, and for the answer to it: four steps and the dot, so
#: that one message is over well within the lease (DELIVERY.md, Terms).
STEP_TIMEOUT = 15
DOT_TIMEOUT = 90

_NEEDS_LOGIN = re.compile(r"relay|authentication (is )?required|must .*authenticate", re.I)


class ServerSettings(Protocol):
    """What :data:`settings.MAIL_TRANSPORT` holds of a server."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def tls(self) -> str: ...


def transport() -> Transport:
    """Return a new transport as EMAIL_URL names it."""
    chosen = settings.MAIL_TRANSPORT
    if chosen.scheme == "file":
        assert chosen.path is not None
        return Folder(chosen.path)
    if chosen.scheme == "console":
        return Console()
    if chosen.scheme == "anymail":
        # Here, since django-anymail is there only for whoever has chosen a provider.
        from notifications.delivery.channels.provider import ProviderApi

        return ProviderApi(chosen)
    return Smtp(chosen)


class Smtp:
    """One connection to the mail server, used for message after message."""

    def __init__(self, server: ServerSettings) -> None:
        self.server = server
        self._line: smtplib.SMTP | None = None

    # --- The connection --------------------------------------------------------------------------

    def prepare(self) -> None:
        """Reset the connection between two messages; open a new one if there is none any more."""
        if self._line is not None:
            try:
                with self._step(self._line, STEP_TIMEOUT) as line:
                    if line.rset()[0] == 250:
                        return
            except (OSError, smtplib.SMTPException):
                pass
            self.close()
        self._line = self._open()

    def close(self) -> None:
        """Say goodbye without waiting for long; the messages are accounted for already."""
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError, smtplib.SMTPException), self._step(line, 1):
                line.quit()
            line.close()

    def _open(self) -> smtplib.SMTP:
        line: smtplib.SMTP
        # The name that we greet with; the default looks it up in the DNS, which may take long.
        name = urlsplit(settings.SITE_URL).hostname or "localhost"
        if self.server.tls == "implicit":
            context = ssl.create_default_context()
            line = smtplib.SMTP_SSL(local_hostname=name, timeout=STEP_TIMEOUT, context=context)
        else:
            line = smtplib.SMTP(local_hostname=name, timeout=STEP_TIMEOUT)
        # starttls() checks the certificate against this name, which connect() alone does not set.
        line._host = self.server.host  # type: ignore[attr-defined]
        try:
            self._greet(line)
        except NotSent:
            line.close()
            raise
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            # No STARTTLS, no AUTH, no certificate that we trust: waiting does not mend it.
            line.close()
            raise MailRefused(f"connect: {_words(error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            line.close()
            raise ServerAway(f"connect: {_words(error)}") from error
        return line

    def _greet(self, line: smtplib.SMTP) -> None:
        self._expect("connect", line.connect(self.server.host, self.server.port))
        if line.sock is not None:
            # The dot goes in a packet of its own, which would else wait for the server to confirm
            # the one before: 40 ms a message.
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect("EHLO", line.ehlo())
        if self.server.tls == "starttls":
            self._expect("STARTTLS", line.starttls(context=ssl.create_default_context()))
            self._expect("EHLO", line.ehlo())
        if self.server.user:
            try:
                line.login(self.server.user, self.server.password)
            except smtplib.SMTPAuthenticationError as error:
                self._expect("AUTH", (error.smtp_code, error.smtp_error))

    @staticmethod
    def _expect(phase: str, reply: tuple[int, bytes | str]) -> None:
        """Raise for what refuses us before any message was spoken of."""
        code, text = reply
        if 200 <= code <= 299:
            return
        if 500 <= code <= 599:
            raise MailRefused(_say(phase, code, text))
        raise ServerAway(_say(phase, code, text))

    # --- One message -----------------------------------------------------------------------------

    def send(self, mail: Mail) -> None:
        """Send over the connection that :meth:`prepare` has made ready."""
        if self._line is None:
            raise ServerAway("connect: no connection was prepared")
        line = self._line
        options = [f"size={len(mail.content)}"] if line.has_extn("size") else []
        self._ask("MAIL", lambda: line.mail(mail.sender, options), self._on_sender)
        self._ask("RCPT", lambda: line.rcpt(mail.recipient), self._on_recipient)
        self._ask("DATA", lambda: line.docmd("DATA"), self._on_content, expected=354)
        try:
            # The dot goes alone: if the bytes before it, or it, cannot be handed over, the server
            # has no whole message to take; nor if it has spoken or hung up before the dot.
            with self._step(line, STEP_TIMEOUT):
                line.send(_escaped(mail.content))
                if _has_spoken(line):
                    raise smtplib.SMTPServerDisconnected("the server ended it")
                line.send(b".\r\n")
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TryLater(f"content: {_words(error)}") from error
        try:
            with self._step(line, DOT_TIMEOUT):
                code, text = line.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Cut(f"after the final dot: {_words(error)}") from error
        if 200 <= code <= 299:
            return
        if not 400 <= code <= 599:
            self.close()
            raise Cut(_say("after the final dot", code, text))
        self._refuse("final dot", code, text, self._on_content)

    def _ask(
        self,
        phase: str,
        command: Callable[[], tuple[int, bytes]],
        on_refusal: Callable[[int, str, str], NotSent],
        expected: int = 250,
    ) -> None:
        assert self._line is not None
        try:
            with self._step(self._line, STEP_TIMEOUT):
                code, text = command()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TryLater(f"{phase}: {_words(error)}") from error
        if code == expected or (200 <= code <= 299 and expected == 250):
            return
        self._refuse(phase, code, text, on_refusal)

    def _refuse(
        self, phase: str, code: int, text: bytes, on_refusal: Callable[[int, str, str], NotSent]
    ) -> None:
        """Raise what an answer other than yes means in this phase."""
        if code == 421:
            # The server closes the line; the next message gets a new one.
            self.close()
        said = _say(phase, code, text)
        if not 500 <= code <= 599:
            raise TryLater(said)
        if code in (530, 534, 535, 538):
            raise MailRefused(said)
        words = text.decode("utf-8", "replace")
        raise on_refusal(code, words, said)

    @staticmethod
    def _on_sender(code: int, words: str, said: str) -> NotSent:
        """A refused sender would be refused for every message; one that is too large, alone."""
        if code == 552 or answers.enhanced(words) in ("5.2.3", "5.3.4"):
            return Rejected(said)
        return MailRefused(said, sender_only=not (answers.enhanced(words) or "").startswith("5.7."))

    @staticmethod
    def _on_recipient(code: int, words: str, said: str) -> NotSent:
        """Only an address that is said not to exist is bad: whoever is refused for what we are, or
        for today's mail, would else never hear of us again.
        """
        if answers.code_says_no_mailbox(words):
            # "User unknown in relay recipient table" is no refusal to relay.
            return Rejected(said, bad_address=True)
        if _NEEDS_LOGIN.search(words):
            return MailRefused(said, at_recipient=True)
        bare = answers.enhanced(words) is None and code in (550, 553)
        return Rejected(said, bad_address=bare and answers.words_say_no_mailbox(words))

    @staticmethod
    def _on_content(code: int, words: str, said: str) -> NotSent:
        return Rejected(said)

    @staticmethod
    @contextmanager
    def _step(line: smtplib.SMTP, seconds: float) -> Iterator[smtplib.SMTP]:
        if line.sock is not None:
            line.sock.settimeout(seconds)
        yield line


def _has_spoken(line: smtplib.SMTP) -> bool:
    """Whether there is something to read from the server, be it the end of the connection."""
    assert line.sock is not None
    return bool(select.select([line.sock], [], [], 0)[0])


def _escaped(content: bytes) -> bytes:
    """Return the content with CRLF line ends, dots doubled (RFC 5321, 4.5.2), ending in CRLF."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    lines = re.sub(rb"(?m)^\.", b"..", lines)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _words(error: Exception) -> str:
    return answers.without_addresses(str(error) or type(error).__name__)


def _say(phase: str, code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{phase}: {code} {answers.without_addresses(words)}"
