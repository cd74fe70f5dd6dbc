"""The addresses of the event pages, the residents' and the staff's.

``config/urls.py`` joins them with the others.
"""

from typing import Any

from django.urls import path, register_converter

from events.staff import urls as staff
from events.views import (
    embed,
    event,
    event_list,
    media,
    month,
    notice,
    own_question,
    own_rsvp,
    programme,
    questions,
    rsvp,
)


class Year:
    """A year that the calendar can show, in four digits."""

    regex = "19[0-9]{2}|20[0-9]{2}|21[0-9]{2}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: Any) -> str:
        return f"{value:04d}"


class Month:
    """A month in two digits."""

    regex = "0[1-9]|1[0-2]"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: Any) -> str:
        return f"{value:02d}"


register_converter(Year, "year")
register_converter(Month, "month")

#: Under the language's prefix.
pages = [
    path("events/", event_list.event_list, name="events"),
    path("events/<slug:slug>/", event.event_page, name="event"),
    path("events/<slug:slug>/rsvp/", rsvp.event_rsvp, name="event-rsvp"),
    path("events/<slug:slug>/rsvp/sent/", rsvp.event_rsvp_sent, name="event-rsvp-sent"),
    path("events/<slug:slug>/agenda/", programme.programme, name="event-programme"),
    path("events/<slug:slug>/notice/", notice.receipt_page, name="event-notice"),
    path("events/<slug:slug>/questions/", questions.event_questions, name="event-questions"),
    path("events/<slug:slug>/questions/sent/", questions.question_sent, name="event-question-sent"),
    path("events/<slug:slug>/questions/projector/", questions.projector, name="event-projector"),
    path("questions/<int:pk>/vote/", questions.question_vote, name="question-vote"),
    path("questions/<int:pk>/vote/sent/", questions.vote_sent, name="question-vote-sent"),
    path("embed/events/", embed.embed_events, name="embed-events"),
    path("calendar/", month.this_month, name="calendar"),
    path("calendar/<year:year>/<month:month>/", month.one_month, name="calendar-month"),
    *staff.pages,
]

#: Without a prefix: links with a token, and uploaded files.
links = [
    path("media/<path:path>", media.media, name="media"),
    path(
        "events/<slug:slug>/notice/<int:number>.txt", notice.version_text, name="event-notice-text"
    ),
    path("rsvps/<str:token>/", own_rsvp.own_rsvp, name="rsvp"),
    path("rsvps/<str:token>/door/", own_rsvp.at_the_door, name="rsvp-door"),
    path("rsvps/<str:token>/confirm/", own_rsvp.confirm, name="rsvp-confirm"),
    path("rsvps/<str:token>/change/", own_rsvp.change, name="rsvp-change"),
    path("rsvps/<str:token>/cancel/", own_rsvp.cancel, name="rsvp-cancel"),
    path("rsvps/<str:token>/questions/", own_question.rsvp_questions, name="rsvp-questions"),
    path("rsvps/<str:token>/questions/<int:pk>/", own_question.rsvp_vote, name="rsvp-vote"),
    path("questions/<str:token>/", own_question.own_question, name="question"),
    path("questions/<str:token>/confirm/", own_question.confirm, name="question-confirm"),
    path("questions/<str:token>/read-again/", own_question.read_again, name="question-read-again"),
    path("votes/<str:token>/", own_question.vote_link, name="vote"),
]
