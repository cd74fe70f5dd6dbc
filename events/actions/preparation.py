"""What has to be done before an event: the lists of an office, and the tasks of one event.

An event that is posted by itself begins with the list of its type, as far as its office has one;
dates of a series and imported events do on demand alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from events.actions.line import lock_event
from events.actions.owners import check_owner, owners_among
from events.audit import operation
from events.errors import Refused
from events.models import ChecklistItem, Event, Office, StaffUser, Task
from events.models.preparation import LONGEST_LEAD

MOST_TASKS = 50


@dataclass(frozen=True)
class TaskDraft:
    """Something to do, so many days before the event, and who sees to it."""

    title: str
    days: int
    owner: StaffUser | None = None

    @property
    def lead(self) -> timedelta:
        return timedelta(days=self.days)


def set_checklist(
    *,
    office_id: int,
    event_type: str,
    items: Sequence[TaskDraft],
    now: datetime,
    actor: StaffUser,
) -> None:
    """Make the list of an office for a type of event this one. Events that have tasks keep them."""
    with operation(at=now, actor=actor) as op:
        office = Office.objects.select_for_update(no_key=True).get(pk=office_id)
        rows = ChecklistItem.objects.filter(office=office, event_type=event_type)
        had = [TaskDraft(row.title, row.lead.days, row.owner) for row in rows]
        wanted = sorted(items, key=lambda item: -item.days)
        if had == wanted:
            return
        _check(wanted, office.pk, had={item.title: item.owner for item in had})
        rows.delete()
        ChecklistItem.objects.bulk_create(
            ChecklistItem(
                office=office, event_type=event_type, title=item.title, lead=item.lead,
                owner=item.owner,
            )
            for item in wanted
        )  # fmt: skip
        op.record("checklist.edited", office=office, event_type=event_type)


def copy_checklist(event: Event) -> int:
    """Give an event the tasks of its type that it lacks, in the caller's transaction.

    The event is locked. Returns how many were added.
    """
    items = list(
        ChecklistItem.objects.filter(
            office=event.office_id, event_type=event.event_type
        ).select_related("owner")
    )
    if not items:
        return 0
    there = set(event.tasks.values_list("title", flat=True))
    lacking = [item for item in items if item.title not in there]
    # Who has left the office since the list was written gets nothing new to do.
    here = owners_among((item.owner for item in lacking), event.office_id)
    new = [
        Task(
            event=event, title=item.title, lead=item.lead,
            owner=item.owner if item.owner in here else None,
        )
        for item in lacking
    ]  # fmt: skip
    Task.objects.bulk_create(new)
    return len(new)


def use_checklist(*, event_id: int, now: datetime, actor: StaffUser) -> int:
    """Give an event the tasks of its type that it lacks; return how many were added."""
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        added = copy_checklist(event)
        if added:
            op.record("task.added", event=event, tasks=added)
    return added


def add_task(*, event_id: int, task: TaskDraft, now: datetime, actor: StaffUser) -> Task:
    """Add one thing to do. Refused if it is there, and beyond :data:`MOST_TASKS`."""
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        titles = list(event.tasks.values_list("title", flat=True))
        _check([task], event.office_id, titles)
        row = Task.objects.create(event=event, title=task.title, lead=task.lead, owner=task.owner)
        op.record("task.added", event=event, tasks=1)
    return row


def change_task(*, task_id: int, task: TaskDraft, now: datetime, actor: StaffUser) -> Task:
    """Word it better, give it another day or owner."""
    with operation(at=now, actor=actor) as op:
        row = _locked(task_id)
        others = row.event.tasks.exclude(pk=row.pk).values_list("title", flat=True)
        _check([task], row.event.office_id, list(others), had={task.title: row.owner})
        if (row.title, row.lead, row.owner) != (task.title, task.lead, task.owner):
            row.title, row.lead, row.owner = task.title, task.lead, task.owner
            row.save()
            op.record("task.changed", event=row.event, task=row)
    return row


def set_done(*, task_id: int, done: bool, now: datetime, actor: StaffUser) -> Task:
    """Say that it is done, or that it is not after all. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        row = _locked(task_id)
        if done != (row.done_at is not None):
            row.done_at = now if done else None
            row.save(update_fields=["done_at"])
            op.record("task.done" if done else "task.reopened", event=row.event, task=row)
    return row


def remove_task(*, task_id: int, now: datetime, actor: StaffUser) -> None:
    """Take it off the list of its event."""
    with operation(at=now, actor=actor) as op:
        row = _locked(task_id)
        key = row.pk
        row.delete()
        op.record("task.removed", event=row.event, task=key)


def _locked(task_id: int) -> Task:
    event = lock_event(Task.objects.values_list("event", flat=True).get(pk=task_id))
    row = Task.objects.select_related("owner").get(pk=task_id)
    row.event = event
    return row


def _check(
    tasks: Sequence[TaskDraft],
    office_id: int,
    there: Sequence[str] = (),
    had: Mapping[str, StaffUser | None] | None = None,
) -> None:
    """``there``: titles of other tasks. Who ``had`` one before may keep it, though they left."""
    had = had or {}
    titles = [*there, *(task.title for task in tasks)]
    said: dict[str, Any] = {"field": "title"}
    if len(titles) > MOST_TASKS:
        raise Refused("too_many_rows", _("At most %(most)s are possible."), most=MOST_TASKS, **said)
    if len(set(titles)) < len(titles):
        raise Refused("task_twice", _("This stands on the list already."), **said)
    for task in tasks:
        if not task.title.strip():
            raise Refused("words_missing", _("Say what is to do."), **said)
        if not 0 <= task.days <= LONGEST_LEAD.days:
            raise Refused(
                "lead", _("Choose 0 to %(most)s days."), field="days", most=LONGEST_LEAD.days
            )
        if task.owner != had.get(task.title):
            check_owner(task.owner, office_id)
