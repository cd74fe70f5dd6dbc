"""Write, edit and post letters. Posting records ``letter.posted``; telling readers follows it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from events import storing
from events.audit import Operation, operation
from events.duties import row_by_row
from events.errors import Refused
from events.models import AuditEntry, Office, OfficeKind, StaffUser, Topic
from events.translations import write_translations
from notifications.models import Letter
from notifications.models.letter import LetterQuerySet

#: Columns that :func:`edit_letter` changes.
TEXT_FIELDS = ("title", "body", "signatories", "addressees", "dated", "language")
RELATED_FIELDS = ("topics", "translations")
EDITABLE = frozenset((*TEXT_FIELDS, *RELATED_FIELDS))


@dataclass
class LetterDraft:
    """What a letter is made from. ``translations``: language → {"title", "body"}.

    ``language`` is that of ``title`` and ``body``; empty: the office's first. ``signatories`` and
    ``addressees`` hold one name a line.
    """

    title: str
    body: str
    dated: date
    signatories: str = ""
    addressees: str = ""
    language: str = ""
    topics: list[Topic] = field(default_factory=list)
    translations: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Hash of the file that it comes from; empty where somebody typed it.
    source_hash: str = ""


def _free_slug(wanted: str) -> str:
    """Return ``wanted`` as a slug that no letter has, with a number behind it if need be."""
    stem = slugify(wanted)[:100].strip("-") or "letter"
    taken = set(Letter.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)


def _insert(op: Operation, office: Office, draft: LetterDraft) -> Letter:
    """Write a draft's rows and record ``letter.created``. Opens no transaction."""
    # One letter of an office at a time: two with one title must not find the same slug free.
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)
    letter = Letter.objects.create(
        office=office,
        slug=_free_slug(draft.title),
        title=draft.title,
        body=draft.body,
        language="" if draft.language == office.first_language else draft.language,
        signatories=draft.signatories,
        addressees=draft.addressees,
        dated=draft.dated,
        source_hash=draft.source_hash,
        created_at=op.at,
        updated_at=op.at,
    )
    letter.topics.set(draft.topics)
    write_translations(letter.translations, draft.translations, "title", "body")
    op.record("letter.created", office=office, letter=letter)
    return letter


def write_letter(
    *, office: Office, draft: LetterDraft, now: datetime, actor: StaffUser | None = None
) -> Letter:
    """Keep a letter as a draft that only the office's staff see."""
    with operation(at=now, actor=actor) as op:
        return _insert(op, office, draft)


def write_and_post_letter(
    *,
    office: Office,
    draft: LetterDraft,
    mails: bool,
    confirmed: str = "",
    now: datetime,
    actor: StaffUser | None = None,
) -> Letter:
    """Make a letter public at once, in one transaction: a letter from a file.

    ``confirmed`` and what is refused as for :func:`post_letter`.
    """
    with operation(at=now, actor=actor) as op:
        letter = _insert(op, office, draft)
        _refuse_unready(office, now, confirmed)
        _post(op, letter, mails=mails, confirmed=confirmed)
    return letter


def post_letter(
    *,
    letter_id: int,
    mails: bool,
    revision: int | None = None,
    confirmed: str = "",
    now: datetime,
    actor: StaffUser | None = None,
) -> Letter:
    """Make a draft public; ``mails``: also mail it to its readers. A posted one stays as it is.

    ``revision`` is the one that was read before: what nobody has read is refused. ``confirmed``:
    the words that its poster has agreed to, which an official office needs before an election
    ("election_unconfirmed"). A campaign has to say first who pays ("payer_missing").
    """
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if letter.is_posted:
            return letter
        _refuse_unread(letter, revision)
        _refuse_unready(letter.office, now, confirmed)
        _post(op, letter, mails=mails, confirmed=confirmed)
    return letter


def _refuse_unread(letter: Letter, revision: int | None) -> None:
    if revision is not None and revision != letter.revision:
        raise Refused(
            "changed_meanwhile",
            _("Somebody changed this letter after you opened it. Read it again, then post it."),
        )


