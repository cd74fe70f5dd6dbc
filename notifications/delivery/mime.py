"""The bytes of a message. The same delivery and the same words make the same bytes.

Message-ID, Date and the boundary come from the delivery's key and the time of its planning, so that
a second copy, should there be one, is recognized as the same message by whoever receives it.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Callable, Mapping
from email.headerregistry import (
    Address,
    HeaderRegistry,
    UniqueUnstructuredHeader,
    UnstructuredHeader,
)
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from django.conf import settings
from django.utils.html import escape

from events.models import Office
from notifications.delivery import message_ids
from notifications.delivery.channels import Mail
from notifications.message import Rendered, without_marks
from notifications.models import Delivery

#: The receiving server sees the intent here (DELIVERY.md, Definition).
KEY_HEADER = "X-Plazuela-Key"


#: An address that needs no quotes in a header (RFC 5322, dot-atom).
_PLAIN_ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[A-Za-z0-9.-]+", re.A
)
_MARK = re.compile("\ue000[a-z_]+\ue001")


class _Verbatim(UnstructuredHeader):
    """A header that programs read: on one line as it is, never encoded because it is long."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


class _Subject(UniqueUnstructuredHeader):
    """A subject that begins on its own line: after a break at once, readers see a space first."""

    def fold(self, *, policy: Policy) -> str:
        folded: str = super().fold(policy=policy)  # type: ignore[misc]
        name: str = self.name  # type: ignore[attr-defined]
        return folded.replace(f"{name}:{policy.linesep} ", f"{name}: ", 1)


_registry = HeaderRegistry()
_registry.map_to_type("subject", _Subject)  # type: ignore[arg-type]
_registry.map_to_type("list-id", _Verbatim)  # type: ignore[arg-type]
#: 7bit: whatever server it passes need not know 8BITMIME.
_POLICY = SMTP.clone(header_factory=_registry, cte_type="7bit")


def sender(office: Office | None) -> Address:
    """Return who mail of this office comes from: its own address, else DEFAULT_FROM_EMAIL.

    The name is the office's in both cases: people know the office, not the software.
    """
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if office is not None:
        name, address = office.name, office.sender_address or address
    return Address(display_name=_one_line(name), addr_spec=ascii_address(address))


