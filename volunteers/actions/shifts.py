"""Create, edit, post, move and cancel shifts."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from events import places
from events.actions.line import lock_event
from events.audit import Operation, operation
from events.errors import Refused
from events.models import Event, Office, StaffUser, Venue
from events.places import Pool
from events.translations import Versions, write_translations
from volunteers.actions.claims import forget_who_came, lock_shift, promote_waiting
from volunteers.models import Shift, ShiftClaim, ShiftStatus, VolunteerRole
from volunteers.models.shift import MAX_OFFSET, ShiftQuerySet

#: What staff may change, in the words of the forms: instants, not offsets.
EDITABLE = frozenset(
    {"starts_at", "ends_at", "timezone", "role", "minimum", "capacity", "notes", "venue",
     "translations"}
)  # fmt: skip

#: What a role says in each language.
ROLE_WORDS = ("name", "description")


def create_role(
    *,
    office: Office,
    name: str,
    description: str = "",
    slug: str = "",
    translations: Versions | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> VolunteerRole:
    """Add a role, such as greeter. ``translations``: language → name, description."""
    with operation(at=now, actor=actor) as op:
        stem = slugify(slug or name)[:50] or "role"
        taken = set(
            VolunteerRole.objects.filter(office=office, slug__startswith=stem).values_list(
                "slug", flat=True
            )
        )
        number = 2
        unique = stem
        while unique in taken:
            unique, number = f"{stem}-{number}", number + 1
        role = VolunteerRole.objects.create(
            office=office, slug=unique, name=name, description=description
        )
        write_translations(role.translations, translations or {}, *ROLE_WORDS)
        op.record("role.created", office=office, role=role)
    return role


def edit_role(
    *, role_id: int, changes: dict[str, Any], now: datetime, actor: StaffUser | None = None
) -> VolunteerRole:
    """Change name, description or ``translations``, and the revision of every shift of the role."""
    with operation(at=now, actor=actor) as op:
        role = VolunteerRole.objects.select_for_update(no_key=True).get(pk=role_id)
        words = {name: changes[name] for name in ROLE_WORDS if name in changes}
        changed = {n: (getattr(role, n), v) for n, v in words.items() if getattr(role, n) != v}
        for name, (_old, new) in changed.items():
            setattr(role, name, new)
        versions = changes.get("translations")
        if versions is not None and write_translations(role.translations, versions, *ROLE_WORDS):
            changed["translations"] = (None, None)
        if not changed:
            return role
        role.save()
        _raise_revisions(op, Shift.objects.filter(role=role))
        op.record("role.edited", office=role.office_id, role=role, changes=changed)
    return role


def raise_at_venue(op: Operation, venue: Venue, before: str) -> None:
    """Raise the counters of the shifts with this place of their own, in the caller's transaction.

    ``before``: its name and address as they were. If they changed, calendars must take the entry
    over, and for whom a shift is still to come it is a fact (``shift.moved``).
    """
    is_moved = venue.location != before
    _raise_revisions(op, Shift.objects.filter(venue=venue), sequence=1 if is_moved else 0)
    if is_moved:
        for shift in Shift.objects.coming_at(venue, op.at).select_related("event").order_by("pk"):
            op.record(
                "shift.moved", office=shift.office_id, event=shift.event, shift=shift,
                changes={"location": (before, venue.location)},
            )  # fmt: skip


def _raise_revisions(op: Operation, shifts: ShiftQuerySet, *, sequence: int = 0) -> None:
    # In order of key, so that two such actions cannot deadlock.
    locked = shifts.select_for_update(no_key=True).order_by("pk")
    Shift.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).update(
        own_revision=F("own_revision") + 1,
        own_sequence=F("own_sequence") + sequence,
        own_updated_at=op.at,
    )


def _check_times(event: Event | None, starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused("ends_before_start", _("The shift ends before it starts."), field="ends_at")
    if event is not None and (
        abs(starts_at - event.starts_at) > MAX_OFFSET or ends_at - starts_at > MAX_OFFSET
    ):
        raise Refused(
            "far_from_event",
            _("A shift at an event is at most 14 days away from it."),
            field="starts_at",
        )


def _check_places(minimum: int, capacity: int | None) -> None:
    if capacity is not None and capacity < minimum:
        raise Refused(
            "capacity_below_minimum",
            _("The most people must be at least the people needed."),
            field="capacity",
        )


def create_shift(
    *,
    office: Office,
    role: VolunteerRole,
    starts_at: datetime,
    ends_at: datetime,
    timezone: str = "",
    event: Event | None = None,
    minimum: int = 1,
    capacity: int | None = None,
    notes: str = "",
    translations: Versions | None = None,
    venue: Venue | None = None,
    post: bool = True,
    now: datetime,
    actor: StaffUser | None = None,
) -> Shift:
    """Make a shift at an event (which it then follows) or on its own (``timezone`` then counts).

    ``translations``: language → ``notes``.
    """
    with operation(at=now, actor=actor) as op:
        if event is not None:
            # The event's start must not move between reading it and storing the offset.
            event = lock_event(event.pk)
        _check_times(event, starts_at, ends_at)
        _check_places(minimum, capacity)
        times: dict[str, Any] = (
            {"offset": starts_at - event.starts_at, "duration": ends_at - starts_at}
            if event is not None
            else {
                "own_starts_at": starts_at,
                "own_ends_at": ends_at,
                "own_timezone": timezone or office.timezone,
            }
        )
        shift = Shift.objects.create(
            office=office, role=role, event=event, uid=f"{uuid.uuid4()}@plazuela",
            minimum=minimum, capacity=capacity, notes=notes, venue=venue,
            own_posted_at=now if post else None, created_at=now, own_updated_at=now, **times,
        )  # fmt: skip
        write_translations(shift.translations, translations or {}, "notes")
        op.record("shift.created", office=office, event=event, shift=shift)
        if post:
            op.record("shift.posted", office=office, event=event, shift=shift)
    return Shift.objects.effective().get(pk=shift.pk)


def post_shift(*, shift_id: int, now: datetime, actor: StaffUser | None = None) -> Shift:
    """Make a draft shift public; a posted one stays as it is."""
    with operation(at=now, actor=actor) as op:
        _post(op, lock_shift(shift_id))
    return Shift.objects.effective().get(pk=shift_id)


def _post(op: Operation, shift: Shift) -> None:
    if shift.is_cancelled:
        raise Refused("shift_cancelled", _("This shift was cancelled. Create a new one."))
    if shift.own_posted_at is None:
        shift.own_posted_at = shift.own_updated_at = op.at
        shift.own_revision += 1
        shift.save(update_fields=["own_posted_at", "own_updated_at", "own_revision"])
        op.record("shift.posted", office=shift.office_id, event=shift.event, shift=shift)


def edit_shift(
    *,
    shift_id: int,
    changes: dict[str, Any],
    revision: int | None = None,
    post: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> Shift:
    """Change any of :data:`EDITABLE`; unchanged values are harmless. ``post``: and make it public.

    Facts: ``shift.rescheduled`` (time), ``shift.moved`` (place), ``shift.edited`` (the rest). An
    overlap that a move causes is kept; its people are told of the move. Refused if the shift (its
    event included) is no longer at ``revision``, which the editor has seen.
    """
    if unknown := set(changes) - EDITABLE:
        raise TypeError(f"edit_shift does not change {sorted(unknown)}")
    with operation(at=now, actor=actor) as op:
        shift = lock_shift(shift_id)
        if revision is not None and shift.revision != revision:
            raise Refused(
                "changed_meanwhile", _("Somebody else has changed this shift since you opened it.")
            )
        if shift.event is not None:
            # Its zone is its event's.
            changes = {name: value for name, value in changes.items() if name != "timezone"}
        changed = {
            name: (getattr(shift, name), value)
            for name, value in changes.items()
            if name != "translations" and getattr(shift, name) != value
        }
        versions = changes.get("translations")
        if versions is not None and write_translations(shift.translations, versions, "notes"):
            changed["translations"] = (None, None)
        if post:
            _post(op, shift)
        if not changed:
            return Shift.objects.effective().get(pk=shift_id)
        if shift.is_cancelled:
            raise Refused("shift_cancelled", _("This shift was cancelled. Create a new one."))
        time: dict[str, tuple[Any, Any]] = {
            n: changed[n] for n in ("starts_at", "ends_at", "timezone") if n in changed
        }
        if time:
            _write_times(shift, changes)
        for name in ("role", "minimum", "notes", "venue"):
            if name in changed:
                setattr(shift, name, changed[name][1])
        _check_places(shift.minimum, changes.get("capacity", shift.capacity))
        place = {n: changed[n] for n in ("venue",) if n in changed}
        shift.own_sequence += 1 if time or place else 0
        shift.own_schedule_rev += 1 if time else 0
        shift.own_revision += 1
        shift.own_updated_at = now
        shift.save()
        if "capacity" in changed:
            places.resize(Pool(shift), changed["capacity"][1])
        known: dict[str, Any] = {
            "office": shift.office_id,
            "event": shift.event,
            "shift": shift,
        }
        if time:
            op.record("shift.rescheduled", **known, changes=time)
            forget_who_came(op, Shift.objects.filter(pk=shift.pk))
        if place:
            op.record("shift.moved", **known, changes=place)
        if rest := {n: v for n, v in changed.items() if n not in time and n not in place}:
            op.record("shift.edited", **known, changes=rest)
    promote_waiting(shift_id=shift_id, now=now)
    return Shift.objects.effective().get(pk=shift_id)


def _write_times(shift: Shift, changes: dict[str, Any]) -> None:
    starts_at = changes.get("starts_at", shift.starts_at)
    ends_at = changes.get("ends_at", shift.ends_at)
    _check_times(shift.event, starts_at, ends_at)
    if shift.event is not None:
        shift.offset = starts_at - shift.event.starts_at
        shift.duration = ends_at - starts_at
    else:
        shift.own_starts_at, shift.own_ends_at = starts_at, ends_at
        shift.own_timezone = changes.get("timezone", shift.own_timezone)


def cancel_shift(
    *, shift_id: int, reason: str, now: datetime, actor: StaffUser | None = None
) -> Shift:
    """Cancel the shift. It stays visible with its reason; claims keep their status."""
    if not reason.strip():
        raise Refused(
            "reason_missing", _("Say why; everyone who hears of it asks."), field="reason"
        )
    with operation(at=now, actor=actor) as op:
        shift = lock_shift(shift_id)
        if shift.own_status == ShiftStatus.CANCELLED:
            return shift
        changes = {
            "status": (shift.status, ShiftStatus.CANCELLED),
            "status_reason": (shift.status_reason, reason.strip()),
        }
        shift.own_status, shift.own_status_reason = ShiftStatus.CANCELLED, reason.strip()
        shift.own_sequence += 1
        shift.own_revision += 1
        shift.own_updated_at = now
        shift.save()
        op.record(
            "shift.cancelled", office=shift.office_id, event=shift.event, shift=shift,
            changes=changes,
        )  # fmt: skip
    return Shift.objects.effective().get(pk=shift_id)


def delete_draft(*, shift_id: int, now: datetime, actor: StaffUser | None = None) -> None:
    """Throw away a shift that was never public. What was public is cancelled instead."""
    with operation(at=now, actor=actor) as op:
        shift = lock_shift(shift_id)
        if shift.is_posted or ShiftClaim.objects.filter(shift=shift).exists():
            raise Refused("shift_posted", _("This shift is public. Cancel it instead."))
        op.record("shift.deleted", office=shift.office_id, event=shift.event, shift=shift)
        shift.delete()


def default_shift_times(event: Event) -> tuple[datetime, datetime]:
    """Return what a form for a new shift at ``event`` starts from: an hour before to the end."""
    return event.starts_at - timedelta(hours=1), event.ends_at
