"""Ways out. A transport carries one message at a time and says exactly how far it got.

Whatever it raises is one of these; everything but :class:`Cut` is raised only while it is certain
that the server has not taken the message.
"""

from dataclasses import dataclass
from typing import Protocol

#: Under this name a provider is told the Message-ID, and tells it in its reports.
REFERENCE = "plazuela"


@dataclass(frozen=True)
class Mail:
    """A message as it goes out: envelope and bytes. The same delivery makes the same bytes."""

    key: str
    sender: str
    recipient: str
    content: bytes


class NotSent(Exception):
    """The message was not taken. ``str()`` gives phase, code and the server's words."""


class ServerAway(NotSent):
    """There is no talking to the server now. It says nothing about any message."""


class TryLater(NotSent):
    """This message was put off: a 4xx answer, or the line broke before the final dot."""


class Rejected(NotSent):
    """This message was refused for good. ``bad_address``: there is no such mailbox."""

    def __init__(self, text: str, *, bad_address: bool = False) -> None:
        super().__init__(text)
        self.bad_address = bad_address


class MailRefused(NotSent):
    """The server refuses our login or our mail as such: nothing else would fare better.

    ``sender_only``: it is the sender's address that it refuses. ``at_recipient``: it said so when
    it heard the recipient, so that it may be this one alone to whom it carries no mail.
    """

    def __init__(self, text: str, *, sender_only: bool = False, at_recipient: bool = False) -> None:
        super().__init__(text)
        self.sender_only = sender_only
        self.at_recipient = at_recipient


class Cut(Exception):
    """The line broke, or time ran out, after the final dot: nobody can say."""


class Transport(Protocol):
    """Carries messages over one connection, which it opens when it is first needed."""

    def prepare(self) -> None:
        """Make sure that the next message can be sent; may raise ServerAway or MailRefused."""

    def send(self, mail: Mail) -> None:
        """Send one message; returns when it was taken, else raises what is said above."""

    def close(self) -> None:
        """End the connection. Never raises."""
