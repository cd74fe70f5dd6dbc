"""RSVP, confirm, change, cancel: what the actions promise."""

from datetime import timedelta

import pytest

from events.actions import rsvps
from events.actions.calling_off import cancel_event
from events.actions.events import edit_event, reschedule_event
from events.actions.line import position_in_line
from events.audit import Operation
from events.errors import Refused
from events.models import RSVP, AuditEntry, Event, Mode, Outbox
from tests.factories import NOW, make_event, make_rsvp, make_venue

pytestmark = pytest.mark.django_db


def facts() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def rsvp_facts() -> list[str]:
    return [fact for fact in facts() if fact.startswith("rsvp.")]


def standing(event: Event) -> list[tuple[str, int, str]]:
    """Everyone's mode, party and status, in the order they came."""
    rows = RSVP.objects.filter(event=event).order_by("pk")
    return list(rows.values_list("mode", "party_size", "status"))


def taken(event: Event) -> tuple[int, int]:
    event.refresh_from_db()
    return event.taken, event.remote_taken


def test_rsvp_takes_places_for_the_party() -> None:
    event = make_event(capacity=10)
    rsvp = make_rsvp(event, party_size=3)
    assert rsvp.is_confirmed
    assert taken(event) == (3, 0)
    assert rsvp_facts() == ["rsvp.confirmed"]


def test_rsvp_to_a_full_room_waits_in_line() -> None:
    event = make_event(capacity=2)
    make_rsvp(event, party_size=2)
    late = make_rsvp(event)
    assert late.is_waitlisted
    assert position_in_line(late) == (1, 0)
    assert taken(event) == (2, 0)


def test_a_single_passes_a_party_that_does_not_fit() -> None:
    event = make_event(capacity=4)
    make_rsvp(event, party_size=2)
    make_rsvp(event, party_size=3)
    make_rsvp(event, party_size=1)
    assert standing(event) == [
        ("in_person", 2, "confirmed"),
        ("in_person", 3, "waitlisted"),
        ("in_person", 1, "confirmed"),
    ]


def test_room_and_remote_are_two_capacities() -> None:
    event = make_event(mode=Mode.BOTH, capacity=1, remote_capacity=1)
    for mode in ("in_person", "remote", "in_person", "remote"):
        make_rsvp(event, mode=mode)
    assert [status for _mode, _size, status in standing(event)] == [
        "confirmed", "confirmed", "waitlisted", "waitlisted",
    ]  # fmt: skip


def test_cancelling_promotes_in_order_at_once() -> None:
    event = make_event(capacity=4)
    first = make_rsvp(event, party_size=4)
    make_rsvp(event, party_size=3)
    make_rsvp(event, party_size=2)
    make_rsvp(event, party_size=1)
    rsvps.cancel_rsvp(rsvp_id=first.pk, now=NOW + timedelta(hours=1))
    assert [status for _mode, _size, status in standing(event)] == [
        "cancelled", "confirmed", "waitlisted", "confirmed",
    ]  # fmt: skip
    assert taken(event) == (4, 0)
    assert rsvp_facts()[-3:] == ["rsvp.cancelled", "rsvp.promoted", "rsvp.promoted"]


def test_one_operation_leaves_one_row_in_the_outbox() -> None:
    event = make_event(capacity=1)
    first = make_rsvp(event)
    make_rsvp(event)
    Outbox.objects.all().delete()
    rsvps.cancel_rsvp(rsvp_id=first.pk, now=NOW)
    assert Outbox.objects.count() == 1


def test_cancelling_twice_changes_nothing() -> None:
    event = make_event(capacity=3)
    rsvp = make_rsvp(event, party_size=2)
    rsvps.cancel_rsvp(rsvp_id=rsvp.pk, now=NOW)
    rsvps.cancel_rsvp(rsvp_id=rsvp.pk, now=NOW)
    assert taken(event) == (0, 0)
    assert rsvp_facts() == ["rsvp.confirmed", "rsvp.cancelled"]


