"""What the frame of a page (``config/templates/base.html``) knows without its view."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from events.models import Office

# The first part of a path, and the entry of the navigation that it belongs to.
SECTIONS = {
    "events": "events",
    "rsvps": "events",
    "calendar": "calendar",
    "volunteer": "volunteer",
    "claims": "volunteer",
    "letters": "letters",
    "subscribe": "updates",
    "subscriptions": "updates",
    "unsubscribe": "updates",
    "staff": "staff",
    "embed": "embed",
}


def site(request: HttpRequest) -> dict[str, Any]:
    """Give the office of the page, how many offices there are, and the current section.

    A view that knows its office puts it into its own context, which wins. Both values are read in
    one query, and only when a template asks.
    """
    offices = SimpleLazyObject(_read_offices)
    return {
        "office": SimpleLazyObject(lambda: next(iter(offices), None)),
        "offices_count": SimpleLazyObject(lambda: len(offices)),
        "section": section(request.path_info),
    }


#: The first office as this process last read it, for the page that must do without a database.
last_known: list[Office] = []


def _read_offices() -> list[Office]:
    offices = list(Office.objects.in_order())
    last_known[:] = offices[:1]
    return offices


def section(path_info: str) -> str:
    """Return the entry of the navigation for a path, empty if it belongs to none."""
    parts = path_info.strip("/").split("/")
    if parts[0] in dict(settings.LANGUAGES):
        parts = parts[1:]
    return SECTIONS.get(parts[0], "") if parts else ""
