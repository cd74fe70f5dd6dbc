"""The words of one message, read from the facts at the moment in which it is sent.

A message's folder holds ``heading.txt`` and ``words.txt``, each written once for both parts of the
mail, and ``subject.txt``, ``body.txt`` and ``body.html``, which put them together.
"""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from events.models import Office
from notifications import catalogue
from notifications.message import NotYet, Rendered, Superseded
from notifications.messages.guards import NothingToTell, TooEarly
from notifications.models import Delivery

#: What separates the footer in plain text; mail programs know it by its trailing space.
SIGNATURE = "-- "
#: The frame of a message on the telephone: no greeting, no buttons, no footer.
SPOKEN = "notifications/email/spoken.txt"


def render(delivery: Delivery, now: datetime) -> Rendered | Superseded | NotYet:
    """Return the message as its recipient gets it, in the language of the delivery."""
    rendered = render_for_many(delivery, now)
    own = catalogue.named(delivery.message).own
    if isinstance(rendered, Rendered) and own is not None:
        return rendered.for_reader(own(delivery))
    return rendered


def render_for_many(delivery: Delivery, now: datetime) -> Rendered | Superseded | NotYet:
    """Return the message with marks where something is one reader's alone (``Message.own``)."""
    message = catalogue.named(delivery.message)
    with translation.override(interface_language(delivery)):
        try:
            known = message.context(delivery, now)
        except NothingToTell as nothing:
            return Superseded(str(nothing))
        except TooEarly as early:
            return NotYet(early.until)
        folder = f"notifications/email/{message.folder}"
        context: dict[str, Any] = {"office": _office(delivery), **known, "folder": folder}
        calendar = message.calendar(delivery, now) if message.calendar is not None else []
        return Rendered(
            subject=one_line(render_to_string(f"{folder}/subject.txt", context)),
            text=plain(render_to_string(f"{folder}/body.txt", context)),
            html=render_to_string(f"{folder}/body.html", context).strip() + "\n",
            calendar=calendar[0] if len(calendar) == 1 else None,
            unsubscribe_url=known.get("unsubscribe_url", ""),
            headers=known.get("headers", {}),
            told=known.get("told"),
        )


def render_spoken(delivery: Delivery, now: datetime) -> tuple[str, str] | None:
    """Return heading and words of a message, to be said on the telephone; None if it is no more."""
    message = catalogue.named(delivery.message)
    with translation.override(interface_language(delivery)):
        try:
            known = message.context(delivery, now)
        except (NothingToTell, TooEarly):
            return None
        folder = f"notifications/email/{message.folder}"
        context: dict[str, Any] = {
            "office": _office(delivery), **known, "folder": folder, "base": SPOKEN,
            "is_spoken": True,
        }  # fmt: skip
        heading = one_line(render_to_string(f"{folder}/heading.txt", context))
        return heading, _without_links(plain(render_to_string(f"{folder}/body.txt", context)))


def _without_links(text: str) -> str:
    """Leave out addresses of this site: many are the reader's own, and act as the reader.

    An item of a list loses its address, a line that offers one goes.
    """
    site = re.escape(settings.SITE_URL)
    text = re.sub(rf"^(- .*): {site}\S*$", r"\1", text, flags=re.MULTILINE)
    return plain(re.sub(rf"^.*{site}\S*$", "", text, flags=re.MULTILINE))


def interface_language(delivery: Delivery) -> str:
    """Return the language of the standing words: the delivery's, if the site speaks it.

    Titles and letters may be there in more languages than the site; they are taken from the
    delivery's own.
    """
    known = [code for code, _name in settings.LANGUAGES]
    offered = [delivery.language]
    if delivery.office is not None:
        offered.append(delivery.office.first_language)
    return next((code for code in offered if code in known), settings.LANGUAGE_CODE)


def _office(delivery: Delivery) -> Office | None:
    """Return whose name and address the mail carries; the first office's where it is the site's."""
    return delivery.office or Office.objects.in_order().first()


def one_line(text: str) -> str:
    """Return a subject without line breaks."""
    return " ".join(text.split())


def plain(text: str) -> str:
    """Return plain text without the blank lines that template tags leave."""
    lines = (line if line == SIGNATURE else line.strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