def _refuse_unready(office: Office, at: datetime, confirmed: str) -> None:
    """Refuse what the office may not post at ``at``: see :func:`post_letter`."""
    if office.kind == OfficeKind.CAMPAIGN and not office.payer:
        raise Refused(
            "payer_missing", _("Say first who pays for the campaign’s mail, under Office.")
        )
    if office.election_soon(at) is not None and not confirmed:
        raise Refused(
            "election_unconfirmed",
            _("An election is near. Confirm that the letter may be posted now."),
            field="confirmed",
        )


def _post(op: Operation, letter: Letter, *, mails: bool, confirmed: str = "") -> None:
    letter.posted_at = letter.updated_at = op.at
    letter.mails, letter.scheduled_for = mails, None
    letter.sent_back_at, letter.sent_back_reason = None, ""
    letter.save(
        update_fields=[
            "posted_at", "updated_at", "mails", "scheduled_for", "sent_back_at",
            "sent_back_reason",
        ]
    )  # fmt: skip
    op.record(
        "letter.posted", office=letter.office_id, letter=letter,
        changes={"posted_at": (None, op.at)}, mails=mails, confirmed=confirmed or None,
    )  # fmt: skip


def schedule_letter(
    *,
    letter_id: int,
    at: datetime,
    mails: bool,
    revision: int | None = None,
    confirmed: str = "",
    now: datetime,
    actor: StaffUser | None = None,
) -> Letter:
    """Let a draft go up by itself at the instant ``at``, or give it another one.

    ``revision`` and ``confirmed`` as for :func:`post_letter`. What is edited afterwards goes up as
    it is then. A posted one stays as it is; an instant that is over is refused ("not_ahead").
    """
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if letter.is_posted:
            return letter
        _refuse_unread(letter, revision)
        if at <= now:
            raise Refused("not_ahead", _("Choose a time that is still to come."), field="at")
        _refuse_unready(letter.office, at, confirmed)
        before = letter.scheduled_for
        letter.scheduled_for, letter.mails = at, mails
        letter.sent_back_at, letter.sent_back_reason = None, ""
        letter.save(update_fields=["scheduled_for", "mails", "sent_back_at", "sent_back_reason"])
        op.record(
            "letter.scheduled", office=letter.office_id, letter=letter, at=at.isoformat(),
            mails=mails, confirmed=confirmed or None, changes={"scheduled_for": (before, at)},
        )  # fmt: skip
    return letter


def unschedule_letter(*, letter_id: int, now: datetime, actor: StaffUser | None = None) -> Letter:
    """Make a scheduled letter a draft again. One that has gone up meanwhile stays up."""
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if letter.is_scheduled:
            _unschedule(op, letter)
    return letter


def _unschedule(op: Operation, letter: Letter, *, reason: str | None = None) -> None:
    before, letter.scheduled_for = letter.scheduled_for, None
    letter.sent_back_at, letter.sent_back_reason = (op.at, reason) if reason else (None, "")
    letter.save(update_fields=["scheduled_for", "sent_back_at", "sent_back_reason"])
    op.record(
        "letter.unscheduled", office=letter.office_id, letter=letter, reason=reason,
        changes={"scheduled_for": (before, None)},
    )  # fmt: skip


def post_scheduled(*, now: datetime) -> int:
    """Post what is due by its schedule, in the name of who scheduled it; returns how many.

    One that the office may not post any more, since an election or a name changed meanwhile, is a
    draft again.
    """
    offices = dict(Letter.objects.due(now).values_list("pk", "office_id"))
    return row_by_row(
        offices,
        lambda pk: _post_if_due(pk, offices[pk], now),
        failed="Letter %s could not be posted",
    )


def _post_if_due(letter_id: int, office_id: int, now: datetime) -> bool:
    """Post one, unless somebody has posted it, put it off or thrown it away meanwhile."""
    fact = _scheduling(letter_id, office_id)
    with operation(at=now, actor=fact.staff if fact is not None else None) as op:
        letter = _locked(Letter.objects.due(now)).filter(pk=letter_id).first()
        if letter is None:
            return False
        confirmed = fact.subjects.get("confirmed", "") if fact is not None else ""
        try:
            _refuse_unready(letter.office, now, confirmed)
        except Refused as refused:
            _unschedule(op, letter, reason=refused.code)
            return False
        _post(op, letter, mails=letter.mails, confirmed=confirmed)
    return True


