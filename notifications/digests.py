"""Digests, found by query from the facts of the moment, like reminders: a morning has no timer.

A morning is 08:00 on the wall clock of the office's zone. Each one brings the digests of those who
chose "daily", a Monday's also those of who chose "weekly": one message a person and office, and
none where there is no news. A morning that nothing ran on is made up for within the week, in one
digest with the next one's news, never in the quiet hours.

What is news to a reader begins where their last digest ended. So nobody is told twice, and nothing
falls between two digests, whenever they change from one kind to the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from events.models import Office
from notifications import catalogue, news, planning
from notifications.message import Recipient
from notifications.models import (
    Delivery,
    DeliveryState,
    DigestRun,
    Frequency,
    Subscription,
)
from notifications.news import Item
from notifications.reminder_times import is_quiet

MORNING = time(8)
MONDAY = 0
#: How far back news goes for somebody who has had no digest yet: its own span, and a week in which
#: nothing may have run.
LOOKS_BACK = {Frequency.DAILY: timedelta(days=7), Frequency.WEEKLY: timedelta(days=14)}
FURTHEST = max(LOOKS_BACK.values())
#: A digest that could not be sent for so long is worth nothing any more.
KEEPS = timedelta(days=7)
#: Readers that one transaction looks at.
CHUNK = 500
#: Chunks of one morning that one tick plans; the next tick goes on.
CHUNKS_A_TICK = 100


@dataclass(frozen=True)
class Morning:
    """A morning on which an office's digests go out, and whose."""

    office: Office
    date: date
    frequencies: frozenset[str]

    @property
    def at(self) -> datetime:
        """The instant (UTC) up to which it tells the news."""
        return datetime.combine(self.date, MORNING, zone_of(self.office)).astimezone(UTC)


def zone_of(office: Office) -> ZoneInfo:
    """Return the zone that an office's readers live in. The place for a zone of their own."""
    return office.zone


def plan(now: datetime) -> int:
    """Write the deliveries of all digests that are due at ``now``; return how many.

    Planned twice is planned once. Two queries where nothing is due.
    """
    count = 0
    for morning, run in _unfinished(now):
        items = news.of_office(morning.office, now=now, since=morning.at - FURTHEST,
                               until=morning.at)  # fmt: skip
        for _chunk in range(CHUNKS_A_TICK):
            planned = _plan_chunk(morning, run, items, now)
            if planned is None:
                break
            count += planned
    return count


def mornings(office: Office, now: datetime) -> list[Morning]:
    """Return the mornings whose digests may go out at ``now``, the earlier first.

    The latest one, and this week's Monday, which tells the weekly news even if it comes late.
    """
    zone = zone_of(office)
    if is_quiet(now, str(zone)):
        return []
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday() - MONDAY)
    if today == monday:
        return [Morning(office, today, frozenset({Frequency.DAILY, Frequency.WEEKLY}))]
    return [
        Morning(office, monday, frozenset({Frequency.WEEKLY})),
        Morning(office, today, frozenset({Frequency.DAILY})),
    ]


def _unfinished(now: datetime) -> list[tuple[Morning, DigestRun]]:
    """Return the due mornings with readers that are not planned to the end."""
    wanting = Subscription.objects.live().in_digests().values("office")
    due = [
        morning
        for office in Office.objects.filter(pk__in=wanting).in_order()
        for morning in mornings(office, now)
    ]
    if not due:
        return []
    known = _runs(due)
    new = [m for m in due if (m.office.pk, m.date) not in known]
    if new:
        DigestRun.objects.bulk_create(
            [DigestRun(office=morning.office, date=morning.date) for morning in new],
            ignore_conflicts=True,
        )
        known = _runs(due)
    found = [(morning, known[morning.office.pk, morning.date]) for morning in due]
    return [(morning, run) for morning, run in found if run.finished_at is None]


def _runs(due: Sequence[Morning]) -> dict[tuple[int, date], DigestRun]:
    rows = DigestRun.objects.filter(
        office__in={morning.office.pk for morning in due},
        date__in={morning.date for morning in due},
    )
    return {(run.office_id, run.date): run for run in rows}


