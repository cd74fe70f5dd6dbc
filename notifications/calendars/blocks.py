"""Rendered VEVENT blocks, kept in a table: a feed is put together from them and not rendered.

A block is found by (uid, language, revision, render version), so nothing has to be thrown out when
a fact changes: its revision is another one.
"""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import tzdata
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation

from notifications.calendars import vevent
from notifications.models import CalendarBlock

logger = logging.getLogger(__name__)

BATCH = 1000
"""Blocks that are read, and at most rendered and written, at a time."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a feed before it is rendered: enough to find its block and to know its zone."""

    pk: int
    uid: str
    revision: int
    starts_at: datetime
    ends_at: datetime
    timezone: str
    all_day: bool = False

    @property
    def zone(self) -> str | None:
        """The zone whose VTIMEZONE the block needs, or None."""
        return vevent.zone_of(self.timezone, self.all_day, self.starts_at, self.ends_at)


Render = Callable[[Sequence[int]], Iterable[tuple[str, int, bytes]]]
"""Renders the rows with these keys, each as (uid, revision, block)."""


@functools.cache
def render_version() -> str:
    """Changes with all that a block depends on beside its facts: our code, zones, addresses."""
    # The package name is the version of the zones, "2026.6" being the release 2026f.
    text = "|".join([str(vevent.RENDER_VERSION), tzdata.__version__, settings.SITE_URL])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def blocks(listed: Sequence[Listed], language: str, render: Render) -> bytes:
    """The blocks of these entries in their order, those that are missing rendered and kept.

    An entry that is gone by now is left out. Two queries and what `render` asks for if any block is
    missing, else one.
    """
    found: dict[str, tuple[int, bytes]] = {}
    stale: list[int] = []
    wanted = {one.uid: one.revision for one in listed}
    rows = CalendarBlock.objects.filter(uid__in=list(wanted), language=language)
    for pk, uid, revision, version, block in rows.values_list(
        "pk", "uid", "revision", "render_version", "block"
    ):
        if version != render_version() or revision < wanted[uid]:
            stale.append(pk)
        elif revision == wanted[uid]:
            found[uid] = revision, bytes(block)
    missing = [one.pk for one in listed if one.uid not in found]
    if missing:
        with translation.override(language):
            fresh = list(render(missing))
        _keep(fresh, language, stale)
        found |= {uid: (revision, block) for uid, revision, block in fresh}
    return b"".join(found[one.uid][1] for one in listed if one.uid in found)


def _keep(fresh: list[tuple[str, int, bytes]], language: str, stale: list[int]) -> None:
    """Write new blocks and drop those of earlier revisions. A feed is served even if this fails."""
    try:
        CalendarBlock.objects.bulk_create(
            [
                CalendarBlock(
                    uid=uid,
                    language=language,
                    revision=revision,
                    render_version=render_version(),
                    block=block,
                )
                for uid, revision, block in fresh
            ],
            ignore_conflicts=True,
        )
        if stale:
            CalendarBlock.objects.filter(pk__in=stale).delete()
    except DatabaseError:
        logger.warning("Calendar blocks could not be kept; they will be rendered again.")
