"""Messages about one person's own RSVP."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from events import dates_text
from events.actions.line import position_in_line
from events.actions.rsvps import UNPROVEN_TTL
from events.languages import language_in_use
from events.models import RSVP, AuditEntry, Event, Mode
from events.models.attendance import ACTIVE, AttendanceStatus
from notifications.calendars.invitations import rsvp_invitation
from notifications.message import CalendarPart, Recipient
from notifications.messages import addresses, changes, guards, occasions
from notifications.models import Delivery

CONFIRMED = AttendanceStatus.CONFIRMED
WAITLISTED = AttendanceStatus.WAITLISTED
UNPROVEN = AttendanceStatus.UNPROVEN
CANCELLED = AttendanceStatus.CANCELLED


# --- Who hears -----------------------------------------------------------------------------------


def whose(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """Each RSVP's own person. What nobody could use any more after the event is not sent then."""
    rows = RSVP.objects.select_related("event").in_bulk(_keys(entries))
    recipients = [
        Recipient(
            person_id=rsvp.person_id,
            language=rsvp.language,
            office_id=rsvp.event.office_id,
            event_id=rsvp.event_id,
            rsvp_id=rsvp.pk,
            expires_at=rsvp.event.ends_at,
        )
        for rsvp in (rows.get(key) for key in _keys(entries))
        if rsvp is not None
    ]
    return recipients, ""


def _keys(entries: Iterable[AuditEntry]) -> list[int]:
    return list(dict.fromkeys(entry.subjects["rsvp"] for entry in entries))


# --- How long it is true -------------------------------------------------------------------------


def has_a_place() -> Q:
    """The RSVP is confirmed and the event takes place."""
    return guards.rsvp_is(CONFIRMED) & guards.event_is_on()


def is_in_line() -> Q:
    return guards.rsvp_is(WAITLISTED) & guards.event_is_on()


def would_fit_with_fewer() -> Q:
    """The party waits, and some of the places that it waits for are free, but not enough.

    Places that come free one by one are told in one message, if it has not gone out by then.
    """
    waiting = RSVP.objects.in_line().filter(pk=OuterRef("rsvp_id"))
    room = F("event__capacity") - F("event__taken")
    online = F("event__remote_capacity") - F("event__remote_taken")
    some_free = Q(
        mode=Mode.IN_PERSON, event__taken__lt=F("event__capacity"), party_size__gt=room
    ) | Q(
        mode=Mode.REMOTE,
        event__remote_taken__lt=F("event__remote_capacity"),
        party_size__gt=online,
    )
    return (
        Q(Exists(waiting.filter(some_free)))
        & guards.event_is_on()
        & guards.is_the_latest("rsvp_passed_over", "rsvp_id")
    )


def waits_for_proof() -> Q:
    return guards.rsvp_is(UNPROVEN) & guards.event_is_on()


def is_active() -> Q:
    return guards.rsvp_is(*ACTIVE) & guards.event_is_on()


def is_cancelled() -> Q:
    """The RSVP is cancelled, and its person has not come back since.

    Who has come back has a newer entry in their calendar, which a late CANCEL would remove.
    """
    return guards.rsvp_is(CANCELLED) & ~_has_newer([CONFIRMED])


def has_expired() -> Q:
    """The RSVP has ended, and its person has not asked for another."""
    return guards.rsvp_is(CANCELLED) & guards.event_is_on() & ~_has_newer(ACTIVE)


def _has_newer(statuses: Iterable[str]) -> Q:
    rsvps = RSVP.objects.filter(
        event_id=OuterRef("event_id"),
        person_id=OuterRef("person_id"),
        pk__gt=OuterRef("rsvp_id"),
        status__in=statuses,
    )
    return Q(Exists(rsvps))


# --- What it says --------------------------------------------------------------------------------


def read(delivery: Delivery) -> RSVP:
    """Return the delivery's RSVP with its event and all that a message shows of both."""
    assert delivery.rsvp_id is not None
    return read_row(delivery.rsvp_id)


def read_row(rsvp_id: int) -> RSVP:
    """Return the RSVP of this key, as :func:`read` does."""
    rsvp = RSVP.objects.select_related("person").prefetch_related("access_requests").get(pk=rsvp_id)
    rsvp.event = Event.objects.with_all_shown().get(pk=rsvp.event_id)
    return rsvp


