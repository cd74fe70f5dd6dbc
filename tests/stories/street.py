"""What a story is told with: people at their browsers, their mail, and the passing of time.

People use forms and mailed links alone. What they hear is what the mail server has taken.
"""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from events.models import Role, StaffUser
from notifications import tick
from tests import clock as clocks
from tests.calendars.readers import read_vobject
from tests.factories import NOW, PASSWORD, make_office, make_staff, make_topic, make_venue
from tests.pages import Page
from tests.smtp_sink import SmtpSink
from tests.stories.browser import Browser

LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Heard:
    """One message as its reader has it in front of them."""

    to: str
    subject: str
    language: str
    #: METHOD and start of its invitation, both empty without one.
    method: str = ""
    starts: str = ""


class Neighbor(Browser):
    """Somebody of the street: a browser, a name, and a mailbox."""

    def __init__(self, street: "Street", name: str) -> None:
        super().__init__()
        self.street = street
        self.name = name
        self.email = f"{name.lower()}@example.org"

    def mail(self) -> list[EmailMessage]:
        """Let the mail go out, and return what is new in this mailbox, oldest first."""
        return self.street.mail_to(self.email)

    def letter(self) -> EmailMessage:
        """Let the mail go out, and return the only new message in this mailbox."""
        new = self.mail()
        assert len(new) == 1, [message["Subject"] for message in new]
        return new[0]

    def open_from(self, message: EmailMessage, kind: str) -> Page:
        """Open the first link of a message whose path begins with ``/kind/``."""
        paths = links_in(message)
        found = next((path for path in paths if path.startswith(f"/{kind}/")), None)
        assert found is not None, f"no link to /{kind}/ in {paths}"
        return self.open(found)

    def confirm(self, message: EmailMessage, kind: str) -> Page:
        """Open that link and press the one button behind it."""
        self.open_from(message, kind)
        (form,) = self.controls.forms
        (button,) = form.buttons
        return self.press(button.label)

    def rsvp(self, path: str, button: str = "Send RSVP", **typed: Any) -> EmailMessage:
        """RSVP on an event's page, and return the message that says what came of it."""
        self.open(path)
        self.press(button, name=self.name, email=self.email, **typed)
        return self.letter()

    def claim(self, path: str, button: str = "Take this shift", **typed: Any) -> EmailMessage:
        """Claim a shift on its page, and return the message that says what came of it."""
        self.open(path)
        self.press(button, name=self.name, email=self.email, **typed)
        return self.letter()


class Staff(Browser):
    """Somebody of the office at their browser, logged in by the form."""

    def __init__(self, user: StaffUser) -> None:
        super().__init__()
        self.user = user
        self.come_back()

    def come_back(self) -> None:
        """Log in again: after two weeks the desk asks everybody to."""
        self.client.logout()
        self.log_in(self.user.email, PASSWORD)


class Street:
    """The office, its neighbors' browsers and mail, and the clock of both."""

    def __init__(self, sink: SmtpSink, *, has_office: bool = True) -> None:
        self.sink = sink
        self.has_office = has_office
        self.now = NOW
        self._clock = ExitStack()
        self._read = 0
        self._unread: list[EmailMessage] = []
        #: What brings the mail out; a story about a killed worker gives another.
        self.deliver: Callable[[datetime], object] = lambda now: tick.drain(now=now)

    def __enter__(self) -> Self:
        self._clock.enter_context(clocks.at(self.now))
        if self.has_office:
            self._settle()
        return self

    def _settle(self) -> None:
        self.office = make_office(
            slug="district-4", name="Office of Council Member Ortega", now=self.now
        )
        self.topics = {
            slug: make_topic(slug, now=self.now)
            for slug in ("legislation", "events", "volunteer", "town-halls")
        }
        self.library = make_venue(self.office, now=self.now)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clock.close()

    def go_to(self, moment: datetime) -> None:
        """Let time pass up to ``moment``."""
        assert moment >= self.now, "time does not run backwards"
        self.now = moment
        self._clock.close()
        self._clock = ExitStack()
        self._clock.enter_context(clocks.at(moment))

    def wait(self, **time: float) -> None:
        self.go_to(self.now + timedelta(**time))

    def tick(self) -> None:
        """Let a minute of the program's own clock come round."""
        tick.tick(now=self.now)

    def neighbor(self, name: str) -> Neighbor:
        return Neighbor(self, name)

    def staff(self, role: str = Role.MANAGER, name: str = "Sam Staff") -> Staff:
        """A new member of staff who has logged in by the form."""
        return Staff(make_staff(self.office, role=role, name=name, now=self.now))

    # --- Mail ------------------------------------------------------------------------------------

    def _fetch(self) -> None:
        self.deliver(self.now)
        new = self.sink.taken[self._read :]
        self._read += len(new)
        self._unread += [taken.message for taken in new]

    def mail(self) -> list[EmailMessage]:
        """Let everything due go out, and return all messages that nobody has looked at yet."""
        self._fetch()
        new, self._unread = self._unread, []
        return new

    def mail_to(self, address: str) -> list[EmailMessage]:
        """Let everything due go out, and return the new messages for this address."""
        self._fetch()
        new = [message for message in self._unread if message["To"] == address]
        self._unread = [message for message in self._unread if message["To"] != address]
        return new


def heard(message: EmailMessage) -> Heard:
    """Return what a message says to whom, with the facts of its invitation."""
    invitation = invitation_in(message)
    method = starts = ""
    if invitation is not None:
        method = str(re.search(rb"METHOD:(\w+)", invitation).group(1).decode())  # type: ignore[union-attr]
        (entry,) = read_vobject(invitation)
        starts = entry.starts.strftime("%Y-%m-%d %H:%M") if entry.starts else ""
    return Heard(message["To"], message["Subject"], message["Content-Language"], method, starts)


def invitation_in(message: EmailMessage) -> bytes | None:
    """Return the calendar part of a message; ``None`` if it has none."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content
    return None


def words_of(message: EmailMessage) -> str:
    """Return the plain text of a message."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def links_in(message: EmailMessage) -> list[str]:
    """Return the paths of our own pages that a message links to."""
    found = [link.rstrip(".,)>") for link in LINK.findall(words_of(message))]
    ours = [urlsplit(link) for link in found if urlsplit(link).hostname == "testserver"]
    return [link.path + (f"?{link.query}" if link.query else "") for link in ours]


def link_to(message: EmailMessage, kind: str) -> str:
    """Return the first link whose path begins with ``/kind/``, without its query."""
    for link in links_in(message):
        if link.startswith(f"/{kind}/"):
            return link.split("?")[0]
    raise AssertionError(f"no link to /{kind}/ in {links_in(message)}")