def _plan_chunk(
    morning: Morning, run: DigestRun, items: Sequence[Item], now: datetime
) -> int | None:
    """Plan the next readers in order of their keys; return how many digests, None at the end."""
    with transaction.atomic(durable=True):
        row = (
            DigestRun.objects.select_for_update(skip_locked=True)
            .filter(pk=run.pk, finished_at=None)
            .first()
        )
        if row is None:
            return None
        people = _people(morning, row.cursor) if items else []
        recipients = _recipients(morning, people, items)
        planning.insert(catalogue.named("digest"), recipients, now=now)
        if len(people) == CHUNK:
            row.cursor = people[-1]
        else:
            row.finished_at = now
        row.save(update_fields=["cursor", "finished_at"])
        return len(recipients)


def _people(morning: Morning, cursor: int) -> list[int]:
    return list(
        Subscription.objects.live()
        .in_digests()
        .filter(office=morning.office, person__gt=cursor, person__email__isnull=False)
        .order_by("person")
        .values_list("person", flat=True)
        .distinct()[:CHUNK]
    )


def _recipients(morning: Morning, people: Sequence[int], items: Sequence[Item]) -> list[Recipient]:
    """Return those of ``people`` for whom there is news. Three queries a chunk."""
    if not people:
        return []
    wishes: dict[int, list[Subscription]] = defaultdict(list)
    rows = Subscription.objects.live().filter(office=morning.office, person__in=people)
    for row in rows.order_by("created_at", "id"):
        wishes[row.person_id].append(row)
    told = _told_until(morning, people)
    mailed = news.mailed_letters(people, items)
    found = []
    for person, theirs in wishes.items():
        windows = _windows(morning, theirs, told)
        if not news.of_reader(items, windows, without=mailed[person]):
            continue
        found.append(
            Recipient(
                person_id=person,
                language=theirs[-1].language,
                office_id=morning.office.pk,
                expires_at=morning.at + KEEPS,
                context={
                    "date": morning.date.isoformat(),
                    "until": morning.at.isoformat(),
                    "tells": _tells(morning, theirs),
                    # From when on which topic is news.
                    "topics": {str(pk): since.isoformat() for pk, since in windows.items()},
                },
            )
        )
    return found


def _windows(
    morning: Morning,
    wishes: Iterable[Subscription],
    told: dict[tuple[int, str], datetime],
) -> dict[int, datetime]:
    """Return since when which of a reader's topics is news to them, by the topic's key."""
    windows = {}
    for wish in wishes:
        assert wish.confirmed_at is not None
        chosen_at = wish.frequency_at or wish.confirmed_at
        if wish.frequency not in morning.frequencies or chosen_at >= morning.at:
            continue
        furthest = morning.at - LOOKS_BACK[Frequency(wish.frequency)]
        last = told.get((wish.person_id, wish.frequency), furthest)
        # What is posted in the very moment of the confirmation is news, as a letter's mail has it.
        from_the_start = wish.confirmed_at - timedelta(microseconds=1)
        windows[wish.topic_id] = max(last, furthest, from_the_start)
    return windows


def _tells(morning: Morning, wishes: Iterable[Subscription]) -> list[str]:
    """Return which kinds of a reader's wishes are told up to this morning.

    All of them, unless they have some topics daily and others weekly: then a Wednesday's digest
    leaves the weekly ones for Monday.
    """
    has = {wish.frequency for wish in wishes}
    return [str(kind) for kind in LOOKS_BACK if kind in morning.frequencies or kind not in has]


def _told_until(morning: Morning, people: Sequence[int]) -> dict[tuple[int, str], datetime]:
    """Return up to when each person's last digest told which kind of their wishes."""
    until: dict[tuple[int, str], datetime] = {}
    rows = Delivery.objects.filter(
        person__in=people,
        planned_at__gt=morning.at - FURTHEST,
        message="digest",
        office=morning.office,
    ).exclude(state=DeliveryState.EXPIRED)
    for person, context in rows.values_list("person_id", "context"):
        end = datetime.fromisoformat(context["until"])
        for kind in context["tells"]:
            until[person, kind] = max(end, until.get((person, kind), end))
    return until
