"""What a reader's digests have told, what waits to be sent, and what they had to leave out.

Read by the planner of the next digest (``notifications.digests``), so that nothing is told twice
and nothing falls between two: what never went out is news still.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifications.delivery import words
from notifications.models import Delivery, DeliveryState, Letter

MESSAGE = "digest"
#: Waits for its turn; nobody is sending it.
WAITING = (DeliveryState.DUE, DeliveryState.RETRY)
#: Never went out, and never will.
NOT_TOLD = (DeliveryState.EXPIRED, DeliveryState.SUPERSEDED)


@dataclass(frozen=True)
class Digest:
    """One planned digest: from when up to when it tells which topics (keys)."""

    pk: int
    since: dict[int, datetime]
    until: dict[int, datetime]

    @classmethod
    def of(cls, pk: int, context: dict[str, Any]) -> "Digest":
        left, topics = context.get("left", {}), context["topics"]
        since = {int(topic): datetime.fromisoformat(at) for topic, at in topics.items()}
        until = {int(topic): left.get(topic, context["until"]) for topic in topics}
        return cls(pk, since, {key: datetime.fromisoformat(at) for key, at in until.items()})


@dataclass
class History:
    """What one reader has heard from one office in digests."""

    #: Up to when which topic is told.
    until: dict[int, datetime] = field(default_factory=dict)
    #: Digests that wait and that the next one may take up, oldest first.
    waiting: list[Digest] = field(default_factory=list)
    #: What it takes up, and from when on it therefore tells which topic.
    taken_up: list[int] = field(default_factory=list)
    back_to: dict[int, datetime] = field(default_factory=dict)
    #: Letters that a digest left out, since their mail was paused (keys).
    left_out: set[int] = field(default_factory=set)

    def tell(self, digest: Digest) -> None:
        for topic, until in digest.until.items():
            self.until[topic] = max(until, self.until.get(topic, until))

    def settle(self, topics: AbstractSet[int]) -> None:
        """Take up what waits into a digest of these topics. What cannot be taken up counts as told.

        It cannot if a later digest has gone out, or if it tells a topic that the next one does not.
        """
        for digest in self.waiting:
            is_latest = all(
                self.until.get(topic, until) <= until for topic, until in digest.until.items()
            )
            if not is_latest or not digest.since.keys() <= topics:
                self.tell(digest)
                continue
            self.taken_up.append(digest.pk)
            for topic, since in digest.since.items():
                self.back_to[topic] = min(since, self.back_to.get(topic, since))
        self.waiting = []


def of_people(
    office_id: int, people: Sequence[int], *, since: datetime
) -> defaultdict[int, History]:
    """Return the history of each of ``people`` from the digests that were planned after ``since``.

    An empty one of everybody else. In the planner's transaction: no worker takes up what may be
    taken up here until it commits. Two queries at most.
    """
    found: defaultdict[int, History] = defaultdict(History)
    rows = Delivery.objects.filter(
        person__in=people, planned_at__gt=since, message=MESSAGE, office=office_id
    ).exclude(state__in=NOT_TOLD)
    read = list(rows.order_by("pk").values_list("pk", "person_id", "state", "context"))
    free = _held([pk for pk, _person, state, _context in read if state in WAITING])
    for pk, person, _state, context in read:
        assert person is not None
        history, digest = found[person], Digest.of(pk, context)
        if pk in free:
            history.waiting.append(digest)
            continue
        history.tell(digest)
        history.left_out -= set(context.get("also", []))
        history.left_out |= set(context.get("left_out", []))
    return found


def _held(keys: Sequence[int]) -> set[int]:
    """Lock those that no worker is about to claim, until the transaction ends."""
    if not keys:
        return set()
    rows = Delivery.objects.select_for_update(skip_locked=True, no_key=True)
    return set(rows.filter(pk__in=keys, state__in=WAITING).values_list("pk", flat=True))


def take_up(keys: Iterable[int], *, now: datetime) -> None:
    """End the digests that a later one takes up, under the locks of :func:`of_people`."""
    Delivery.objects.filter(pk__in=list(keys), state__in=WAITING).update(
        state=DeliveryState.SUPERSEDED, error=words.LATER_DIGEST, finished_at=now
    )


def resumed(histories: Iterable[History]) -> dict[int, frozenset[int]]:
    """Return the letters that digests left out and whose mail goes out again, with their topics."""
    keys = {key for history in histories for key in history.left_out}
    if not keys:
        return {}
    topics: dict[int, set[int]] = defaultdict(set)
    rows = Letter.objects.posted().standing().filter(pk__in=keys, paused_at=None)
    for pk, topic in rows.values_list("pk", "topics"):
        topics[pk].add(topic)
    return {pk: frozenset(about) for pk, about in topics.items()}
