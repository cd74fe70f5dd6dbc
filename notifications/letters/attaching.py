"""Files that come with a letter: attach, take away, hand out."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from events import extensions, storing
from events.audit import operation
from events.errors import Refused
from events.extensions import MediaFile
from events.file_types import NewFile, file_name
from events.models import StaffUser
from notifications.letters.actions import lock_letter
from notifications.models import Letter, LetterAttachment

#: Files of one letter.
MOST = 10
#: The folder of the files, which is also the first part of their addresses below ``/media/``.
FOLDER = "letters"


def change_attachments(
    *,
    letter_id: int,
    add: Sequence[NewFile] = (),
    remove: Collection[int] = (),
    now: datetime,
    actor: StaffUser | None = None,
) -> Letter:
    """Attach files to a letter and take others away; a file that is there already stays one.

    Refused beyond :data:`MOST` ("too_many_files"). The files are stored first: no row names a file
    that is not there. What is taken away is deleted after the commit.
    """
    stored: dict[str, tuple[NewFile, str]] = {}
    letter = Letter.objects.get(pk=letter_id)
    known = _digests(letter, remove)
    for file in add:
        digest = storing.digest_of(file.content)
        if digest not in known and digest not in stored:
            name = file_name(file.given_name, file.kind)
            folder = f"{FOLDER}/{letter.uid.hex}"
            path = storing.store(folder, file.content, name=name, digest=digest)
            stored[digest] = (file, path)
    try:
        return _change(letter_id, stored, remove, now, actor)
    except BaseException:
        for _file, path in stored.values():
            storing.delete(path)
        raise


def _change(
    letter_id: int,
    stored: dict[str, tuple[NewFile, str]],
    remove: Collection[int],
    now: datetime,
    actor: StaffUser | None,
) -> Letter:
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if letter.is_retracted:
            raise Refused("letter_retracted", _("This letter was taken back and stays as it is."))
        gone = list(letter.attachments.filter(pk__in=remove))
        # Sent twice at once: the other request has attached it.
        known = _digests(letter, remove)
        new = {digest: both for digest, both in stored.items() if digest not in known}
        for digest in known & stored.keys():
            transaction.on_commit(partial(storing.delete, stored[digest][1]))
        letter.attachments.filter(pk__in=[row.pk for row in gone]).delete()
        count = letter.attachments.count()
        if count + len(new) > MOST:
            raise Refused(
                "too_many_files",
                _("A letter has at most %(most)s files."),
                field="attachments",
                most=MOST,
            )
        for position, (digest, (file, path)) in enumerate(new.items(), count):
            LetterAttachment.objects.create(
                letter=letter,
                file=path,
                name=file_name(file.given_name, file.kind),
                size=file.content.size,
                content_type=file.kind.media_type,
                digest=digest,
                position=position,
                created_at=now,
            )
        if not gone and not new:
            return letter
        letter.revision += 1
        letter.updated_at = now
        if letter.is_posted:
            letter.edited_at = now
        letter.save()
        # Names of files may be personal: they stand in the rows alone.
        op.record(
            "letter.attachments_changed", office=letter.office_id, letter=letter,
            added=len(new), removed=len(gone),
        )  # fmt: skip
        for row in gone:
            transaction.on_commit(partial(storing.delete, row.path))
    return letter


def _digests(letter: Letter, removed: Collection[int]) -> set[str]:
    """Return the digests of the files that the letter keeps."""
    return set(letter.attachments.exclude(pk__in=removed).values_list("digest", flat=True))


def public_file(path: str) -> MediaFile | None:
    """Return an attachment that everybody may have: its letter is public and stands."""
    row = LetterAttachment.objects.filter(
        file=path, letter__posted_at__isnull=False, letter__retracted_at__isnull=True
    ).first()
    return MediaFile(row.name, row.content_type) if row is not None else None


def register() -> None:
    """Hand out attachments through the site's one view of files. Called when the app is ready."""
    extensions.media_folders[FOLDER] = public_file
