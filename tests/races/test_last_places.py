"""Four processes of many threads want the last places at once. On PostgreSQL, through the site."""

import json
import os
from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import Sum

from events import clock
from events.models import RSVP, Event, Mode
from tests.factories import make_event, make_office, make_role, make_shift, make_staff
from tests.processes import Processes, wait_for
from volunteers.models import Shift, ShiftClaim

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

PROCESSES = 4
#: How often each thread signs up and steps back: a few times in passing, more where all is run.
ROUNDS = 6 if os.environ.get("CI") == "true" else 2


def run_crowd(
    processes: Processes, kind: str, target: str, rounds: int, threads: int = 8
) -> Counter[str]:
    """Let the crowd in and return its answers, counted by kind."""
    crowd = [
        processes.start(
            "-m", "tests.races.crowd", kind, target, str(n * 100), str(rounds), str(threads)
        )
        for n in range(PROCESSES)
    ]
    wait_for(lambda: all(p.poll() is not None for p in crowd), seconds=120, what="the crowd")
    answers: Counter[str] = Counter()
    for process in crowd:
        assert process.returncode == 0, processes.log(process)
        answers.update(json.loads(processes.log(process).splitlines()[-1]))
    return answers


def test_the_last_places_of_an_event_are_never_sold_twice(processes: Processes) -> None:
    now = clock.now()
    event = make_event(capacity=60, now=now)

    answers = run_crowd(processes, "rsvp", event.slug, rounds=ROUNDS)

    assert set(answers) == {"rsvp 303", "cancel 303"}
    assert answers["rsvp 303"] == PROCESSES * 8 * ROUNDS
    event = Event.objects.get(pk=event.pk)
    confirmed = RSVP.objects.confirmed().filter(event=event)
    waiting = RSVP.objects.in_line().filter(event=event)
    assert event.taken == confirmed.aggregate(n=Sum("party_size"))["n"]
    assert event.taken <= event.capacity
    assert event.overbooked == 0
    assert waiting.exists(), "the room was meant to fill up"
    left = event.capacity - event.taken
    passed_over = [rsvp.pk for rsvp in waiting if rsvp.party_size <= left]
    assert passed_over == []
    both = set(confirmed.values_list("person_id")) & set(waiting.values_list("person_id"))
    assert both == set()


@pytest.mark.slow
def test_two_hundred_at_once_and_staff_who_change_the_places(processes: Processes) -> None:
    """A town hall of 80 places in the room and 40 online; a tenth of the crowd is the office."""
    now = clock.now()
    office = make_office(now=now)
    make_staff(office, now=now)
    event = make_event(office, mode=Mode.BOTH, capacity=80, remote_capacity=40, now=now)

    answers = run_crowd(processes, "town", event.slug, rounds=2, threads=50)

    # A form may be refused with words (422); nothing else goes wrong.
    allowed = {"rsvp 303", "rsvp 422", "cancel 303", "change 303", "change 422"}
    assert {kind for kind in answers if not kind.startswith("staff ")} <= allowed, answers
    assert answers["rsvp 303"] > 300
    assert answers["cancel 303"] > 30
    assert answers["staff places"] > 2

    event = Event.objects.get(pk=event.pk)
    for mode, capacity, taken, overbooked in (
        (Mode.IN_PERSON, event.capacity, event.taken, event.overbooked),
        (Mode.REMOTE, event.remote_capacity, event.remote_taken, event.remote_overbooked),
    ):
        confirmed = RSVP.objects.confirmed().filter(event=event, mode=mode)
        waiting = RSVP.objects.in_line().filter(event=event, mode=mode)
        assert taken == (confirmed.aggregate(n=Sum("party_size"))["n"] or 0)
        assert taken <= capacity + overbooked
        assert overbooked == max(taken - capacity, 0), "what is beyond the plan is known"
        assert waiting.exists(), "it was meant to fill up"
        stranded = [row.pk for row in waiting if row.party_size <= capacity - taken]
        assert stranded == []
    # Whoever waits for the room with a place online is counted in one pool alone.
    both = RSVP.objects.confirmed().filter(event=event, mode=Mode.IN_PERSON)
    online = RSVP.objects.confirmed().filter(event=event, mode=Mode.REMOTE)
    assert set(both.values_list("person_id")) & set(online.values_list("person_id")) == set()


def test_the_last_place_of_a_shift_is_never_claimed_twice(processes: Processes) -> None:
    """Twelve people, four shifts of which two and two overlap, claims that cross."""
    now = clock.now()
    office = make_office(now=now)
    role = make_role(office, now=now)
    morning = now + timedelta(days=8)
    evening = morning + timedelta(hours=6)
    shifts = [
        make_shift(office=office, role=role, starts_at=starts_at, capacity=3, now=now)
        for starts_at in (
            morning,
            morning + timedelta(hours=1),
            evening,
            evening + timedelta(hours=1),
        )
    ]

    target = ",".join(str(shift.pk) for shift in shifts)
    answers = run_crowd(processes, "claim", target, rounds=ROUNDS // 2)

    assert {kind.split()[1] for kind in answers} == {"303"}, answers
    for shift in Shift.objects.effective().filter(pk__in=[s.pk for s in shifts]):
        confirmed = ShiftClaim.objects.confirmed().filter(shift=shift)
        assert shift.taken == confirmed.count()
        assert shift.taken <= shift.capacity
    assert overlapping_confirmed_claims() == []
    assert stranded_claims() == []


def overlapping_confirmed_claims() -> list[tuple[int, int]]:
    """Pairs of one person's confirmed claims whose shifts overlap."""
    times = {s.pk: (s.starts_at, s.ends_at) for s in Shift.objects.effective()}
    claims = list(ShiftClaim.objects.confirmed().order_by("pk"))
    return [
        (a.pk, b.pk)
        for a in claims
        for b in claims
        if a.pk < b.pk
        and a.person_id == b.person_id
        and times[a.shift_id][0] < times[b.shift_id][1]
        and times[b.shift_id][0] < times[a.shift_id][1]
    ]


def stranded_claims() -> list[int]:
    """Waiting claims on a shift with a free place whose person is free then."""
    from volunteers.overlap import first_clash

    shifts = {s.pk: s for s in Shift.objects.effective()}
    return [
        claim.pk
        for claim in ShiftClaim.objects.in_line()
        if not shifts[claim.shift_id].is_full
        and first_clash(person_id=claim.person_id, shift=shifts[claim.shift_id]) is None
    ]
