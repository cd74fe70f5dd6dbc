"""The mail about a sign-up: please confirm it, or: you are on the list already."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events.models import AuditEntry, Topic
from notifications.message import Message, Recipient
from notifications.models import Delivery, Frequency, Subscription, SubscriptionRequest
from notifications.models.subscription import REQUEST_TTL, SubscriptionQuerySet
from notifications.subscriptions import addresses


def whoever_asked(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """Return the person whose address was signed up, in the language of the form."""
    recipients = []
    for entry in entries:
        assert entry.person_id is not None
        request_id = entry.subjects.get("request")
        asked = SubscriptionRequest.objects.filter(pk=request_id).first()
        not_before = entry.subjects.get("not_before")
        recipients.append(
            Recipient(
                person_id=entry.person_id,
                office_id=entry.office_id,
                language=asked.language if asked else entry.subjects.get("language", ""),
                not_before=datetime.fromisoformat(not_before) if not_before else None,
                expires_at=asked.created_at + REQUEST_TTL if asked else None,
                context={"request": request_id} if asked else {},
            )
        )
    return recipients, ""


def _pending(delivery: Delivery) -> SubscriptionQuerySet:
    return Subscription.objects.pending().filter(request=delivery.context["request"])


def still_pending(delivery: Delivery, now: datetime) -> bool:
    """Whether there is still something to confirm."""
    return _pending(delivery).exists()


def pending_now() -> Q:
    """Whether the person has anything to confirm at that office, tested as the mail goes out."""
    rows = Subscription.objects.pending().filter(
        person=OuterRef("person"), request__office=OuterRef("office")
    )
    return Q(Exists(rows))


def confirm_context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Return what the request for a confirmation shows."""
    rows = _shown(_pending(delivery))
    path = addresses.confirm_path(delivery.context["request"], delivery.language)
    return {
        "office": delivery.office,
        "wishes": _by_office(rows, delivery.language),
        "several_offices": len({row.office_id for row in rows}) > 1,
        "confirm_url": addresses.absolute(path),
        "reason": now_in_language(
            "You get this because somebody entered this address in the sign-up form of %(office)s. "
            "If it was not you, do nothing: you will get no letters."
        )
        % {"office": _office_name(delivery)},
    }


def _live(delivery: Delivery) -> SubscriptionQuerySet:
    return Subscription.objects.live().filter(person=delivery.person, office=delivery.office)


def still_on_the_list(delivery: Delivery, now: datetime) -> bool:
    """Whether the person is on the office's list, as the message says."""
    return _live(delivery).exists()


def on_the_list_now() -> Q:
    """The same as a condition on the delivery's row, tested as the mail goes out."""
    rows = Subscription.objects.live().filter(person=OuterRef("person"), office=OuterRef("office"))
    return Q(Exists(rows))


def repeated_context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Return what the message to somebody who is on the list already shows."""
    assert delivery.person_id is not None
    assert delivery.office_id is not None
    path = addresses.preferences_path(delivery.person_id, delivery.office_id, delivery.language)
    return {
        "office": delivery.office,
        "topics": [
            row.topic.in_language(delivery.language).name for row in _shown(_live(delivery))
        ],
        # Not as "preferences_url", which the frame of bulk mail shows once more in its footer.
        "choose_url": addresses.absolute(path),
        "reason": now_in_language(
            "You get this because somebody entered this address in the sign-up form of %(office)s. "
            "Nothing was changed."
        )
        % {"office": _office_name(delivery)},
    }


def _shown(rows: SubscriptionQuerySet) -> list[Subscription]:
    """Return subscriptions in order with their topics' words; two queries."""
    return list(
        rows.select_related("office", "topic")
        .prefetch_related("topic__translations")
        .order_by("office__position", "office_id", "topic__position", "topic_id")
    )


def _by_office(rows: list[Subscription], language: str) -> list[tuple[str, list[str]]]:
    """Return the offices' names, each with the names of its topics."""
    wishes: dict[str, list[str]] = {}
    for row in rows:
        topic: Topic = row.topic
        name = topic.in_language(language).name
        often = "" if row.frequency == Frequency.IMMEDIATE else row.get_frequency_display()
        wishes.setdefault(row.office.name, []).append(f"{name} ({often})" if often else name)
    return list(wishes.items())


def _office_name(delivery: Delivery) -> str:
    return delivery.office.name if delivery.office is not None else "Plazuela"


SUBSCRIPTION_CONFIRM = Message(
    name="subscription_confirm",
    title=_("Confirm a sign-up"),
    description=_("Names what was asked for and asks to confirm it. Until then no letter is sent."),
    recipients=_("Whoever's address was entered in a sign-up form"),
    actions=("subscription.requested",),
    answers_form=True,
    audience=whoever_asked,
    still_true=still_pending,
    context=confirm_context,
    guard=pending_now,
)

SUBSCRIPTION_REPEATED = Message(
    name="subscription_repeated",
    title=_("On the list already"),
    description=_("Says that nothing is new in a sign-up, and links to the topics."),
    recipients=_("Whoever's address was entered in a sign-up form and gets all of it already"),
    actions=("subscription.repeated",),
    audience=whoever_asked,
    still_true=still_on_the_list,
    context=repeated_context,
    guard=on_the_list_now,
)

MESSAGES = [SUBSCRIPTION_CONFIRM, SUBSCRIPTION_REPEATED]

#: Facts of this kind that nobody is told of, and why.
SILENT = {
    "subscription.confirmed": "the page after the button says it, and every letter has its links",
    "subscription.changed": "the page says so at once",
    "subscription.imported": "they agreed elsewhere; bringing the list mails nobody",
    "subscription.ended": "who stops the mail gets no mail about it",
}
