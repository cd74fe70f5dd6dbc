"""Every message on the desk: what it says, to whom, because of what, and how it looks."""

from typing import Any, NamedTuple

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _

from events import clock, extensions
from events.framing import framed_here
from events.languages import language_in_use, own_name
from events.models import Office
from events.staff.access import StaffRequest, chosen_office, desk_page, staff_page
from notifications import catalogue, samples
from notifications.message import Message

SECTION = "messages"


class Fact(NamedTuple):
    """A fact that causes a message: its name in the program, and in words where there are any."""

    name: str
    words: Any


class Row(NamedTuple):
    """A message, with the facts that cause it; none where it is found by the time."""

    message: Message
    facts: list[Fact]


def _row(message: Message) -> Row:
    words = extensions.history_words
    return Row(message, [Fact(action, words.get(action, "")) for action in message.actions])


@staff_page("see_desk")
def messages(request: StaffRequest) -> HttpResponse:
    """Show every message, and every fact that nobody is told of, with the reason."""
    context = {
        "rows": [_row(message) for message in catalogue.MESSAGES],
        "silent": sorted(catalogue.SILENT.items()),
    }
    return desk_page(request, "notifications/staff/messages.html", context, section=SECTION)


def _asked(request: StaffRequest, kind: str) -> tuple[Message, Office, str]:
    """Return the message, whose it is, and in which language it is to be shown."""
    try:
        message = catalogue.named(kind)
    except KeyError:
        raise Http404 from None
    office = chosen_office(request, request.GET.get("office")) or request.offices[0]
    language = request.GET.get("language") or language_in_use()
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return message, office, language


@staff_page("see_desk")
def message(request: StaffRequest, kind: str) -> HttpResponse:
    """Show one message with a made-up case, in one of the site's languages."""
    shown, office, language = _asked(request, kind)
    sample = samples.sample(kind, office=office, language=language, now=clock.now())
    context = {
        "row": _row(shown),
        "sample": sample,
        "language": language,
        "codes": [(code, own_name(code)) for code, _name in settings.LANGUAGES],
        "offices": request.offices,
    }
    template = "notifications/staff/message.html"
    return desk_page(request, template, context, section=SECTION, office=office)


#: What the HTML part may do in its frame: have its own styles, and nothing else.
IN_FRAME = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": [True],
}


@csp_replace(IN_FRAME)
@framed_here
@staff_page("see_desk")
def message_html(request: StaffRequest, kind: str) -> HttpResponse:
    """Answer with the HTML part alone, for the frame on :func:`message`."""
    _shown, office, language = _asked(request, kind)
    sample = samples.sample(kind, office=office, language=language, now=clock.now())
    return HttpResponse(sample.rendered.html)


def register() -> None:
    """Add the catalogue to the desk. Called once, when the app is ready."""
    extensions.desk_sections.append(
        extensions.DeskSection(
            SECTION, _("Messages"), "staff-messages", "see_desk", 1, extensions.DeskGroup.MAIL
        )
    )
