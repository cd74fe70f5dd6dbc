"""One change for several dates of a series: which dates, what each keeps, what comes later."""

import itertools
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event, reschedule_event
from events.actions.series import end_series, extend_series
from events.actions.series_edit import Scope, edit_series
from events.errors import Refused
from events.models import RSVP, AuditEntry, Event, Mode, NoticeVersion, Outbox, Series
from tests.events.test_actions_series import ZONE, dates, local, weekly
from tests.factories import NOW, make_rsvp, make_venue

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def evenings(count: int = 0, **facts: Any) -> Series:
    """Every Thursday from 6 to 8 p.m. from June 11, 2026 on; ``count`` times, or without an end."""
    rule = f"FREQ=WEEKLY;COUNT={count}" if count else "FREQ=WEEKLY"
    return weekly(local(2026, 6, 11, 18), local(2026, 6, 11, 20), now=NOW, rule=rule, **facts)


def edit(event: Event, scope: str = Scope.FOLLOWING, *, now: datetime = NOW, **changes: Any) -> Any:
    return edit_series(event_id=event.pk, scope=scope, changes=changes, now=now)


def at(event: Event, hour: int, minute: int = 0, hours: int = 2) -> dict[str, datetime]:
    begins = event.starts_at.astimezone(ZONE).replace(hour=hour, minute=minute)
    return {"starts_at": begins, "ends_at": begins + hours * HOUR}


def hours(events: list[Event]) -> list[str]:
    return [
        f"{event.starts_at.astimezone(ZONE):%H:%M}-{event.ends_at.astimezone(ZONE):%H:%M}"
        for event in events
    ]


def test_a_new_hour_is_one_on_the_wall_in_summer_and_winter_and_for_dates_to_come() -> None:
    series = evenings(post=False)
    before = dates(series)
    edit(before[3], **at(before[3], 19, 30, hours=1))
    after = dates(series)
    assert set(hours(after[:3])) == {"18:00-20:00"}
    assert set(hours(after[3:])) == {"19:30-20:30"}
    assert {event.starts_at.astimezone(UTC).hour for event in after[3:]} == {2, 3}
    assert [(e.pk, e.uid, e.slug, e.series_start) for e in after] == [
        (e.pk, e.uid, e.slug, e.series_start) for e in before
    ]
    extend_series(now=NOW + timedelta(days=40))
    new = dates(series)[len(after) :]
    assert len(new) >= 5
    assert set(hours(new)) == {"19:30-20:30"}
    days = [event.starts_at.astimezone(ZONE).date() for event in dates(series)]
    assert {later - day for day, later in itertools.pairwise(days)} == {timedelta(days=7)}


@pytest.mark.parametrize("hour", [7, 12, 21])
def test_no_date_is_left_out_or_made_twice_at_the_edge_of_the_window(hour: int) -> None:
    """The window ends at noon: of a Thursday, a morning is in it, and an evening is not."""
    first = local(2026, 6, 11, 12)
    for edge in (first - HOUR, first + HOUR):
        series = weekly(first, first + HOUR, now=edge - timedelta(days=1), post=False)
        event = dates(series)[0]
        edit(event, now=edge - timedelta(days=1), **at(event, hour, hours=1))
        for day in range(1, 16):
            extend_series(now=edge + timedelta(days=day))
        days = [event.starts_at.astimezone(ZONE).date() for event in dates(series)]
        gaps = {later - day for day, later in itertools.pairwise(days)}
        assert gaps == {timedelta(days=7)}


