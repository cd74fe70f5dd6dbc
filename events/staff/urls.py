"""The addresses of the staff desk, under the language's prefix."""

from django.urls import path

from events.staff import kind, today

pages = [
    path("staff/", today.today, name="staff"),
    path("staff/kind/", kind.choose_kind, name="staff-kind"),
]
