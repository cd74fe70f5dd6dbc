"""Shifts and claims in Django's read-only admin."""

from django.contrib import admin

from events.admin import ReadOnlyAdmin
from volunteers.models import Shift, ShiftClaim, VolunteerRole


@admin.register(Shift)
class ShiftAdmin(ReadOnlyAdmin):
    list_display = ["id", "role", "event", "office", "taken", "capacity"]
    list_select_related = ["role", "event", "office"]


@admin.register(ShiftClaim)
class ShiftClaimAdmin(ReadOnlyAdmin):
    list_display = ["id", "shift", "status", "created_at"]
    list_filter = ["status"]


@admin.register(VolunteerRole)
class VolunteerRoleAdmin(ReadOnlyAdmin):
    list_display = ["name", "office"]
