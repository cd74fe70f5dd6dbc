"""Messages about a whole event: moved, postponed, cancelled. Guests and volunteers hear the same.

One summary message a person, whatever they hold. A calendar part carries one UID: whoever holds an
RSVP and a shift, or ten dates of a series, gets a short calendar message for each beside the
summary, which then carries none (CALENDARS.md, 7). An operation that changes several occasions of
a person is told in `notifications.messages.several`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events.models import RSVP, AuditEntry, Event, Mode, Outbox
from notifications.calendars.invitations import claim_invitation, rsvp_invitation
from notifications.calendars.vevent import Method
from notifications.message import CalendarPart, Recipient
from notifications.messages import addresses, changes, claims, guards, occasions, rsvps
from notifications.models import Delivery
from volunteers.models import Shift, ShiftClaim
from volunteers.overlap import first_clash

#: Who came this much later than a change has seen the event as it is now. Not at once: a request
#: reads the time before it waits for the event, and may have read what the change then overtook.
KNEW_AFTER = timedelta(minutes=1)
#: Facts of an event that everyone who holds a place there hears of, and facts of a shift.
OF_EVENTS = frozenset(
    {
        "event.rescheduled", "event.moved", "event.resumed", "event.confirmed",
        "event.made_tentative", "event.postponed", "event.cancelled",
    }
)  # fmt: skip
OF_SHIFTS = frozenset({"shift.rescheduled", "shift.moved"})


# --- Who hears -----------------------------------------------------------------------------------


@dataclass
class Touched:
    """What one operation has changed: events, with their shifts, and shifts by themselves."""

    at: datetime
    events: dict[int, Event]
    #: Effective, also those of the events, which follow them.
    shifts: dict[int, Shift]
    #: What is different now, by event.
    moved: dict[int, changes.Changes]
    #: Whom the same operation gave a place.
    promoted: set[int | None]

    @property
    def concerns_joining_alone(self) -> bool:
        return bool(self.moved) and all(
            moved.concern_joining_alone for moved in self.moved.values()
        )

    def ends_at(self, occasion: Event | Shift) -> datetime:
        """Return when both the old and the new time of ``occasion`` are over."""
        moved = self.moved.get(occasion.pk) if isinstance(occasion, Event) else None
        before = moved.time if moved is not None else None
        event_id = occasion.event_id if isinstance(occasion, Shift) else None
        if event_id in self.events:
            # A shift at an event is worth telling of as long as the event.
            return self.ends_at(self.events[event_id])
        return max(occasion.ends_at, before.ends_at) if before else occasion.ends_at


@dataclass
class Concerned:
    """Somebody whom an operation concerns, with what they hold of what it has changed."""

    person_id: int
    rsvps: list[RSVP] = field(default_factory=list)
    claims: list[ShiftClaim] = field(default_factory=list)

    @property
    def places(self) -> dict[int, RSVP]:
        """Their place at each event; without one, their place in line."""
        best: dict[int, RSVP] = {}
        for rsvp in sorted(self.rsvps, key=lambda rsvp: (not rsvp.is_confirmed, rsvp.pk)):
            best.setdefault(rsvp.event_id, rsvp)
        return best

    @property
    def rsvp(self) -> RSVP | None:
        """Their place, or place in line, at the only event."""
        return next(iter(self.places.values()), None)

    @property
    def language(self) -> str:
        held = [*self.rsvps, *self.claims]
        return next((one.language for one in held if one.language), "")

    @property
    def entries(self) -> "list[RSVP | ShiftClaim]":
        """What is in their calendar: one entry for each event, one for each shift."""
        places = sorted(self.places.values(), key=lambda rsvp: rsvp.pk)
        return [
            *(rsvp for rsvp in places if rsvp.is_confirmed),
            *(claim for claim in self.claims if claim.is_confirmed),
        ]

    def occasions(self, touched: Touched) -> "list[Event | Shift]":
        """What they would be told of one by one: events, and shifts that are at none of them."""
        events = {rsvp.event_id for rsvp in self.rsvps}
        alone: list[Shift] = []
        for claim in self.claims:
            shift = touched.shifts[claim.shift_id]
            if shift.event_id in touched.events:
                events.add(shift.event_id)
            else:
                alone.append(shift)
        return [*(touched.events[key] for key in sorted(events)), *alone]


def touched_by(entries: Sequence[AuditEntry]) -> Touched:
    """Return what the operation of these facts has changed; drafts that are gone are left out."""
    facts = changes.facts_of(entries[0].operation)
    of_events: dict[int, list[AuditEntry]] = defaultdict(list)
    shift_ids: set[int] = set()
    for fact in facts:
        if fact.action in OF_EVENTS and fact.event_id is not None:
            of_events[fact.event_id].append(fact)
        elif fact.action in OF_SHIFTS:
            shift_ids.add(fact.subjects["shift"])
    events = Event.objects.select_related("office", "venue").in_bulk(list(of_events))
    shifts = Shift.objects.standing().filter(Q(event__in=events) | Q(pk__in=shift_ids))
    return Touched(
        at=entries[0].at,
        events=events,
        shifts={shift.pk: shift for shift in shifts.effective()},
        moved={key: changes.of_facts(of_events[key], event) for key, event in events.items()},
        promoted={fact.person_id for fact in facts if fact.action == "rsvp.promoted"},
    )


def concerned(touched: Touched, cursor: str, limit: int) -> tuple[list[Concerned], str]:
    """Return the next people with a place, or a place in line, at anything that was changed.

    In order of their keys, from the cursor on. Where only how to join online is new, those who
    join online. However late it is planned, whoever came after the change is not told of it.
    """
    after = int(cursor or 0)
    came_before = touched.at + KNEW_AFTER
    at_event = RSVP.objects.active().filter(
        event__in=list(touched.events), created_at__lt=came_before
    )
    on_shifts = ShiftClaim.objects.active().filter(
        shift__in=list(touched.shifts), created_at__lt=came_before
    )
    if touched.concerns_joining_alone:
        at_event, on_shifts = at_event.filter(mode=Mode.REMOTE), on_shifts.none()
    keys: set[int] = set()
    for held in (at_event, on_shifts):
        found = held.filter(person_id__gt=after, person__isnull=False)
        keys.update(
            found.order_by("person_id").values_list("person_id", flat=True).distinct()[:limit]
        )
    chosen = sorted(keys)[:limit]
    people: dict[int, Concerned] = {key: Concerned(key) for key in chosen}
    for rsvp in at_event.filter(person_id__in=chosen).order_by("pk"):
        people[rsvp.person_id].rsvps.append(rsvp)
    for claim in on_shifts.filter(person_id__in=chosen).order_by("pk"):
        assert claim.person_id is not None
        people[claim.person_id].claims.append(claim)
    more = len(keys) > limit or len(chosen) == limit
    return list(people.values()), str(chosen[-1]) if more and chosen else ""


def everyone(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """Everyone whom the operation concerns at one event alone, the event's shifts included."""
    touched = touched_by(entries)
    people, following = concerned(touched, cursor, limit)
    recipients = []
    for person in people:
        occasions_of_person = person.occasions(touched)
        event = occasions_of_person[0]
        if len(occasions_of_person) > 1 or isinstance(event, Shift):
            continue
        rsvp = person.rsvp
        one_entry = person.entries[0] if len(person.entries) == 1 else None
        carried = one_entry if isinstance(one_entry, ShiftClaim) else None
        claim = carried or next(iter(person.claims), None)
        recipients.append(
            Recipient(
                person_id=person.person_id,
                language=person.language,
                office_id=event.office_id,
                event_id=event.pk,
                rsvp_id=rsvp.pk if rsvp is not None else None,
                claim_id=claim.pk if claim is not None else None,
                shift_id=claim.shift_id if carried is not None and claim is not None else None,
                schedule_rev=event.schedule_rev,
                expires_at=touched.ends_at(event),
                context={"carries": kind_of(one_entry)},
            )
        )
    return recipients, following


