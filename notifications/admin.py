"""Letters, subscriptions and deliveries in Django's read-only admin."""

from django.contrib import admin

from events.admin import ReadOnlyAdmin
from notifications.models import Delivery, Letter, MailHold, Subscription, Suppression, Tick


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["id", "message", "state", "planned_at", "next_attempt_at", "attempts", "error"]
    list_filter = ["state", "message"]
    search_fields = ["key"]


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    list_display = ["title", "office", "dated", "posted_at", "mails"]


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ["id", "topic", "office", "created_at", "confirmed_at", "ended_at"]


@admin.register(MailHold, Suppression, Tick)
class PlainAdmin(ReadOnlyAdmin):
    """Rows that need no more than a list and a page."""