def _scheduling(letter_id: int, office_id: int) -> AuditEntry | None:
    """Return the fact that gave the letter its time: by whom, and what they confirmed.

    Of its office's facts, the latest first: those are indexed, and all facts are many.
    """
    facts = AuditEntry.objects.filter(
        office_id=office_id, action="letter.scheduled", subjects__letter=letter_id
    )
    return facts.select_related("staff").order_by("-at", "-pk").first()


def edit_letter(
    *,
    letter_id: int,
    changes: dict[str, Any],
    revision: int | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> Letter:
    """Change any of :data:`EDITABLE`; unchanged values are harmless. A schedule stays.

    ``revision`` is the one that the editor saw: a letter that a colleague has saved since is
    refused ("changed_meanwhile"). What was mailed stays as it was mailed; the page shows when it
    was changed, and its address stays the same whatever its title becomes.
    """
    if unknown := set(changes) - EDITABLE:
        raise TypeError(f"edit_letter does not change {sorted(unknown)}")
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if letter.is_retracted:
            raise Refused("letter_retracted", _("This letter was taken back and stays as it is."))
        if "language" in changes and changes["language"] == letter.office.first_language:
            changes = changes | {"language": ""}
        changed: dict[str, tuple[Any, Any]] = {
            name: (getattr(letter, name), changes[name])
            for name in TEXT_FIELDS
            if name in changes and getattr(letter, name) != changes[name]
        }
        changed |= _change_related(letter, changes)
        if not changed:
            return letter
        if revision is not None and revision != letter.revision:
            raise Refused(
                "changed_meanwhile",
                _(
                    "Somebody else saved this letter while you were writing. Your text is still "
                    "here: open the letter in a second window, bring the two together, and save."
                ),
            )
        for name in TEXT_FIELDS:
            if name in changed:
                setattr(letter, name, changed[name][1])
        letter.revision += 1
        letter.updated_at = now
        if letter.is_posted:
            letter.edited_at = now
        letter.save()
        # The text itself is in no entry: it may be long, and the title says which letter it is.
        op.record("letter.edited", office=letter.office_id, letter=letter, changes=changed)
    return letter


def _change_related(letter: Letter, changes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Write topics and translations; return what changed as (old, new)."""
    changed: dict[str, tuple[Any, Any]] = {}
    if "topics" in changes:
        before, after = set(letter.topics.all()), set(changes["topics"])
        if before != after:
            letter.topics.set(after)
            changed["topics"] = (_slugs(before), _slugs(after))
    if "translations" in changes and write_translations(
        letter.translations, changes["translations"], "title", "body"
    ):
        changed["translations"] = (None, None)
    return changed


def _slugs(topics: Iterable[Topic]) -> str:
    return ", ".join(sorted(topic.slug for topic in topics))


def delete_draft(*, letter_id: int, now: datetime, actor: StaffUser | None = None) -> None:
    """Throw away a letter that was never public."""
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if letter.is_posted:
            raise Refused("letter_posted", _("This letter is public and stays so."))
        if letter.is_scheduled:
            raise Refused("letter_scheduled", _("This letter is scheduled. Call that off first."))
        op.record(
            "letter.deleted", office=letter.office_id, letter=letter.pk,
            changes={"title": (letter.title, None)},
        )  # fmt: skip
        for row in letter.attachments.all():
            transaction.on_commit(partial(storing.delete, row.path))
        letter.delete()


def lock_letter(letter_id: int) -> Letter:
    """Lock and return the letter with its office."""
    return _locked(Letter.objects.all()).get(pk=letter_id)


def _locked(letters: LetterQuerySet) -> LetterQuerySet:
    return letters.select_for_update(no_key=True, of=("self",)).select_related("office")