def test_a_second_rsvp_of_the_same_address_changes_nothing() -> None:
    event = make_event(capacity=9)
    make_rsvp(event, email="ana@example.org", party_size=2)
    again = rsvps.rsvp(
        event_id=event.pk, name="Other", email="ANA@example.org", party_size=4, mode="in_person",
        now=NOW,
    )  # fmt: skip
    assert again.result == "repeated"
    assert (again.rsvp.name, again.rsvp.party_size) == ("Ana Reyes", 2)
    assert taken(event) == (2, 0)
    assert rsvp_facts() == ["rsvp.confirmed", "rsvp.repeated"]


def test_a_return_after_cancelling_is_a_new_row_at_the_end_of_the_line() -> None:
    event = make_event(capacity=1)
    first = make_rsvp(event, email="ana@example.org")
    make_rsvp(event, email="ben@example.org")
    rsvps.cancel_rsvp(rsvp_id=first.pk, now=NOW)
    back = make_rsvp(event, email="ana@example.org")
    assert back.pk != first.pk
    assert back.is_waitlisted


@pytest.mark.parametrize("party_size", [0, -1, 21, 500])
def test_a_party_of_impossible_size_is_refused(party_size: int) -> None:
    event = make_event(capacity=600)
    with pytest.raises(Refused) as refused:
        make_rsvp(event, party_size=party_size)
    assert refused.value.code == "party_size"
    assert taken(event) == (0, 0)


def test_a_party_larger_than_the_room_is_told_so() -> None:
    event = make_event(capacity=3)
    with pytest.raises(Refused) as refused:
        make_rsvp(event, party_size=4)
    assert refused.value.code == "party_never_fits"
    assert "Places in all: 3" in refused.value.message


def test_rsvp_to_what_is_off_is_refused() -> None:
    cancelled = make_event()
    cancel_event(event_id=cancelled.pk, reason="The roof leaks.", now=NOW)
    draft = make_event(post=False)
    for event, code, now in (
        (cancelled, "event_cancelled", NOW),
        (draft, "no_rsvps", NOW),
        (make_event(takes_rsvps=False), "no_rsvps", NOW),
        (make_event(), "event_over", NOW + timedelta(days=30)),
    ):
        with pytest.raises(Refused) as refused:
            rsvps.rsvp(event_id=event.pk, name="A", email="a@x.org", mode="in_person", now=now)
        assert refused.value.code == code


# The unproven share (DESIGN.md, Proof)


def test_unproven_places_are_capped(settings) -> None:
    settings.UNPROVEN_SHARE = 0.25
    event = make_event(capacity=40)
    for _ in range(10):
        assert make_rsvp(event, proven=False).is_confirmed
    eleventh = make_rsvp(event, proven=False)
    assert eleventh.is_unproven
    assert taken(event) == (10, 0)
    assert make_rsvp(event, proven=True).is_confirmed


def test_a_small_room_lets_eight_unproven_in(settings) -> None:
    settings.UNPROVEN_SHARE = 0
    event = make_event(capacity=9)
    statuses = [make_rsvp(event, proven=False).status for _ in range(9)]
    assert statuses == ["confirmed"] * 8 + ["unproven"]


def test_without_a_capacity_nothing_is_capped(settings) -> None:
    settings.UNPROVEN_SHARE = 0
    event = make_event(capacity=None)
    assert [make_rsvp(event, proven=False).status for _ in range(9)] == ["confirmed"] * 9


def test_proving_an_unproven_rsvp_joins_the_line_and_gets_the_place(settings) -> None:
    settings.UNPROVEN_SHARE = 0
    event = make_event(capacity=20)
    for _ in range(8):
        make_rsvp(event, proven=False)
    held_back = make_rsvp(event, proven=False)
    assert held_back.is_unproven
    rsvp = rsvps.confirm_rsvp(rsvp_id=held_back.pk, now=NOW + timedelta(minutes=5))
    assert rsvp.is_confirmed
    assert rsvp.proven_at == NOW + timedelta(minutes=5)
    assert taken(event) == (9, 0)


