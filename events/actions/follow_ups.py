"""Note what a guest needs after an event, change it, see to it, remove it.

The event is locked first. Words and names never stand in a fact.
"""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from events.actions.line import lock_event
from events.actions.owners import check_owner
from events.audit import operation
from events.errors import Refused
from events.models import RSVP, FollowUp, StaffUser

LONGEST_NOTE = 1000


def note_follow_up(
    *,
    event_id: int,
    rsvp_id: int | None = None,
    name: str = "",
    words: str,
    due: date,
    owner: StaffUser | None = None,
    now: datetime,
    actor: StaffUser,
) -> FollowUp:
    """Note what somebody needs: a guest of the event (``rsvp_id``), or a walk-in with a name."""
    words, name = _said(words, name, is_guest=rsvp_id is not None)
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        rsvp = RSVP.objects.get(pk=rsvp_id, event=event) if rsvp_id is not None else None
        check_owner(owner, event.office_id)
        note = FollowUp.objects.create(
            event=event, rsvp=rsvp, name=name, words=words, due=due, owner=owner, created_at=now,
        )  # fmt: skip
        op.record("follow_up.noted", event=event, rsvp=rsvp, follow_up=note)
    return note


def change_follow_up(
    *,
    follow_up_id: int,
    name: str = "",
    words: str,
    due: date,
    owner: StaffUser | None,
    now: datetime,
    actor: StaffUser,
) -> FollowUp:
    """Word it better, give it another day or owner. ``name`` is of a walk-in alone."""
    with operation(at=now, actor=actor) as op:
        note = _locked(follow_up_id)
        words, name = _said(words, name, is_guest=note.rsvp is not None)
        changes: dict[str, tuple[Any, Any]] = {
            field: (getattr(note, field), new)
            for field, new in (("name", name), ("words", words), ("due", due), ("owner", owner))
            if getattr(note, field) != new
        }
        if "owner" in changes:
            check_owner(owner, note.event.office_id)
        if changes:
            note.name, note.words, note.due, note.owner = name, words, due, owner
            note.save()
            op.record("follow_up.changed", event=note.event, follow_up=note, changes=changes)
    return note


def set_seen_to(*, follow_up_id: int, done: bool, now: datetime, actor: StaffUser) -> FollowUp:
    """Say that somebody has seen to it, or not after all. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        note = _locked(follow_up_id)
        if done != (note.done_at is not None):
            note.done_at = now if done else None
            note.save(update_fields=["done_at"])
            action = "follow_up.done" if done else "follow_up.reopened"
            op.record(action, event=note.event, follow_up=note)
    return note


def remove_follow_up(*, follow_up_id: int, now: datetime, actor: StaffUser) -> None:
    """Throw a note away: what it says is nowhere else."""
    with operation(at=now, actor=actor) as op:
        note = _locked(follow_up_id)
        key = note.pk
        note.delete()
        op.record("follow_up.removed", event=note.event, follow_up=key)


def _said(words: str, name: str, *, is_guest: bool) -> tuple[str, str]:
    """Return words and name as they are kept. Of a guest the RSVP has the name."""
    words, name = words.strip(), "" if is_guest else name.strip()
    if not words:
        raise Refused("words_missing", _("Say what they need."), field="words")
    if not is_guest and not name:
        raise Refused("name_missing", _("Say who it is, and how to reach them."), field="name")
    return words, name


def _locked(follow_up_id: int) -> FollowUp:
    """Lock the event, then read its note; refused if somebody has removed it."""
    rows = FollowUp.objects.filter(pk=follow_up_id)
    event_id = rows.values_list("event", flat=True).first()
    event = lock_event(event_id) if event_id is not None else None
    note = rows.select_related("owner", "rsvp").first()
    if event is None or note is None:
        raise Refused("gone", _("Somebody has removed this note meanwhile."))
    note.event = event
    return note
