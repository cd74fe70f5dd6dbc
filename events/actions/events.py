"""Create, edit, post and reschedule events; throw drafts away."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from events import extensions, places, search, storing
from events.actions.door import forget_who_came
from events.actions.line import lock_event, pool_of, promote_line
from events.actions.preparation import copy_checklist
from events.audit import Operation, operation
from events.errors import Refused
from events.models import (
    Event,
    EventStatus,
    Mode,
    Office,
    StaffUser,
    Topic,
    Venue,
)
from events.notice import check_notice
from events.translations import write_translations

Written = TypeVar("Written")

#: A change of these is a change of time: calendars and reminders follow.
TIME_FIELDS = ("starts_at", "ends_at", "timezone", "all_day")
#: A change of these is a change of place: calendars follow.
PLACE_FIELDS = ("venue", "mode", "remote_url", "dial_in")
#: What else staff may edit on the row itself.
DETAIL_FIELDS = (
    "title", "description", "event_type", "spoken_languages", "access_services", "takes_rsvps",
    "source_hash", "is_recorded",
    "notice_hours", "notice_excuse", "accommodation",
)  # fmt: skip
CAPACITY_FIELDS = {"capacity": Mode.IN_PERSON, "remote_capacity": Mode.REMOTE}
#: A change of these is looked at by the rule of notice.
NOTICE_FIELDS = {"starts_at", "notice_hours", "notice_excuse", "accommodation"}
#: What a translation of an event holds.
TEXTS = ("title", "description", "accommodation")
RELATED_FIELDS = ("topics", "cohosts", "translations")
EDITABLE = frozenset(
    ("status", *TIME_FIELDS, *PLACE_FIELDS, *DETAIL_FIELDS, *CAPACITY_FIELDS, *RELATED_FIELDS)
)
#: Letters of an address, without the number behind it that tells two of one title apart.
LONGEST_SLUG = 100
#: ``status`` is edited between these alone; the others have actions of their own.
CERTAINTY = frozenset({EventStatus.TENTATIVE, EventStatus.CONFIRMED})


@dataclass
class EventDraft:
    """What an event is made from. ``translations``: language → the texts of :data:`TEXTS`."""

    title: str
    event_type: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    mode: str = Mode.IN_PERSON
    all_day: bool = False
    description: str = ""
    venue: Venue | None = None
    remote_url: str = ""
    dial_in: str = ""
    capacity: int | None = None
    remote_capacity: int | None = None
    takes_rsvps: bool = True
    spoken_languages: list[str] = field(default_factory=list)
    access_services: str = ""
    is_recorded: bool = False
    notice_hours: int = 0
    notice_excuse: str = ""
    accommodation: str = ""
    topics: list[Topic] = field(default_factory=list)
    cohosts: list[Office] = field(default_factory=list)
    translations: dict[str, dict[str, str]] = field(default_factory=dict)
    status: str = EventStatus.CONFIRMED
    slug: str = ""
    uid: str = ""
    source: str = ""
    source_uid: str = ""
    recurrence_id: str = ""
    source_hash: str = ""


def free_slug(wanted: str) -> str:
    """Return ``wanted`` as a slug that no event has, with a number behind it if need be."""
    stem = slugify(wanted)[:LONGEST_SLUG] or "event"
    taken = set(Event.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)


def _check(event: Event) -> None:
    if event.ends_at < event.starts_at:
        raise Refused("ends_before_start", _("The event ends before it starts."), field="ends_at")
    if event.mode in (Mode.IN_PERSON, Mode.BOTH) and event.is_posted and event.venue_id is None:
        raise Refused("venue_missing", _("Say where it takes place."), field="venue")
    joining = event.remote_url or event.dial_in
    if event.mode in (Mode.REMOTE, Mode.BOTH) and event.is_posted and not joining:
        raise Refused(
            "remote_missing", _("Give a link or a phone number to join."), field="remote_url"
        )


def search_text_of(event: Event) -> str:
    """Return the words that the search looks through, folded as it compares them.

    Uses prefetches; without them three queries.
    """
    parts = [event.title, event.description]
    if event.venue is not None:
        parts += [event.venue.name, event.venue.street, event.venue.locality]
    for translation in sorted(event.translations.all(), key=attrgetter("language")):
        parts += [translation.title, translation.description]
    for item in event.agenda.all():
        parts += [item.title, item.notes]
        for version in sorted(item.translations.all(), key=attrgetter("language")):
            parts += [version.title, version.notes]
    return search.column(parts)


def insert_event(
    op: Operation, draft: EventDraft, *, office: Office, series: Any = None, series_start: str = ""
) -> Event:
    """Write a draft's rows and record ``event.created``. Opens no transaction."""
    if draft.ends_at < draft.starts_at:
        raise Refused("ends_before_start", _("The event ends before it starts."), field="ends_at")
    columns = {
        name: getattr(draft, name)
        for name in (
            "title", "event_type", "starts_at", "ends_at", "timezone", "mode", "all_day",
            "description", "venue", "remote_url", "dial_in", "capacity", "remote_capacity",
            "takes_rsvps", "spoken_languages", "access_services", "is_recorded", "status", "source",
            "source_uid", "recurrence_id", "source_hash", "notice_hours", "notice_excuse",
            "accommodation",
        )
    }  # fmt: skip
    event = Event(
        office=office,
        slug=free_slug(draft.slug or draft.title),
        uid=draft.uid or f"{uuid.uuid4()}@plazuela",
        series=series,
        series_start=series_start,
        created_at=op.at,
        updated_at=op.at,
        **columns,
    )
    event.save()
    event.topics.set(draft.topics)
    event.cohosts.set(draft.cohosts)
    write_translations(event.translations, draft.translations, *TEXTS)
    event.search_text = search_text_of(event)
    event.save(update_fields=["search_text"])
    op.record("event.created", event=event)
    return event


