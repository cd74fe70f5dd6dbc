"""Dates that repeat: every date is a row of its own, a rolling twelve months ahead."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.db.models import ProtectedError
from django.utils.text import slugify

from events.actions.calling_off import reason_is_missing, set_status
from events.actions.events import (
    LONGEST_SLUG,
    TEXTS,
    TIME_FIELDS,
    EventDraft,
    erase_draft,
    insert_event,
    post_now,
    with_free_address,
)
from events.audit import Operation, operation
from events.duties import row_by_row
from events.errors import Refused
from events.models import Event, EventStatus, Office, Series, StaffUser
from events.models.event import EventQuerySet

#: How far ahead dates exist as rows (DESIGN.md, Series).
WINDOW = timedelta(days=365)
#: Dates that one operation may write, so that a tick stays short.
MOST_AT_ONCE = 60

#: The end of the address of a date, with the number of one that was taken already.
_DATE_IN_SLUG = re.compile(r"-\d{4}-\d{2}-\d{2}(-\d+)?$")


def local_starts(series: Series, after: datetime, before: datetime) -> list[datetime]:
    """Return the rule's local starts (naive) whose instants are in [after, before).

    The rule runs in local wall time, so 18:30 stays 18:30 over a change of clocks.
    """
    zone = ZoneInfo(series.timezone)
    first = datetime.fromisoformat(series.first_start)
    rule = rrulestr(series.rule, dtstart=first)
    margin = timedelta(days=2)
    naive_after = after.astimezone(zone).replace(tzinfo=None) - margin
    naive_before = before.astimezone(zone).replace(tzinfo=None) + margin
    starts = rule.between(naive_after, naive_before, inc=True)
    return [start for start in starts if after <= instant(start, zone) < before]


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a naive local time."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def create_series(
    *,
    office: Office,
    draft: EventDraft,
    rule: str,
    post: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> Series:
    """Make a series and its dates for the next twelve months; the first one in any case.

    ``draft`` is the first date; ``rule`` an RRULE without DTSTART (``FREQ=WEEKLY``).
    """
    return with_free_address(partial(_create_series, office, draft, rule, post, now, actor))


def _create_series(
    office: Office,
    draft: EventDraft,
    rule: str,
    post: bool,
    now: datetime,
    actor: StaffUser | None,
) -> Series:
    zone = ZoneInfo(draft.timezone)
    first = draft.starts_at.astimezone(zone).replace(tzinfo=None)
    with operation(at=now, actor=actor) as op:
        series = Series.objects.create(
            office=office,
            rule=rule,
            first_start=first.isoformat(timespec="minutes"),
            timezone=draft.timezone,
            extended_to=draft.starts_at,
            created_at=now,
        )
        until = max(now + WINDOW, draft.starts_at + timedelta(seconds=1))
        _write_dates(op, series, draft, until=until, post=post, most=None)
    return series


def _write_dates(
    op: Operation,
    series: Series,
    draft: EventDraft,
    *,
    until: datetime,
    post: bool,
    most: int | None,
) -> int:
    zone = ZoneInfo(series.timezone)
    starts = local_starts(series, series.extended_to, until)
    # By the day: the hour may be another one since.
    there = {key[:10] for key in series.events.values_list("series_start", flat=True)}
    written, reached = 0, until
    for local in starts:
        key = local.isoformat(timespec="minutes")
        if key[:10] in there:
            continue
        if most is not None and written >= most:
            reached = instant(local, zone)
            break
        begins, ends = span_on(local, draft.starts_at, draft.ends_at, zone)
        date_draft = EventDraft(**{**vars(draft), "starts_at": begins, "ends_at": ends,
                                   "slug": _dated(draft.slug or draft.title, local),
                                   "uid": ""})  # fmt: skip
        event = insert_event(op, date_draft, office=series.office, series=series, series_start=key)
        if post:
            try:
                post_now(op, event)
            except Refused:
                # The tick can ask nobody: what it may not post waits as a draft.
                if most is None:
                    raise
        written += 1
    series.extended_to = max(reached, series.extended_to)
    series.save(update_fields=["extended_to"])
    return written


def span_on(
    local: datetime, starts_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return start and end (UTC) of the date that begins at ``local``, like another one.

    It ends at the same time on the wall as the other: a whole day is 23 hours long where clocks go
    forward.
    """
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (starts_at, ends_at))
    begins, ends = instant(local, zone), instant(local + (last - first), zone)
    # What ends within the hour that comes twice may end before it begins on the wall.
    return begins, ends if ends > begins else begins + (ends_at - starts_at)


def _dated(stem: str, local: datetime) -> str:
    """Return the address of a date of a series, ``slug-2026-06-11``; a long title is cut."""
    return f"{slugify(stem)[: LONGEST_SLUG - 11].strip('-') or 'event'}-{local:%Y-%m-%d}"


def post_series(*, series_id: int, now: datetime, actor: StaffUser | None = None) -> int:
    """Make all drafts of the series public that are not over; return how many."""
    with operation(at=now, actor=actor) as op:
        drafts = (
            Event.objects.select_for_update(no_key=True, of=("self",))
            .filter(series=series_id, posted_at=None, ends_at__gt=now)
            .exclude(status="cancelled")
            .order_by("pk")
        )
        posted = 0
        for event in drafts:
            post_now(op, event)
            posted += 1
    return posted


