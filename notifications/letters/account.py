"""Who got a letter, who did not, and why: counted from its deliveries alone."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from events.models import AuditEntry, Outbox
from notifications.models import Delivery, DeliveryCount, DeliveryState, Letter
from notifications.models.delivery import OPEN

MESSAGE = "letter_posted"
#: The states that end a copy, in the order in which the account shows them.
ENDS = (
    DeliveryState.ACCEPTED,
    DeliveryState.FAILED,
    DeliveryState.UNKNOWN,
    DeliveryState.SUPPRESSED,
    DeliveryState.SUPERSEDED,
    DeliveryState.EXPIRED,
)
#: Later facts beside the state.
LATER = ("bounced", "complained")
#: How far back the rate is measured: long enough to be steady, short enough to be true now.
RATE_WINDOW = timedelta(minutes=5)
#: Different answers of mail servers that are read at most; alike ones are one class.
MOST_ANSWERS = 500
#: Phase, code and enhanced code of RFC 3463, before the server's own words.
_ANSWER = re.compile(r"(?P<said>[^:]+: [245]\d\d(?: [245]\.\d{1,3}\.\d{1,3})?)\b")


@dataclass(frozen=True)
class Reason:
    """A class of errors: what servers answered alike, with the words of one of them."""

    code: str
    words: str
    count: int


@dataclass(frozen=True)
class Account:
    """Copies of one letter by what became of them, at one moment."""

    counts: Counter[str]
    #: Not all readers are on the list yet: the planner is still at it.
    is_planning: bool
    #: Copies that ended in a minute, of late; 0 where none did.
    rate: float
    at: datetime
    #: Copies whose people are no longer known one by one, since their rows were folded.
    folded: int = 0
    #: Copies that came back later, and those that somebody complained about: counted by their
    #: state, too.
    bounced: int = 0
    complained: int = 0

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def left(self) -> int:
        return sum(self.counts[state] for state in OPEN)

    @property
    def done(self) -> int:
        return self.total - self.left

    @property
    def is_under_way(self) -> bool:
        return self.is_planning or self.left > 0

    @property
    def a_minute(self) -> int:
        """The rate as people say it: at least one where anything ended."""
        return max(round(self.rate), 1) if self.rate else 0

    @property
    def ends_at(self) -> datetime | None:
        """When it will be through at this rate; None where nobody can say."""
        if self.is_planning or not self.left or not self.rate:
            return None
        return self.at + timedelta(minutes=self.left / self.rate)


def copies_of(letter: Letter) -> QuerySet[Delivery]:
    return Delivery.objects.filter(letter_id=letter.pk, message=MESSAGE)


def account_of(letter: Letter, now: datetime) -> Account:
    """Count a letter's copies; four queries, however many there are."""
    rows = copies_of(letter).order_by().values_list("state")
    found = list(rows.annotate(n=Count("pk"), b=Count("bounced_at"), c=Count("complained_at")))
    counts: Counter[str] = Counter({state: count for state, count, *_later in found})
    gone = DeliveryCount.objects.filter(letter_id=letter.pk, message=MESSAGE).order_by()
    sums = gone.values_list("state").annotate(n=Sum("count"), b=Sum("bounced"), c=Sum("complained"))
    kept = list(sums)
    folded: Counter[str] = Counter({state: count for state, count, *_later in kept})
    return Account(
        counts=counts + folded,
        bounced=sum(row[2] for row in found + kept),
        complained=sum(row[3] for row in found + kept),
        is_planning=is_being_planned(letter),
        rate=_rate(letter, now),
        at=now,
        folded=folded.total(),
    )


def is_being_planned(letter: Letter) -> bool:
    """Whether not all of its readers have a copy on its way yet; one query."""
    if letter.posted_at is None:
        return False
    posted = AuditEntry.objects.filter(
        office_id=letter.office_id, at=letter.posted_at, action="letter.posted",
        subjects__letter=letter.pk,
    )  # fmt: skip
    return Outbox.objects.filter(operation__in=posted.values("operation")).exists()


def _rate(letter: Letter, now: datetime) -> float:
    """Return how many copies a minute ended lately, from the first of them on."""
    recent = copies_of(letter).filter(finished_at__gt=now - RATE_WINDOW, finished_at__lte=now)
    figures = recent.aggregate(n=Count("pk"), first=Min("finished_at"))
    if not figures["n"]:
        return 0.0
    # A minute at least: two copies in one second are no rate of 120.
    minutes = max((now - figures["first"]).total_seconds() / 60, 1.0)
    return float(figures["n"] / minutes)


def reasons(letter: Letter, *states: str) -> list[Reason]:
    """Return the errors of the copies in ``states`` by class, the most frequent first.

    Servers put numbers of their own into their answers; what they mean stands before: phase, code
    and enhanced code.
    """
    rows = (
        copies_of(letter)
        .filter(state__in=states)
        .exclude(error="")
        .order_by()
        .values_list("error")
        .annotate(n=Count("pk"))
        .order_by("-n", "error")[:MOST_ANSWERS]
    )
    counts: Counter[str] = Counter()
    words: defaultdict[str, str] = defaultdict(str)
    for error, count in rows:
        code = code_of(error)
        counts[code] += count
        words[code] = words[code] or error
    return [Reason(code, words[code], count) for code, count in counts.most_common()]


def code_of(error: str) -> str:
    """Return the class of an error: "RCPT: 550 5.1.1"; the error itself where it has no code."""
    found = _ANSWER.match(error)
    return found["said"] if found else error


def people(letter: Letter, state: str, *, code: str = "") -> QuerySet[Delivery]:
    """Return the copies in ``state`` with their people, those with an error of a class alone.

    ``at`` of each is when that came about; none while it waits.
    """
    found = copies_of(letter).select_related("person")
    when = f"{state}_at" if state in LATER else "finished_at"
    if state == "waiting":
        found = found.filter(state__in=OPEN)
    elif state in LATER:
        found = found.filter(**{f"{when}__isnull": False})
    else:
        found = found.filter(state=state)
    if code:
        # "550" is the class of what came without an enhanced code; "550 5.1.1" is another one.
        finer = Q(error__regex=rf"^{re.escape(code)} [245]\.[0-9]")
        found = found.filter(Q(error=code) | Q(error__startswith=f"{code} ") & ~finer)
    return found.annotate(at=F(when)).order_by("at", "id")
