"""Posting a letter from a file: which office, which topics, and whether it is there already."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from events import dates_text
from events.errors import Refused
from events.models import Office, Topic
from notifications.letters.actions import LetterDraft, write_and_post_letter
from notifications.letters.front_matter import LetterFile, LetterFileError, read_letter
from notifications.letters.queries import readers_of
from notifications.models import Letter

#: What the command says to whoever may mend it.
REFUSALS = {
    "payer_missing": "this campaign has to say first who pays for its mail: on the staff desk, "
    "under Office.",
    "election_unconfirmed": "an election is near, and this is an official office: confirm with "
    "--confirm-election that the letter may be posted now.",
}


@dataclass(frozen=True)
class Posted:
    """The letter of a file, how many people get it by mail, and whether it was there before."""

    letter: Letter
    readers: int
    already: bool = False


def post_letter_file(
    *,
    content: bytes,
    name: str,
    office: Office,
    mails: bool,
    confirmed: str = "",
    now: datetime,
) -> Posted:
    """Post a letter file for ``office``; the same file again changes nothing.

    ``confirmed`` as for ``post_letter``. Raises :class:`LetterFileError` for a file that cannot be
    read, a topic that is not known, what the office may not post now, and an edited version of a
    letter that is posted already: it would go to every reader once more.
    """
    file = read_letter(content, name)
    if (earlier := _earlier(office, file)) is not None:
        return Posted(earlier, 0, already=True)
    topics = _topics(file)
    draft = LetterDraft(
        title=file.title,
        body=file.body,
        dated=file.dated or dates_text.local(now, office.timezone).date(),
        signatories="\n".join(file.signatories),
        addressees="\n".join(file.addressees),
        language=file.language,
        topics=topics,
        source_hash=file.source_hash,
    )
    twin = Letter.objects.posted().filter(office=office, title=draft.title, dated=draft.dated)
    if (letter := twin.first()) is not None:
        if letter.source_hash == file.source_hash:
            # Another run posted the same file since we looked.
            return Posted(letter, 0, already=True)
        raise file.error(
            "title",
            f"a letter with this title and date is posted already, as /letters/{letter.slug}/, "
            "with other words. Edit that one on the staff desk, or change the title or the date.",
        )
    try:
        letter = write_and_post_letter(
            office=office, draft=draft, mails=mails, confirmed=confirmed, now=now
        )
    except Refused as refused:
        raise LetterFileError(REFUSALS.get(refused.code, str(refused))) from refused
    except IntegrityError:
        # Another run posted the same file in the meantime.
        earlier = _earlier(office, file)
        if earlier is None:
            raise
        return Posted(earlier, 0, already=True)
    return Posted(letter, readers_of(office, topics) if mails else 0)


def _earlier(office: Office, file: LetterFile) -> Letter | None:
    return Letter.objects.filter(office=office, source_hash=file.source_hash).first()


def _topics(file: LetterFile) -> list[Topic]:
    """Return the topics that the file names by slug."""
    known = {topic.slug: topic for topic in Topic.objects.all()}
    for slug in file.topics:
        if slug not in known:
            names = ", ".join(known) or "none yet"
            raise file.error("topics", f"there is no topic '{slug}'. Known topics: {names}.")
    return [known[slug] for slug in dict.fromkeys(file.topics)]


def office_for(slug: str) -> Office:
    """Return the office named by ``slug``, or the only one; raises :class:`LetterFileError`."""
    offices = {office.slug: office for office in Office.objects.in_order()}
    known = ", ".join(offices)
    if slug and slug not in offices:
        raise LetterFileError(f"--office: there is no office '{slug}'. Known: {known or 'none'}.")
    if slug:
        return offices[slug]
    if not offices:
        raise LetterFileError("there is no office yet. Open /setup/, or load the demo.")
    if len(offices) > 1:
        raise LetterFileError(f"--office: say which office posts it. Known: {known}.")
    return next(iter(offices.values()))
