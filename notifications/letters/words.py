"""A letter in other words: its first lines, and what search engines read."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from events.markdown import markdown_text
from events.structured_data import organizer
from notifications.models import Letter

#: How much of a letter search engines, link previews and lists in feed readers show, in characters.
SUMMARY = 200


def summary_of(body: str) -> str:
    """Return the first words of a text in Markdown as plain text."""
    text = " ".join(markdown_text(body).split())
    if len(text) <= SUMMARY:
        return text
    return text[:SUMMARY].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def absolute_links(body: str) -> str:
    """Return Markdown whose links to this site's own paths work elsewhere: in mail, in a feed."""
    return body.replace("](/", f"]({settings.SITE_URL}/")


def letter_path(letter: Letter, language: str) -> str:
    """Return the address of the letter in ``language``.

    The site's own languages have a page each; a version in another one is read inside the default
    page.
    """
    known = language in dict(settings.LANGUAGES)
    with override(language if known else settings.LANGUAGE_CODE):
        path = reverse("letter", kwargs={"slug": letter.slug})
    if known or language not in letter.version_languages():
        return path
    return f"{path}?in={language}"


def structured(letter: Letter, language: str) -> dict[str, Any]:
    """Return the letter as a schema.org Article in ``language``, without anything that is empty."""
    assert letter.posted_at is not None
    words = letter.in_language(language)
    zone = letter.office.zone
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": words.title,
        "description": summary_of(words.body),
        "inLanguage": letter.shown_language(language),
        "dateCreated": letter.dated.isoformat(),
        "datePublished": letter.posted_at.astimezone(zone).isoformat(timespec="seconds"),
        "dateModified": letter.updated_at.astimezone(zone).isoformat(timespec="seconds"),
        "author": organizer(letter.office),
        "publisher": organizer(letter.office),
        "contributor": letter.signatory_list,
        "keywords": [topic.name for topic in letter.topics.all()],
        "url": f"{settings.SITE_URL}{letter.get_absolute_url()}",
    }
    return {name: value for name, value in data.items() if value not in ("", None, [])}
