"""A change of an event while somebody signs up there, on real PostgreSQL."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from events.actions.calling_off import cancel_event
from events.actions.events import reschedule_event
from events.actions.offices import edit_venue
from events.actions.series import end_series, extend_series
from events.actions.series_edit import edit_series
from events.errors import Refused
from events.models import RSVP, Event, Outbox
from notifications import planning
from notifications.models import Delivery
from tests.factories import NOW, make_claim, make_event, make_office, make_rsvp, make_shift
from tests.notifications.scenes import goes, office_hours
from volunteers.actions import claims
from volunteers.overlap import Clash

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def in_a_thread(action: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            action()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def cancelled(event: Event) -> None:
    cancel_event(event_id=event.pk, reason="Storm.", now=NOW)


def moved(event: Event) -> None:
    by = timedelta(days=1)
    reschedule_event(
        event_id=event.pk, starts_at=event.starts_at + by, ends_at=event.ends_at + by, now=NOW
    )


@pytest.mark.parametrize(
    ("change", "told"), [(cancelled, "event_cancelled"), (moved, "event_changed")]
)
def test_who_claims_a_shift_while_its_event_changes_hears_of_it(
    change: Callable[[Event], None], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event()
    shift = make_shift(event)
    while planning.plan_outbox(now=NOW):
        pass
    has_read, may_go_on = threading.Event(), threading.Event()

    def first_clash(**asked: Any) -> Clash | None:
        # The claim has read when its shift is, and is about to be made.
        has_read.set()
        may_go_on.wait(20)
        return None

    monkeypatch.setattr(claims, "first_clash", first_clash)
    claiming = in_a_thread(lambda: make_claim(shift, email="vic@example.org"))
    assert has_read.wait(20)

    def change_and_tell() -> None:
        change(event)
        while planning.plan_outbox(now=NOW):
            pass

    changing = in_a_thread(change_and_tell)
    # Long enough to come through if nothing held it.
    changing.join(1)
    may_go_on.set()
    claiming.join(20)
    changing.join(20)
    while planning.plan_outbox(now=NOW):
        pass
    assert not Outbox.objects.exists()
    mail = [d for d in Delivery.objects.filter(person__email="vic@example.org") if goes(d)]
    assert told in [delivery.message for delivery in mail]


def test_who_has_both_an_rsvp_and_a_claim_under_way_meets_no_deadlock() -> None:
    """RSVPs, claims, moves and releases of one event at once: each in its turn."""
    event = make_event(capacity=3)
    shifts = [make_shift(event, capacity=1), make_shift(event, capacity=1)]
    failures: list[BaseException] = []

    def one_person(number: int) -> None:
        email = f"person{number}@example.org"
        try:
            for _round in range(3):
                make_rsvp(event, email=email)
                for shift in shifts if number % 2 else reversed(shifts):
                    outcome = claims.claim_shift(
                        shift_id=shift.pk, name="Vic", email=email, proven=True, now=NOW
                    )
                    if outcome.claim is not None:
                        claims.release_claim(claim_id=outcome.claim.pk, now=NOW)
                if number == 0:
                    event.refresh_from_db()
                    moved(event)
        except BaseException as error:
            failures.append(error)

    people = [in_a_thread(lambda number=number: one_person(number)) for number in range(6)]  # type: ignore[misc]
    for person in people:
        person.join(60)
    assert failures == []


def test_a_series_that_ends_while_it_grows_and_fills_leaves_no_date_and_nobody_untold() -> None:
    office = make_office()
    series = office_hours(office)
    dates = list(series.events.order_by("starts_at"))
    assert dates[0].venue is not None
    library = dates[0].venue
    failures: list[BaseException] = []

    def at_once(action: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            try:
                action()
            except Refused:
                pass  # the date is off already
            except BaseException as error:
                failures.append(error)

        return in_a_thread(run)

    def sign_up(number: int) -> None:
        for date in dates[number::5]:
            make_rsvp(date, email=f"guest{number % 2}@example.org")

    later = NOW + timedelta(days=60)
    at_work = [
        *(at_once(lambda number=number: sign_up(number)) for number in range(4)),  # type: ignore[misc]
        at_once(lambda: end_series(event_id=dates[0].pk, reason="Storm.", now=NOW)),
        at_once(lambda: edit_venue(venue_id=library.pk, changes={"street": "1 Elm"}, now=NOW)),
        at_once(lambda: extend_series(now=later)),
    ]
    for thread in at_work:
        thread.join(60)
    assert failures == []
    assert set(series.events.values_list("status", flat=True)) == {"cancelled"}
    while planning.plan_outbox(now=NOW):
        pass
    extend_series(now=later)
    assert set(series.events.values_list("status", flat=True)) == {"cancelled"}
    called_off = Delivery.objects.filter(message__in=("dates_cancelled", "event_cancelled"))
    told = list(called_off.values_list("person", flat=True))
    came = set(RSVP.objects.values_list("person", flat=True))
    assert (len(told), set(told)) == (len(set(told)), came)


def test_dates_that_change_together_while_people_sign_up_meet_no_deadlock() -> None:
    series = office_hours(make_office())
    dates = list(series.events.order_by("starts_at"))[:20]
    Event.objects.update(capacity=2)
    failures: list[BaseException] = []

    def at_once(action: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            try:
                action()
            except BaseException as error:
                failures.append(error)

        return in_a_thread(run)

    def sign_up(number: int) -> None:
        # One of them from the last date to the first.
        for date in dates if number % 2 else reversed(dates):
            make_rsvp(date, email=f"guest{number}@example.org")

    def change(first: Event, scope: str, hours: int, capacity: int) -> None:
        by = timedelta(hours=hours)
        new = {"starts_at": first.starts_at + by, "ends_at": first.ends_at + by}
        changes = new | {"capacity": capacity}
        edit_series(event_id=first.pk, scope=scope, changes=changes, now=NOW)

    at_work = [
        *(at_once(lambda number=number: sign_up(number)) for number in range(4)),  # type: ignore[misc]
        at_once(lambda: change(dates[0], "following", 1, 3)),
        at_once(lambda: change(dates[9], "unedited", 2, 3)),
        at_once(lambda: extend_series(now=NOW + timedelta(days=60))),
    ]
    for thread in at_work:
        thread.join(60)
    assert failures == []
    after = Event.objects.filter(series=series)
    assert set(after.values_list("capacity", flat=True)) == {3}
    assert len({date.starts_at.astimezone(date.zone).hour for date in after}) == 1
    for date in after.filter(pk__in=[date.pk for date in dates]):
        assert (date.taken, date.rsvps.confirmed().count(), date.rsvps.count()) == (3, 3, 4)
