"""Messages about a whole shift: moved, cancelled. Everyone who holds a claim of it hears."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_noop

from events.models import AuditEntry
from notifications.calendars.invitations import claim_invitation
from notifications.message import CalendarPart, Recipient
from notifications.messages import changes, claims, events, guards
from notifications.models import Delivery
from volunteers.models import Shift, ShiftClaim


def everyone(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """Everyone with a place, or a place in line, on the shifts.

    Of an operation that changed several, whoever holds several has heard of all of them before.
    """
    keys = {entry.subjects["shift"] for entry in entries}
    # A draft that was thrown away before its change was planned is not there.
    shifts = Shift.objects.effective().select_related("venue", "event__venue").in_bulk(keys)
    ends = {key: _ends_at(shift, entries) for key, shift in shifts.items()}
    held = ShiftClaim.objects.active().filter(
        shift__in=keys,
        person__isnull=False,
        pk__gt=int(cursor or 0),
        created_at__lt=entries[0].at + events.KNEW_AFTER,
    )
    rows = list(held.order_by("pk")[:limit])
    recipients = [
        claims.claim_recipient(
            claim,
            shifts[claim.shift_id],
            schedule_rev=shifts[claim.shift_id].schedule_rev,
            expires_at=ends[claim.shift_id],
        )
        for claim in rows
    ]
    return recipients, str(rows[-1].pk) if len(rows) == limit else ""


def _ends_at(shift: Shift, entries: Sequence[AuditEntry]) -> datetime:
    own = [entry for entry in entries if entry.subjects["shift"] == shift.pk]
    moved = changes.of_facts(own, shift)
    return max(shift.ends_at, moved.time.ends_at) if moved.time else shift.ends_at


def is_changed() -> Q:
    """The shift takes place, this is its latest change, and the claim is active."""
    return (
        claims.is_active()
        & guards.shift_time_is_the_same()
        & guards.is_the_latest("shift_changed", "claim_id")
    )


def is_cancelled() -> Q:
    shift = Shift.objects.effective().cancelled().filter(pk=OuterRef("shift_id"))
    return guards.claim_is("confirmed", "waitlisted") & Q(Exists(shift))


def context_changed(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Old and new time and place, and what the volunteer's other engagements say to it."""
    claim, shift = claims.read(delivery)
    known = claims.facts(claim, shift, delivery, now)
    moved = changes.of_delivery(delivery, shift, field="claim_id")
    if moved.are_none:
        raise guards.NothingToTell(gettext_noop("the change was taken back before it was told"))
    return (
        known
        | moved.shown()
        | {
            "headline": moved.headline(known["title"]),
            "clash": events.clash_words(claim, shift, delivery.language),
        }
    )


def context_cancelled(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The reason, in the words of the office."""
    claim, shift = claims.read(delivery)
    known = claims.facts(claim, shift, delivery, now)
    return known | {"status_reason": shift.status_reason}


def calendar(delivery: Delivery, now: datetime) -> list[CalendarPart]:
    """The shift in the volunteer's calendar: as it is now, or gone."""
    claim, shift = claims.read(delivery)
    if not claim.is_confirmed:
        return []
    return [claim_invitation(claim, shift, method="REQUEST" if shift.is_on else "CANCEL")]
