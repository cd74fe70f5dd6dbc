"""Messages about one volunteer's own claim of a place on a shift."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from events import links
from events.models import RSVP, AuditEntry, Event
from events.models.attendance import ACTIVE, AttendanceStatus
from notifications.calendars.invitations import claim_invitation
from notifications.message import CalendarPart, Recipient
from notifications.messages import addresses, changes, guards, occasions
from notifications.models import Delivery
from volunteers.models import Shift, ShiftClaim
from volunteers.queries import positions_in_line

CONFIRMED = AttendanceStatus.CONFIRMED
WAITLISTED = AttendanceStatus.WAITLISTED
CANCELLED = AttendanceStatus.CANCELLED


# --- Who hears -----------------------------------------------------------------------------------


def whose(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """Each claim's own person. A place in a group that nobody is named for has none."""
    keys = list(dict.fromkeys(entry.subjects["claim"] for entry in entries))
    rows = ShiftClaim.objects.in_bulk(keys)
    shifts = _shifts(claim.shift_id for claim in rows.values())
    recipients = [
        claim_recipient(rows[key], shifts[rows[key].shift_id])
        for key in keys
        if key in rows and rows[key].person_id is not None
    ]
    return recipients, ""


def whose_request(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """Each person who asked for a shift and could not have it: there is no claim."""
    shifts = _shifts(entry.subjects["shift"] for entry in entries)
    recipients = [
        Recipient(
            person_id=entry.person_id,
            office_id=shift.office_id,
            event_id=shift.event_id,
            shift_id=shift.pk,
            expires_at=shift.ends_at,
        )
        for entry in entries
        if entry.person_id is not None
        and (shift := shifts.get(entry.subjects["shift"])) is not None
    ]
    return recipients, ""


def _shifts(keys: Iterable[int]) -> dict[int, Shift]:
    return {shift.pk: shift for shift in Shift.objects.filter(pk__in=set(keys)).effective()}


def claim_recipient(claim: ShiftClaim, shift: Shift, **more: Any) -> Recipient:
    """Return the volunteer as the recipient of a message about the claim."""
    assert claim.person_id is not None
    return Recipient(
        person_id=claim.person_id,
        language=claim.language,
        office_id=shift.office_id,
        event_id=shift.event_id,
        shift_id=shift.pk,
        claim_id=claim.pk,
        **({"expires_at": shift.ends_at} | more),
    )


# --- How long it is true -------------------------------------------------------------------------


def has_a_place() -> Q:
    """The claim is confirmed and the shift takes place."""
    return guards.claim_is(CONFIRMED) & guards.shift_is_on()


def is_in_line() -> Q:
    return guards.claim_is(WAITLISTED) & guards.shift_is_on()


def is_active() -> Q:
    return guards.claim_is(*ACTIVE) & guards.shift_is_on()


def is_released() -> Q:
    """The place was given back, and the volunteer has not taken one again since."""
    newer = ShiftClaim.objects.filter(
        shift_id=OuterRef("shift_id"),
        person_id=OuterRef("person_id"),
        pk__gt=OuterRef("claim_id"),
        status=CONFIRMED,
    )
    return guards.claim_is(CANCELLED) & ~Q(Exists(newer))


def is_refused() -> Q:
    """The shift takes place, and the person has not got onto it since."""
    claim = ShiftClaim.objects.active().filter(
        shift_id=OuterRef("shift_id"), person_id=OuterRef("person_id")
    )
    return guards.shift_is_on() & ~Q(Exists(claim))


# --- What it says --------------------------------------------------------------------------------


def read(delivery: Delivery) -> tuple[ShiftClaim, Shift]:
    """Return the delivery's claim, and its shift with all that a message shows."""
    assert delivery.claim_id is not None
    claim = ShiftClaim.objects.select_related("person").get(pk=delivery.claim_id)
    return claim, read_shift(claim.shift_id)


def read_shift(shift_id: int) -> Shift:
    return Shift.objects.effective().with_all_shown().get(pk=shift_id)


def facts(claim: ShiftClaim, shift: Shift, delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Return what all messages about a claim show."""
    return {
        **occasions.shift_facts(shift, language=delivery.language, now=now),
        **addresses.claim_links(claim),
        "claim": claim,
        "is_proven": claim.proven_at is not None,
        "is_on": shift.is_on,
        "can_return": shift.accepts_claims(now),
        "reason": because(shift.office.name),
    }


def because(office: str) -> str:
    """Say why somebody gets mail about a shift."""
    return _("%(office)s writes to you because this address was used to sign up for a shift.") % {
        "office": office
    }


def context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The shift and, for one who waits, the place in line."""
    claim, shift = read(delivery)
    known = facts(claim, shift, delivery, now)
    if claim.is_waitlisted:
        known["position"] = positions_in_line([claim]).get(claim.pk, 1)
    return known


def context_released(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Also whether the office did it: then nobody is thanked for telling us."""
    claim, shift = read(delivery)
    known = facts(claim, shift, delivery, now)
    return known | {"by_office": changes.was_by_staff(delivery.operation)}


def context_confirmed(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The shift, what to know before one comes, and how to get in."""
    claim, shift = read(delivery)
    known = facts(claim, shift, delivery, now)
    return known | {"getting_in": occasions.getting_in(known["venue"])}


def context_refused(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """What the shift would overlap, with the link by which the person can give that back."""
    assert delivery.shift_id is not None
    assert delivery.person_id is not None
    shift = read_shift(delivery.shift_id)
    known = occasions.shift_facts(shift, language=delivery.language, now=now)
    subjects: dict[str, Any] = {}
    for entry in changes.facts_of(delivery.operation, "claim.refused"):
        if entry.person_id == delivery.person_id:
            subjects = entry.subjects
    other: dict[str, Any] = {}
    if "other_shift" in subjects:
        other = _other_shift(subjects["other_shift"], delivery.person_id, delivery.language)
    elif "other_event" in subjects:
        other = _other_event(subjects["other_event"], delivery.person_id, delivery.language)
    return known | other | {"reason": because(shift.office.name)}


def _other_shift(shift_id: int, person_id: int, language: str) -> dict[str, Any]:
    shift = read_shift(shift_id)
    claim = ShiftClaim.objects.confirmed().filter(shift=shift, person_id=person_id).first()
    return {
        "other_title": occasions.shift_title(shift, language),
        "other_when": occasions.when_words(shift),
        "other_url": addresses.claim_links(claim)["manage_url"] if claim is not None else "",
        "other_is_shift": True,
    }


def _other_event(event_id: int, person_id: int, language: str) -> dict[str, Any]:
    event = Event.objects.with_all_shown().get(pk=event_id)
    rsvp = RSVP.objects.confirmed().filter(event=event, person_id=person_id).first()
    token = links.token_for(links.RSVP, rsvp) if rsvp is not None else ""
    return {
        "other_title": event.in_language(language).title,
        "other_when": occasions.when_words(event),
        "other_url": addresses.own_page("rsvp", token) if token else "",
        "other_is_shift": False,
    }


# --- The calendar --------------------------------------------------------------------------------


def request(delivery: Delivery, now: datetime) -> list[CalendarPart]:
    """Enter the shift into the calendar of a volunteer who has a place on it."""
    claim, shift = read(delivery)
    return [claim_invitation(claim, shift, method="REQUEST")] if claim.is_confirmed else []


def cancel(delivery: Delivery, now: datetime) -> list[CalendarPart]:
    """Take it out of the calendar of a volunteer who had a place."""
    claim, shift = read(delivery)
    if claim.confirmed_at is None:
        return []
    return [claim_invitation(claim, shift, method="CANCEL")]
