"""What providers write when a message came back or somebody complained, in their own forms."""

from typing import Any

from notifications.delivery.message_ids import local_part
from notifications.models import Delivery

SECRET = "a-secret-that-nobody-guesses"


def message_id(delivery: Delivery) -> str:
    return f"{local_part(delivery.key)}@testserver"


def postmark(delivery: Delivery, kind: str = "HardBounce", **fields: Any) -> dict[str, Any]:
    """A bounce; ``kind`` "SpamComplaint": a complaint."""
    return {
        "RecordType": "SpamComplaint" if kind == "SpamComplaint" else "Bounce",
        "ID": 4323372036854775807,
        "Type": kind,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"plazuela": message_id(delivery)},
        "Email": delivery.person.email if delivery.person else "",
        "Details": "smtp;550 5.1.1 <ana@example.org>: User unknown",
        "BouncedAt": "2026-06-02T09:01:00Z",
    } | fields


def mailgun(delivery: Delivery, event: str = "failed", **fields: Any) -> dict[str, Any]:
    """A permanent failure; ``event`` "complained": a complaint. The Message-ID is the header's."""
    data = {
        "event": event,
        "severity": "permanent",
        "reason": "bounce",
        "timestamp": 1780390860.5,
        "recipient": delivery.person.email if delivery.person else "",
        "message": {"headers": {"message-id": message_id(delivery)}},
        "delivery-status": {"code": 550, "message": "5.1.1 The mailbox does not exist"},
        "user-variables": {},
    } | fields
    return {"signature": {"token": "t", "timestamp": "1", "signature": "s"}, "event-data": data}


def brevo(delivery: Delivery, event: str = "hard_bounce", **fields: Any) -> dict[str, Any]:
    """A bounce of a message that went out by SMTP: known by its Message-ID alone."""
    return {
        "event": event,
        "email": delivery.person.email if delivery.person else "",
        "message-id": f"<{message_id(delivery)}>",
        "ts_epoch": 1780390860000,
        "reason": "550 5.1.1 no such user",
    } | fields
