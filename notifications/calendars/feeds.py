"""The shell of every calendar feed: django-ical's, around blocks that are rendered once.

A subscriber's program asks every hour, and nearly always nothing has changed: that answer comes
from counts and sums over the window, before anything is read or rendered. Otherwise the feed is a
head, its zones and its blocks, streamed where there are many.
"""

from __future__ import annotations

import gzip
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Generic, TypeVar

from django.db.models import Count, Max, QuerySet, Sum
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import override
from django_ical.feedgenerator import ICal20Feed
from django_ical.views import ICalFeed

from events import clock
from events.errors import Refused
from events.languages import language_in_use
from notifications.calendars import vevent
from notifications.calendars.blocks import BATCH, Listed, blocks, render_version
from notifications.calendars.vevent import Entry

MAX_AGE = 300
"""Seconds that a shared cache may keep a public feed without asking."""


@dataclass(frozen=True)
class Scope:
    """What one feed is about. `address` is its own URL, `rows` what it lists.

    `revision` is that of the office in its name.
    """

    name: str
    description: str
    timezone: str
    address: str
    rows: QuerySet[Any]
    revision: int = 0


AScope = TypeVar("AScope", bound=Scope)


@dataclass(frozen=True)
class Part:
    """Entries of a feed that are rendered together, each with its revision."""

    scope: Scope
    entries: Sequence[tuple[int, Entry]]


class CalendarDocument(ICal20Feed):
    """What django-ical fills: written by our own bytes in place of the library's."""

    def head(self) -> bytes:
        """The calendar up to its zones."""
        return vevent.feed_opening(
            name=self.feed["title"],
            description=self.feed["description"],
            language=self.feed["language"],
            timezone=self.feed["timezone"],
            source=self.feed["feed_url"],
        )

    def blocks(self) -> list[tuple[str, int, bytes]]:
        """Each item as (uid, revision, block)."""
        return [
            (item["unique_id"], item["revision"], vevent.vevent(item["entry"]))
            for item in self.items
        ]

    def write(self, outfile: IO[bytes], encoding: str) -> None:
        """Write the whole calendar of the items at hand."""
        outfile.write(self.head())
        outfile.write(vevent.zones(zone for item in self.items if (zone := item["entry"].zone)))
        outfile.writelines(block for _uid, _revision, block in self.blocks())
        outfile.write(vevent.closing())


class CalendarFeed(ICalFeed, ABC, Generic[AScope]):
    """A feed; a subclass says over what."""

    feed_type = CalendarDocument
    # A POST is answered with 405, not with a page about cookies.
    csrf_exempt = True

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        language = language_in_use()
        try:
            scope = self.get_object(request, now=clock.now(), **kwargs)
        except Refused as refused:
            return HttpResponse(refused.message, status=422, content_type="text/plain")
        compress = bool(re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")))
        bare = HttpResponse(content_type=self.feed_type.mime_type)
        # Compressed it is not the same octets, so its tag is a weak one (RFC 9110, 8.8.1).
        bare["ETag"] = ("W/" if compress else "") + f'"{self.etag(scope, language)}"'
        patch_vary_headers(bare, ["Accept-Encoding"])
        self.set_headers(bare, **kwargs)
        answer = get_conditional_response(request, etag=bare["ETag"], response=bare)
        if answer is not None and answer is not bare:
            return answer
        listed = self.listed(scope)
        parts = self.parts(request, scope, listed, language)
        if len(listed) > BATCH:
            # The gzip middleware compresses piece by piece.
            return StreamingHttpResponse(parts, headers=dict(bare.items()))
        bare.content = b"".join(parts)
        if compress:
            # Always to the same length, so that HEAD and GET say the same.
            bare.content = gzip.compress(bare.content, compresslevel=6, mtime=0)
            bare["Content-Encoding"] = "gzip"
        return bare

    @abstractmethod
    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> AScope:
        """The feed's scope, in one query at most; raises Http404 or Refused."""

    @abstractmethod
    def listed(self, scope: AScope) -> list[Listed]:
        """The feed's entries by start, in one query."""

    @abstractmethod
    def load(self, keys: Sequence[int]) -> list[tuple[int, Entry]]:
        """The rows with these keys, each as (revision, entry)."""

    def etag(self, scope: AScope, language: str) -> str:
        """The revision key, in one query: changes when an entry changes, comes or goes.

        Count and keys tell when one leaves the window as another enters it, which the latest
        change alone would not.
        """
        row = scope.rows.order_by().aggregate(
            count=Count("pk"), keys=Sum("pk"), revisions=Sum("revision"), latest=Max("updated_at")
        )
        return digest(type(self).__name__, scope, language, *row.values())

    def set_headers(self, response: HttpResponse, **kwargs: Any) -> None:
        """What the answer says of itself, whether it is 200 or 304."""
        response["Cache-Control"] = f"public, max-age={MAX_AGE}"
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'

    def parts(
        self, request: HttpRequest, scope: AScope, listed: list[Listed], language: str
    ) -> Iterator[bytes]:
        """The calendar in pieces of at most `BATCH` blocks."""

        def render(keys: Sequence[int]) -> list[tuple[str, int, bytes]]:
            document = self.get_feed(Part(scope, self.load(keys)), request)
            return list(document.blocks())

        yield self.head(request, scope, language)
        yield vevent.zones(zone for one in listed if (zone := one.zone))
        for start in range(0, len(listed), BATCH):
            yield blocks(listed[start : start + BATCH], language, render)
        yield vevent.closing()

    def head(self, request: HttpRequest, scope: AScope, language: str) -> bytes:
        """The feed's name and what a subscriber's program wants to know of it."""
        with override(language):
            return bytes(self.get_feed(Part(scope, []), request).head())

    # django-ical's hooks, for the feed and for each of its items.

    def title(self, part: Part) -> str:
        return part.scope.name

    def description(self, part: Part) -> str:
        return part.scope.description

    def timezone(self, part: Part) -> str:
        return part.scope.timezone

    def feed_url(self, part: Part) -> str:
        return part.scope.address

    def method(self, part: Part) -> None:
        """No METHOD: a subscribed calendar is no message."""

    def items(self, part: Part) -> Sequence[tuple[int, Entry]]:
        return part.entries

    def item_guid(self, item: tuple[int, Entry]) -> str:
        return item[1].uid

    def item_title(self, item: tuple[int, Entry]) -> str:
        return item[1].summary

    def item_description(self, item: tuple[int, Entry]) -> str:
        return item[1].description

    def item_link(self, item: tuple[int, Entry]) -> str:
        return item[1].url

    def item_extra_kwargs(self, item: tuple[int, Entry]) -> dict[str, Any]:
        return {"revision": item[0], "entry": item[1]}


def digest(kind: str, scope: Scope, language: str, *facts: object) -> str:
    """What an ETag is made of: the facts, and all that the bytes depend on beside them."""
    parts = [kind, scope.name, scope.description, scope.timezone, scope.address, scope.revision]
    text = "|".join(map(str, [*parts, language, render_version(), *facts]))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
