"""What changed in time and place, old and new, as those concerned have last been told.

Two changes in quick succession can come before the message about the first has gone out. The first
message is then superseded, and the second tells both: "before" is what the person knew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.db.models import Subquery
from django.utils.translation import gettext as _

from events import dates_text
from events.models import AuditEntry, Event, EventStatus, Mode, Venue
from notifications.models import Call, Delivery, DeliveryState
from volunteers.models import Shift

ACTIONS = (
    "event.rescheduled", "event.moved", "event.resumed", "event.confirmed", "event.made_tentative",
    "shift.rescheduled", "shift.moved",
)  # fmt: skip
TIME = frozenset({"starts_at", "ends_at", "timezone", "all_day"})
#: How to join online. Its old value is no plain fact, and nobody needs it.
JOINING = frozenset({"remote_url", "dial_in"})
#: States of a delivery that its person has not read.
NOT_READ = (
    DeliveryState.SUPERSEDED,
    DeliveryState.DUE,
    DeliveryState.RETRY,
    DeliveryState.CLAIMED,
)


@dataclass(frozen=True)
class Before:
    """When something was going to be."""

    starts_at: datetime
    ends_at: datetime
    timezone: str
    all_day: bool = False


@dataclass(frozen=True)
class Changes:
    """What is different now. Empty where a change was taken back."""

    #: None where the time is the same.
    time: Before | None = None
    #: Whether the day is another one, not the hours alone.
    day: bool = False
    #: The old place, or the old way to attend; empty where that is the same.
    place: str = ""
    venue: bool = False
    #: Whether it is the same place under another address, or under another name alone.
    address: bool = False
    renamed: bool = False
    mode: bool = False
    joining: bool = False
    was_postponed: bool = False
    #: "confirmed" or "tentative" where it is certain now, or no longer; empty where that is the
    #: same.
    certainty: str = ""

    @property
    def are_none(self) -> bool:
        return not (self.joining or self._concern_everybody)

    @property
    def concern_joining_alone(self) -> bool:
        """Whether nothing changed for those who come in person."""
        return self.joining and not self._concern_everybody

    @property
    def _concern_everybody(self) -> bool:
        return bool(self.ask_anew or self.was_postponed or self.certainty)

    @property
    def ask_anew(self) -> bool:
        """Whether somebody may no longer be able to come."""
        return bool(self.time or self.venue or self.mode)

    def headline(self, title: str) -> str:
        """Say what is new, for subject and heading."""
        if self.time and (self.venue or self.mode):
            text = _("New time and place: %(title)s")
        elif self.day or (self.time and self.was_postponed):
            text = _("New date: %(title)s")
        elif self.time:
            text = _("New time: %(title)s")
        elif self.was_postponed:
            text = _("It takes place after all: %(title)s")
        elif self.renamed:
            text = _("The place has a new name: %(title)s")
        elif self.address:
            text = _("New address: %(title)s")
        elif self.venue:
            text = _("New place: %(title)s")
        elif self.mode:
            text = _("New way to attend: %(title)s")
        elif self.certainty == EventStatus.CONFIRMED:
            text = _("It is now certain: %(title)s")
        elif self.certainty:
            text = _("Not certain yet: %(title)s")
        else:
            text = _("New link to join: %(title)s")
        return text % {"title": title}

    def shown(self) -> dict[str, Any]:
        """Return what ``email/when_where`` strikes through."""
        return {"changes": self, "old": self.time, "old_place": self.place}


def of_delivery(delivery: Delivery, occasion: Event | Shift, *, field: str) -> Changes:
    """Return what the person of this delivery has not been told yet of ``occasion``.

    ``field`` names the column that the person's deliveries about it share, such as ``event_id``.
    """
    return _between(not_yet_told(delivery, **{field: getattr(delivery, field)}), occasion)


def not_yet_told(delivery: Delivery, **same: Any) -> list[UUID]:
    """Return the operations that the person has not been told of, the delivery's own first.

    ``same`` is what the person's deliveries about the same thing have in common. On the telephone
    (``Call.as_delivery``, which is unsaved) it is their calls, and the latest tells all.
    """
    assert delivery.person_id is not None
    alike = {"person_id": delivery.person_id, "message": delivery.message, **same}
    if delivery._state.adding:
        its_call = Call.objects.filter(key=delivery.key).values("pk")
        calls = Call.objects.filter(pk__lt=Subquery(its_call), **alike).order_by("-pk")
        earlier = [(one.operation, one.is_open) for one in calls[:20]]
    else:
        mail = Delivery.objects.filter(pk__lt=delivery.pk, **alike).order_by("-pk")
        rows = mail.only("state", "operation")[:20]
        earlier = [(one.operation, one.state in NOT_READ) for one in rows]
    untold = takewhile(lambda one: one[1], earlier)
    operations = [delivery.operation, *(operation for operation, _is_untold in untold)]
    return [operation for operation in operations if operation is not None]


def of_operation(operation: UUID | None, occasion: Event | Shift) -> Changes:
    """Return what one operation changed of ``occasion``, compared with how it is now."""
    return _between([operation], occasion)


def of_facts(entries: Sequence[AuditEntry], occasion: Event | Shift) -> Changes:
    """Return what these facts changed of ``occasion``, compared with how it is now."""
    old: dict[str, Any] = {}
    hidden: set[str] = set()
    was_postponed = False
    for entry in entries:
        for name, pair in entry.changes.items():
            if pair is None:
                hidden.add(name)
            else:
                old.setdefault(name, pair[0])
            was_postponed = was_postponed or (name, pair and pair[0]) == ("status", "postponed")
    return replace(_compare(old, hidden, occasion), was_postponed=was_postponed)


def was_by_staff(operation: UUID | None) -> bool:
    """Whether the office did it, and not the person concerned."""
    return any(entry.actor_kind == "staff" for entry in facts_of(operation))


def facts_of(operation: UUID | None, *actions: str) -> list[AuditEntry]:
    """Return the facts of an operation in order, all or those of these actions; one query."""
    if operation is None:
        return []
    entries = AuditEntry.objects.filter(operation=operation).order_by("pk")
    return list(entries.filter(action__in=actions) if actions else entries)


def _between(operations: Iterable[UUID | None], occasion: Event | Shift) -> Changes:
    entries = AuditEntry.objects.filter(operation__in=list(operations), action__in=ACTIONS)
    own = [entry for entry in entries.order_by("at", "pk") if _is_about(entry, occasion)]
    return of_facts(own, occasion)


def _is_about(entry: AuditEntry, occasion: Event | Shift) -> bool:
    if isinstance(occasion, Event):
        return entry.event_id == occasion.pk and entry.action.startswith("event.")
    return entry.action.startswith("shift.") and entry.subjects.get("shift") == occasion.pk


def _compare(old: dict[str, Any], hidden: set[str], occasion: Event | Shift) -> Changes:
    time = None
    if TIME & set(old):
        time = Before(
            _instant(old.get("starts_at")) or occasion.starts_at,
            _instant(old.get("ends_at")) or occasion.ends_at,
            old.get("timezone") or occasion.timezone,
            bool(old.get("all_day", getattr(occasion, "all_day", False))),
        )
        if _same_time(time, occasion):
            time = None
    # Of a shift, its own place: what its event changes is in the event's facts.
    venue = occasion.venue
    # The first of the two: where the person was going, however often it changed since.
    known = next((name for name in old if name in ("venue", "location")), "")
    now = {"venue": str(venue) if venue else None, "location": venue.location if venue else ""}
    new_venue = known != "" and old[known] != now[known]
    new_mode = "mode" in old and old["mode"] != getattr(occasion, "mode", "")
    place = ""
    if new_venue:
        place = old[known] or _place_of_event(occasion)
    if new_mode and not place:
        place = str(Mode(old["mode"]).label)
    return Changes(
        time=time,
        day=time is not None and _day(time) != _day(occasion),
        place=place,
        venue=new_venue,
        address=new_venue and "venue" not in old,
        renamed=new_venue and "venue" not in old and is_new_name(place, venue),
        mode=new_mode,
        joining=bool(JOINING & hidden),
        certainty=_certainty(old.get("status"), occasion),
    )


def is_new_name(before: str, venue: Venue | None) -> bool:
    """Whether a place whose name and address were ``before`` has the same address still."""
    return venue is not None and venue.address != "" and before.endswith(f", {venue.address}")


def headline_of_place(before: str, venue: Venue) -> str:
    """Say what is new of a place whose name and address were ``before``."""
    if is_new_name(before, venue):
        return _("The place has a new name: %(title)s") % {"title": venue.name}
    return _("New address: %(title)s") % {"title": venue.name}


def _certainty(before: str | None, now: Event | Shift) -> str:
    is_one = {before, now.status} <= {EventStatus.TENTATIVE, EventStatus.CONFIRMED}
    return str(now.status) if is_one and before != now.status else ""


def _place_of_event(occasion: Event | Shift) -> str:
    """Return where a shift without a place of its own was."""
    event = occasion.event if isinstance(occasion, Shift) else None
    return event.venue.name if event is not None and event.venue is not None else ""


def _same_time(before: Before, now: Event | Shift) -> bool:
    return (before.starts_at, before.ends_at, before.timezone, before.all_day) == (
        now.starts_at,
        now.ends_at,
        now.timezone,
        getattr(now, "all_day", False),
    )


def _day(occasion: Before | Event | Shift) -> Any:
    return dates_text.local(occasion.starts_at, occasion.timezone).date()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
