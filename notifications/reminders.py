"""Reminders, found by query from the facts of the moment: none has a row or a timer of its own.

Of an occasion's leads, the latest that is due counts, and only until the next one is due or the
occasion begins: whoever was not told a week before, because nothing ran that day, is told as soon
as something runs, and nobody is told twice at once. A lead that was due before the person was
confirmed, or before the time was set, is past: it reminds nobody.

A reminder is planned once for a lead and a schedule: its key names both, and a delivery with that
key is looked for in the query itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from events.models import RSVP, AuditEntry, Event, Office
from notifications import catalogue, planning
from notifications.message import Recipient
from notifications.models import Delivery
from notifications.reminder_times import Lead, due_at, is_quiet, known_leads, longest, parse_lead
from volunteers.models import Shift, ShiftClaim

#: A reminder that is later than this is not sent any more.
LOOKS_BACK = timedelta(days=7)
#: A volunteer's reminder names the event, too. If the shift begins this near to it, whoever has
#: both gets that one and no second one for the event, as long as it comes, and in time.
SAME_OCCASION = timedelta(hours=12)
#: Occasions that one query asks about. SQLite reads at most 1000 alternatives in one condition.
OCCASIONS_A_QUERY = 200
#: Times that one tick asks who is next.
ROUNDS_A_TICK = 50


@dataclass(frozen=True)
class Occasion:
    """An event or a shift whose reminder is due, and which one."""

    pk: int
    office_id: int
    event_id: int | None
    schedule_rev: int
    lead: str
    starts_at: datetime
    #: Whoever was confirmed before this instant is reminded.
    due_at: datetime
    #: The start, or the instant at which the next lead takes over.
    expires_at: datetime


def plan(now: datetime) -> int:
    """Write the deliveries of all reminders that are due at ``now``; return how many.

    Planned twice is planned once. So many that one tick would not end are left to the next.
    """
    count = 0
    before: dict[str, list[Recipient]] = {}
    for _round in range(ROUNDS_A_TICK):
        found = due(now)
        # The same again: their keys are taken, though not by deliveries to these people.
        if not found or found == before:
            break
        for name, recipients in found.items():
            planning.insert(catalogue.named(name), recipients, now=now)
            count += len(recipients)
        before = found
    return count


def due(now: datetime, limit: int = 1000) -> dict[str, list[Recipient]]:
    """Return who is to be reminded at ``now``, by the name of the message.

    At most ``limit`` of each kind; once they are planned, the next call returns others. The number
    of queries does not depend on how many people there are.
    """
    leads = _leads_by_office()
    if not leads:
        return {}
    horizon = now + max(longest(known) for known in leads.values())
    settled = _settled_since(now, leads)
    events = _due_occasions(_events(now, horizon), leads, settled, now)
    shift_rows = list(_shifts(now, horizon))
    shifts = _due_occasions(shift_rows, leads, settled, now)
    standing_in = _StandingIn(shift_rows, settled)
    found = {
        "rsvp_reminder": list(islice(_rsvps(events, standing_in, limit), limit)),
        "claim_reminder": list(islice(_claims(shifts, limit), limit)),
    }
    return {message: recipients for message, recipients in found.items() if recipients}


def _leads_by_office() -> dict[int, list[Lead]]:
    offices = Office.objects.values_list("pk", "reminder_leads")
    return {pk: leads for pk, texts in offices if (leads := known_leads(texts))}


@dataclass(frozen=True)
class _Settled:
    """Since when the times of occasions and the leads of offices are what they are."""

    offices: Mapping[int | None, datetime]
    events: Mapping[int | None, datetime]
    shifts: Mapping[int | None, datetime]

    def since(self, row: Mapping[str, Any], event_id: int | None) -> datetime | None:
        instants = (
            self.offices.get(row["office_id"]),
            self.events.get(event_id) if event_id is not None else None,
            self.shifts.get(row["pk"]) if "event_id" in row else None,
        )
        return max((instant for instant in instants if instant is not None), default=None)


def _settled_since(now: datetime, leads: Mapping[int, object]) -> _Settled:
    """Read what was rescheduled, and which office changed its leads, as far back as matters."""
    offices: dict[int | None, datetime] = {}
    events: dict[int | None, datetime] = {}
    shifts: dict[int | None, datetime] = {}
    entries = AuditEntry.objects.filter(
        office_id__in=leads,
        at__gte=now - LOOKS_BACK,
        action__in=(
            "event.rescheduled",
            "event.resumed",
            "shift.rescheduled",
            "office.edited",
        ),
    ).order_by("at", "id")
    for entry in entries.only("action", "at", "office_id", "event_id", "subjects", "changes"):
        if entry.action in ("event.rescheduled", "event.resumed"):
            events[entry.event_id] = entry.at
        elif entry.action == "shift.rescheduled":
            shifts[entry.subjects["shift"]] = entry.at
        elif "reminder_leads" in entry.changes:
            offices[entry.office_id] = entry.at
    return _Settled(offices, events, shifts)


def _events(now: datetime, horizon: datetime) -> Iterable[Mapping[str, Any]]:
    return (
        Event.objects.posted()
        .going_on()
        .filter(starts_at__gt=now, starts_at__lt=horizon)
        .values("pk", "office_id", "starts_at", "timezone", "schedule_rev")
    )


def _shifts(now: datetime, horizon: datetime) -> Iterable[Mapping[str, Any]]:
    # Also what has begun: its reminder may have named an event that is still to come.
    start = now - SAME_OCCASION
    shifts: Any = Shift.objects.effective(start=start, end=horizon).posted().going_on()
    return shifts.starting_between(start, horizon).values(
        "pk", "office_id", "event_id", "starts_at", "timezone", "schedule_rev"
    )


def _due_occasions(
    rows: Iterable[Mapping[str, Any]],
    leads: Mapping[int, Sequence[Lead]],
    settled: _Settled,
    now: datetime,
) -> list[Occasion]:
    found = []
    for row in rows:
        has_begun = row["starts_at"] <= now
        if has_begun or row["office_id"] not in leads or is_quiet(now, row["timezone"]):
            continue
        event_id = row.get("event_id", row["pk"])
        moments = _moments(leads[row["office_id"]], row["starts_at"], row["timezone"])
        past = [moment for moment in moments if moment[0] <= now]
        if not past:
            continue
        due_since, lead = past[-1]
        since = settled.since(row, event_id)
        if due_since <= now - LOOKS_BACK or (since is not None and due_since <= since):
            continue
        following = next((at for at, _lead in moments if at > now), row["starts_at"])
        found.append(
            Occasion(
                pk=row["pk"], office_id=row["office_id"], event_id=event_id,
                schedule_rev=row["schedule_rev"], lead=lead,
                starts_at=row["starts_at"], due_at=due_since, expires_at=following,
            )
        )  # fmt: skip
    return found


def _moments(
    leads: Sequence[Lead], starts_at: datetime, timezone: str
) -> list[tuple[datetime, str]]:
    """Return when which lead is due, in order; of two at once the nearer one is left."""
    moments: dict[datetime, str] = {}
    for lead in leads:
        at = due_at(lead, starts_at, timezone)
        if at is not None:
            moments[at] = lead.text
    return sorted(moments.items())


def _chunks(occasions: Sequence[Occasion]) -> Iterator[Sequence[Occasion]]:
    for start in range(0, len(occasions), OCCASIONS_A_QUERY):
        yield occasions[start : start + OCCASIONS_A_QUERY]


def _not_planned(rows: QuerySet[Any], kind: str, field: str, occasions: Sequence[Occasion]) -> Any:
    """Keep rows whose reminder has no delivery yet, and who were confirmed before it was due."""
    endings: dict[str, list[int]] = defaultdict(list)
    for occasion in occasions:
        endings[f":{occasion.lead}:{occasion.schedule_rev}"].append(occasion.pk)
    ending = Case(
        *(When(**{f"{field}__in": pks}, then=Value(text)) for text, pks in endings.items()),
        output_field=CharField(),
    )
    key = Concat(Value(f"reminder:{kind}:"), Cast("pk", CharField()), ending)
    in_time = (Q(**{field: o.pk, "confirmed_at__lt": o.due_at}) for o in occasions)
    # The key alone would do. By the person the database finds it on an index, also when it does
    # not know yet how many deliveries there are: 4,000 guests took seconds without.
    planned = Delivery.objects.filter(person=OuterRef("person"), key=OuterRef("reminder_key"))
    return (
        rows.filter(reduce(or_, in_time), person__email__isnull=False)
        .annotate(reminder_key=key)
        .filter(~Exists(planned))
        .order_by("pk")
    )


class _StandingIn:
    """Shifts near their event, whose reminders tell a guest who helps of the event as well."""

    def __init__(self, shifts: Iterable[Mapping[str, Any]], settled: _Settled) -> None:
        self.settled = settled
        self.at_event: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for row in shifts:
            if row["event_id"] is not None:
                self.at_event[row["event_id"]].append(row)

    def claims(self, events: Sequence[Occasion]) -> QuerySet[ShiftClaim]:
        """Return the claims that are reminded, at the same lead, in place of an RSVP.

        Who claims after that reminder was due does not get it, so that it stands in for nothing.
        """
        shifts: dict[datetime, list[int]] = defaultdict(list)
        for event in events:
            for row in self.at_event[event.pk]:
                told_at = self._told_at(row, event)
                if told_at is not None:
                    shifts[told_at].append(row["pk"])
        if not shifts:
            return ShiftClaim.objects.none()
        told_at_of_each = Case(
            *(When(shift_id__in=pks, then=Value(told_at)) for told_at, pks in shifts.items()),
            output_field=DateTimeField(),
        )
        return ShiftClaim.objects.confirmed().filter(confirmed_at__lt=told_at_of_each)

    def _told_at(self, shift: Mapping[str, Any], event: Occasion) -> datetime | None:
        """Return when the shift's reminder at the event's lead is due; None if it will not do."""
        if abs(shift["starts_at"] - event.starts_at) > SAME_OCCASION:
            return None
        lead = parse_lead(event.lead)
        told_at = due_at(lead, shift["starts_at"], shift["timezone"])
        if told_at is None:
            return None
        if lead.span is None:
            # Days before, some hours do not matter.
            return told_at
        since = self.settled.since(shift, event.pk)
        was_past = since is not None and told_at <= since
        # Two hours before, a later one would come when the event is about to begin, or over.
        return None if was_past or told_at > event.due_at else told_at


def _rsvps(events: Sequence[Occasion], standing_in: _StandingIn, limit: int) -> Iterator[Recipient]:
    for chunk in _chunks(events):
        by_pk = {event.pk: event for event in chunk}
        rows = _not_planned(RSVP.objects.confirmed(), "rsvp", "event_id", chunk)
        # A claim of a shift at this very event: at another, its reminder says nothing of this one.
        told_as_volunteers = standing_in.claims(chunk).filter(
            person_id=OuterRef("person_id"), shift__event_id=OuterRef("event_id")
        )
        rows = rows.filter(~Exists(told_as_volunteers))
        for pk, event_id, person_id, language in rows.values_list(
            "pk", "event_id", "person_id", "language"
        )[:limit]:
            event = by_pk[event_id]
            yield _recipient(event, person_id=person_id, language=language, rsvp_id=pk)


def _claims(shifts: Sequence[Occasion], limit: int) -> Iterator[Recipient]:
    for chunk in _chunks(shifts):
        by_pk = {shift.pk: shift for shift in chunk}
        rows = _not_planned(ShiftClaim.objects.confirmed(), "claim", "shift_id", chunk)
        for pk, shift_id, person_id, language in rows.values_list(
            "pk", "shift_id", "person_id", "language"
        )[:limit]:
            shift = by_pk[shift_id]
            yield _recipient(
                shift, person_id=person_id, language=language, claim_id=pk, shift_id=shift_id
            )


def _recipient(occasion: Occasion, **rows: Any) -> Recipient:
    return Recipient(
        office_id=occasion.office_id,
        event_id=occasion.event_id,
        schedule_rev=occasion.schedule_rev,
        expires_at=occasion.expires_at,
        context={"lead": occasion.lead},
        **rows,
    )