def test_what_was_moved_put_off_or_cancelled_never_comes_back_at_its_old_time() -> None:
    series = evenings(6)
    first, moved, off, gone, last = dates(series)[:5]
    by = timedelta(days=1, hours=1)
    reschedule_event(
        event_id=moved.pk, starts_at=moved.starts_at + by, ends_at=moved.ends_at + by, now=NOW
    )
    postpone_event(event_id=off.pk, reason="Storm.", now=NOW)
    cancel_event(event_id=gone.pk, reason="Holiday.", now=NOW)
    count = series.events.count()
    plan = edit(first, Scope.UNEDITED, title="Open evening", **at(first, 17))
    extend_series(now=NOW)
    moved, off, gone, last = (Event.objects.get(pk=e.pk) for e in (moved, off, gone, last))
    assert hours([moved, off, gone, last]) == [
        "19:00-21:00", "18:00-20:00", "18:00-20:00", "17:00-19:00",
    ]  # fmt: skip
    assert [e.status for e in (moved, off, gone)] == ["confirmed", "postponed", "cancelled"]
    assert [e.title for e in (moved, off, gone)] == ["Open evening", "Open evening", "Fair"]
    assert series.events.count() == count
    assert [(date.event.pk, date.kept, date.is_postponed) for date in plan.keeping] == [
        (moved.pk, ["starts_at"], False), (off.pk, [], True),
    ]  # fmt: skip


def test_a_date_keeps_the_field_that_was_changed_of_it_alone_and_no_other() -> None:
    series = evenings(capacity=10, post=False)
    first, special, *_rest, last = dates(series)
    room = make_venue(series.office)
    for one, title in ((special, "With the mayor"), (last, "Farewell")):
        edit_event(event_id=one.pk, changes={"title": title, "capacity": 10}, now=NOW)
    edit(first, Scope.UNEDITED, title="Open house", venue=room, capacity=20)
    special.refresh_from_db()
    assert (special.title, special.venue, special.capacity) == ("With the mayor", room, 20)
    assert special.own_fields == ["title"]
    # What is new is copied from what is common, not from the last one as it happens to be.
    extend_series(now=NOW + timedelta(days=30))
    new = dates(series)[-1]
    assert (new.title, new.venue, new.capacity) == ("Open house", room, 20)
    # The date from which a change is made has it in common with the others from then on.
    edit(special, title="Open evening")
    special.refresh_from_db()
    assert special.own_fields == []
    edit(first, Scope.UNEDITED, title="Open door")
    special.refresh_from_db()
    assert special.title == "Open door"
    assert Event.objects.get(pk=last.pk).title == "Farewell"


def test_where_every_evening_has_a_room_of_its_own_a_remote_one_hands_on_no_missing_room() -> None:
    series = weekly(
        local(2026, 6, 11, 18), local(2026, 6, 11, 20), now=NOW, rule="FREQ=MONTHLY;BYDAY=2TH"
    )
    *others, last = dates(series)
    rooms = [make_venue(series.office) for _ in others]
    for event, room in zip(others, rooms, strict=True):
        edit_event(event_id=event.pk, changes={"venue": room}, now=NOW)
    link = "https://meet.example.org/fair"
    online = {"mode": Mode.REMOTE, "venue": None, "remote_url": link}
    edit_event(event_id=last.pk, changes=online, now=NOW)
    assert extend_series(now=NOW + timedelta(days=20)) == 1
    new = dates(series)[-1]
    # What was changed of one date alone is not handed on while the others have something else.
    assert (new.mode, new.venue, new.remote_url) == (Mode.IN_PERSON, rooms[-1], "")
    assert new.is_posted


def test_a_date_whose_place_is_not_known_waits_as_a_draft() -> None:
    series = evenings(post=False)
    # As if it had been edited by hand: the tick has nothing that it could announce.
    series.events.update(posted_at=NOW, venue=None)
    assert extend_series(now=NOW + timedelta(days=30)) == 4
    assert series.events.filter(posted_at=None).count() == 4


def test_what_is_over_and_what_is_before_stays() -> None:
    series = evenings(12)
    now = NOW + timedelta(days=40)
    past = [event.pk for event in dates(series) if event.starts_at <= now]
    third = dates(series)[len(past) + 2]
    edit(third, now=now, title="From the third on")
    assert series.events.exclude(title="Fair").order_by("starts_at").first() == third
    edit(third, Scope.UNEDITED, now=now, title="All to come")
    assert set(series.events.filter(title="Fair").values_list("pk", flat=True)) == set(past)
    assert len(past) > 1


