"""A letter in other words: its first lines, and what search engines read."""

import re
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from events import dates_text
from events.markdown import markdown_text
from events.palettes import colours
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


def taken_back(letter: Letter, language: str) -> str:
    """Return the sentence that stands in the place of a retracted letter's text."""
    assert letter.retracted_at is not None
    day = dates_text.local(letter.retracted_at, letter.office.timezone).date()
    words = _("The office took this letter back on %(day)s. The reason: %(reason)s")
    shown = {"day": dates_text.date_text(day, language, weekday=False)}
    return words % (shown | {"reason": letter.retraction_reason})


def shown_summary(letter: Letter, language: str) -> str:
    """Return what previews and search engines show: the first words, or that it was taken back."""
    if letter.is_retracted:
        return taken_back(letter, language)
    return summary_of(letter.in_language(language).body)


def absolute_links(body: str) -> str:
    """Return Markdown whose links to this site's own paths work elsewhere: in mail, in a feed."""
    return body.replace("](/", f"]({settings.SITE_URL}/")


#: Mail has no stylesheet. The colours of an office stand in braces; in the dark, the shell of the
#: mail sets its own.
_MAIL_STYLES = {
    "h2": "margin:28px 0 8px;font-size:21px;line-height:1.25;",
    "h3": "margin:24px 0 8px;font-size:18px;line-height:1.3;",
    "h4": "margin:20px 0 8px;font-size:17px;line-height:1.3;",
    "p": "margin:0 0 16px;",
    "ul": "margin:0 0 16px;padding:0 0 0 24px;",
    "ol": "margin:0 0 16px;padding:0 0 0 24px;",
    "li": "margin:0 0 4px;",
    "blockquote": "margin:0 0 16px;padding:2px 0 2px 16px;border-left:4px solid {line};",
    "table": "margin:0 0 16px;border-collapse:collapse;",
    "th": "padding:6px 16px 6px 0;border-bottom:2px solid {line};text-align:left;",
    "td": "padding:6px 16px 6px 0;border-bottom:1px solid {line};text-align:left;",
    "a": "color:{strong};",
    "hr": "margin:24px 0;border:0;border-top:1px solid {line};",
}
_MAIL_TAG = re.compile(rf"<({'|'.join(_MAIL_STYLES)})(?=[ >])")


def styled_for_mail(html: SafeString, palette: str) -> SafeString:
    """Return the HTML of a letter with its styles in the tags themselves."""
    names = colours(palette)._asdict()
    styles = {tag: style.format(**names) for tag, style in _MAIL_STYLES.items()}
    # What nh3 let through has no style of its own, and "<" as a sign of the text is escaped.
    return mark_safe(  # noqa: S308  the tags of safe HTML, with our styles
        _MAIL_TAG.sub(lambda found: f'<{found[1]} style="{styles[found[1]]}"', html)
    )


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


def pdf_path(letter: Letter, language: str) -> str:
    """Return the address of the letter as PDF in ``language``."""
    path = reverse("letter-pdf", kwargs={"slug": letter.slug})
    if language == settings.LANGUAGE_CODE:
        return path
    asked = "lang" if language in dict(settings.LANGUAGES) else "in"
    return f"{path}?{asked}={language}"


def structured(letter: Letter, language: str) -> dict[str, Any]:
    """Return the letter as a schema.org Article in ``language``, without anything that is empty."""
    assert letter.posted_at is not None
    words = letter.in_language(language)
    zone = letter.office.zone
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": words.title,
        "description": shown_summary(letter, language),
        "creativeWorkStatus": "Retracted" if letter.is_retracted else None,
        "inLanguage": letter.shown_language(language),
        "dateCreated": letter.dated.isoformat(),
        "datePublished": letter.posted_at.astimezone(zone).isoformat(timespec="seconds"),
        "dateModified": letter.updated_at.astimezone(zone).isoformat(timespec="seconds"),
        "author": organizer(letter.office),
        "publisher": organizer(letter.office),
        "contributor": [] if letter.is_retracted else letter.signatory_list,
        "keywords": [topic.name for topic in letter.topics.all()],
        "url": f"{settings.SITE_URL}{letter.get_absolute_url()}",
    }
    return {name: value for name, value in data.items() if value not in ("", None, [])}
