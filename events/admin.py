"""Django's admin, for superusers, read-only.

The admin wraps every save in a transaction, where an action may not run; and a row that changes
without its action would tell nobody. Staff write at the desk.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from events.models import (
    RSVP,
    AccessRequest,
    AuditEntry,
    Event,
    EventTranslation,
    Membership,
    Office,
    Outbox,
    Person,
    Series,
    StaffUser,
    Topic,
    Venue,
)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows to superusers; adds, changes and deletes nothing."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).order_by("-pk")


@admin.register(Office)
class OfficeAdmin(ReadOnlyAdmin):
    list_display = ["name", "slug", "kind", "timezone"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["title", "starts_at", "status", "office", "taken", "capacity", "posted_at"]
    list_filter = ["status", "event_type", "office"]
    search_fields = ["title", "slug", "uid"]


@admin.register(RSVP)
class RSVPAdmin(ReadOnlyAdmin):
    list_display = ["id", "event", "mode", "party_size", "status", "created_at", "proven_at"]
    list_filter = ["status", "mode"]
    list_select_related = ["event"]
    # The words are for those who arrange the help, at the desk.
    exclude = ["access_note"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "action", "actor_kind", "staff", "event_id", "person_id", "operation"]
    list_filter = ["action"]


@admin.register(StaffUser)
class StaffUserAdmin(ReadOnlyAdmin):
    list_display = ["email", "name", "is_active", "is_superuser"]
    exclude = ["password"]


@admin.register(AccessRequest)
class AccessRequestAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "state", "created_at", "answered_at", "told_at"]
    list_filter = ["kind", "state"]
    exclude = ["arranged_with", "reason", "instead"]


@admin.register(EventTranslation, Membership, Outbox, Person, Series, Topic, Venue)
class PlainAdmin(ReadOnlyAdmin):
    """Rows that need no more than a list and a page."""
