"""Digests, found by query from the facts of the moment, like reminders: a morning has no timer.

A morning is 08:00 on the wall clock of the office's zone. Each one brings the digests of those who
chose "daily", a Monday's also those of who chose "weekly": one message a person and office, and
none where there is no news. A morning that nothing ran on is made up for within the week, in one
digest with the next one's news, never in the quiet hours.

What is news of a topic to a reader begins where their last digest about it ended. So nobody is told
twice, and nothing falls between two digests, whenever they change from one kind to the other. Who
changes to letters at once gets one more, the next morning, with what was gathered until then. A
digest that still waits when the next one is planned, since the mail server was away, is taken up
into it: one mail, however many mornings it stands for.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from events.models import AuditEntry, Office
from notifications import catalogue, digest_history, news, planning
from notifications.digest_history import History
from notifications.message import Recipient
from notifications.models import DigestRun, Frequency, Subscription
from notifications.news import Item, Window
from notifications.reminder_times import is_quiet

MORNING = time(8)
MONDAY = 0
#: How far back news goes for somebody who has had no digest yet: its own span, and a week in which
#: nothing may have run.
LOOKS_BACK = {Frequency.DAILY: timedelta(days=7), Frequency.WEEKLY: timedelta(days=14)}
FURTHEST = max(LOOKS_BACK.values())
#: How long after somebody has changed to letters at once their last digest may still come.
LEAVES_WITHIN = timedelta(days=7)
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
        has_news = bool(items) or _has_resumed(morning)
        for _chunk in range(CHUNKS_A_TICK):
            planned = _plan_chunk(morning, run, items, now, has_news=has_news)
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
    live = Subscription.objects.live()
    wanting = live.in_digests().values("office")
    left = live.left_digests(now - LEAVES_WITHIN).values("office")
    due = [
        morning
        for office in Office.objects.filter(Q(pk__in=wanting) | Q(pk__in=left)).in_order()
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
    morning: Morning, run: DigestRun, items: Sequence[Item], now: datetime, *, has_news: bool
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
        people = _people(morning, row.cursor) if has_news else []
        recipients = _recipients(morning, people, items, now)
        planning.insert(catalogue.named("digest"), recipients, now=now)
        if len(people) == CHUNK:
            row.cursor = people[-1]
        else:
            row.finished_at = now
        row.save(update_fields=["cursor", "finished_at"])
        return len(recipients)


def _has_resumed(morning: Morning) -> bool:
    """Whether a letter that digests may have left out goes out again since; one query."""
    facts = AuditEntry.objects.filter(office_id=morning.office.pk, at__gt=morning.at - FURTHEST)
    return facts.filter(action="letter.resumed").exists()


def _people(morning: Morning, cursor: int) -> list[int]:
    """Return the next readers in order of their keys; two queries, each with its own index."""
    live = Subscription.objects.live().filter(
        office=morning.office, person__gt=cursor, person__email__isnull=False
    )
    people: set[int] = set()
    for rows in (live.in_digests(), live.left_digests(morning.at - LEAVES_WITHIN)):
        keys = rows.order_by("person").values_list("person", flat=True)
        people.update(keys.distinct()[:CHUNK])
    return sorted(people)[:CHUNK]


def _recipients(
    morning: Morning, people: Sequence[int], items: Sequence[Item], now: datetime
) -> list[Recipient]:
    """Return those of ``people`` for whom there is news, and take up what waits for them.

    Three queries a chunk, and one each for what waits, what is taken up and what was left out.
    """
    if not people:
        return []
    wishes: dict[int, list[Subscription]] = defaultdict(list)
    rows = Subscription.objects.live().filter(office=morning.office, person__in=people)
    for row in rows.order_by("created_at", "id"):
        wishes[row.person_id].append(row)
    histories = digest_history.of_people(morning.office.pk, people, since=morning.at - FURTHEST)
    resumed = digest_history.resumed(histories.values())
    mailed = news.mailed_letters(people, items)
    found: list[Recipient] = []
    taken_up: list[int] = []
    for person, theirs in wishes.items():
        history = histories[person]
        history.settle(_windows(morning, theirs, history).keys())
        windows = _windows(morning, theirs, history)
        also = sorted(
            letter for letter in history.left_out if resumed.get(letter, set()) & windows.keys()
        )
        if not also and not news.of_reader(items, windows, without=mailed[person]):
            continue
        taken_up += history.taken_up
        found.append(
            Recipient(
                person_id=person,
                language=theirs[-1].language,
                office_id=morning.office.pk,
                expires_at=morning.at + KEEPS,
                context={
                    "date": morning.date.isoformat(),
                    "until": morning.at.isoformat(),
                    # From when on which topic is news, and where it is no more, up to when.
                    "topics": {str(pk): one.since.isoformat() for pk, one in windows.items()},
                    "left": {
                        str(pk): one.until.isoformat() for pk, one in windows.items() if one.until
                    },
                    # Letters that an earlier one had to leave out.
                    **({"also": also} if also else {}),
                },
            )
        )
    if taken_up:
        digest_history.take_up(taken_up, now=now)
    return found


def _windows(
    morning: Morning, wishes: Iterable[Subscription], history: History
) -> dict[int, Window]:
    """Return which news of which of a reader's topics is theirs, by the topic's key."""
    windows = {}
    for wish in wishes:
        assert wish.confirmed_at is not None
        chosen_at = wish.frequency_at or wish.confirmed_at
        left_at = wish.frequency_at if wish.frequency == Frequency.IMMEDIATE else None
        # The last digest is the next one of any kind, and every morning has a daily one.
        kind = Frequency.DAILY if left_at else wish.frequency
        if kind not in morning.frequencies or chosen_at >= morning.at:
            continue
        if left_at and left_at <= morning.at - LEAVES_WITHIN:
            continue
        furthest = morning.at - (FURTHEST if left_at else LOOKS_BACK[Frequency(kind)])
        furthest = min(furthest, history.back_to.get(wish.topic_id, furthest))
        # What is posted in the very moment of the confirmation is news, as a letter's mail has it.
        starts = [furthest, wish.confirmed_at - timedelta(microseconds=1)]
        if wish.topic_id in history.until:
            starts.append(history.until[wish.topic_id])
        if left_at and wish.digests_since:
            # Before that each letter came at once, and nothing was gathered.
            starts.append(wish.digests_since)
        if left_at is None or max(starts) < left_at:
            windows[wish.topic_id] = Window(max(starts), left_at)
    return windows
