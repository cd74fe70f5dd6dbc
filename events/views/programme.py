"""The programme of an event by itself, to read through or to print."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from events import clock
from events.languages import language_in_use
from events.notice import access_line
from events.public_pages import public_page
from events.views.event import posted_event


@public_page
def programme(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what an event is about in order; a draft is not there (404)."""
    event = posted_event(slug)
    now = clock.now()
    context = {
        "event": event,
        "words": event.in_language(language_in_use()),
        "office": event.office,
        "page_path": reverse("event-programme", kwargs={"slug": slug}),
        "url": f"{settings.SITE_URL}{event.get_absolute_url()}",
        "access_line": access_line(event, language_in_use()),
        "now": now,
        "is_over": event.is_over(now),
    }
    return render(request, "events/programme.html", context)
