"""The mail of a letter: who gets it, how long it is wanted, and what is in it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events import dates_text
from events.languages import RIGHT_TO_LEFT
from events.markdown import markdown_text, render_markdown
from events.models import AuditEntry
from notifications.letters.words import (
    absolute_links,
    letter_path,
    styled_for_mail,
    summary_of,
)
from notifications.message import Message, Recipient, mark
from notifications.messages.guards import holds
from notifications.models import Delivery, Letter, Subscription
from notifications.models.subscription import SubscriptionQuerySet
from notifications.subscriptions import addresses


def readers(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """Return the next readers of a posted letter in order of their keys, each once.

    Those who were on the list when it was posted and want letters at once: however late it is
    planned, the readers are the same. The rest find it in their digest. The cursor is the last
    person's key, so that no audience is ever held as a whole. Three queries a chunk, whatever its
    size.
    """
    (entry,) = entries
    letter = Letter.objects.get(pk=entry.subjects["letter"])
    if not letter.mails or letter.is_retracted:
        return [], ""
    people = list(
        Subscription.objects.live()
        .immediate()
        .filter(office=letter.office_id, topic__letters=letter, person__email__isnull=False)
        .filter(person__gt=int(cursor or 0), confirmed_at__lte=letter.posted_at)
        .order_by("person")
        .values_list("person", flat=True)
        .distinct()[:limit]
    )
    spoken = Subscription.objects.live().filter(office=letter.office_id, person__in=people)
    languages = dict(spoken.order_by("created_at", "id").values_list("person", "language"))
    recipients = [
        Recipient(
            person_id=person,
            language=languages.get(person, ""),
            office_id=letter.office_id,
            letter_id=letter.pk,
        )
        for person in people
    ]
    return recipients, str(people[-1]) if len(people) == limit else ""


def _wanted(person: Any, office: Any, letter: Any) -> SubscriptionQuerySet:
    """Return the live subscriptions because of which a person gets a letter of an office."""
    return Subscription.objects.live().filter(person=person, office=office, topic__letters=letter)


def wanted_now() -> Q:
    """The reader is still subscribed to one of the letter's topics, and the letter stands."""
    wanted = _wanted(OuterRef("person"), OuterRef("office"), OuterRef("letter_id"))
    stands = Letter.objects.filter(pk=OuterRef("letter_id"), retracted_at__isnull=True)
    return Q(Exists(wanted)) & Q(Exists(stands))


def letter_key(recipient: Recipient, operation: uuid.UUID | None, message: str) -> str:
    """One copy a person, whichever topics brought it (DELIVERY.md, Design 1)."""
    return f"letter:{recipient.letter_id}:{recipient.person_id}"


class MailWords(NamedTuple):
    """What is the same in every copy of a letter in one language."""

    title: str
    language: str
    direction: str
    html: SafeString
    text: str
    summary: str
    topics: str
    url: str


def words_for_mail(letter: Letter, language: str) -> MailWords:
    """Return a letter's words in ``language`` (letter ``with_all_shown``)."""
    words, shown = letter.in_language(language), letter.shown_language(language)
    html, text, summary = _as_mail(words.body, letter.office.palette)
    return MailWords(
        title=words.title,
        language=shown,
        direction="rtl" if shown.split("-")[0] in RIGHT_TO_LEFT else "ltr",
        html=html,
        text=text,
        summary=summary,
        topics=", ".join(topic.in_language(language).name for topic in letter.topics.all()),
        url=f"{settings.SITE_URL}{letter_path(letter, language)}",
    )


@lru_cache(maxsize=16)
def _as_mail(body: str, palette: str) -> tuple[SafeString, str, str]:
    """Return a letter's Markdown as HTML, plain text and summary; once for all its batches."""
    linked = absolute_links(body)
    html = styled_for_mail(render_markdown(linked, heading_level=2), palette)
    return html, markdown_text(linked), summary_of(body)


def letter_context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Return what the templates show, the same for all readers of one language."""
    assert delivery.letter_id is not None
    letter = Letter.objects.with_all_shown().with_attachments().get(pk=delivery.letter_id)
    words = words_for_mail(letter, delivery.language)
    office = letter.office
    return {
        "office": office,
        "letter": letter,
        "words": words,
        "files": [
            {"name": row.name, "size": row.size, "url": f"{settings.SITE_URL}{row.url}"}
            for row in letter.attachments.all()
        ],
        "date_line": dates_text.date_text(letter.dated, delivery.language, weekday=False),
        "reason": now_in_language(
            "You get this because you signed up for letters from %(office)s on one of these "
            "topics: %(topics)s."
        )
        % {"office": office.name, "topics": words.topics},
        "unsubscribe_url": mark("unsubscribe_url"),
        "preferences_url": mark("preferences_url"),
    }


def own_links(delivery: Delivery) -> dict[str, str]:
    """Return what is one reader's alone in a letter: the links to stop and to choose."""
    assert delivery.person_id is not None
    assert delivery.office_id is not None
    reader = (delivery.person_id, delivery.office_id, delivery.language)
    return {
        "unsubscribe_url": addresses.absolute(addresses.unsubscribe_path(*reader)),
        "preferences_url": addresses.absolute(addresses.preferences_path(*reader)),
    }


LETTER_POSTED = Message(
    name="letter_posted",
    title=_("A letter"),
    description=_("The whole letter, with a link to its page, to the topics and to stop."),
    recipients=_("Everybody who subscribes to one of its topics at the office that posts it, once"),
    actions=("letter.posted",),
    audience=readers,
    bulk=True,
    again=False,
    still_true=holds(wanted_now),
    context=letter_context,
    own=own_links,
    guard=wanted_now,
    key=letter_key,
)

MESSAGES = [LETTER_POSTED]

#: Facts of this kind that nobody is told of, and why.
SILENT = {
    "letter.created": "a draft is for staff alone",
    "letter.edited": "what was mailed stays as it was; the page says when it was changed",
    "letter.attachments_changed": "what was mailed stays as it was; the page shows the files",
    "letter.deleted": "a draft is for staff alone",
    "letter.tested": "only who asked for the test gets it, at once",
    "letter.scheduled": "the letter itself comes when it is posted",
    "letter.unscheduled": "it is a draft again, and a draft is for staff alone",
    "letter.paused": "the copies that wait come later; nobody knows of them yet",
    "letter.resent": "the letter itself goes out again, to those who may not have it",
    "letter.resumed": "the copies that waited are all that there is to tell",
    "letter.retracted": "the page gives the reason; a second mail would spread what was wrong",
    "letter.outcome_set": "page, list and feed show it",
}
