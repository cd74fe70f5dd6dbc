"""The programme of an event: agenda, speakers and papers, written in one go."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from events import extensions, storing
from events.actions.events import event_is_cancelled, search_text_of
from events.actions.line import lock_event
from events.audit import operation
from events.errors import Refused
from events.extensions import MediaFile
from events.file_types import NewFile, file_name
from events.models import (
    AgendaItem,
    AgendaItemTranslation,
    Body,
    Document,
    Event,
    Speaker,
    SpeakerTranslation,
    StaffUser,
)

#: Papers of one event, and rows of an agenda or a list of speakers.
MOST_DOCUMENTS, MOST_ROWS = 20, 100
#: The folder of the papers, which is also the first part of their addresses below ``/media/``.
FOLDER = "documents"


@dataclass(frozen=True)
class ItemDraft:
    """An item of an agenda. ``translations``: language → {"title", "notes"}."""

    title: str
    notes: str = ""
    minutes: int | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SpeakerDraft:
    """Somebody who is expected. ``translations``: language → {"role"}."""

    name: str
    role: str = ""
    body: Body | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def set_programme(
    *,
    event_id: int,
    agenda: Sequence[ItemDraft] | None = None,
    speakers: Sequence[SpeakerDraft] | None = None,
    is_recorded: bool | None = None,
    add: Sequence[NewFile] = (),
    remove: Collection[int] = (),
    now: datetime,
    actor: StaffUser | None = None,
) -> Event:
    """Make the agenda and the speakers of an event these; attach papers and take others away.

    What is ``None`` stays. A paper that is there already stays one. Refused beyond
    :data:`MOST_DOCUMENTS` and :data:`MOST_ROWS`, and for a cancelled event. Files are stored first:
    no row names a file that is not there; what is taken away is deleted after the commit.
    """
    event = Event.objects.get(pk=event_id)
    stored: dict[str, tuple[NewFile, str]] = {}
    known = set(event.documents.values_list("digest", flat=True))
    for file in add:
        digest = storing.digest_of(file.content)
        if digest not in known and digest not in stored:
            name = file_name(file.given_name, file.kind)
            path = storing.store(f"{FOLDER}/{event_id}", file.content, name=name, digest=digest)
            stored[digest] = (file, path)
    try:
        return _set_programme(event_id, agenda, speakers, is_recorded, stored, remove, now, actor)
    except BaseException:
        for _file, path in stored.values():
            storing.delete(path)
        raise


def _set_programme(
    event_id: int,
    agenda: Sequence[ItemDraft] | None,
    speakers: Sequence[SpeakerDraft] | None,
    is_recorded: bool | None,
    stored: Mapping[str, tuple[NewFile, str]],
    remove: Collection[int],
    now: datetime,
    actor: StaffUser | None,
) -> Event:
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        if event.is_cancelled:
            raise event_is_cancelled()
        changes: dict[str, tuple[Any, Any]] = {}
        if agenda is not None and _write_agenda(event, agenda):
            changes["agenda"] = (None, None)
        if speakers is not None and _write_speakers(event, speakers):
            changes["speakers"] = (None, None)
        if is_recorded is not None and is_recorded != event.is_recorded:
            changes["is_recorded"] = (event.is_recorded, is_recorded)
            event.is_recorded = is_recorded
        if _change_documents(event, stored, remove, now):
            changes["documents"] = (None, None)
        if changes:
            op.revise(event)
            event.search_text = search_text_of(event)
            event.save()
            op.record("event.edited", event=event, changes=changes)
    return event


def _write_agenda(event: Event, wanted: Sequence[ItemDraft]) -> bool:
    """Write the items anew unless they are the same; return whether anything changed."""
    had = [
        ItemDraft(
            item.title, item.notes, item.minutes,
            {t.language: {"title": t.title, "notes": t.notes} for t in item.translations.all()},
        )
        for item in event.agenda.prefetch_related("translations")
    ]  # fmt: skip
    if had == list(wanted):
        return False
    _refuse_too_many(wanted, "agenda")
    event.agenda.all().delete()
    items = AgendaItem.objects.bulk_create(
        AgendaItem(
            event=event, position=position, title=item.title, notes=item.notes,
            minutes=item.minutes,
        )
        for position, item in enumerate(wanted)
    )  # fmt: skip
    AgendaItemTranslation.objects.bulk_create(
        AgendaItemTranslation(item=item, language=language, **texts)
        for item, draft in zip(items, wanted, strict=True)
        for language, texts in draft.translations.items()
    )
    return True


def _write_speakers(event: Event, wanted: Sequence[SpeakerDraft]) -> bool:
    """Write the speakers anew unless they are the same; return whether anything changed."""
    had = [
        SpeakerDraft(
            speaker.name, speaker.role, speaker.body,
            {t.language: {"role": t.role} for t in speaker.translations.all()},
        )
        for speaker in event.speakers.select_related("body").prefetch_related("translations")
    ]  # fmt: skip
    if had == list(wanted):
        return False
    _refuse_too_many(wanted, "speakers")
    event.speakers.all().delete()
    speakers = Speaker.objects.bulk_create(
        Speaker(event=event, position=position, name=one.name, role=one.role, body=one.body)
        for position, one in enumerate(wanted)
    )
    SpeakerTranslation.objects.bulk_create(
        SpeakerTranslation(speaker=speaker, language=language, **texts)
        for speaker, draft in zip(speakers, wanted, strict=True)
        for language, texts in draft.translations.items()
    )
    return True


def _refuse_too_many(rows: Sequence[Any], name: str) -> None:
    if len(rows) > MOST_ROWS:
        raise Refused(
            "too_many_rows", _("At most %(most)s are possible."), field=name, most=MOST_ROWS
        )


def _change_documents(
    event: Event,
    stored: Mapping[str, tuple[NewFile, str]],
    remove: Collection[int],
    now: datetime,
) -> bool:
    gone = list(event.documents.filter(pk__in=remove))
    event.documents.filter(pk__in=[row.pk for row in gone]).delete()
    if event.documents.count() + len(stored) > MOST_DOCUMENTS:
        raise Refused(
            "too_many_files",
            _("An event has at most %(most)s documents."),
            field="documents",
            most=MOST_DOCUMENTS,
        )
    Document.objects.bulk_create(
        Document(
            event=event, file=path, name=file_name(file.given_name, file.kind),
            size=file.content.size, content_type=file.kind.media_type, digest=digest,
            created_at=now,
        )
        for digest, (file, path) in stored.items()
    )  # fmt: skip
    for row in gone:
        transaction.on_commit(partial(storing.delete, row.path))
    return bool(gone or stored)


def public_document(path: str) -> MediaFile | None:
    """Return a paper that everybody may have: its event is public."""
    row = Document.objects.filter(file=path, event__posted_at__isnull=False).first()
    return MediaFile(row.name, row.content_type) if row is not None else None


def register() -> None:
    """Hand out papers through the site's one view of files. Called when the app is ready."""
    extensions.media_folders[FOLDER] = public_document
