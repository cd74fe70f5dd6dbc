"""The page of one event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from events import clock, dates_text, extensions
from events.add_to_calendar import CalendarLinks, calendar_links
from events.forms import RsvpForm
from events.languages import language_in_use, own_name
from events.markdown import markdown_text
from events.models import AccessRequest, Event, Minutes, Mode
from events.notice import access_line
from events.public_pages import public_page
from events.public_post import typed_values
from events.queries import asked_at, before_the_move, lines_at
from events.structured_data import json_ld
from events.ways import Way, ways_into


@public_page
def event_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an event to everybody; a draft is not there (404)."""
    return show_event(request, posted_event(slug))


def posted_event(slug: str) -> Event:
    """Return the posted event of this address with all that its page shows, or raise 404."""
    events = Event.objects.posted().with_all_shown().with_programme()
    return get_object_or_404(events, slug=slug)


def show_event(
    request: HttpRequest, event: Event, *, refused_form: RsvpForm | None = None
) -> HttpResponse:
    """Render the event's page; with a form that was refused, again and with 422."""
    now = clock.now()
    language = language_in_use()
    words = event.in_language(language)
    path = reverse("event", kwargs={"slug": event.slug})
    ways = ways_now(event)
    is_open = event.accepts_rsvps(now)
    form = refused_form
    if form is None and is_open:
        form = RsvpForm(event=event, ways=ways, now=now)
    earlier = before_the_move(event) if event.sequence and event.is_on else None
    url = f"{settings.SITE_URL}{path}"
    context: dict[str, Any] = {
        "event": event,
        "words": words,
        "office": event.office,
        "page_path": path,
        "url": url,
        "now": now,
        "ways": ways,
        "offer": Offer.of(ways),
        "is_open": is_open,
        "is_over": event.is_over(now),
        **(aftermath(event, now) if event.is_over(now) else {}),
        "deadline_is_near": dates_text.local(now, event.timezone).date() > event.access_deadline,
        "form": form,
        "typed": typed_values(request) if refused_form is not None and not is_open else None,
        "earlier": earlier,
        "other_clock": other_clock(event),
        "access_line": access_line(event, language),
        "arranged": arranged_for_all(event) if event.is_on else [],
        "languages_there": [SpokenLanguage.of(code) for code in event.spoken_languages],
        "add": add_to_calendar(event, language, url=url),
        "panels": public_panels(request, event, now),
        "summary": " ".join(markdown_text(words.description).split()),
        "json_ld": json_ld(event, language, url=url, earlier=earlier),
    }
    return render(request, "events/event.html", context, status=422 if refused_form else 200)


def aftermath(event: Event, now: datetime) -> dict[str, Any]:
    """Return what the page shows of an event that is over; four queries.

    The questions stand in the minutes, and wait for them.
    """
    minutes = Minutes.objects.posted().filter(event=event).prefetch_related("translations").first()
    if minutes is not None:
        minutes.event = event
    return {
        "minutes": minutes,
        "asked": asked_at(event) if minutes is not None else None,
        "promises": [(promise, promise.is_late(now)) for promise in event.promises.all()],
    }


def ways_now(event: Event) -> list[Way]:
    """Return the ways into the event; who waits is counted only where a way is full."""
    full = event.takes_rsvps and any(event.places_left_in(mode) == 0 for mode in event.modes)
    return ways_into(event, lines_at(event) if full else {})


class Offer(NamedTuple):
    """What the form can promise at this moment."""

    #: Every way is full: the form puts you in line.
    waitlist: bool
    #: The room is full and online is not: online is proposed.
    online_instead: bool

    @classmethod
    def of(cls, ways: list[Way]) -> "Offer":
        full = [way.is_full for way in ways]
        return cls(all(full), len(ways) == 2 and full == [True, False])


@dataclass(frozen=True)
class OtherClock:
    """The hours of an event on the office's own clock, where that is another one."""

    starts_at: datetime
    ends_at: datetime
    timezone: str


def other_clock(event: Event) -> OtherClock | None:
    """Return the event's hours where its office is, if clocks there show another time."""
    there = event.starts_at.astimezone(event.zone)
    if event.all_day or there.utcoffset() == there.astimezone(event.office.zone).utcoffset():
        return None
    return OtherClock(event.starts_at, event.ends_at, event.office.timezone)


class SpokenLanguage(NamedTuple):
    """A language at an event, under the name that its speakers give it."""

    code: str
    name: str

    @classmethod
    def of(cls, code: str) -> "SpokenLanguage":
        return cls(code, own_name(code))


class Arranged(NamedTuple):
    """Help at an event that serves everybody; with a language if it is interpreted."""

    kind: str
    language: SpokenLanguage | None


def arranged_for_all(event: Event) -> list[Arranged]:
    """Return what guests have asked for and the office has arranged, if it serves everybody.

    Nobody can tell from it who asked. One query.
    """
    rows = AccessRequest.objects.filter(rsvp__event=event).shown_to_all()
    return [
        Arranged(kind, SpokenLanguage.of(language) if language else None)
        for kind, language in rows.order_by("kind", "language")
        .values_list("kind", "language")
        .distinct()
    ]


def add_to_calendar(event: Event, language: str, *, url: str) -> CalendarLinks:
    """Return the links that put the event into a calendar on the web."""
    words = event.in_language(language)
    details = "\n\n".join(part for part in (markdown_text(words.description)[:1000], url) if part)
    location = event.venue.location if event.venue and event.mode != Mode.REMOTE else url
    return calendar_links(
        title=words.title,
        details=details,
        location=location,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        all_day=event.all_day,
    )


def public_panels(request: HttpRequest, event: Event, now: datetime) -> list[SafeString]:
    """Return what other apps add to the page, rendered."""
    rendered = []
    for panel in extensions.event_panels:
        if panel.audience != "public":
            continue
        facts = panel.load(event, now)
        if facts is not None:
            context = {"event": event, "office": event.office, "now": now, **facts}
            rendered.append(render_to_string(panel.template, context, request=request))
    return rendered
