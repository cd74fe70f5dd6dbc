"""The places of an event and the line for them, told once more in plain Python.

Written from the rules (the docstring of ``events.places``; DESIGN.md: Proof, Repeats, Rows, Places)
and without looking anything up in the program: a list of parties, and one loop that lets in whoever
fits. The machine in ``test_line_machine.py`` compares the program with it.
"""

import math
from dataclasses import dataclass

LARGEST_PARTY = 20
ROOM, ONLINE = "in_person", "remote"


class Refuses(Exception):
    """The rules say no, and nothing changes."""


@dataclass
class Party:
    """One row: a guest's place, or place in line. ``since`` orders the line."""

    key: int
    guest: str
    mode: str
    size: int
    proven: bool
    status: str = "new"
    since: int = 0
    #: The remote place that the same guest holds while this party waits for the room.
    upgrade_of: "Party | None" = None

    @property
    def is_active(self) -> bool:
        return self.status in ("confirmed", "waitlisted", "unproven")


class Line:
    """An event with a room and places online (``None``: no limit)."""

    def __init__(self, room: int | None, online: int | None, share: float) -> None:
        self.capacity = {ROOM: room, ONLINE: online}
        self.overbooked = {ROOM: 0, ONLINE: 0}
        self.modes = [ROOM, ONLINE]
        self.share = share
        self.parties: list[Party] = []

    # --- What is ---------------------------------------------------------------------------------

    def taken(self, mode: str) -> int:
        return sum(p.size for p in self.parties if p.mode == mode and p.status == "confirmed")

    def waiting(self, mode: str) -> list[Party]:
        line = [p for p in self.parties if p.mode == mode and p.status == "waitlisted"]
        return sorted(line, key=lambda p: (p.since, p.key))

    def fits(self, mode: str, size: int) -> bool:
        capacity = self.capacity[mode]
        return capacity is None or self.taken(mode) + size <= capacity

    def admits(self, party: Party) -> bool:
        """Addresses that nobody has proven hold a share of the places, but eight at least."""
        capacity = self.capacity[party.mode]
        if capacity is None or party.proven:
            return True
        limit = min(max(math.ceil(self.share * capacity), 8), capacity)
        held = sum(
            p.size
            for p in self.parties
            if p.mode == party.mode and p.status == "confirmed" and not p.proven
        )
        return held + party.size <= limit

    def stranded(self) -> list[Party]:
        """Who waits although there is a place that they may have: nobody, at quiescence."""
        return [
            p
            for mode in self.modes
            for p in self.waiting(mode)
            if self.fits(mode, p.size) and self.admits(p)
        ]

    # --- What happens ----------------------------------------------------------------------------

    def settle(self, modes: list[str] | None = None) -> None:
        """Let in everybody who fits, in order, the room first."""
        for mode in self.modes if modes is None else [m for m in self.modes if m in modes]:
            for party in self.waiting(mode):
                if self.fits(mode, party.size) and self.admits(party):
                    party.status = "confirmed"
                    remote = party.upgrade_of
                    if remote is not None and remote.is_active:
                        self._end(remote)
                        self.settle([remote.mode])

    def rsvp(self, party: Party, *, at: int, overbook: bool = False) -> Party:
        """Return the party's row, or the one that the same guest has already."""
        self._check(party.mode, party.size, overbook=overbook, offered=True)
        for other in self.parties:
            if other.guest == party.guest and other.is_active:
                return other
        self._enter(party, at=at, overbook=overbook)
        return party

    def confirm(self, party: Party, *, at: int) -> None:
        if not party.is_active:
            raise Refuses
        self._prove(party, at)
        self.settle()

    def change(
        self, party: Party, *, size: int, mode: str, staff: bool, key: int, at: int
    ) -> Party:
        """Return the row that counts afterwards; a new one has ``key``."""
        if not party.is_active:
            raise Refuses
        was_waiting = party.status == "waitlisted"
        if mode != party.mode and mode not in self.modes:
            raise Refuses
        if (mode, size) != (party.mode, party.size):
            self._check(mode, size)
        if mode != party.mode:
            return self._change_mode(
                party, size=size, mode=mode, staff=staff, was_waiting=was_waiting, key=key, at=at
            )
        more = size - party.size
        if more > 0 and party.status == "confirmed" and not self.fits(mode, more):
            raise Refuses
        upgrade = self._upgrade_of(party)
        if size != party.size and upgrade is not None:
            self._check(upgrade.mode, size)
        if not staff:
            self._prove(party, at)
        if size < party.size and party.status == "confirmed":
            self._shrink(mode, party.size - size)
        party.size = size
        if upgrade is not None:
            upgrade.size = size
        self.settle()
        return party

    def cancel(self, party: Party, *, staff: bool, at: int) -> None:
        if not party.is_active:
            return
        if not staff:
            self._prove(party, at)
        self._end(party)
        upgrade = self._upgrade_of(party)
        if upgrade is not None:
            self._end(upgrade)
        self.settle()

    def resize(self, mode: str, capacity: int | None) -> None:
        self.capacity[mode] = capacity
        beyond = 0 if capacity is None else self.taken(mode) - capacity
        self.overbooked[mode] = max(beyond, 0)
        self.settle()

    def offer(self, modes: list[str]) -> None:
        """Give up the room or the call, or offer it again. Nobody loses a place."""
        self.modes = modes
        self.settle()

    def expire(self) -> None:
        """Two days later, whoever has proven nothing is gone."""
        for party in self.parties:
            if party.status == "unproven":
                party.status = "cancelled"

    # --- Their parts -----------------------------------------------------------------------------

    def _check(
        self, mode: str, size: int, *, overbook: bool = False, offered: bool = False
    ) -> None:
        if offered and mode not in self.modes:
            raise Refuses
        if not 1 <= size <= LARGEST_PARTY:
            raise Refuses
        capacity = self.capacity[mode]
        if capacity is not None and size > capacity and not overbook:
            raise Refuses

    def _enter(self, party: Party, *, at: int, overbook: bool = False) -> None:
        self.settle([party.mode])
        if overbook and not self.fits(party.mode, party.size):
            capacity = self.capacity[party.mode]
            assert capacity is not None
            beyond = self.taken(party.mode) + party.size - capacity
            self.overbooked[party.mode] = max(self.overbooked[party.mode], beyond)
            party.status = "confirmed"
        elif not self.fits(party.mode, party.size):
            party.status, party.since = "waitlisted", at
        elif not self.admits(party):
            party.status = "unproven"
        else:
            party.status = "confirmed"
        self.parties.append(party)

    def _change_mode(
        self,
        party: Party,
        *,
        size: int,
        mode: str,
        staff: bool,
        was_waiting: bool,
        key: int,
        at: int,
    ) -> Party:
        for other in self.parties:
            if other.guest == party.guest and other.mode == mode and other.is_active:
                raise Refuses
        keeps_what_it_has = was_waiting or (party.status == "confirmed" and mode == ONLINE)
        if keeps_what_it_has and not self.fits(mode, size):
            raise Refuses
        if not staff:
            self._prove(party, at)
        new = Party(key, party.guest, mode, size, party.proven)
        if party.status == "confirmed":
            new.upgrade_of = party
        held = party.status == "confirmed"
        self._enter(new, at=at)
        if new.status == "confirmed" or not held:
            self._end(party)
            new.upgrade_of = None
        self.settle()
        return new

    def _prove(self, party: Party, at: int) -> None:
        party.proven = True
        if party.status == "unproven":
            party.status, party.since = "waitlisted", at

    def _upgrade_of(self, party: Party) -> Party | None:
        return next((p for p in self.parties if p.upgrade_of is party and p.is_active), None)

    def _end(self, party: Party) -> None:
        was = party.status
        party.status = "cancelled"
        if was == "confirmed":
            self._shrink(party.mode, party.size)

    def _shrink(self, mode: str, size: int) -> None:
        """A knowingly overfull room first shrinks to its plan."""
        self.overbooked[mode] = max(self.overbooked[mode] - size, 0)
