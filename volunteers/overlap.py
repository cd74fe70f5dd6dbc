"""Whether a person is free for a shift."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.models import RSVP, Event
from events.models.rsvp import RSVPQuerySet
from volunteers.models import Shift, ShiftClaim


@dataclass(frozen=True)
class Clash:
    """What stands in the way: another shift or an event that the person takes part in."""

    starts_at: datetime
    ends_at: datetime
    timezone: str
    shift: Shift | None = None
    event: Event | None = None

    def name(self, language: str) -> str:
        """What it is, in ``language``: the role of the shift, or the title of the event."""
        if self.shift is not None:
            return self.shift.role.in_language(language).name
        assert self.event is not None
        return self.event.in_language(language).title


def first_clash(*, person_id: int, shift: Shift) -> Clash | None:
    """Return the person's first confirmed engagement that overlaps ``shift``, or ``None``.

    ``shift`` was read through ``effective()``. Engagements are confirmed claims of other shifts
    and confirmed RSVPs; a shift at the very event that one RSVPed to does not clash, nor do
    engagements that touch end to start, were cancelled or are postponed.
    """
    claimed = ShiftClaim.objects.confirmed().filter(person_id=person_id).values("shift_id")
    other = (
        _shifts_beside(shift)
        .filter(pk__in=claimed)
        .select_related("event")
        .with_role()
        .order_by("starts_at", "id")
        .first()
    )
    if other is not None:
        return Clash(other.starts_at, other.ends_at, other.timezone, shift=other)
    attending = (
        _rsvps_beside(shift)
        .filter(person_id=person_id)
        .select_related("event")
        .order_by("event__starts_at", "id")
        .first()
    )
    if attending is not None:
        event = attending.event
        return Clash(event.starts_at, event.ends_at, event.timezone, event=event)
    return None


def people_with_clashes(*, person_ids: Collection[int], shift: Shift) -> set[int]:
    """Return which of these people have a confirmed engagement that overlaps ``shift``.

    The rule is that of :func:`first_clash`; two queries, however many people.
    """
    claims = ShiftClaim.objects.confirmed().filter(
        person_id__in=person_ids, shift_id__in=_shifts_beside(shift).order_by().values("pk")
    )
    rsvps = _rsvps_beside(shift).filter(person_id__in=person_ids)
    found = {
        *claims.values_list("person_id", flat=True),
        *rsvps.values_list("person_id", flat=True),
    }
    return {person_id for person_id in found if person_id is not None}


def _shifts_beside(shift: Shift) -> Any:
    """The other shifts that take place at the time of ``shift``."""
    # Any: the type checker does not know the columns that effective() adds.
    others: Any = Shift.objects.exclude(pk=shift.pk)
    at_that_time = others.effective(shift.starts_at, shift.ends_at).going_on()
    return at_that_time.filter(ends_at__gt=shift.starts_at)


def _rsvps_beside(shift: Shift) -> RSVPQuerySet:
    """Places at other events that take place at the time of ``shift``."""
    return (
        RSVP.objects.confirmed()
        .filter(
            event__starts_at__lt=shift.ends_at,
            event__ends_at__gt=shift.starts_at,
            event__status__in=["tentative", "confirmed"],
        )
        .exclude(event_id=shift.event_id)  # type: ignore[misc]
    )