def end_series(
    *, event_id: int, reason: str = "", now: datetime, actor: StaffUser | None = None
) -> int:
    """Call off this date of a series and all later ones, and repeat it no more; return how many.

    Drafts are thrown away, public dates cancelled with ``reason``: all or nothing, so that whoever
    has a place at ten of them hears of it once. Dates that are over stay as they are.
    """
    first = Event.objects.get(pk=event_id)
    with operation(at=now, actor=actor) as op:
        # The tick adds no dates meanwhile.
        series = Series.objects.select_for_update(no_key=True).get(pk=first.series_id)  # type: ignore[misc]
        later = list(
            dates_from(first, now).select_for_update(no_key=True, of=("self",)).order_by("pk")
        )
        if not reason.strip() and any(event.is_posted for event in later):
            raise reason_is_missing()
        # RFC 5545: UNTIL is of the kind of DTSTART, here local wall time.
        last = datetime.fromisoformat(first.series_start) - timedelta(seconds=1)
        rule = [part for part in series.rule.split(";") if not part.startswith("UNTIL=")]
        series.rule = ";".join([*rule, f"UNTIL={last:%Y%m%dT%H%M%S}"])
        series.save(update_fields=["rule"])
        op.record("series.ended", event=first, series=series)
        for event in later:
            _end_date(op, event, reason)
    return len(later)


def dates_from(event: Event, now: datetime) -> EventQuerySet:
    """Return this date of a series and all later ones that are neither over nor cancelled."""
    dates = Event.objects.filter(series=event.series_id, series_start__gte=event.series_start)
    return dates.filter(ends_at__gt=now).exclude(status=EventStatus.CANCELLED)


def _end_date(op: Operation, event: Event, reason: str) -> None:
    """Throw a locked draft away; cancel it if it is public, or if shifts or guests belong to it."""
    if not event.is_posted:
        try:
            erase_draft(op, event)
            return
        except ProtectedError:
            # Found before anything is written: the transaction goes on.
            reason = reason or event.title
    set_status(op, event, EventStatus.CANCELLED, "event.cancelled", reason)


def extend_series(*, now: datetime) -> int:
    """Write the dates that came into the twelve-month window; return how many. The tick's work.

    A new date has each field from the latest one that has no value of its own there.
    """
    due = Series.objects.filter(extended_to__lt=now + WINDOW - timedelta(days=1))
    return row_by_row(
        list(due.values_list("pk", flat=True)),
        lambda pk: with_free_address(partial(_extend, pk, now)),
        failed="Series %s got no new dates",
    )


def _extend(series_id: int, now: datetime) -> int:
    with operation(at=now) as op:
        series = (
            Series.objects.select_for_update(no_key=True, of=("self",))
            .select_related("office")
            .get(pk=series_id)
        )
        standing = Event.objects.filter(series=series_id).exclude(status=EventStatus.CANCELLED)
        dates = list(standing.with_all_shown().order_by("-series_start"))
        model = dates[0] if dates else None
        if model is None:
            series.extended_to = now + WINDOW
            series.save(update_fields=["extended_to"])
            return 0
        return _write_dates(
            op, series, _draft_from(dates), until=now + WINDOW,
            post=model.is_posted, most=MOST_AT_ONCE,
        )  # fmt: skip


def _draft_from(dates: Sequence[Event]) -> EventDraft:
    """Return what the next date of a series is copied from; ``dates`` are the latest first.

    Its status, and why it was late, are each date's own. Where all dates have a value of their own,
    it is the latest one's; of what belongs to a place, the latest one's that is held in the same
    way: an evening that was made remote has no room to hand on.
    """

    def of(name: str, else_of: Event = dates[0]) -> Event:
        return next((date for date in dates if name not in date.own_fields), else_of)

    mode = of("mode").mode
    alike = next(date for date in dates if date.mode == mode)
    timed = next((date for date in dates if not set(TIME_FIELDS) & set(date.own_fields)), dates[0])
    plain = (
        "title", "event_type", "description", "capacity", "remote_capacity", "takes_rsvps",
        "spoken_languages", "access_services", "is_recorded", "notice_hours", "accommodation",
    )  # fmt: skip
    return EventDraft(
        **{name: getattr(of(name), name) for name in plain},
        **{name: getattr(of(name, alike), name) for name in ("venue", "remote_url", "dial_in")},
        mode=mode,
        **{name: getattr(timed, name) for name in TIME_FIELDS},
        topics=list(of("topics").topics.all()),
        cohosts=list(of("cohosts").cohosts.all()),
        translations=texts_of(of("translations")),
        slug=_DATE_IN_SLUG.sub("", dates[0].slug),
    )


def texts_of(event: Event) -> dict[str, dict[str, str]]:
    """Return the versions of an event in other languages (uses a prefetch)."""
    return {
        row.language: {name: getattr(row, name) for name in TEXTS}
        for row in event.translations.all()
    }