def test_an_unproven_rsvp_ends_after_48_hours(settings) -> None:
    settings.UNPROVEN_SHARE = 0
    event = make_event(capacity=20)
    for _ in range(9):
        make_rsvp(event, proven=False)
    assert rsvps.expire_unproven(now=NOW + timedelta(hours=47)) == 0
    assert rsvps.expire_unproven(now=NOW + timedelta(hours=48)) == 1
    assert taken(event) == (8, 0)
    assert rsvp_facts()[-1] == "rsvp.expired"


def test_one_that_cannot_end_keeps_no_other_from_ending(
    settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.UNPROVEN_SHARE = 0
    event = make_event(capacity=20)
    for _ in range(8):
        make_rsvp(event, proven=False)
    stuck, *others = [make_rsvp(event, proven=False) for _ in range(3)]
    end = rsvps.end

    def fail_for_the_first(op: Operation, event: Event, rsvp: RSVP) -> None:
        if rsvp.pk == stuck.pk:
            raise ZeroDivisionError
        end(op, event, rsvp)

    monkeypatch.setattr(rsvps, "end", fail_for_the_first)
    then = NOW + timedelta(hours=48)
    assert rsvps.expire_unproven(now=then) == 2
    assert {RSVP.objects.get(pk=other.pk).status for other in others} == {"cancelled"}
    assert f"RSVP {stuck.pk} could not be ended" in caplog.text
    monkeypatch.undo()
    assert rsvps.expire_unproven(now=then) == 1


def test_a_flood_of_unproven_in_line_does_not_take_the_room(settings) -> None:
    settings.UNPROVEN_SHARE = 0
    event = make_event(capacity=12)
    blocks = [make_rsvp(event, party_size=6) for _ in range(2)]
    for _ in range(12):
        assert make_rsvp(event, proven=False).is_waitlisted
    for block in blocks:
        rsvps.cancel_rsvp(rsvp_id=block.pk, now=NOW)
    assert taken(event) == (8, 0)
    waiting = RSVP.objects.in_line().filter(event=event).first()
    assert waiting is not None
    assert rsvps.confirm_rsvp(rsvp_id=waiting.pk, now=NOW).is_confirmed


# Changing


def test_a_larger_party_takes_more_places() -> None:
    event = make_event(capacity=5)
    rsvp = make_rsvp(event, party_size=2)
    rsvps.change_rsvp(rsvp_id=rsvp.pk, party_size=5, mode="in_person", now=NOW)
    assert taken(event) == (5, 0)


def test_a_larger_party_that_does_not_fit_keeps_the_old_place() -> None:
    event = make_event(capacity=5)
    rsvp = make_rsvp(event, party_size=2)
    make_rsvp(event, party_size=2)
    with pytest.raises(Refused) as refused:
        rsvps.change_rsvp(rsvp_id=rsvp.pk, party_size=4, mode="in_person", now=NOW)
    assert refused.value.code == "does_not_fit"
    assert "Only 3 people fit now" in refused.value.message
    assert standing(event)[0] == ("in_person", 2, "confirmed")
    assert taken(event) == (4, 0)


def test_a_smaller_party_lets_somebody_in() -> None:
    event = make_event(capacity=4)
    rsvp = make_rsvp(event, party_size=4)
    make_rsvp(event, party_size=2)
    rsvps.change_rsvp(rsvp_id=rsvp.pk, party_size=2, mode="in_person", now=NOW)
    assert [status for *_rest, status in standing(event)] == ["confirmed", "confirmed"]


def test_coming_with_fewer_from_the_line_gets_a_place() -> None:
    event = make_event(capacity=4)
    make_rsvp(event, party_size=3)
    waiting = make_rsvp(event, party_size=4)
    changed = rsvps.change_rsvp(rsvp_id=waiting.pk, party_size=1, mode="in_person", now=NOW)
    assert changed.is_confirmed
    assert taken(event) == (4, 0)


def test_who_is_passed_over_is_told_once_what_would_fit() -> None:
    event = make_event(capacity=6)
    singles = [make_rsvp(event) for _ in range(6)]
    four = make_rsvp(event, party_size=4)
    unproven = make_rsvp(event, party_size=5, proven=False)
    single = make_rsvp(event)

    rsvps.cancel_rsvp(rsvp_id=singles[0].pk, now=NOW)
    single.refresh_from_db()
    assert single.is_confirmed, "who fits passes, and nothing is left to offer"
    assert "rsvp.passed_over" not in facts()

    # Told of one place and of two; of three once they could be four, else places that are given
    # back one by one would be as many messages.
    for gone, offers in ((1, 1), (2, 2), (3, 2)):
        rsvps.cancel_rsvp(rsvp_id=singles[gone].pk, now=NOW)
        assert facts().count("rsvp.passed_over") == offers
    make_rsvp(event, party_size=2)
    rsvps.cancel_rsvp(rsvp_id=singles[4].pk, now=NOW)
    four.refresh_from_db()
    assert (four.status, four.offered) == ("waitlisted", 2)
    assert facts().count("rsvp.passed_over") == 2
    rsvps.change_rsvp(rsvp_id=four.pk, party_size=2, mode=Mode.IN_PERSON, now=NOW)
    assert standing(event)[6] == (Mode.IN_PERSON, 2, "confirmed")
    unproven.refresh_from_db()
    assert unproven.offered == 0


def test_changing_to_remote_gives_the_room_back() -> None:
    event = make_event(mode=Mode.BOTH, capacity=2, remote_capacity=5)
    rsvp = make_rsvp(event, party_size=2)
    make_rsvp(event, party_size=1)
    moved = rsvps.change_rsvp(rsvp_id=rsvp.pk, party_size=2, mode="remote", now=NOW)
    assert (moved.mode, moved.status) == ("remote", "confirmed")
    assert standing(event) == [
        ("in_person", 2, "cancelled"),
        ("in_person", 1, "confirmed"),
        ("remote", 2, "confirmed"),
    ]
    assert taken(event) == (1, 2)


def ended() -> list[tuple[int, int]]:
    """The rows that ended because of another one, with that one, as the facts say."""
    entries = AuditEntry.objects.filter(action="rsvp.ended").order_by("pk")
    return [(entry.subjects["rsvp"], entry.subjects["other"]) for entry in entries]


def test_every_row_that_ends_leaves_a_fact() -> None:
    event = make_event(mode=Mode.BOTH, capacity=1, remote_capacity=5)
    rsvp = make_rsvp(event)
    remote = rsvps.change_rsvp(rsvp_id=rsvp.pk, party_size=1, mode="remote", now=NOW)
    assert ended() == [(rsvp.pk, remote.pk)]
    in_the_room = make_rsvp(event)
    waiting = rsvps.change_rsvp(rsvp_id=remote.pk, party_size=1, mode="in_person", now=NOW)
    rsvps.cancel_rsvp(rsvp_id=in_the_room.pk, now=NOW)
    assert ended()[1:] == [(remote.pk, waiting.pk)]
    other = make_rsvp(event, mode="remote")
    its_wait = rsvps.change_rsvp(rsvp_id=other.pk, party_size=1, mode="in_person", now=NOW)
    rsvps.cancel_rsvp(rsvp_id=other.pk, now=NOW)
    assert ended()[2:] == [(its_wait.pk, other.pk)]


def test_changing_to_a_full_remote_keeps_the_room() -> None:
    event = make_event(mode=Mode.BOTH, capacity=2, remote_capacity=1)
    make_rsvp(event, mode="remote")
    rsvp = make_rsvp(event)
    with pytest.raises(Refused) as refused:
        rsvps.change_rsvp(rsvp_id=rsvp.pk, party_size=1, mode="remote", now=NOW)
    assert refused.value.code == "mode_full"
    assert taken(event) == (1, 1)


def test_who_waits_keeps_the_place_in_line_where_the_other_way_is_full_too() -> None:
    later = NOW + timedelta(hours=1)
    event = make_event(mode=Mode.BOTH, capacity=1, remote_capacity=1)
    make_rsvp(event, mode=Mode.IN_PERSON)
    online = make_rsvp(event, mode=Mode.REMOTE)
    waiting = make_rsvp(event, mode=Mode.IN_PERSON)
    with pytest.raises(Refused) as refused:
        rsvps.change_rsvp(rsvp_id=waiting.pk, party_size=1, mode=Mode.REMOTE, now=later)
    assert refused.value.code == "other_way_full"
    rsvps.cancel_rsvp(rsvp_id=online.pk, now=later)
    new = rsvps.change_rsvp(rsvp_id=waiting.pk, party_size=1, mode=Mode.REMOTE, now=later)
    assert (new.mode, new.status) == (Mode.REMOTE, "confirmed")
    waiting.refresh_from_db()
    assert waiting.is_cancelled


def test_waiting_for_the_room_keeps_the_remote_place_until_the_room_is_free() -> None:
    event = make_event(mode=Mode.BOTH, capacity=1, remote_capacity=5)
    first = make_rsvp(event)
    remote = make_rsvp(event, mode="remote")
    waiting = rsvps.change_rsvp(rsvp_id=remote.pk, party_size=1, mode="in_person", now=NOW)
    assert waiting.is_waitlisted
    assert waiting.upgrade_of_id == remote.pk
    assert taken(event) == (1, 1)
    rsvps.cancel_rsvp(rsvp_id=first.pk, now=NOW)
    assert taken(event) == (1, 0)
    assert standing(event) == [
        ("in_person", 1, "cancelled"),
        ("remote", 1, "cancelled"),
        ("in_person", 1, "confirmed"),
    ]


def test_the_wait_for_the_room_is_for_as_many_as_the_remote_place() -> None:
    event = make_event(mode=Mode.BOTH, capacity=2, remote_capacity=50)
    in_room = make_rsvp(event, party_size=2)
    remote = make_rsvp(event, mode=Mode.REMOTE)
    rsvps.change_rsvp(rsvp_id=remote.pk, party_size=1, mode=Mode.IN_PERSON, now=NOW)
    rsvps.change_rsvp(rsvp_id=remote.pk, party_size=2, mode=Mode.REMOTE, now=NOW)
    with pytest.raises(Refused, match="party_never_fits"):
        rsvps.change_rsvp(rsvp_id=remote.pk, party_size=3, mode=Mode.REMOTE, now=NOW)
    rsvps.cancel_rsvp(rsvp_id=in_room.pk, now=NOW)
    assert standing(event) == [
        ("in_person", 2, "cancelled"),
        ("remote", 2, "cancelled"),
        ("in_person", 2, "confirmed"),
    ]
    assert taken(event) == (2, 0)


def test_nobody_moves_up_into_a_room_that_was_given_up() -> None:
    event = make_event(mode=Mode.BOTH, capacity=1, remote_capacity=5)
    first, second = make_rsvp(event), make_rsvp(event)
    edit_event(event_id=event.pk, changes={"mode": Mode.REMOTE, "venue": None}, now=NOW)
    rsvps.cancel_rsvp(rsvp_id=first.pk, now=NOW)
    second.refresh_from_db()
    assert second.is_waitlisted
    changed = rsvps.change_rsvp(rsvp_id=second.pk, party_size=1, mode=Mode.REMOTE, now=NOW)
    assert changed.is_confirmed
    assert taken(event) == (0, 1)


def test_whatever_is_posted_through_a_mailed_link_proves_the_address_once() -> None:
    event = make_event()
    changed, cancelled = (make_rsvp(event, proven=False) for _ in range(2))
    rsvps.change_rsvp(rsvp_id=changed.pk, party_size=2, mode=Mode.IN_PERSON, now=NOW)
    rsvps.change_rsvp(rsvp_id=changed.pk, party_size=3, mode=Mode.IN_PERSON, now=NOW)
    rsvps.cancel_rsvp(rsvp_id=cancelled.pk, now=NOW)
    assert rsvp_facts() == [
        "rsvp.confirmed", "rsvp.confirmed", "rsvp.proven", "rsvp.changed", "rsvp.changed",
        "rsvp.proven", "rsvp.cancelled",
    ]  # fmt: skip


def test_more_room_promotes() -> None:
    event = make_event(capacity=3)
    make_rsvp(event)
    make_rsvp(event, party_size=3)
    edit_event(event_id=event.pk, changes={"capacity": 4}, now=NOW)
    assert taken(event) == (4, 0)


def test_needs_can_change_after_the_room_shrank_below_the_party() -> None:
    event = make_event(capacity=5)
    rsvp = make_rsvp(event, party_size=4)
    edit_event(event_id=event.pk, changes={"capacity": 2}, now=NOW)
    rsvps.change_rsvp(
        rsvp_id=rsvp.pk, party_size=4, mode="in_person", access_needs=["asl"], now=NOW
    )
    assert list(rsvp.access_requests.values_list("kind", flat=True)) == ["asl"]


def test_less_room_removes_nobody() -> None:
    event = make_event(capacity=5)
    first = make_rsvp(event, party_size=2)
    make_rsvp(event, party_size=3)
    edit_event(event_id=event.pk, changes={"capacity": 2}, now=NOW)
    event.refresh_from_db()
    assert (event.capacity, event.taken, event.overbooked) == (2, 5, 3)
    make_rsvp(event)
    rsvps.cancel_rsvp(rsvp_id=first.pk, now=NOW)
    assert [status for *_rest, status in standing(event)] == [
        "cancelled", "confirmed", "waitlisted",
    ]  # fmt: skip


def test_rsvps_touch_no_counter_of_the_event() -> None:
    event = make_event()
    before = (event.sequence, event.schedule_rev, event.revision, event.updated_at)
    make_rsvp(event)
    event.refresh_from_db()
    assert (event.sequence, event.schedule_rev, event.revision, event.updated_at) == before


def test_access_words_are_unreadable_in_the_database() -> None:
    from django.db import connection

    event = make_event()
    rsvp = make_rsvp(event, access_needs=["asl", "other"], access_note="A seat by the door")
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_note FROM events_rsvp WHERE id = %s", [rsvp.pk])
        (stored,) = cursor.fetchone()
    assert "door" not in stored
    assert RSVP.objects.get(pk=rsvp.pk).access_note == "A seat by the door"
    kinds = rsvp.access_requests.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["asl", "other"]


def test_whoever_has_a_place_is_asked_anew_after_a_change_of_date_or_place() -> None:
    """Not of words; and not whoever came after it, waits, or has said that they still come."""
    event = make_event(capacity=3)
    by_link, by_phone, silent = (make_rsvp(event, name=name) for name in ("Ana", "Bo", "Cy"))
    make_rsvp(event, name="Waits")

    def asked() -> set[str]:
        return {rsvp.name for rsvp in RSVP.objects.not_yet_affirmed().filter(event=event)}

    edit_event(event_id=event.pk, changes={"title": "Parking"}, now=NOW)
    assert asked() == set()

    change = NOW + timedelta(hours=1)
    later = event.starts_at + timedelta(days=1)
    reschedule_event(
        event_id=event.pk, starts_at=later, ends_at=later + timedelta(hours=1), now=change
    )
    assert asked() == {"Ana", "Bo", "Cy"}

    after = change + timedelta(minutes=5)
    rsvps.confirm_rsvp(rsvp_id=by_link.pk, now=after)
    rsvps.affirm_rsvp(rsvp_id=by_phone.pk, now=after)
    assert asked() == {"Cy"}
    rsvps.cancel_rsvp(rsvp_id=silent.pk, now=after)
    assert asked() == set(), "who moved up hears of the place and of the date together"

    edit_event(
        event_id=event.pk, changes={"venue": make_venue(event.office)}, now=after + timedelta(1)
    )
    assert asked() == {"Ana", "Bo", "Waits"}


def test_what_the_page_and_the_list_say_of_an_answer_is_the_same() -> None:
    event = make_event()
    for minute in range(3):
        make_rsvp(event, now=NOW + timedelta(minutes=minute))
    moment = NOW + timedelta(minutes=1)
    Event.objects.filter(pk=event.pk).update(asks_anew_since=moment)
    for affirmed_at in (None, moment - timedelta(1), moment, moment + timedelta(1)):
        RSVP.objects.filter(event=event).update(affirmed_at=affirmed_at)
        listed = set(RSVP.objects.not_yet_affirmed())
        rows = RSVP.objects.filter(event=event)
        assert listed == {rsvp for rsvp in rows if rsvp.is_asked_anew(moment)}
        assert bool(listed) is (affirmed_at is None or affirmed_at < moment)
