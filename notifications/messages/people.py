"""Messages to a person as such: the sign-in link to their own page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events.actions.people import SIGN_IN_TTL, sign_in_token
from events.models import RSVP, AuditEntry, Office, SignInLink
from notifications.message import Recipient
from notifications.messages import addresses, guards
from notifications.models import Delivery, Subscription
from volunteers.models import ShiftClaim


def who_asked(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """Who asked for a sign-in link, in the name of the office that they last had to do with."""
    links = SignInLink.objects.in_bulk([entry.subjects["sign_in"] for entry in entries])
    recipients = [
        Recipient(
            person_id=link.person_id,
            office_id=office_of(link.person_id),
            expires_at=link.created_at + SIGN_IN_TTL,
            context={"sign_in": link.pk},
        )
        for link in links.values()
    ]
    return recipients, ""


def office_of(person_id: int) -> int | None:
    """Return the office that a person last had to do with, else the first, else None."""
    sources = (
        RSVP.objects.filter(person=person_id).values_list("created_at", "event__office_id"),
        ShiftClaim.objects.filter(person=person_id).values_list("created_at", "shift__office_id"),
        Subscription.objects.filter(person=person_id).values_list("created_at", "office_id"),
    )
    latest = [row for rows in sources if (row := rows.order_by("-created_at").first())]
    if latest:
        return int(max(latest)[1])
    return Office.objects.in_order().values_list("pk", flat=True).first()


def is_unused() -> Q:
    """The person has a sign-in link that was not used yet; its age is the delivery's to say."""
    return Q(Exists(SignInLink.objects.filter(person_id=OuterRef("person_id"), used_at=None)))


def context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The link, and that it is good once and for a short time."""
    link = SignInLink.objects.get(pk=delivery.context["sign_in"])
    if link.used_at is not None:
        raise guards.NothingToTell(gettext_noop("the link was used before it was sent"))
    return {
        "sign_in_url": addresses.own_page("me-link", sign_in_token(link)),
        "minutes": int(SIGN_IN_TTL.total_seconds()) // 60,
        "reason": _(
            "We write to you because somebody asked for a sign-in link for this address. "
            "If it was not you, you need to do nothing."
        ),
    }
