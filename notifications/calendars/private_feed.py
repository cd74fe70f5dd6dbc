"""One person's own feed: the events they have a place at, and their shifts.

Its address is a secret, signed, and ends when the person renews it. It changes in the same moment
as the RSVP or the claim does, so it is never kept by a cache and never put together from blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override

from events import links
from events.models import RSVP, AttendanceStatus, Person
from events.models.event import FEED_FUTURE, FEED_PAST
from notifications.calendars import vevent
from notifications.calendars.blocks import Listed
from notifications.calendars.entries import claim_entry, rsvp_entry
from notifications.calendars.feeds import CalendarFeed, Scope, digest
from notifications.calendars.vevent import Entry
from volunteers.models import Shift, ShiftClaim

HELD = [AttendanceStatus.CONFIRMED, AttendanceStatus.WAITLISTED]
"""A place, or a place in line. An unproven RSVP is nobody's yet."""


@dataclass(frozen=True)
class Own(Scope):
    """The keys of the person's RSVPs and claims within the window, and all their revisions."""

    rsvps: tuple[int, ...] = ()
    claims: tuple[tuple[int, int], ...] = ()  # claim, shift
    facts: tuple[object, ...] = ()


class OwnFeed(CalendarFeed[Own]):
    """The feed behind a person's link."""

    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> Own:
        """Two queries: the person with their RSVPs, and their claims with what holds for them."""
        try:
            pk, version = links.unsign(links.FEED, kwargs["token"])
        except links.BadLink:
            raise Http404 from None
        since, until = now - FEED_PAST, now + FEED_FUTURE
        rows = list(
            Person.objects.filter(pk=pk)
            .order_by("rsvps__pk")
            .values_list(
                "link_version",
                "rsvps__pk",
                "rsvps__status",
                "rsvps__changed_at",
                "rsvps__event__revision",
                "rsvps__event__starts_at",
                "rsvps__event__ends_at",
                "rsvps__event__posted_at",
            )
        )
        if not rows or rows[0][0] != version:
            raise Http404
        rsvps = [
            row
            for row in rows
            if row[2] in HELD and row[5] < until and row[6] >= since and row[7] is not None
        ]
        claims = list(
            Shift.objects.filter(claims__person=pk, claims__status__in=HELD)
            .effective(since, until)
            .posted()
            .order_by("claims__pk")
            .values_list("claims__pk", "pk", "claims__status", "claims__changed_at", "revision")  # type: ignore[misc]
        )
        return Own(
            name=_("My events and shifts"),
            description=_("What you signed up for. Keep the address of this calendar to yourself."),
            timezone=settings.TIME_ZONE,
            address=settings.SITE_URL + request.path,
            rows=RSVP.objects.none(),
            rsvps=tuple(row[1] for row in rsvps),
            claims=tuple((row[0], row[1]) for row in claims),
            facts=(*(row[1:5] for row in rsvps), *claims),
        )

    def etag(self, scope: Own, language: str) -> str:
        return digest(type(self).__name__, scope, language, *scope.facts)

    def set_headers(self, response: HttpResponse, **kwargs: Any) -> None:
        super().set_headers(response)
        response["Cache-Control"] = "private, no-cache"
        response["X-Robots-Tag"] = "noindex, nofollow"

    def listed(self, scope: Own) -> list[Listed]:
        """Nothing comes from the table of blocks."""
        return []

    def load(self, keys: Sequence[int]) -> list[tuple[int, Entry]]:
        return []

    def parts(
        self, request: HttpRequest, scope: Own, listed: list[Listed], language: str
    ) -> Iterator[bytes]:
        with override(language):
            entries = sorted(_entries(scope), key=lambda entry: (entry.starts_at, entry.uid))
            yield self.head(request, scope, language)
            yield vevent.zones(zone for entry in entries if (zone := entry.zone))
            yield from map(vevent.vevent, entries)
            yield vevent.closing()


def _entries(scope: Own) -> Iterator[Entry]:
    """One entry for each event and shift: a confirmed place counts before a place in line."""
    rsvps = (
        RSVP.objects.filter(pk__in=scope.rsvps, status__in=HELD)
        .select_related("event__office", "event__venue")
        .prefetch_related("event__translations", "event__topics__translations")
        .order_by("event", "status", "mode")
    )
    seen = set()
    for rsvp in rsvps:
        if rsvp.event_id not in seen:
            seen.add(rsvp.event_id)
            yield rsvp_entry(rsvp, rsvp.event)
    shifts = {
        shift.pk: shift
        for shift in Shift.objects.filter(pk__in=[shift for _claim, shift in scope.claims])
        .effective()
        .with_all_shown()
    }
    claims = ShiftClaim.objects.filter(
        pk__in=[claim for claim, _shift in scope.claims], status__in=HELD
    ).order_by("pk")
    for claim in claims:
        if claim.shift_id in shifts:
            yield claim_entry(claim, shifts[claim.shift_id])
