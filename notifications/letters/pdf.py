"""A letter as a PDF that screen readers can read (``events.papers``), set by ``letter.typ``.

Where its signs cannot be set here, the page, which browsers print with fonts of their own, is shown
in its place.
"""

from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from events import dates_text
from events.languages import language_in_use
from events.palettes import colours
from events.papers import NotSet, set_paper
from events.public_pages import SHARED_SECONDS
from notifications.letters.markdown_tree import markdown_tree
from notifications.letters.words import absolute_links, letter_path, summary_of
from notifications.models import Letter

PROGRAM = Path(__file__).with_name("letter.typ")
#: Raised when the same rows would be set in another way.
RENDER_VERSION = 1
#: Seconds that a PDF is kept: as long as its letter is what it is, and somebody asks for it.
KEPT = 30 * 24 * 60 * 60
#: Where writing alone does not tell which form of the signs is meant.
REGIONS = {"zh-hans": "CN", "zh-hant": "TW"}


@require_safe
def letter_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer a letter as PDF in the language of the address; ``?in=vi`` as its page has it."""
    letter = Letter.objects.posted().with_all_shown().with_attachments().filter(slug=slug).first()
    if letter is None:
        raise Http404
    asked = request.GET.get("in", language_in_use())
    shown = letter.shown_language(asked)
    etag = f'"{_key(letter, shown)}"'
    if letter.is_retracted:
        return HttpResponseRedirect(letter_path(letter, shown))
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        try:
            content = pdf_of(letter, shown)
        except NotSet:
            return HttpResponseRedirect(letter_path(letter, shown))
        response = HttpResponse(content, content_type="application/pdf")
        name = (
            f"{letter.slug}.pdf" if shown == letter.own_language else f"{letter.slug}-{shown}.pdf"
        )
        response["Content-Disposition"] = f'inline; filename="{name}"'
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={SHARED_SECONDS}"
    response["Content-Language"] = shown
    return response


def _key(letter: Letter, language: str) -> str:
    """Return what the PDF depends on, in a word: nothing else changes it."""
    parts = (
        RENDER_VERSION, settings.SITE_URL, letter.uid.hex, letter.revision,
        letter.office.revision, language, language_in_use(),
    )  # fmt: skip
    return sha256(repr(parts).encode()).hexdigest()[:32]


def pdf_of(letter: Letter, language: str) -> bytes:
    """Return a posted letter as PDF in ``language`` (letter with all shown and attachments).

    Raises :class:`NotSet`. Kept by revision.
    """
    key = f"letter-pdf:{_key(letter, language)}"
    content: bytes | None = cache.get(key)
    if content is None:
        content = _set(letter, language)
        cache.set(key, content, KEPT)
    return content


def _set(letter: Letter, language: str) -> bytes:
    assert letter.posted_at is not None
    return set_paper(PROGRAM, as_data(letter, language), dated=letter.posted_at)


def as_data(letter: Letter, language: str) -> dict[str, Any]:
    """Return all that stands on the paper, as plain data."""
    words = letter.in_language(language)
    office = letter.office
    page = language_in_use()
    outcome, _outcome_language = letter.outcome_in(language)
    outcome_on = letter.outcome_on
    return {
        "title": words.title,
        "lang": language.split("-")[0],
        "region": REGIONS.get(language),
        "summary": summary_of(words.body),
        "office": office.name,
        "contact": [
            *(line.strip() for line in office.postal_address.splitlines() if line.strip()),
            *(text for text in (office.phone, office.website) if text),
        ],
        "colour": colours(office.palette).strong,
        "dated": dates_text.date_text(letter.dated, language, weekday=False),
        "addressees": letter.addressee_list,
        "body": markdown_tree(absolute_links(words.body)),
        "signatories": letter.signatory_list,
        "files": [
            {"name": row.name, "to": f"{settings.SITE_URL}{row.url}"}
            for row in letter.attachments.all()
        ],
        "outcome": markdown_tree(absolute_links(outcome), heading_level=3) if outcome_on else None,
        "payer": _("Paid for by %(payer)s") % {"payer": office.payer} if office.payer else "",
        "address": f"{settings.SITE_URL}{letter_path(letter, language)}",
        "words": {
            "page": pgettext("of a document", "Page {page} of {pages}"),
            "signed": _("Signed"),
            "files": _("Files"),
            "outcome": _("What came of it, %(day)s")
            % {"day": dates_text.date_text(outcome_on, page, weekday=False)}
            if outcome_on
            else "",
        },
    }
