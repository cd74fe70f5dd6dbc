"""An event as search engines and calendars of others read it: schema.org Event in JSON-LD."""

import json
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from events import dates_text
from events.markdown import markdown_text
from events.models import Event, EventStatus, Mode, Office, OfficeKind, Venue
from events.queries import Earlier

ATTENDANCE = {
    Mode.IN_PERSON: "OfflineEventAttendanceMode",
    Mode.REMOTE: "OnlineEventAttendanceMode",
    Mode.BOTH: "MixedEventAttendanceMode",
}
#: Inside <script> only these could end it or begin a comment; JSON reads them escaped all the same.
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def json_ld(event: Event, language: str, *, url: str, earlier: Earlier | None = None) -> SafeString:
    """Return the JSON of the event in ``language``, safe inside a ``<script>`` data block.

    ``earlier`` is what the public knew before the last move. The event has all_shown fetched.
    """
    return data_block(structured(event, language, url=url, earlier=earlier))


def data_block(data: dict[str, Any]) -> SafeString:
    """Return ``data`` as JSON that is safe inside a ``<script>`` data block."""
    text = json.dumps(data, ensure_ascii=False)
    return mark_safe(text.translate(_ESCAPED))  # noqa: S308  nothing of HTML is left


def structured(
    event: Event, language: str, *, url: str, earlier: Earlier | None = None
) -> dict[str, Any]:
    """Return the event as a schema.org Event, without anything that is empty."""
    words = event.in_language(language)
    moved = earlier is not None and earlier.starts_at is not None
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": words.title,
        "description": markdown_text(words.description),
        "startDate": _moment(event, event.starts_at),
        "endDate": _moment(event, event.ends_at),
        "eventStatus": f"https://schema.org/{_status(event, moved=moved)}",
        "eventAttendanceMode": f"https://schema.org/{ATTENDANCE[Mode(event.mode)]}",
        "location": _location(event),
        "organizer": [organizer(office) for office in (event.office, *event.cohosts.all())],
        "inLanguage": event.spoken_languages or None,
        "isAccessibleForFree": True,
        "url": url,
    }
    if moved and earlier is not None and earlier.starts_at is not None:
        data["previousStartDate"] = dates_text.local(
            earlier.starts_at, earlier.timezone
        ).isoformat()
    if event.takes_rsvps and event.mode != Mode.REMOTE and event.capacity is not None:
        data["maximumPhysicalAttendeeCapacity"] = event.capacity
    if event.takes_rsvps and event.mode != Mode.IN_PERSON and event.remote_capacity is not None:
        data["maximumVirtualAttendeeCapacity"] = event.remote_capacity
    return {name: value for name, value in data.items() if value not in ("", None, [])}


def _status(event: Event, *, moved: bool) -> str:
    if event.status == EventStatus.CANCELLED:
        return "EventCancelled"
    if event.status == EventStatus.POSTPONED:
        return "EventPostponed"
    return "EventRescheduled" if moved else "EventScheduled"


def _moment(event: Event, instant: Any) -> str:
    if event.all_day:
        days = dates_text.days_of(event.starts_at, event.ends_at, event.timezone, all_day=True)
        return (days.first if instant == event.starts_at else days.last).isoformat()
    return dates_text.local(instant, event.timezone).isoformat()


def _location(event: Event) -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = []
    if event.mode != Mode.REMOTE and event.venue is not None:
        places.append(_place(event.venue))
    if event.mode != Mode.IN_PERSON:
        page = f"{settings.SITE_URL}{event.get_absolute_url()}"
        address = (event.joining_is_public and event.remote_url) or page
        places.append({"@type": "VirtualLocation", "url": address})
    return places


def _place(venue: Venue) -> dict[str, Any]:
    address = {
        "@type": "PostalAddress",
        "streetAddress": venue.street,
        "addressLocality": venue.locality,
        "addressRegion": venue.region,
        "postalCode": venue.postal_code,
    }
    return {
        "@type": "Place",
        "name": venue.name,
        "address": {name: value for name, value in address.items() if value},
    }


def organizer(office: Office) -> dict[str, Any]:
    """Return an office as a schema.org organization."""
    kind = "GovernmentOrganization" if office.kind == OfficeKind.OFFICIAL else "Organization"
    data = {"@type": kind, "name": office.name, "url": office.website or settings.SITE_URL}
    if office.phone:
        data["telephone"] = office.phone
    return data
