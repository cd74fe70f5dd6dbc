"""Both changes of clocks, tick by tick: nothing at night, nothing doubled, nothing left out.

Ticks come when they like, two at once now and then. Judged by what the mail server has, and when.
"""

import os
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.reminder_times import is_quiet
from notifications.tick import drain
from tests.factories import LOS_ANGELES, make_event, make_office, make_rsvp, make_topic
from tests.notifications.delivery import kit
from tests.notifications.mailing import make_letter, make_reader
from tests.smtp_sink import SmtpSink

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

ZONE = ZoneInfo(LOS_ANGELES)
SEED = int(os.environ.get("SEED", "7"))
#: The longest pause between two ticks, in minutes; an hour would reach from evening into night.
PAUSE = int(os.environ.get("PAUSE", "45"))


def local(day: datetime, hour: int, minute: int = 0, *, days: int = 0, fold: int = 0) -> datetime:
    """Return the instant at which the clocks say so, ``days`` after ``day``."""
    wall = day.replace(hour=hour, minute=minute) + timedelta(days=days)
    return wall.replace(tzinfo=ZONE, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("sunday", "hours"), [(datetime(2026, 3, 8), 23), (datetime(2026, 11, 1), 25)]
)
def test_reminders_and_digests_keep_to_the_clocks_over_their_change(
    sunday: datetime, hours: int, sink: SmtpSink, settings: Any
) -> None:
    print(f"seed {SEED}")
    kit.use_sink(settings, sink)
    dice = random.Random(SEED)
    begin, end = local(sunday, 10, days=-1), local(sunday, 18, days=1)
    assert local(sunday, 0, days=1) - local(sunday, 0) == timedelta(hours=hours)
    office, topic = make_office(now=begin), make_topic(now=begin)
    starts = {
        "day@example.org": local(sunday, 10),
        "evening@example.org": local(sunday, 18, 30, days=1),
        # Two hours before is at night, and the morning is too late: the evening before.
        "early@example.org": local(sunday, 8, 30, days=1),
    }
    for email, starts_at in starts.items():
        event = make_event(office, starts_at=starts_at, now=begin)
        make_rsvp(event, email=email, now=begin)
    make_reader(office, [topic], email="reader@example.org", frequency="daily", now=begin)
    # The second one in the hour that there is twice, or not at all.
    posts = [local(sunday, 15, days=-1), local(sunday, 1, 30, fold=1), local(sunday, 15)]
    drain(now=begin)
    confirmed = len(sink.taken)

    came: defaultdict[str, list[datetime]] = defaultdict(list)
    seen, ticks, now = confirmed, 0, begin
    while now < end:
        now += timedelta(minutes=dice.randint(1, PAUSE))
        while posts and posts[0] <= now:
            make_letter(office, topics=[topic], now=posts.pop(0))
        for _ in range(dice.choice([1, 1, 1, 2])):
            drain(now=now)
            ticks += 1
        for taken in sink.taken[seen:]:
            kind = taken.key.split(":")[0]
            came[f"{kind} {taken.recipient}"].append(now)
            assert not is_quiet(now, LOS_ANGELES), f"{taken.key} at {now.astimezone(ZONE)}"
        seen = len(sink.taken)
    assert ticks > 100
    assert begin.astimezone(ZONE).utcoffset() != end.astimezone(ZONE).utcoffset()

    due = {
        "reminder day@example.org": [local(sunday, 11, days=-1), local(sunday, 8)],
        "reminder evening@example.org": [local(sunday, 11), local(sunday, 16, 30, days=1)],
        "reminder early@example.org": [local(sunday, 11), local(sunday, 20)],
        "digest reader@example.org": [local(sunday, 8), local(sunday, 8, days=1)],
    }
    assert set(came) == set(due)
    for what, instants in due.items():
        late = [at - wanted for at, wanted in zip(came[what], instants, strict=True)]
        assert all(timedelta() <= by <= timedelta(minutes=PAUSE) for by in late), (what, late)
    assert set(sink.copies().values()) == {1}
    assert len({taken.message_id for taken in sink.taken}) == len(sink.taken)
