"""Letters, subscriptions, deliveries and rendered calendar blocks."""

from notifications.models.calendar_block import CalendarBlock
from notifications.models.delivery import Delivery, DeliveryState, MailHold, Tick
from notifications.models.letter import Letter, LetterTranslation
from notifications.models.subscription import (
    Subscription,
    SubscriptionRequest,
    Suppression,
    SuppressionReason,
)

__all__ = [
    "CalendarBlock",
    "Delivery",
    "DeliveryState",
    "Letter",
    "LetterTranslation",
    "MailHold",
    "Subscription",
    "SubscriptionRequest",
    "Suppression",
    "SuppressionReason",
    "Tick",
]