def ascii_address(address: str) -> str:
    """Return the address with its domain as the DNS knows it (``münchen.de`` → ``xn--…``)."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _in_header(address: str) -> str:
    """Return an address as a header writes it. Nearly all are as they are, which is soon seen."""
    return address if _PLAIN_ADDRESS.fullmatch(address) else str(Address(addr_spec=address))


def build(delivery: Delivery, rendered: Rendered, *, address: str, bulk: bool) -> Mail:
    """Return the mail of one delivery; ``delivery.office`` is read."""
    return Draft(delivery, rendered, bulk=bulk).copy(delivery, address=address)


class Draft:
    """A message before it is anybody's: what all its copies share, encoded once.

    Its words may hold marks (``notifications.message.mark``), whose values come with each copy.
    """

    def __init__(self, delivery: Delivery, rendered: Rendered, *, bulk: bool) -> None:
        origin = sender(delivery.office)
        self.sender = origin.addr_spec
        self.host = message_ids.host()
        self.unsubscribe_url = ""
        shared = EmailMessage(policy=_POLICY)
        shared["From"] = origin
        if delivery.office is not None and delivery.office.reply_to:
            shared["Reply-To"] = Address(addr_spec=ascii_address(delivery.office.reply_to))
        shared["Subject"] = _one_line(rendered.subject)
        shared["Auto-Submitted"] = "auto-generated"
        if bulk:
            _add_list_headers(shared, delivery.office, self.host)
            self.unsubscribe_url = rendered.unsubscribe_url
            if not self.unsubscribe_url:
                raise ValueError(f"The bulk message {delivery.message} has no way to unsubscribe.")
        for name, value in rendered.headers.items():
            shared[name] = _one_line(value)
        shared["MIME-Version"] = "1.0"
        shared["Content-Language"] = delivery.language
        self._headers = shared.as_bytes().removesuffix(b"\r\n")
        self._parts = [_Part("plain", rendered.text), _Part("html", rendered.html)]
        self._calendar = b""
        if rendered.calendar is not None:
            # Last, as RFC 6047 wants it: who understands it takes the last part it knows.
            self._calendar = _part(
                f'text/calendar; method={rendered.calendar.method}; charset="utf-8"',
                "base64",
                encodebytes(rendered.calendar.content).replace(b"\n", b"\r\n"),
            )

    def copy(
        self, delivery: Delivery, *, address: str, own: Mapping[str, str] | None = None
    ) -> Mail:
        """Return the copy of one delivery, with the values of the marks."""
        own = own or {}
        fingerprint = sha256(delivery.key.encode()).hexdigest()
        recipient = ascii_address(address)
        boundary = f"=={fingerprint[:32]}=="
        lines = [
            f"To: {_in_header(recipient)}",
            f"Date: {format_datetime(delivery.planned_at)}",
            f"Message-ID: <{message_ids.local_part(delivery.key)}@{self.host}>",
            f"{KEY_HEADER}: {_one_line(delivery.key)}",
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
        ]
        if thread := _thread(delivery):
            lines.append(f"References: <{thread}@{self.host}>")
        if self.unsubscribe_url:
            url = without_marks(self.unsubscribe_url, own)
            lines.append(f"List-Unsubscribe: <{_one_line(url)}>")
        separator = f"--{boundary}\r\n".encode()
        text, html = self._parts
        escaped = {name: escape(value) for name, value in own.items()}
        content = b"".join(
            (
                self._headers,
                "\r\n".join(lines).encode("ascii"),
                b"\r\n\r\n",
                separator,
                text.written(own),
                separator,
                html.written(escaped),
                separator + self._calendar if self._calendar else b"",
                f"--{boundary}--\r\n".encode(),
            )
        )
        return Mail(key=delivery.key, sender=self.sender, recipient=recipient, content=content)


class _Part:
    """Plain text or HTML, with its marks."""

    def __init__(self, subtype: str, text: str) -> None:
        self.subtype = subtype
        self.text = text
        self.encoding = _shortest_encoding(_MARK.sub("x", text))

    def written(self, own: Mapping[str, str]) -> bytes:
        text = _encodable(without_marks(self.text, own))
        body = _ENCODERS[self.encoding](text.encode())
        return _part(f'text/{self.subtype}; charset="utf-8"', self.encoding, body)


def _part(content_type: str, encoding: str, body: bytes) -> bytes:
    """Return one part of a multipart message, its lines ending in CRLF."""
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body


def _crlf(lines: bytes) -> bytes:
    return b"\r\n".join(lines.splitlines()) + b"\r\n"


#: Ways to write a text in ASCII lines that any server passes on (RFC 2045, 6).
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "7bit": _crlf,
    "quoted-printable": lambda text: _crlf(b2a_qp(text, istext=True)),
    "base64": lambda text: _crlf(encodebytes(_crlf(text))),
}
#: Longer lines are allowed up to 998, but no message of ours needs them unencoded.
_LONGEST_PLAIN_LINE = 78


def _shortest_encoding(text: str) -> str:
    written = _encodable(text).encode()
    lines = written.splitlines()
    if (
        written.isascii()
        and b"\0" not in written
        and all(len(x) <= _LONGEST_PLAIN_LINE for x in lines)
    ):
        return "7bit"
    return min(("quoted-printable", "base64"), key=lambda name: len(_ENCODERS[name](written)))


def _thread(delivery: Delivery) -> str:
    """Name what all mail about one RSVP or one claim refers to, so that it shows as one thread."""
    if delivery.rsvp_id is not None:
        return f"rsvp.{delivery.rsvp_id}"
    if delivery.claim_id is not None:
        return f"claim.{delivery.claim_id}"
    return ""


def _add_list_headers(message: EmailMessage, office: Office | None, host: str) -> None:
    """Name the list (RFC 2919), whose way out is one click (RFC 2369, RFC 8058)."""
    list_id = f"<{office.slug}.{host}>" if office is not None else f"<{host}>"
    if office is not None and office.name.isascii():
        list_id = f"{_quoted(office.name)} {list_id}"
    message["List-Id"] = list_id
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _quoted(text: str) -> str:
    return '"{}"'.format(_one_line(text).replace("\\", "").replace('"', ""))


def _one_line(text: str) -> str:
    """Headers are one line; a title may not smuggle in another header, or control characters."""
    words = "".join(char if char.isprintable() else " " for char in str(text)).split()
    return _encodable(" ".join(words))


def _encodable(text: str) -> str:
    """Replace what no encoding can write (lone surrogates), so that one typo stops no message."""
    return str(text).encode("utf-8", "replace").decode("utf-8")
