"""The one account of scarce places: rooms, remote seats and shifts alike.

This module knows no concrete model. A *pool* is a row (the holder) with three columns: ``capacity``
(null: no limit), ``taken`` (confirmed places) and ``overbooked`` (places above the capacity that
staff have allowed knowingly). The caller has locked the holder's row, then:

1. 0 ≤ taken ≤ capacity + overbooked, always; a CHECK in the database stands behind it.
2. A place is taken only within the capacity. Only ``take(…, overbook=True)``, which staff may do,
   goes beyond and raises ``overbooked`` by what is beyond.
3. A release lowers ``overbooked`` first, so that a knowingly overfull room shrinks to its plan
   before anybody new comes in.
4. Changing the capacity removes nobody: what is above the new capacity becomes ``overbooked``.
5. The line is first come, first served, and party-aware: :func:`promote` walks it in order and
   confirms every party that fits and may come in. A party that does not fit keeps its place in
   line while smaller ones pass; the caller tells it so, and what would fit.
6. A newcomer joins the end of the line; then the same rule runs. It is confirmed at once only if
   it fits when every earlier party that fits has been served.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import F, Model, Q

Party = TypeVar("Party")


class Full(Exception):
    """The places asked for are not there. ``left`` says how many are."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} places left")
        self.left = left


@dataclass(frozen=True)
class Pool:
    """Scarce places on a holder whose row the caller has locked in this transaction."""

    holder: Model
    capacity_field: str = "capacity"
    taken_field: str = "taken"
    overbooked_field: str = "overbooked"

    @property
    def capacity(self) -> int | None:
        value: int | None = getattr(self.holder, self.capacity_field)
        return value

    @property
    def taken(self) -> int:
        value: int = getattr(self.holder, self.taken_field)
        return value

    @property
    def overbooked(self) -> int:
        value: int = getattr(self.holder, self.overbooked_field)
        return value

    @property
    def left(self) -> int | None:
        """Free planned places; ``None`` where there is no limit."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)

    def fits(self, size: int) -> bool:
        """Whether ``size`` places are free within the capacity."""
        return self.capacity is None or self.taken + size <= self.capacity

    def _write(self, condition: Q, **values: int | None) -> bool:
        rows = type(self.holder)._default_manager.filter(condition, pk=self.holder.pk)
        if not rows.update(**values):
            return False
        for name, value in values.items():
            setattr(self.holder, name, value)
        return True


def take(pool: Pool, size: int, *, overbook: bool = False) -> None:
    """Take ``size`` places; raises :class:`Full` if they are not there.

    ``overbook`` is for staff who do it knowingly; the caller audits it.
    """
    if not pool.fits(size) and not overbook:
        raise Full(pool.left or 0)
    beyond = 0
    if pool.capacity is not None:
        beyond = max(pool.taken + size - pool.capacity, 0)
    # The row is locked and was read under the lock; the condition is the second guard.
    unchanged = Q(**{pool.taken_field: pool.taken})
    values = {
        pool.taken_field: pool.taken + size,
        pool.overbooked_field: max(pool.overbooked, beyond),
    }
    if not pool._write(unchanged, **values):
        raise RuntimeError("The holder of the places was not locked before they were taken.")


def release(pool: Pool, size: int) -> None:
    """Give ``size`` places back; a knowingly overfull pool first shrinks to its plan."""
    enough = Q(**{f"{pool.taken_field}__gte": size}) & Q(**{pool.taken_field: pool.taken})
    values = {
        pool.taken_field: pool.taken - size,
        pool.overbooked_field: max(pool.overbooked - size, 0),
    }
    if not pool._write(enough, **values):
        raise RuntimeError("More places were released than had been taken.")


def resize(pool: Pool, capacity: int | None) -> None:
    """Set the capacity (``None``: no limit). Removes nobody; the caller then promotes."""
    beyond = 0 if capacity is None else max(pool.taken - capacity, 0)
    unchanged = Q(**{pool.taken_field: F(pool.taken_field)})
    values: dict[str, int | None] = {pool.capacity_field: capacity, pool.overbooked_field: beyond}
    if not pool._write(unchanged, **values):
        raise RuntimeError("The holder of the places is gone.")


def promote(
    pool: Pool,
    line: Iterable[Party],
    *,
    size: Callable[[Party], int],
    may: Callable[[Party], bool] = lambda party: True,
) -> list[Party]:
    """Take places for every party in ``line`` that fits, in order; return those parties.

    ``may`` is asked only of a party that fits, and says whether it may come in now. The caller
    writes the new status of each returned party in the same transaction.
    """
    promoted: list[Party] = []
    for party in line:
        if pool.left == 0:
            break
        if pool.fits(size(party)) and may(party):
            take(pool, size(party))
            promoted.append(party)
    return promoted