def facts(rsvp: RSVP, delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Return what all messages about an RSVP show."""
    event = rsvp.event
    shown = occasions.event_facts(
        event,
        language=delivery.language,
        now=now,
        mode=rsvp.mode,
        has_place=rsvp.is_confirmed,
    )
    return {
        **shown,
        **addresses.rsvp_links(rsvp),
        **occasions.access_facts(rsvp, event, now),
        "rsvp": rsvp,
        "party": rsvp.party_size,
        "online": rsvp.mode == Mode.REMOTE,
        "is_on": event.is_on,
        "doors_open": event.mode != Mode.REMOTE,
        "is_proven": rsvp.proven_at is not None,
        "can_return": event.accepts_rsvps(now),
        "reason": because(event.office.name),
    }


def because(office: str) -> str:
    """Say why somebody gets mail about an RSVP."""
    return _("%(office)s writes to you because this address was used for an RSVP.") % {
        "office": office
    }


def context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    return facts(read(delivery), delivery, now)


def context_cancelled(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Also whether the office did it, and whether the wait for the room alone has ended."""
    rsvp = read(delivery)
    known = facts(rsvp, delivery, now)
    keeps_online = RSVP.objects.active().filter(pk=rsvp.upgrade_of_id or 0).exists()
    return known | {
        # Then nobody is thanked for telling us.
        "by_office": changes.was_by_staff(delivery.operation),
        "keeps_online": keeps_online,
        "can_return": known["can_return"] and not keeps_online,
    }


def context_confirmed(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The place, how to get there, and the wait for the room that may go on beside it."""
    rsvp = read(delivery)
    return {
        **facts(rsvp, delivery, now),
        "getting_in": occasions.getting_in(rsvp.event.venue) if rsvp.mode != Mode.REMOTE else [],
    }


def context_promoted(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """As for a confirmed one; with old and new if the same action moved the event."""
    rsvp = read(delivery)
    known = context_confirmed(delivery, now)
    moved = changes.of_operation(delivery.operation, rsvp.event)
    return known | moved.shown() | {"had_online": rsvp.upgrade_of_id is not None}


def context_waitlisted(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The place in line, why one waits, what must happen, and what one can do meanwhile."""
    rsvp = read(delivery)
    return facts(rsvp, delivery, now) | waiting_facts(rsvp)


def waiting_facts(rsvp: RSVP) -> dict[str, Any]:
    """Return where a waiting RSVP stands and what would get it in sooner."""
    if not rsvp.is_waitlisted:
        return {}
    event = rsvp.event
    position, people_ahead = position_in_line(rsvp)
    left = event.places_left_in(rsvp.mode) or 0
    online_left = event.remote_places_left
    may_join_online = (
        rsvp.mode == Mode.IN_PERSON
        and event.mode == Mode.BOTH
        and rsvp.upgrade_of_id is None
        and (online_left is None or online_left >= rsvp.party_size)
    )
    return {
        "position": position,
        "parties_ahead": position - 1,
        "people_ahead": people_ahead,
        "fits_now": left if 0 < left < rsvp.party_size else 0,
        "may_join_online": may_join_online,
        "keeps_online": rsvp.upgrade_of_id is not None,
    }


def context_unproven(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Until when the address must be confirmed."""
    rsvp = read(delivery)
    return facts(rsvp, delivery, now) | {"until": _until(rsvp)}


def _until(rsvp: RSVP) -> str:
    """Say until when an unproven RSVP must be confirmed."""
    return dates_text.moment_text(
        rsvp.created_at + UNPROVEN_TTL, rsvp.event.timezone, language_in_use()
    )


def context_repeated(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """What the person has already, whatever it is."""
    rsvp = read(delivery)
    return facts(rsvp, delivery, now) | waiting_facts(rsvp) | {"until": _until(rsvp)}


def context_changed(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The party's size before and now."""
    rsvp = read(delivery)
    before = None
    for entry in changes.facts_of(delivery.operation, "rsvp.changed"):
        if entry.person_id == delivery.person_id:
            before, _after = entry.changes.get("party_size") or (None, None)
    return facts(rsvp, delivery, now) | waiting_facts(rsvp) | {"party_before": before}


# --- The calendar --------------------------------------------------------------------------------


def request(delivery: Delivery, now: datetime) -> list[CalendarPart]:
    """Enter the event into the calendar of somebody who has a place."""
    rsvp = read(delivery)
    if not rsvp.is_confirmed:
        return []
    return [rsvp_invitation(rsvp, rsvp.event, method="REQUEST")]


def cancel(delivery: Delivery, now: datetime) -> list[CalendarPart]:
    """Take it out of the calendar of somebody who had a place."""
    rsvp = read(delivery)
    if rsvp.confirmed_at is None:
        return []
    return [rsvp_invitation(rsvp, rsvp.event, method="CANCEL")]
