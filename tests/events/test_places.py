"""The account of scarce places, on its own rules."""

import pytest

from events import places
from events.models import RSVP, Event
from events.places import Full, Pool
from tests.factories import make_event

pytestmark = pytest.mark.django_db


def pool_with(capacity: int | None, taken: int = 0) -> Pool:
    event = make_event(capacity=capacity)
    Event.objects.filter(pk=event.pk).update(taken=taken)
    event.refresh_from_db()
    return Pool(event)


def stored(pool: Pool) -> tuple[int | None, int, int]:
    event = Event.objects.get(pk=pool.holder.pk)
    return event.capacity, event.taken, event.overbooked


def test_take_within_capacity() -> None:
    pool = pool_with(5, taken=2)
    places.take(pool, 3)
    assert stored(pool) == (5, 5, 0)


def test_take_beyond_capacity_says_what_is_left() -> None:
    pool = pool_with(5, taken=4)
    with pytest.raises(Full) as full:
        places.take(pool, 2)
    assert full.value.left == 1
    assert stored(pool) == (5, 4, 0)


def test_take_without_a_limit() -> None:
    pool = pool_with(None, taken=900)
    places.take(pool, 20)
    assert stored(pool) == (None, 920, 0)


def test_staff_take_beyond_capacity_knowingly() -> None:
    pool = pool_with(5, taken=4)
    places.take(pool, 3, overbook=True)
    assert stored(pool) == (5, 7, 2)


def test_release_lowers_what_was_overbooked_first() -> None:
    pool = pool_with(5, taken=4)
    places.take(pool, 3, overbook=True)
    places.release(pool, 1)
    assert stored(pool) == (5, 6, 1)
    places.release(pool, 3)
    assert stored(pool) == (5, 3, 0)


def test_release_of_more_than_was_taken_is_an_error() -> None:
    pool = pool_with(5, taken=1)
    with pytest.raises(RuntimeError):
        places.release(pool, 2)
    assert stored(pool) == (5, 1, 0)


def test_resize_below_what_is_taken_removes_nobody() -> None:
    pool = pool_with(5, taken=5)
    places.resize(pool, 3)
    assert stored(pool) == (3, 5, 2)


def test_resize_to_no_limit_and_back() -> None:
    pool = pool_with(5, taken=5)
    places.resize(pool, None)
    assert stored(pool) == (None, 5, 0)
    places.resize(pool, 6)
    assert stored(pool) == (6, 5, 0)


def test_promote_lets_smaller_parties_pass_one_that_does_not_fit() -> None:
    pool = pool_with(5, taken=2)
    line = [RSVP(party_size=4), RSVP(party_size=2), RSVP(party_size=2), RSVP(party_size=1)]
    promoted = places.promote(pool, line, size=lambda rsvp: rsvp.party_size)
    assert promoted == [line[1], line[3]]
    assert stored(pool) == (5, 5, 0)


def test_promote_passes_over_who_may_not_come_in() -> None:
    pool = pool_with(2)
    line = [RSVP(party_size=1, name="a"), RSVP(party_size=1, name="b")]
    promoted = places.promote(
        pool, line, size=lambda rsvp: rsvp.party_size, may=lambda rsvp: rsvp.name == "b"
    )
    assert promoted == [line[1]]


def test_a_holder_that_was_not_locked_is_found_out() -> None:
    pool = pool_with(5, taken=2)
    Event.objects.filter(pk=pool.holder.pk).update(taken=3)
    with pytest.raises(RuntimeError):
        places.take(pool, 1)
