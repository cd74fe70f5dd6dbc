"""Letters in the read API."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from events.api import LANG_TEXT, Page, Paging, absolute, page_of
from events.languages import language_in_use
from notifications.letters.queries import matching_letters
from notifications.models import Letter
from notifications.models.letter import LetterQuerySet

router = Router(tags=["Letters"])


class LetterQuery(Paging):
    topic: str = Field("", description="Only letters on this topic, by its slug.")
    office: str = Field("", description="Only letters of this office, by its slug.")


class LetterOut(Schema):
    slug: str
    title: str
    posted_at: datetime = Field(description="When the letter went up, in UTC.")
    dated: date = Field(description="The date on the letter.")
    topics: list[str] = Field(description="Slugs of topics; see `/api/v1/topics`.")
    office: str = Field(description="Slug of the office; see `/api/v1/offices`.")
    signatories: list[str]
    url: str = Field(description="The page of the letter.")
    retracted_at: datetime | None = Field(
        description="When the office took it back, in UTC; null while it stands."
    )
    outcome_on: date | None = Field(description="The day of its outcome, if there is one.")


class AttachmentOut(Schema):
    name: str
    url: str
    size: int = Field(description="In bytes.")
    content_type: str = Field(description="What its content is, by a look at it.")


class LetterDetail(LetterOut):
    """One letter, with what lists leave out."""

    addressees: list[str]
    body: str = Field(description="Markdown; empty where the letter was taken back.")
    retraction_reason: str
    outcome: str = Field(description="What came of it, in Markdown.")
    attachments: list[AttachmentOut]


def _as_shown(letters: LetterQuerySet) -> LetterQuerySet:
    return letters.select_related("office").prefetch_related("topics", "translations")


@router.get("/letters", response=Page[LetterOut], summary="Letters")
def list_letters(request: HttpRequest, query: Query[LetterQuery]) -> Page[LetterOut]:
    """Posted letters, latest first. One that was taken back stays, marked by `retracted_at`."""
    letters = matching_letters(topic=query.topic, office=query.office)
    return page_of(letters, query, lambda row: LetterOut(**_letter(row)), shown=_as_shown(letters))


@router.get("/letters/{slug:slug}", response=LetterDetail, summary="One letter")
def get_letter(
    request: HttpRequest, slug: str, lang: str = Query("", description=LANG_TEXT)
) -> LetterDetail:
    """One posted letter with its text."""
    letter = get_object_or_404(_as_shown(Letter.objects.posted().with_attachments()), slug=slug)
    return LetterDetail(
        **_letter(letter),
        addressees=[] if letter.is_retracted else letter.addressee_list,
        body="" if letter.is_retracted else letter.in_language(language_in_use()).body,
        retraction_reason=letter.retraction_reason,
        attachments=[] if letter.is_retracted else _attachments(letter),
        outcome="" if letter.is_retracted else letter.outcome_in(language_in_use())[0],
    )


def _attachments(letter: Letter) -> list[AttachmentOut]:
    return [
        AttachmentOut(
            name=row.name, url=absolute(row.url), size=row.size, content_type=row.content_type
        )
        for row in letter.attachments.all()
    ]


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "slug": letter.slug,
        "title": letter.in_language(language_in_use()).title,
        "posted_at": letter.posted_at,
        "dated": letter.dated,
        "topics": [topic.slug for topic in letter.topics.all()],
        "office": letter.office.slug,
        "signatories": [] if letter.is_retracted else letter.signatory_list,
        "url": absolute(letter.get_absolute_url()),
        "retracted_at": letter.retracted_at,
        "outcome_on": None if letter.is_retracted else letter.outcome_on,
    }