def kind_of(entry: RSVP | ShiftClaim | None) -> str:
    """Name what a message carries for the calendar; empty for nothing."""
    if entry is None:
        return ""
    return "rsvp" if isinstance(entry, RSVP) else "claim"


def each_entry(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """Everyone with several entries in their calendar, once for each.

    Whoever the same operation gave a place has the event's entry with the message that says so.
    """
    touched = touched_by(entries)
    people, following = concerned(touched, cursor, limit)
    recipients = []
    for person in people:
        if len(person.entries) < 2:
            continue
        for entry in person.entries:
            is_rsvp = isinstance(entry, RSVP)
            if is_rsvp and person.person_id in touched.promoted:
                continue
            occasion: Event | Shift = (
                touched.events[entry.event_id]
                if isinstance(entry, RSVP)
                else touched.shifts[entry.shift_id]
            )
            recipients.append(
                Recipient(
                    person_id=person.person_id,
                    language=person.language,
                    office_id=occasion.office_id,
                    event_id=occasion.pk if isinstance(occasion, Event) else occasion.event_id,
                    rsvp_id=entry.pk if is_rsvp else None,
                    claim_id=None if is_rsvp else entry.pk,
                    shift_id=None if isinstance(entry, RSVP) else entry.shift_id,
                    expires_at=touched.ends_at(occasion),
                    context={
                        "carries": kind_of(entry),
                        "uid": occasion.uid,
                        "sequence": occasion.sequence,
                        "method": "REQUEST" if occasion.is_on else "CANCEL",
                    },
                )
            )
    return recipients, following


def invitation_key(recipient: Recipient, operation: UUID | None, message: str) -> str:
    """One calendar message a person, UID, SEQUENCE and METHOD, whatever operation asks for it."""
    known = recipient.context
    return f"invite:{known['uid']}:{known['sequence']}:{known['method']}:{recipient.person_id}"


# --- How long it is true -------------------------------------------------------------------------


def is_changed() -> Q:
    """The event takes place, this is its latest change, and the person takes part."""
    return (
        guards.event_is_on()
        & guards.event_time_is_the_same()
        & guards.is_the_latest("event_changed", "event_id")
        & guards.person_takes_part()
    )


def is_postponed() -> Q:
    return guards.event_is("postponed") & guards.person_takes_part()


def is_cancelled() -> Q:
    return guards.event_is("cancelled") & guards.person_takes_part()


def is_in_calendar() -> Q:
    """The place is still the person's, and no message about the entry has a later SEQUENCE.

    Not that the entry still has this SEQUENCE: some changes raise it and send no message about the
    entry (a new link to join, to who comes in person), and it would never be entered.
    """
    rsvp = Q(rsvp_id__isnull=False) & guards.rsvp_is("confirmed") & _is_the_latest_entry("rsvp_id")
    claim = (
        Q(claim_id__isnull=False) & guards.claim_is("confirmed") & _is_the_latest_entry("claim_id")
    )
    return rsvp | claim


def _is_the_latest_entry(field: str) -> Q:
    """By SEQUENCE, not by the order of rows: two workers may plan two changes at once.

    Either message renders the entry as it is then, so that both would be the same.
    """
    later = Delivery.objects.filter(
        person_id=OuterRef("person_id"),
        message=OuterRef("message"),
        **{field: OuterRef(field)},
    ).annotate(
        its_sequence=guards.number("sequence"),
        sequence=guards.number("sequence", OuterRef("context")),
    )
    return ~Q(Exists(later.filter(its_sequence__gt=F("sequence"))))


def calendar_still_true(delivery: Delivery, now: datetime) -> bool:
    """Also whether the entry is still to be entered, or to be removed, as it was planned."""
    if delivery.shift_id is not None:
        shifts = Shift.objects.effective().going_on()
        is_on = shifts.filter(pk=delivery.shift_id).exists()
    else:
        assert delivery.event_id is not None
        is_on = Event.objects.going_on().filter(pk=delivery.event_id).exists()
    wanted = "REQUEST" if is_on else "CANCEL"
    in_calendar = guards.holds(is_in_calendar)(delivery, now)
    return wanted == delivery.context["method"] and in_calendar


# --- What it says --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShiftLine:
    """One of the person's shifts at the event, as the message lists it."""

    role: str
    #: With the place, where it is not the event's.
    when: str
    is_waiting: bool
    manage_url: str
    #: What it overlaps now, with its time; empty if nothing.
    clash: str


def _shift_lines(delivery: Delivery, event: Event) -> Iterator[ShiftLine]:
    assert delivery.person_id is not None
    held = ShiftClaim.objects.active().filter(person_id=delivery.person_id)
    by_shift: dict[int, ShiftClaim] = {claim.shift_id: claim for claim in held.order_by("pk")}
    shifts = (
        Shift.objects.standing()
        .filter(event=event, pk__in=by_shift)
        .effective()
        .select_related("event", "venue")
        .with_role()
    )
    for shift in sorted(shifts, key=lambda shift: (shift.starts_at, shift.pk)):
        claim = by_shift[shift.pk]
        yield ShiftLine(
            role=shift.role.in_language(delivery.language).name,
            when=", ".join(filter(None, [occasions.when_words(shift), _own_place(shift)])),
            is_waiting=claim.is_waitlisted,
            manage_url=addresses.claim_links(claim)["manage_url"],
            clash=clash_words(claim, shift, delivery.language),
        )


def _own_place(shift: Shift) -> str:
    """Return the place of a shift that is not where its event is: else a move would hide it."""
    return shift.venue.name if shift.venue is not None else ""


def clash_words(claim: ShiftClaim, shift: Shift, language: str) -> str:
    """Return what a held shift overlaps after a move: its name and time; empty if nothing."""
    if not claim.is_confirmed or claim.person_id is None or not shift.is_on:
        return ""
    clash = first_clash(person_id=claim.person_id, shift=shift)
    if clash is None:
        return ""
    return f"{clash.name(language)}, {occasions.when_words(clash)}"


def _facts(delivery: Delivery, now: datetime) -> dict[str, Any]:
    assert delivery.event_id is not None
    event = Event.objects.with_all_shown().get(pk=delivery.event_id)
    rsvp = None
    if delivery.rsvp_id is not None:
        # Whoever has given the place back meanwhile may still have a shift.
        rsvp = RSVP.objects.active().filter(pk=delivery.rsvp_id).first()
    mode = rsvp.mode if rsvp is not None else ""
    shown = occasions.event_facts(
        event,
        language=delivery.language,
        now=now,
        mode=mode,
        has_place=rsvp is not None and rsvp.is_confirmed,
    )
    shifts = list(_shift_lines(delivery, event))
    links = addresses.rsvp_links(rsvp) if rsvp is not None else {}
    return {
        **shown,
        **links,
        "rsvp": rsvp,
        "party": rsvp.party_size if rsvp is not None else 0,
        "shifts": shifts,
        "contact": occasions.contact(event.office),
        "reason": because(event.office.name, has_rsvp=rsvp is not None, has_shift=bool(shifts)),
    }


def because(office: str, *, has_rsvp: bool, has_shift: bool) -> str:
    """Say why somebody gets mail about what they hold."""
    if not has_rsvp:
        return claims.because(office)
    if not has_shift:
        return rsvps.because(office)
    return _(
        "%(office)s writes to you because this address was used for an RSVP and to sign up for "
        "a shift."
    ) % {"office": office}


def context_changed(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Old and new time and place, and what becomes of what the person holds."""
    known = _facts(delivery, now)
    moved = changes.of_delivery(delivery, known["event"], field="event_id")
    if moved.are_none:
        raise guards.NothingToTell(gettext_noop("the change was taken back before it was told"))
    rsvp, since = known["rsvp"], known["event"].asks_anew_since
    asks_anew = moved.ask_anew and rsvp is not None and rsvp.is_asked_anew(since)
    shown = moved.shown() | {"headline": moved.headline(known["title"]), "asks_anew": asks_anew}
    return known | shown


def context_called_off(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The reason, in the words of the office."""
    known = _facts(delivery, now)
    return known | {"status_reason": known["event"].status_reason}


def _is_about_to_change(delivery: Delivery) -> bool:
    """Whether another operation has changed the event, or a shift there, and is not planned yet."""
    if delivery.event_id is None or delivery.operation is None:
        return False
    facts = AuditEntry.objects.filter(
        operation=OuterRef("operation"),
        event_id=delivery.event_id,
        action__in=OF_EVENTS | OF_SHIFTS,
    )
    # One that could not be planned holds nothing up.
    waiting = Outbox.objects.filter(Exists(facts), failures=0)
    return waiting.exclude(operation=delivery.operation).exists()


def context_calendar(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """What the entry is, and whether it comes or goes.

    Raises :class:`guards.TooEarly` while a newer change of the event waits to be planned: told now,
    it would be told twice.
    """
    if _is_about_to_change(delivery):
        raise guards.TooEarly(now + timedelta(minutes=1))
    if delivery.claim_id is not None:
        claim, shift = claims.read(delivery)
        known = claims.facts(claim, shift, delivery, now)
    else:
        rsvp = rsvps.read(delivery)
        known = rsvps.facts(rsvp, delivery, now)
    return known | {"removes": delivery.context["method"] == "CANCEL"}


# --- The calendar --------------------------------------------------------------------------------


def calendar(delivery: Delivery, now: datetime) -> list[CalendarPart]:
    """The part for one entry of the person's calendar: as it is now, or gone."""
    match delivery.context["carries"]:
        case "rsvp":
            rsvp = rsvps.read(delivery)
            method: Method = "REQUEST" if rsvp.event.is_on else "CANCEL"
            return [rsvp_invitation(rsvp, rsvp.event, method=method)] if rsvp.is_confirmed else []
        case "claim":
            claim, shift = claims.read(delivery)
            method = "REQUEST" if shift.is_on else "CANCEL"
            return [claim_invitation(claim, shift, method=method)] if claim.is_confirmed else []
    return []
