"""The addresses of mail: on the desk, under the language's prefix, and for mail providers."""

from django.urls import path

from notifications.delivery import staff, webhooks

pages = [
    path("staff/no-mail/", staff.no_mail, name="staff-no-mail"),
    path("staff/no-mail/<int:pk>/resume/", staff.resume, name="staff-no-mail-resume"),
]

#: Without a prefix.
links = [
    path("mail/reports/<slug:provider>/", webhooks.mail_reports, name="mail-reports"),
]
