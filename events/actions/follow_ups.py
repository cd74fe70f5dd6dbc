"""Note what a guest needs after an event, and see to it. Words and names never stand in a fact."""

from datetime import date, datetime

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
    words, name = words.strip(), name.strip()
    if not words:
        raise Refused("words_missing", _("Say what they need."), field="words")
    if rsvp_id is None and not name:
        raise Refused("name_missing", _("Say who it is, and how to reach them."), field="name")
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        rsvp = RSVP.objects.get(pk=rsvp_id, event=event) if rsvp_id is not None else None
        check_owner(owner, event.office_id)
        note = FollowUp.objects.create(
            event=event, rsvp=rsvp, name="" if rsvp is not None else name, words=words, due=due,
            owner=owner, created_at=now,
        )  # fmt: skip
        op.record("follow_up.noted", event=event, rsvp=rsvp, follow_up=note)
    return note


def set_seen_to(*, follow_up_id: int, done: bool, now: datetime, actor: StaffUser) -> FollowUp:
    """Say that somebody has seen to it, or not after all. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        lock_event(FollowUp.objects.values_list("event", flat=True).get(pk=follow_up_id))
        note = FollowUp.objects.select_related("event").get(pk=follow_up_id)
        if done != (note.done_at is not None):
            note.done_at = now if done else None
            note.save(update_fields=["done_at"])
            action = "follow_up.done" if done else "follow_up.reopened"
            op.record(action, event=note.event, follow_up=note)
    return note