def test_larger_rooms_let_the_line_in_and_keep_every_rsvp() -> None:
    series = evenings(4, capacity=1)
    first, second, third = dates(series)[:3]
    for event in (first, second):
        make_rsvp(event, email="sam@example.org")
        make_rsvp(event, email="ana@example.org")
    held = set(RSVP.objects.values_list("pk", flat=True))
    Outbox.objects.all().delete()
    edit(first, capacity=2)
    assert set(RSVP.objects.confirmed().values_list("pk", flat=True)) == held
    assert [(e.capacity, e.taken) for e in dates(series)[:3]] == [(2, 2), (2, 2), (2, 0)]
    # Who moves up at two dates is told of two places: each has its operation.
    moved_up = AuditEntry.objects.filter(action="rsvp.promoted")
    assert len({fact.operation for fact in moved_up}) == 2
    assert Outbox.objects.count() == 3
    assert third.pk not in moved_up.values_list("event_id", flat=True)


def test_all_or_nothing_and_one_operation_with_a_version_of_every_date() -> None:
    series = evenings(6)
    first, *others = dates(series)
    versions = NoticeVersion.objects.count()
    last = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    edit(first, **at(first, 19))
    facts = AuditEntry.objects.filter(pk__gt=last)
    assert len({fact.operation for fact in facts}) == 1
    assert [fact.action for fact in facts.order_by("pk")] == [
        "series.edited", *["event.rescheduled"] * (len(others) + 1),
    ]  # fmt: skip
    assert NoticeVersion.objects.count() == versions + len(others) + 1
    before = list(Event.objects.order_by("pk").values())
    with pytest.raises(Refused, match="how to ask for an accommodation"):
        edit(first, notice_hours=72, title="With notice")
    day = timedelta(days=1)
    with pytest.raises(Refused, match="not another day"):
        edit(first, starts_at=first.starts_at + day, ends_at=first.ends_at + day)
    with pytest.raises(Refused, match="time zone"):
        edit(first, timezone="America/Denver")
    with pytest.raises(Refused, match="Somebody else"):
        edit_series(event_id=first.pk, scope="following", changes={}, revision=1, now=NOW)
    assert list(Event.objects.order_by("pk").values()) == before


def test_a_series_that_has_ended_stays_ended_at_another_hour() -> None:
    series = evenings(post=False)
    first, _second, third = dates(series)[:3]
    end_series(event_id=third.pk, now=NOW)
    edit(first, **at(first, 10))
    extend_series(now=NOW + timedelta(days=20))
    assert hours(dates(series)) == ["10:00-12:00"] * 2


def test_each_date_costs_a_few_queries() -> None:
    def cost(count: int) -> int:
        event = dates(evenings(45))[-count]
        with CaptureQueriesContext(connection) as queries:
            edit(event, title="Open house", **at(event, 19))
        return len(queries)

    few, many = cost(5), cost(45)
    assert many - few <= 40 * 4
    assert few < 50


def test_what_was_changed_before_there_were_own_fields_is_read_from_the_facts() -> None:
    series = evenings(3)
    first, second, third = dates(series)
    edit_event(event_id=first.pk, changes={"title": "With the mayor", "capacity": 5}, now=NOW)
    later = {"starts_at": second.starts_at + HOUR, "ends_at": second.ends_at + HOUR}
    reschedule_event(event_id=second.pk, now=NOW, **later)
    cancel_event(event_id=third.pk, reason="Storm.", now=NOW)
    Event.objects.update(own_fields=[])
    import_module("events.migrations.0011_own_fields").read_from_facts(apps, None)
    own = list(Event.objects.order_by("pk").values_list("own_fields", flat=True))
    assert own == [["capacity", "title"], ["ends_at", "starts_at"], []]
