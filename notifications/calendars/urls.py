"""The addresses of the feeds, all without a language prefix, and the page that lists them."""

from django.urls import path

from notifications.calendars import desk, private_feed, public_feeds
from notifications.calendars.pages import feeds_page

#: Under the language's prefix.
pages = [
    path("feeds/", feeds_page, name="feeds"),
    path("staff/calendar/", desk.calendar_import, name="staff-calendar-import"),
]

#: Without a prefix; they take `?lang=`.
feeds = [
    path("events/<slug:slug>.ics", public_feeds.OneEvent(), name="event-ics"),
    path("feeds/events.ics", public_feeds.AllEvents(), name="feed-events"),
    path("feeds/town-halls.ics", public_feeds.TownHalls(), name="feed-town-halls"),
    path("feeds/shifts.ics", public_feeds.Shifts(), name="feed-shifts"),
    path("feeds/topics/<slug:slug>.ics", public_feeds.TopicEvents(), name="feed-topic"),
    path("feeds/offices/<slug:slug>.ics", public_feeds.OfficeEvents(), name="feed-office"),
    path("feeds/me/<str:token>.ics", private_feed.OwnFeed(), name="feed-me"),
]
