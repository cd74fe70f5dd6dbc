"""The letters in a feed reader: Atom, with the whole text, from the rows alone."""

import re
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Enclosure
from django.utils.html import escape, format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import condition, require_safe

from events import dates_text
from events.languages import language_in_use
from events.markdown import render_markdown
from events.models import Office
from events.public_pages import SHARED_SECONDS
from notifications.letters.queries import matching_letters
from notifications.letters.words import absolute_links, shown_summary, taken_back
from notifications.models import Letter

#: Letters that the feed holds; older ones are on the page.
LENGTH = 50
#: Raised when the same rows would be written in another way.
RENDER_VERSION = 4

#: What XML 1.0 cannot carry, escaped or not (its section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class LetterFeed(Atom1Feed):
    """Atom with the text as ``content``, so that a reader need not come to the site (RFC 4287)."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["language"]}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name in item["signatories"]:
            handler.startElement("contributor", AttributesImpl({}))
            handler.addQuickElement("name", name)
            handler.endElement("contributor")
        handler.addQuickElement("content", item["html"], {"type": "html"})

    def latest_post_date(self) -> datetime:
        """Return when the feed last changed; an empty one is as old as its office."""
        changes = [item["updateddate"] for item in self.items]
        return max(changes, default=self.feed["begun"])


def _asked(request: HttpRequest) -> dict[str, str]:
    return {
        name: request.GET[name].strip() for name in ("topic", "office") if request.GET.get(name)
    }


def _etag(request: HttpRequest) -> str:
    """Return what the feed depends on, in two queries, before anything is rendered.

    Count and sums change when a letter comes, goes or changes; a topic that a letter gains or
    loses raises the letter's revision. The offices' names count through their own revisions.
    """
    asked = _asked(request)
    figures = matching_letters(**asked).order_by().aggregate(
        count=Count("pk"), ids=Sum("pk"), revisions=Sum("revision"), latest=Max("updated_at")
    )  # fmt: skip
    offices = Office.objects.aggregate(count=Count("pk"), revisions=Sum("revision"))
    parts = [
        RENDER_VERSION, settings.SITE_URL, get_language(), sorted(asked.items()),
        sorted(figures.items()), sorted(offices.items()),
    ]  # fmt: skip
    return f'"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=_etag)
def letters_feed(request: HttpRequest) -> HttpResponse:
    """Write the latest letters, narrowed as the list is: ``topic``, ``office``; ``lang``."""
    asked = _asked(request)
    language = language_in_use()
    query = asked if language == settings.LANGUAGE_CODE else asked | {"lang": language}
    address = settings.SITE_URL + request.path + (f"?{urlencode(query)}" if query else "")
    office = _office(asked.get("office", ""))
    name = office.name if office is not None else "Plazuela"
    feed = LetterFeed(
        title=_xml(_("Letters from %(office)s") % {"office": name}),
        link=f"{settings.SITE_URL}{reverse('letters')}",
        description="",
        language=language,
        feed_url=address,
        feed_guid=address,
        author_name=_xml(name),
        begun=office.created_at if office is not None else datetime.fromtimestamp(0, UTC),
    )
    for letter in matching_letters(**asked).with_all_shown().with_attachments()[:LENGTH]:
        _add(feed, letter, language)
    response = HttpResponse(feed.writeString("utf-8"), content_type=LetterFeed.content_type)
    response["Cache-Control"] = f"public, max-age={SHARED_SECONDS}"
    return response


def _office(slug: str) -> Office | None:
    """Return the office that the feed is named after: the filter's, else the site's first."""
    # Compared here: a query may hold what the database cannot (PostgreSQL refuses NUL).
    offices = Office.objects.in_order()
    return next((office for office in offices if slug in ("", office.slug)), None)


def _add(feed: LetterFeed, letter: Letter, language: str) -> None:
    title = letter.in_language(language).title
    if letter.is_retracted:
        title = _("Taken back: %(title)s") % {"title": title}
    feed.add_item(
        title=_xml(title),
        link=f"{settings.SITE_URL}{letter.get_absolute_url()}",
        description=escape(_xml(shown_summary(letter, language))),
        unique_id=letter.uid.urn,
        pubdate=published(letter),
        updateddate=letter.updated_at,
        author_name=_xml(letter.office.name),
        categories=[topic.slug for topic in letter.topics.all()],
        language=letter.shown_language(language),
        html=_xml(_content(letter, language)),
        enclosures=_enclosures(letter),
        signatories=[_xml(name) for name in ([] if letter.is_retracted else letter.signatory_list)],
    )


def _content(letter: Letter, language: str) -> str:
    """Return the letter as HTML, with what came of it; of a retracted one only that it is."""
    if letter.is_retracted:
        return format_html("<p>{}</p>", taken_back(letter, language))
    html = render_markdown(absolute_links(letter.in_language(language).body), heading_level=2)
    if letter.outcome_on is None:
        return html
    outcome, _shown = letter.outcome_in(language)
    heading = _("What came of it, %(day)s") % {
        "day": dates_text.date_text(letter.outcome_on, language, weekday=False)
    }
    told = render_markdown(absolute_links(outcome), heading_level=3)
    return html + format_html("<h2>{}</h2>", heading) + told


def _enclosures(letter: Letter) -> list[Enclosure]:
    """Return the letter's files as links beside the entry (RFC 4287, 4.2.7.2)."""
    if letter.is_retracted:
        return []
    return [
        Enclosure(f"{settings.SITE_URL}{row.url}", str(row.size), row.content_type)
        for row in letter.attachments.all()
    ]


def published(letter: Letter) -> datetime:
    """Return the instant that feed readers sort by: when it was posted.

    An old letter that was brought in with its old date takes its place among the old ones instead:
    noon of that day in the office's zone.
    """
    assert letter.posted_at is not None
    zone = letter.office.zone
    if letter.dated < letter.posted_at.astimezone(zone).date():
        return datetime.combine(letter.dated, time(12), zone).astimezone(UTC)
    return letter.posted_at


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
