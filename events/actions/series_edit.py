"""Change several dates of a series at once: which dates, what of them, and what they keep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.actions.events import (
    CERTAINTY,
    EDITABLE,
    PLACE_FIELDS,
    RELATED_FIELDS,
    TEXTS,
    TIME_FIELDS,
    apply_changes,
)
from events.actions.series import instant, local_starts, span_on, texts_of
from events.audit import Operation, operation
from events.errors import Refused
from events.models import Event, EventStatus, Series, StaffUser
from events.models.event import EventQuerySet


class Scope(models.TextChoices):
    """Which dates of a series a change is for, besides the one that is open."""

    FOLLOWING = "following", _("This date and all later ones")
    UNEDITED = "unedited", _("All dates to come")


@dataclass
class DatePlan:
    """What a change makes of one date: old values are on ``event``, which is not changed."""

    event: Event
    changes: dict[str, Any]
    #: Fields that the change would touch and that stay, for they are this date's own.
    kept: list[str] = field(default_factory=list)
    is_postponed: bool = False

    @property
    def is_told(self) -> bool:
        """Whether those concerned hear of it: time, place or certainty of a public date."""
        return self.event.is_posted and bool(
            {"status", *TIME_FIELDS, *PLACE_FIELDS} & set(self.changes)
        )

    @property
    def after(self) -> Event:
        """The time and place that it will have, as a row that is not saved."""
        names = (*TIME_FIELDS, *PLACE_FIELDS, "status")
        columns = {name: self.changes.get(name, getattr(self.event, name)) for name in names}
        return Event(office=self.event.office, title=self.event.title, **columns)


@dataclass
class SeriesPlan:
    """What a change makes of a series, before it is made: the dates in their order."""

    dates: list[DatePlan]
    #: Names of the fields in which the open date changes.
    fields: list[str]

    @property
    def changing(self) -> list[DatePlan]:
        return [date for date in self.dates if date.changes]

    @property
    def keeping(self) -> list[DatePlan]:
        """Dates of which something, or all, stays as it is."""
        return [date for date in self.dates if date.kept or date.is_postponed]

    @property
    def told(self) -> list[DatePlan]:
        return [date for date in self.dates if date.is_told]


def dates_in_scope(event: Event, scope: str, now: datetime) -> EventQuerySet:
    """Return the dates that a change is for: none that is over, has begun or is cancelled.

    The open one is among them in any case.
    """
    dates = Event.objects.filter(series=event.series_id).exclude(status=EventStatus.CANCELLED)
    dates = dates.filter(models.Q(starts_at__gt=now) | models.Q(pk=event.pk))
    if scope == Scope.FOLLOWING:
        dates = dates.filter(series_start__gte=event.series_start)
    return dates


def plan_series_edit(
    event: Event, dates: Iterable[Event], changes: dict[str, Any], *, now: datetime
) -> SeriesPlan:
    """Return what ``changes`` of ``event`` make of ``dates``, the event among them. Writes nothing.

    Only what differs from the open date is a change, and it goes to every date but those on which
    that very field was changed by itself: they keep theirs. A new hour is one on the wall, on each
    date's own day. What is postponed gets neither a time nor a status. Uses the prefetches of
    ``with_all_shown``. Raises :class:`Refused` for another day or another zone.
    """
    wanted = _differing(event, changes)
    if time_changes := {name for name in TIME_FIELDS if name in wanted}:
        _check_time(event, wanted)
    plain = {name: value for name, value in wanted.items() if name not in time_changes}
    first, last = (wanted.get(name, getattr(event, name)) for name in ("starts_at", "ends_at"))
    planned = []
    for date in sorted(dates, key=lambda date: (date.starts_at, date.pk)):
        if date.pk == event.pk:
            planned.append(DatePlan(date, wanted))
            continue
        own = set(date.own_fields)
        new = {name: value for name, value in plain.items() if name not in own}
        kept = sorted(own & set(plain))
        if time_changes and not own & set(TIME_FIELDS) and not date.is_postponed:
            zone = date.zone
            local = _local(date.starts_at, zone)
            begins = datetime.combine(local.date(), _local(first, zone).time())
            new["starts_at"], new["ends_at"] = span_on(begins, first, last, zone)
            if "all_day" in wanted:
                new["all_day"] = wanted["all_day"]
        elif time_changes and not date.is_postponed:
            kept.append("starts_at")
        if date.is_postponed:
            new.pop("status", None)
        if "notice_excuse" in new and not _is_late(date, new, now):
            # It is written for dates that are late; it is no licence for the others.
            del new["notice_excuse"]
        is_postponed = date.is_postponed and bool(time_changes or "status" in wanted)
        planned.append(DatePlan(date, _differing(date, new), kept, is_postponed))
    return SeriesPlan(planned, sorted(wanted))


def edit_series(
    *,
    event_id: int,
    scope: str,
    changes: dict[str, Any],
    revision: int | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> SeriesPlan:
    """Make the changes of one date of a series those of others, too; return what was changed.

    ``scope``: :class:`Scope`. All or nothing, and one operation: whoever has a place at ten of the
    dates hears of it once. RSVPs, addresses and UIDs stay; a larger capacity promotes, date by
    date. Dates that come into the window later follow. Nothing that was moved, postponed or
    cancelled comes back at its old time: it is a row, and the rule makes no day twice.

    Refused if the open date is no longer at ``revision``; and as :func:`plan_series_edit` says.
    """
    if unknown := set(changes) - EDITABLE:
        raise TypeError(f"edit_series does not change {sorted(unknown)}")
    if changes.get("status", EventStatus.CONFIRMED) not in CERTAINTY:
        raise TypeError(f"edit_series does not make dates {changes['status']}")
    scope = Scope(scope)
    first = Event.objects.get(pk=event_id)
    with operation(at=now, actor=actor) as op:
        # The tick adds no dates meanwhile; then the dates, in order of key.
        series = Series.objects.select_for_update(no_key=True).get(pk=first.series_id)  # type: ignore[misc]
        dates = list(
            dates_in_scope(first, scope, now)
            .with_all_shown()
            .prefetch_related("agenda__translations")
            .select_for_update(no_key=True, of=("self",))
            .order_by("pk")
        )
        event = next((date for date in dates if date.pk == event_id), None)
        if event is None:
            raise Refused("event_cancelled", _("This event was cancelled meanwhile."))
        if revision is not None and event.revision != revision:
            raise Refused(
                "changed_meanwhile", _("Somebody else has changed this event since you opened it.")
            )
        if event.is_postponed:
            raise Refused("event_postponed", _("This event was postponed. Set a new date first."))
        plan = plan_series_edit(event, dates, changes, now=now)
        if not plan.fields:
            return plan
        op.record("series.edited", event=event, series=series, scope=str(scope))
        if set(TIME_FIELDS) & set(plan.fields):
            _set_hour(series, plan, event)
        _own_no_more(event, plan.fields)
        for date in sorted(plan.changing, key=lambda date: date.event.pk):
            _apply(op, date)
    return plan


def _apply(op: Operation, date: DatePlan) -> None:
    # What was fetched is the state before the change.
    if set(RELATED_FIELDS) & set(date.changes):
        date.event._prefetched_objects_cache = {}  # type: ignore[attr-defined]
    apply_changes(op, date.event, date.changes, line=op.beside())


def _own_no_more(event: Event, fields: Sequence[str]) -> None:
    """What the open date has in common with others now is not its own any more; its day may be."""
    shared = set(fields)
    if event.starts_at.astimezone(event.zone).date().isoformat() != event.series_start[:10]:
        shared -= set(TIME_FIELDS)
    elif shared & set(TIME_FIELDS):
        shared |= set(TIME_FIELDS)
    event.own_fields = sorted(set(event.own_fields) - shared)


def _set_hour(series: Series, plan: SeriesPlan, event: Event) -> None:
    """Let the rule go on at the new hour, from the day after the last date that it has made."""
    if "UNTIL=" in series.rule:
        return  # it has ended: all its dates were made
    zone = ZoneInfo(series.timezone)
    starts_at = next(date for date in plan.dates if date.event.pk == event.pk).after.starts_at
    hour = _local(starts_at, zone).time()
    before = series.extended_to - timedelta(days=400), series.extended_to
    if made := local_starts(series, *before):
        # Else a date at the edge of the window would be left out, or made at both hours.
        next_day = datetime.combine(made[-1].date() + timedelta(days=1), time())
        series.extended_to = instant(next_day, zone)
    first = datetime.fromisoformat(series.first_start)
    series.first_start = datetime.combine(first.date(), hour).isoformat(timespec="minutes")
    series.save(update_fields=["first_start", "extended_to"])


def _check_time(event: Event, wanted: dict[str, Any]) -> None:
    if "timezone" in wanted:
        raise Refused(
            "series_zone",
            _("Several dates keep their time zone. Change it for this date alone."),
            field="timezone",
        )
    begins = wanted.get("starts_at", event.starts_at)
    if _local(begins, event.zone).date() != _local(event.starts_at, event.zone).date():
        raise Refused(
            "series_day",
            _(
                "Several dates can get another hour, not another day. Move this date alone; or "
                "end the series with this date and begin a new one on the other day."
            ),
            field="starts_on",
        )


def _differing(event: Event, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes that differ from what the event has (uses its prefetches)."""
    return {name: new for name, new in changes.items() if _value(event, name) != _same(name, new)}


def _value(event: Event, name: str) -> Any:
    if name == "translations":
        return texts_of(event)
    return set(getattr(event, name).all()) if name in RELATED_FIELDS else getattr(event, name)


def _same(name: str, new: Any) -> Any:
    if name == "translations":
        return {
            language: {column: texts.get(column, "") for column in TEXTS}
            for language, texts in new.items()
            if texts.get("title")
        }
    return set(new) if name in RELATED_FIELDS else new


def _is_late(date: Event, new: dict[str, Any], now: datetime) -> bool:
    hours = new.get("notice_hours", date.notice_hours)
    begins: datetime = new.get("starts_at", date.starts_at)
    return begins.astimezone(UTC) - now < timedelta(hours=hours)


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
