"""The addresses of letters and subscriptions. ``config/urls.py`` joins them with the others.

Those of the calendar feeds are in ``notifications/calendars/urls.py``.
"""

from django.urls import path

from notifications.letters import feed, pdf, staff, staff_posted
from notifications.letters import views as letters
from notifications.subscriptions import embed
from notifications.subscriptions import staff as subscribers
from notifications.subscriptions import views as subscriptions

#: Under the language's prefix.
pages = [
    path("letters/", letters.letters, name="letters"),
    path("letters/<slug:slug>/", letters.letter, name="letter"),
    path("subscribe/", subscriptions.subscribe_page, name="subscribe"),
    path("subscribe/sent/", subscriptions.subscribe_sent, name="subscribe-sent"),
    path("embed/subscribe/", embed.embed_subscribe, name="embed-subscribe"),
    path("staff/subscribers/", subscribers.subscribers, name="staff-subscribers"),
    path(
        "staff/subscribers/import/", subscribers.subscribers_import, name="staff-subscribers-import"
    ),
    path(
        "staff/subscribers/import/left-out/",
        subscribers.subscribers_problems,
        name="staff-subscribers-problems",
    ),
    path("staff/letters/", staff.letters, name="staff-letters"),
    path("staff/letters/new/", staff.letter_new, name="staff-letter-new"),
    path("staff/letters/<int:pk>/", staff.letter_edit, name="staff-letter"),
    path("staff/letters/<int:pk>/post/", staff.letter_post, name="staff-letter-post"),
    path("staff/letters/<int:pk>/test/", staff.letter_test, name="staff-letter-test"),
    path(
        "staff/letters/<int:pk>/unschedule/",
        staff.letter_unschedule,
        name="staff-letter-unschedule",
    ),
    path("staff/letters/<int:pk>/files/<int:file>/", staff.letter_file, name="staff-letter-file"),
    path("staff/letters/<int:pk>/delete/", staff.letter_delete, name="staff-letter-delete"),
    path(
        "staff/letters/<int:pk>/account/", staff_posted.letter_account, name="staff-letter-account"
    ),
    path(
        "staff/letters/<int:pk>/account/<slug:state>/",
        staff_posted.letter_people,
        name="staff-letter-people",
    ),
    path("staff/letters/<int:pk>/pause/", staff_posted.letter_pause, name="staff-letter-pause"),
    path("staff/letters/<int:pk>/resume/", staff_posted.letter_resume, name="staff-letter-resume"),
    path(
        "staff/letters/<int:pk>/resend/<slug:state>/",
        staff_posted.letter_resend,
        name="staff-letter-resend",
    ),
    path(
        "staff/letters/<int:pk>/retract/", staff_posted.letter_retract, name="staff-letter-retract"
    ),
    path(
        "staff/letters/<int:pk>/outcome/", staff_posted.letter_outcome, name="staff-letter-outcome"
    ),
]

#: Without a prefix: the feed and links with a token. They take `?lang=`.
links = [
    path("letters/feed.atom", feed.letters_feed, name="letters-atom"),
    path("letters/<slug:slug>.pdf", pdf.letter_pdf, name="letter-pdf"),
    path("subscribe/confirm/<str:token>/", subscriptions.confirm_page, name="subscribe-confirm"),
    path("subscriptions/<str:token>/", subscriptions.preferences_page, name="subscriptions"),
    path("unsubscribe/<str:token>/", subscriptions.unsubscribe_page, name="unsubscribe"),
]
