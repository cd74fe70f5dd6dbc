"""The notice receipt: since when an event is public, and what it said at each moment since."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from events import notice, receipt
from events.languages import language_in_use
from events.models import Event, NoticeVersion
from events.public_pages import public_page
from events.versions import faults_of


@public_page
def receipt_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all versions of a public event, cancelled or not; a draft is not there (404)."""
    events = Event.objects.posted().select_related("office", "venue")
    event = get_object_or_404(events.prefetch_related("translations"), slug=slug)
    assert event.posted_at is not None
    versions = list(NoticeVersion.objects.filter(event=event).order_by("number"))
    noticed_at = event.noticed_at or event.posted_at
    own = event.office.first_language
    context: dict[str, Any] = {
        "event": event,
        "words": event.in_language(language_in_use()),
        "office": event.office,
        "page_path": reverse("event-notice", kwargs={"slug": slug}),
        "url": f"{settings.SITE_URL}{event.get_absolute_url()}",
        "noticed_at": noticed_at,
        "before": receipt.lead_text(event.starts_at - noticed_at),
        "is_late": notice.is_late(event),
        "access_line": notice.access_line(event, language_in_use()),
        "steps": receipt.steps_of(versions, own),
        "facts": receipt.facts_in_words(versions[-1], own) if versions else [],
        # What was posted before versions were kept has a first one that is younger.
        "is_whole": bool(versions) and versions[0].at == event.posted_at,
        "faults": faults_of(event, versions),
    }
    return render(request, "events/notice.html", context)


@public_page
def version_text(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Answer the canonical text of one version, byte by byte as its digest was made of it."""
    versions = NoticeVersion.objects.filter(event__slug=slug, event__posted_at__isnull=False)
    version = get_object_or_404(versions, number=number)
    answer = HttpResponse(version.text.encode(), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{slug}-notice-{number}.txt"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
