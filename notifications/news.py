"""What is new at an office, by topic: letters, events, and shifts for those who volunteer.

The same reading decides whether somebody gets a digest and what stands in it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from events.models import Event, Office, Topic
from notifications.models import Delivery, Letter
from volunteers.models import Shift

#: The topic whose readers hear of open shifts.
VOLUNTEER = "volunteer"


class Item(NamedTuple):
    """Something new: its kind and key, since when it is public, and what it is about."""

    kind: str
    pk: int
    at: datetime
    topics: frozenset[int]


class Window(NamedTuple):
    """The news of a topic after ``since``, and where there is an end, up to ``until``."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.since < at and (self.until is None or at <= self.until)


def of_office(
    office: Office | int, *, now: datetime, since: datetime, until: datetime
) -> list[Item]:
    """Return what became public after ``since`` and up to ``until``, and still holds at ``now``.

    Letters that were retracted, or were posted to mail nobody, and what is cancelled, full or over
    are not among it. A series is new with its first dates: those that are added later are not.
    Four queries.
    """
    return [
        *_letters(office, since, until),
        *_events(office, now, since, until),
        *_shifts(office, now, since, until),
    ]


def _letters(office: Office | int, since: datetime, until: datetime) -> list[Item]:
    rows = Letter.objects.filter(
        office=office, mails=True, retracted_at=None, posted_at__gt=since, posted_at__lte=until
    )
    return _items("letter", rows.values_list("pk", "posted_at", "topics"))


def _events(office: Office | int, now: datetime, since: datetime, until: datetime) -> list[Item]:
    siblings = Event.objects.posted().filter(series=OuterRef("series")).order_by()
    first = siblings.values("series").annotate(first=Min("posted_at")).values("first")
    rows = (
        Event.objects.posted()
        .going_on()
        .filter(office=office, starts_at__gt=now, posted_at__gt=since, posted_at__lte=until)
        .annotate(new_at=Coalesce(Subquery(first), "posted_at"))
        .filter(new_at__gt=since)
    )
    return _items("event", rows.values_list("pk", "new_at", "topics"))


def _shifts(office: Office | int, now: datetime, since: datetime, until: datetime) -> list[Item]:
    topic = Topic.objects.filter(slug=VOLUNTEER).values_list("pk", flat=True).first()
    if topic is None:
        return []
    rows = (
        Shift.objects.filter(office=office)  # type: ignore[misc]
        .effective(start=now)
        .posted()
        .going_on()
        .with_open_places()
        .public_between(since, until)
        .filter(starts_at__gt=now)
    )
    return [
        Item("shift", pk, at, frozenset({topic}))
        for pk, at in rows.values_list("pk", "public_at")  # type: ignore[misc]
    ]


def _items(kind: str, rows: object) -> list[Item]:
    topics: dict[tuple[int, datetime], set[int]] = defaultdict(set)
    for pk, at, topic in rows:  # type: ignore[attr-defined]
        topics[pk, at].add(topic)
    return [Item(kind, pk, at, frozenset(about - {None})) for (pk, at), about in topics.items()]


def mailed_letters(people: Sequence[int], items: Sequence[Item]) -> Mapping[int, AbstractSet[int]]:
    """Return which of these letters people got, or get, as a mail of its own; one query."""
    mailed: dict[int, set[int]] = defaultdict(set)
    letters = [item.pk for item in items if item.kind == "letter"]
    if letters:
        rows = Delivery.objects.filter(
            person__in=people, message="letter_posted", letter_id__in=letters
        )
        for person, letter in rows.values_list("person_id", "letter_id"):
            if person is not None and letter is not None:
                mailed[person].add(letter)
    return mailed


def of_reader(
    items: Sequence[Item], topics: Mapping[int, Window], *, without: AbstractSet[int | None]
) -> list[Item]:
    """Return what is news to a reader, each of ``topics`` within its window.

    ``without`` are letters that they have had.
    """
    return [
        item
        for item in items
        if any(topics[topic].holds(item.at) for topic in item.topics & topics.keys())
        and not (item.kind == "letter" and item.pk in without)
    ]
