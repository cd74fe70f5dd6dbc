"""The addresses of mail on the desk, under the language's prefix."""

from django.urls import path

from notifications.delivery import staff

pages = [
    path("staff/no-mail/", staff.no_mail, name="staff-no-mail"),
    path("staff/no-mail/<int:pk>/resume/", staff.resume, name="staff-no-mail-resume"),
]
