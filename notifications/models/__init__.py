"""Letters, subscriptions, deliveries and rendered calendar blocks."""

from notifications.models.calendar_block import CalendarBlock
from notifications.models.call import Call, CallState
from notifications.models.delivery import (
    Bounce,
    Delivery,
    DeliveryCount,
    DeliveryState,
    MailHold,
    SenderMinute,
    Tick,
)
from notifications.models.digest import DigestRun
from notifications.models.letter import Letter, LetterAttachment, LetterTranslation
from notifications.models.subscription import (
    Frequency,
    Subscription,
    SubscriptionRequest,
    Suppression,
    SuppressionReason,
)

__all__ = [
    "Bounce",
    "CalendarBlock",
    "Call",
    "CallState",
    "Delivery",
    "DeliveryCount",
    "DeliveryState",
    "DigestRun",
    "Frequency",
    "Letter",
    "LetterAttachment",
    "LetterTranslation",
    "MailHold",
    "SenderMinute",
    "Subscription",
    "SubscriptionRequest",
    "Suppression",
    "SuppressionReason",
    "Tick",
]