def create_event(
    *,
    office: Office,
    draft: EventDraft,
    post: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> Event:
    """Make an event, as a draft or (``post``) public at once."""
    return with_free_address(partial(_create_event, office, draft, post, now, actor))


def _create_event(
    office: Office, draft: EventDraft, post: bool, now: datetime, actor: StaffUser | None
) -> Event:
    with operation(at=now, actor=actor) as op:
        event = insert_event(op, draft, office=office)
        if post:
            post_now(op, event)
    return event


def with_free_address(write: Callable[[], Written]) -> Written:
    """Return what ``write`` does in its own transaction; again if an address was taken meanwhile.

    Whoever makes an event of the same title in the same moment has chosen the same address: the
    next time it is seen. Another broken rule is raised as it is.
    """
    for _time in range(4):
        try:
            return write()
        except IntegrityError:
            continue
    return write()


def post_now(op: Operation, event: Event) -> None:
    """Make a draft public, in the caller's transaction. Refuses before it writes anything."""
    if event.is_cancelled:
        raise event_is_cancelled()
    event.posted_at = event.noticed_at = op.at
    _check(event)
    check_notice(event)
    op.revise(event)
    event.save(update_fields=["posted_at", "noticed_at", "revision", "updated_at"])
    op.record("event.posted", event=event, changes={"posted_at": (None, op.at)})
    if event.series_id is None and not event.source and not event.is_over(op.at):
        copy_checklist(event)


def post_event(*, event_id: int, now: datetime, actor: StaffUser | None = None) -> Event:
    """Make a draft public; a posted one stays as it is."""
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        if not event.is_posted:
            post_now(op, event)
    return event


def edit_event(
    *,
    event_id: int,
    changes: dict[str, Any],
    revision: int | None = None,
    post: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> Event:
    """Change any of :data:`EDITABLE`; unchanged values are harmless. ``post``: and make it public.

    One fact per kind of change, so that everyone concerned gets one message with old and new:
    ``event.rescheduled`` (time), ``event.moved`` (place), ``event.confirmed`` or
    ``event.made_tentative`` (whether it is certain), ``event.edited`` (the rest). A larger capacity
    promotes; a smaller one removes nobody. Refused if the event is no longer at ``revision``, which
    the editor has seen.
    """
    if unknown := set(changes) - EDITABLE:
        raise TypeError(f"edit_event does not change {sorted(unknown)}")
    if changes.get("status", EventStatus.CONFIRMED) not in CERTAINTY:
        raise TypeError(f"edit_event does not make an event {changes['status']}")
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        _check_revision(event, revision)
        if "status" in changes and event.is_postponed:
            raise Refused("event_postponed", _("This event was postponed. Set a new date first."))
        apply_changes(op, event, changes)
        if post and not event.is_posted:
            post_now(op, event)
    return event


def _check_revision(event: Event, revision: int | None) -> None:
    if revision is not None and event.revision != revision:
        raise Refused(
            "changed_meanwhile", _("Somebody else has changed this event since you opened it.")
        )


def reschedule_event(
    *,
    event_id: int,
    starts_at: datetime,
    ends_at: datetime,
    timezone: str | None = None,
    all_day: bool | None = None,
    revision: int | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> Event:
    """Move the event in time. A postponed event is on again with its new date.

    Refused if the event is no longer at ``revision``.
    """
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        _check_revision(event, revision)
        changes: dict[str, Any] = {"starts_at": starts_at, "ends_at": ends_at}
        if timezone is not None:
            changes["timezone"] = timezone
        if all_day is not None:
            changes["all_day"] = all_day
        apply_changes(op, event, changes, sets_date=True)
    return event


def apply_changes(
    op: Operation,
    event: Event,
    changes: dict[str, Any],
    *,
    sets_date: bool = False,
    line: Operation | None = None,
) -> None:
    """Write ``changes`` to a locked event, raise its counters and record the facts.

    What was postponed is on again with a new start, or where somebody ``sets_date`` knowingly. A
    date of a series has what is changed for its own from then on, unless it is one of many: then
    ``line`` is the operation in which its waitlist moves up.
    """
    old = {
        name: getattr(event, name)
        for name in changes
        if name not in RELATED_FIELDS and getattr(event, name) != changes[name]
    }
    changed = {name: (old[name], changes[name]) for name in old}
    related = _change_related(event, changes)
    if not changed and not related:
        return
    if event.is_cancelled:
        raise event_is_cancelled()
    time = {name: changed[name] for name in TIME_FIELDS if name in changed}
    place = {name: changed[name] for name in PLACE_FIELDS if name in changed}
    certainty = {name: changed[name] for name in ("status",) if name in changed}
    told = time | place | certainty
    rest = {name: pair for name, pair in changed.items() if name not in told} | related

    if event.series_id is not None and line is None:
        event.own_fields = sorted({*event.own_fields, *changed, *related})
    for name, (_old, new) in changed.items():
        if name not in CAPACITY_FIELDS:
            setattr(event, name, new)
    if event.is_postponed and ("starts_at" in time or (time and sets_date)):
        time["status"] = (event.status, EventStatus.CONFIRMED)
        event.status, event.status_reason = EventStatus.CONFIRMED, ""
    if told:
        event.sequence += 1
    if time:
        event.schedule_rev += 1
    if event.is_posted and "starts_at" in time:
        event.noticed_at = op.at
    if event.is_posted and (time or {"venue", "mode"} & set(place)):
        event.asks_anew_since = op.at
    op.revise(event)
    _check(event)
    if event.is_posted and NOTICE_FIELDS & set(changed):
        check_notice(event)
    event.search_text = search_text_of(event)
    event.save()
    if time:
        op.record("event.rescheduled", event=event, changes=time)
        was, _now = time.get("starts_at", (event.starts_at, None))
        forget_who_came(op, event, was)
        for forget in extensions.event_rescheduled:
            forget(op, event, was)
    if place:
        op.record("event.moved", event=event, changes=place)
    if certainty:
        is_certain = event.status == EventStatus.CONFIRMED
        op.record(
            "event.confirmed" if is_certain else "event.made_tentative",
            event=event, changes=certainty,
        )  # fmt: skip
    if rest:
        op.record("event.edited", event=event, changes=rest)
    for name, mode in CAPACITY_FIELDS.items():
        if name in changed:
            places.resize(pool_of(event, mode), changed[name][1])
    freed = any(name in changed for name in CAPACITY_FIELDS)
    promote_line(line or op, event, freed=freed)


def event_is_cancelled() -> Refused:
    return Refused("event_cancelled", _("This event was cancelled. Create a new one instead."))


def _change_related(event: Event, changes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Write topics, co-hosts and translations; return what changed as (old, new)."""
    changed: dict[str, tuple[Any, Any]] = {}
    for name in ("topics", "cohosts"):
        if name in changes:
            relation = getattr(event, name)
            before, after = set(relation.all()), set(changes[name])
            if before != after:
                relation.set(after)
                slugs = (sorted(row.slug for row in rows) for rows in (before, after))
                old, new = (", ".join(names) for names in slugs)
                changed[name] = (old, new)
    if "translations" in changes and write_translations(
        event.translations, changes["translations"], *TEXTS
    ):
        changed["translations"] = (None, None)
    return changed


def delete_draft(*, event_id: int, now: datetime, actor: StaffUser | None = None) -> None:
    """Throw away an event that was never public. What was public is cancelled instead."""
    try:
        with operation(at=now, actor=actor) as op:
            erase_draft(op, lock_event(event_id))
    except ProtectedError as error:
        raise _in_use() from error


def erase_draft(op: Operation, event: Event) -> None:
    """Delete a locked draft, in the caller's transaction. Raises ProtectedError if in use."""
    if event.is_posted:
        raise Refused("event_posted", _("This event is public. Cancel it instead."))
    key = event.pk
    for path in event.documents.values_list("file", flat=True):
        transaction.on_commit(partial(storing.delete, path))
    event.delete()
    # Of what is gone the facts still name the key.
    event.pk = key
    op.record("event.deleted", event=event, changes={"title": (event.title, None)})


def _in_use() -> Refused:
    return Refused("event_in_use", _("Shifts or guests belong to this draft. Cancel it instead."))


def raise_revisions(op: Operation, event_ids: Iterable[int]) -> None:
    """Raise ``revision`` of events whose shown surroundings changed (venue, office, topic)."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("raise_revisions belongs into an action's transaction.")
    # In order of key, so that two such actions cannot deadlock.
    ids = list(
        Event.objects.select_for_update(no_key=True)
        .filter(pk__in=list(event_ids))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Event.objects.filter(pk__in=ids).update(revision=F("revision") + 1, updated_at=op.at)
    op.revised.update(ids)
