"""Random histories of an event's places: the program and a plain model of the rules agree.

Residents RSVP, confirm, change and cancel, staff overbook, resize and take a way to attend away,
time passes. After every step each party has the status that the model gives it, what is taken is
what is confirmed, and nobody waits who could have a place.

    HISTORIES=1000 python -m pytest tests/events/test_line_machine.py
"""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from events.actions import events as event_actions
from events.actions import rsvps as actions
from events.errors import Refused
from events.models import RSVP, AuditEntry, Event, Mode, Office, Outbox, StaffUser
from tests.events.line_model import ONLINE, ROOM, Line, Party, Refuses
from tests.factories import NOW, make_event, make_office, make_staff

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = os.environ.get("CI") == "true"
HISTORIES = int(os.environ.get("HISTORIES", 60 if EVERYTHING else 15))
#: Of small rooms, where parties do not fit, and of one large enough that eight are not all.
CAPACITIES = st.sampled_from([1, 3, 5, 9, 12, None])
GUESTS = [f"guest{n}@example.org" for n in range(14)]
SHARE = 0.5


class LineMachine(RuleBasedStateMachine):
    """One history of one event. The office and its staff are shared by all of them."""

    office: Office
    staff: StaffUser

    rows = Bundle("rows")

    @initialize(room=CAPACITIES, online=CAPACITIES)
    def an_event(self, room: int | None, online: int | None) -> None:
        self.now: datetime = NOW
        # Far enough ahead that no history reaches it.
        self.event = make_event(
            self.office, mode=Mode.BOTH, capacity=room, remote_capacity=online,
            starts_at=NOW + timedelta(days=400),
        )  # fmt: skip
        self.model = Line(room, online, SHARE)

    def teardown(self) -> None:
        if hasattr(self, "event"):
            RSVP.objects.filter(event=self.event).update(upgrade_of=None)
            RSVP.objects.filter(event=self.event).delete()
            AuditEntry.objects.all().delete()
            Outbox.objects.all().delete()

    # --- Steps -----------------------------------------------------------------------------------

    @rule(
        target=rows,
        guest=st.sampled_from(GUESTS),
        mode=st.sampled_from([ROOM, ROOM, ONLINE]),
        size=st.integers(0, 5),
        proven=st.booleans(),
    )
    def rsvp(self, guest: str, mode: str, size: int, proven: bool) -> Any:
        return self._enter(guest, mode, size, proven=proven)

    @rule(
        target=rows,
        guest=st.sampled_from(GUESTS),
        mode=st.sampled_from([ROOM, ONLINE]),
        size=st.integers(1, 5),
        overbook=st.booleans(),
    )
    def staff_write_a_caller_down(self, guest: str, mode: str, size: int, overbook: bool) -> Any:
        return self._enter(guest, mode, size, proven=True, overbook=overbook, actor=self.staff)

    def _enter(
        self,
        guest: str,
        mode: str,
        size: int,
        *,
        proven: bool,
        overbook: bool = False,
        actor: StaffUser | None = None,
    ) -> Any:
        at = self._next()
        party = Party(0, guest, mode, size, proven)
        try:
            expected = self.model.rsvp(party, at=at, overbook=overbook)
        except Refuses:
            with pytest.raises(Refused):
                self._rsvp(guest, mode, size, proven, overbook, actor)
            return multiple()
        outcome = self._rsvp(guest, mode, size, proven, overbook, actor)
        if expected is not party:
            assert (outcome.result, outcome.rsvp.pk) == ("repeated", expected.key)
            return multiple()
        party.key = outcome.rsvp.pk
        return party

    def _rsvp(
        self,
        guest: str,
        mode: str,
        size: int,
        proven: bool,
        overbook: bool,
        actor: StaffUser | None,
    ) -> actions.Outcome:
        return actions.rsvp(
            event_id=self.event.pk, name="Ana", email=guest, party_size=size, mode=mode,
            proven=proven, overbook=overbook, actor=actor, now=self.now,
        )  # fmt: skip

    @rule(party=rows)
    def confirm(self, party: Party) -> None:
        at = self._next()
        self._both(
            lambda: self.model.confirm(party, at=at),
            lambda: actions.confirm_rsvp(rsvp_id=party.key, now=self.now),
        )

    @rule(
        target=rows,
        party=rows,
        size=st.integers(0, 6),
        mode=st.sampled_from([ROOM, ONLINE]),
        by_staff=st.booleans(),
    )
    def change(self, party: Party, size: int, mode: str, by_staff: bool) -> Any:
        at = self._next()

        def change() -> RSVP:
            return actions.change_rsvp(
                rsvp_id=party.key, party_size=size, mode=mode, now=self.now,
                actor=self.staff if by_staff else None,
            )  # fmt: skip

        try:
            # A new row has the highest key so far, as in the database.
            new = self.model.change(party, size=size, mode=mode, staff=by_staff, key=2**60, at=at)
        except Refuses:
            with pytest.raises(Refused):
                change()
            return multiple()
        row = change()
        if new is party:
            assert row.pk == party.key
            return multiple()
        new.key = row.pk
        return new

    @rule(party=consumes(rows), by_staff=st.booleans())
    def cancel(self, party: Party, by_staff: bool) -> None:
        at = self._next()
        actor = self.staff if by_staff else None
        self._both(
            lambda: self.model.cancel(party, staff=by_staff, at=at),
            lambda: actions.cancel_rsvp(rsvp_id=party.key, now=self.now, actor=actor),
        )

    @rule(mode=st.sampled_from([ROOM, ONLINE]), capacity=CAPACITIES)
    def resize(self, mode: str, capacity: int | None) -> None:
        self._next()
        self.model.resize(mode, capacity)
        self._edit(**{"capacity" if mode == ROOM else "remote_capacity": capacity})

    @rule(mode=st.sampled_from([Mode.IN_PERSON, Mode.REMOTE, Mode.BOTH, Mode.BOTH]))
    def offer(self, mode: Mode) -> None:
        self._next()
        self.model.offer([ROOM, ONLINE] if mode == Mode.BOTH else [str(mode.value)])
        self._edit(mode=mode)

    @rule()
    def two_days_pass(self) -> None:
        # Who came last has been here for two days by then, and two seconds.
        self.now += actions.UNPROVEN_TTL
        self._next()
        self.model.expire()
        actions.expire_unproven(now=self.now)

    def _next(self) -> int:
        """Let a second pass; return the time as the model counts it."""
        self.now += timedelta(seconds=1)
        return int((self.now - NOW).total_seconds())

    def _edit(self, **changes: object) -> None:
        event_actions.edit_event(event_id=self.event.pk, changes=changes, now=self.now)

    @staticmethod
    def _both(expected: Any, real: Any) -> None:
        """Do the same in both; what one refuses, the other refuses."""
        try:
            expected()
        except Refuses:
            with pytest.raises(Refused):
                real()
        else:
            real()

    # --- What holds after every step -------------------------------------------------------------

    @invariant()
    def every_party_is_where_the_rules_put_it(self) -> None:
        if not hasattr(self, "event"):
            return
        rows = RSVP.objects.filter(event=self.event).order_by("pk")
        found = [
            (row.pk, row.mode, row.party_size, row.status, row.proven_at is not None)
            for row in rows
        ]
        expected = [
            (p.key, p.mode, p.size, p.status, p.proven)
            for p in sorted(self.model.parties, key=lambda p: p.key)
        ]
        assert found == expected

    @invariant()
    def what_is_taken_is_what_is_confirmed(self) -> None:
        if not hasattr(self, "event"):
            return
        event = Event.objects.get(pk=self.event.pk)
        model = self.model
        assert (event.taken, event.overbooked) == (model.taken(ROOM), model.overbooked[ROOM])
        assert (event.remote_taken, event.remote_overbooked) == (
            model.taken(ONLINE),
            model.overbooked[ONLINE],
        )
        for mode, beyond in model.overbooked.items():
            capacity = model.capacity[mode]
            assert capacity is None or model.taken(mode) <= capacity + beyond

    @invariant()
    def nobody_waits_who_could_have_a_place(self) -> None:
        if hasattr(self, "event"):
            assert self.model.stranded() == []


def test_random_histories_end_as_the_rules_say(settings_of_a_site: None) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LineMachine,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=25,
            deadline=None,
            derandomize=False,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def settings_of_a_site(settings: Any) -> None:
    """Half of the places are for addresses that nobody has proven."""
    settings.UNPROVEN_SHARE = SHARE
    LineMachine.office = make_office()
    LineMachine.staff = make_staff(LineMachine.office)
