"""The bytes of a message. The same delivery and the same words make the same bytes.

Message-ID, Date and the boundary come from the delivery's key and the time of its planning, so that
a second copy, should there be one, is recognized as the same message by whoever receives it.
"""

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
from urllib.parse import urlsplit

from django.conf import settings

from events.models import Office
from notifications.delivery.channels import Mail
from notifications.message import Rendered
from notifications.models import Delivery

#: The receiving server sees the intent here (DELIVERY.md, Definition).
KEY_HEADER = "X-Plazuela-Key"


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
for _name in ("list-id", "list-unsubscribe", KEY_HEADER.lower()):
    _registry.map_to_type(_name, _Verbatim)  # type: ignore[arg-type]
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


def build(delivery: Delivery, rendered: Rendered, *, address: str, bulk: bool) -> Mail:
    """Return the mail of one delivery; ``delivery.office`` is read."""
    fingerprint = sha256(delivery.key.encode()).hexdigest()
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    origin = sender(delivery.office)
    recipient = ascii_address(address)

    message = EmailMessage(policy=_POLICY)
    message["From"] = origin
    message["To"] = Address(addr_spec=recipient)
    if delivery.office is not None and delivery.office.reply_to:
        message["Reply-To"] = Address(addr_spec=ascii_address(delivery.office.reply_to))
    message["Subject"] = _one_line(rendered.subject)
    message["Date"] = format_datetime(delivery.planned_at)
    message["Message-ID"] = f"<{fingerprint[:40]}@{host}>"
    thread = _thread(delivery)
    if thread:
        message["References"] = f"<{thread}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message[KEY_HEADER] = delivery.key
    if bulk:
        _add_list_headers(message, delivery, rendered, host)
    for name, value in rendered.headers.items():
        message[name] = _one_line(value)

    message.set_content(_encodable(rendered.text))
    message.add_alternative(_encodable(rendered.html), subtype="html")
    if rendered.calendar is not None:
        # Last, as RFC 6047 wants it: who understands it takes the last part it knows.
        message.add_alternative(
            rendered.calendar.content,
            maintype="text",
            subtype="calendar",
            params={"method": rendered.calendar.method, "charset": "utf-8"},
        )
    message["Content-Language"] = delivery.language
    message.set_boundary(f"=={fingerprint[:32]}==")
    return Mail(
        key=delivery.key,
        sender=origin.addr_spec,
        recipient=recipient,
        content=message.as_bytes(),
    )


def _thread(delivery: Delivery) -> str:
    """Name what all mail about one RSVP or one claim refers to, so that it shows as one thread."""
    if delivery.rsvp_id is not None:
        return f"rsvp.{delivery.rsvp_id}"
    if delivery.claim_id is not None:
        return f"claim.{delivery.claim_id}"
    return ""


def _add_list_headers(
    message: EmailMessage, delivery: Delivery, rendered: Rendered, host: str
) -> None:
    """Name the list (RFC 2919) and the way out of it with one click (RFC 2369, RFC 8058)."""
    if not rendered.unsubscribe_url:
        raise ValueError(f"The bulk message {delivery.message} has no way to unsubscribe.")
    office = delivery.office
    list_id = f"<{office.slug}.{host}>" if office is not None else f"<{host}>"
    if office is not None and office.name.isascii():
        list_id = f"{_quoted(office.name)} {list_id}"
    message["List-Id"] = list_id
    message["List-Unsubscribe"] = f"<{rendered.unsubscribe_url}>"
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
