"""The mail that a developer's machine keeps in a folder, to read in the browser.

Served at ``/dev/mail/`` while DEBUG is on and EMAIL_URL names a folder, as the demo's does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from events.token_pages import unlisted

#: Messages on the list, the latest ones.
SHOWN = 200
# Ours are .eml; what Django and allauth send themselves (a new password) is .log.
_NAME = re.compile(r"[A-Za-z0-9-]+\.(?:eml|log)")
#: What Django writes below a message.
_END = b"\n" + b"-" * 79


@dataclass(frozen=True)
class Kept:
    """One message in the folder."""

    name: str
    at: datetime
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "(no subject)")

    @property
    def to(self) -> str:
        return str(self.message["To"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that a reader sees."""
        shown = ("From", "To", "Reply-To", "Date")
        return [(name, str(self.message[name])) for name in shown if self.message[name]]

    @property
    def text(self) -> str:
        """The plain text of the message."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The message as HTML; empty where there is none."""
        return self._part("html")

    @property
    def calendar(self) -> str:
        """The invitation, as calendar programs get it; empty where there is none."""
        parts = (part for part in self.message.walk() if part.get_content_subtype() == "calendar")
        return next((str(part.get_content()) for part in parts), "")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


def _folder() -> Path:
    transport = settings.MAIL_TRANSPORT
    if not settings.DEBUG or transport.scheme != "file" or transport.path is None:
        raise Http404
    return Path(transport.path)


def _files() -> Iterator[tuple[float, Path]]:
    for file in _folder().glob("*"):
        if _NAME.fullmatch(file.name):
            try:
                yield file.stat().st_mtime, file
            except FileNotFoundError:  # A resend is putting another one in its place.
                continue


def _read(file: Path) -> Kept:
    try:
        content, changed = file.read_bytes(), file.stat().st_mtime
    except OSError as error:
        raise Http404 from error
    if file.suffix == ".log":
        content = content.partition(_END)[0]
    message = message_from_bytes(content, policy=default)
    return Kept(file.name, datetime.fromtimestamp(changed, UTC), message)


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """Show the latest messages, the newest first."""
    files = sorted(_files(), reverse=True)
    context = {
        "mails": [_read(file) for _changed, file in files[:SHOWN]],
        "count": len(files),
        "zone": settings.TIME_ZONE,
    }
    return unlisted(render(request, "dev/mail.html", context))


@require_safe
def mail_message(request: HttpRequest, name: str) -> HttpResponse:
    """Show one message as text; ``?as=html`` as a reader's program shows it, ``?as=raw`` whole."""
    if not _NAME.fullmatch(name):
        raise Http404
    kept = _read(_folder() / name)
    wanted = request.GET.get("as")
    if wanted == "raw":
        return unlisted(
            HttpResponse(kept.message.as_bytes(), content_type="text/plain; charset=utf-8")
        )
    if wanted == "html" and kept.html:
        response = HttpResponse(kept.html)
        # Mail carries its styles in its tags. Nothing of it runs, and its links open as links do.
        response["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
            "sandbox allow-top-navigation-by-user-activation allow-popups"
        )
        return unlisted(response)
    return unlisted(
        render(request, "dev/mail_message.html", {"mail": kept, "zone": settings.TIME_ZONE})
    )
