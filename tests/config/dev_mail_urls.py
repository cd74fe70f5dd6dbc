"""The site's own paths and those of kept mail, which is read only while DEBUG is on."""

from django.urls import path

from config.dev_mail import mail_list, mail_message
from config.urls import urlpatterns as site_patterns

urlpatterns = [
    path("dev/mail/", mail_list, name="dev-mail"),
    path("dev/mail/<str:name>/", mail_message, name="dev-mail-message"),
    *site_patterns,
]
