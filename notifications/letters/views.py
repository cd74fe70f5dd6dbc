"""The letters as everybody reads them: the list, and one letter with its sign-up form."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html

from events import dates_text
from events.errors import Refused
from events.languages import RIGHT_TO_LEFT, language_in_use, own_name
from events.models import Office
from events.public_pages import public_page
from events.public_post import refused_page
from events.queries import read_page
from events.structured_data import data_block
from notifications.letters.forms import LetterFilterForm
from notifications.letters.queries import matching_letters
from notifications.letters.words import (
    letter_path,
    pdf_path,
    shown_summary,
    structured,
    summary_of,
)
from notifications.models import Letter
from notifications.subscriptions.forms import peers_of, subscribe_form_for, topics_shown

PAGE_SIZE = 30
FILTERS = ("topic", "office")


@public_page
def letters(request: HttpRequest) -> HttpResponse:
    """Show the posted letters by year, filtered by topic and office."""
    asked = {name: request.GET[name].strip() for name in FILTERS if request.GET.get(name)}
    try:
        limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    except Refused as refused:
        return refused_page(request, refused)
    found = matching_letters(**asked)
    page = list(found.with_all_shown()[offset : offset + limit])
    # A first page that is not full says itself how many there are.
    count = len(page) if not offset and len(page) < limit else found.count()
    offices, topics = list(Office.objects.in_order()), topics_shown()
    chosen = [office for office in offices if office.slug == asked.get("office")] or offices[:1]
    several = len(offices) > 1 and "office" not in asked
    context: dict[str, Any] = {
        "years": list(_by_year(page, name_office=several)),
        "filters": LetterFilterForm(asked, topics=topics, offices=offices),
        "is_filtered": bool(asked),
        "feed_url": _feed_url(asked),
        "offset": offset,
        "limit": limit,
        "count": count,
        "office": next(iter(chosen), None),
        "offices_count": len(offices),
        "subscribe_form": subscribe_form_for(
            _list_offices(chosen, offices, asked), topics=topics, ticked=[asked.get("topic", "")]
        ),
    }
    return render(request, "notifications/letters/list.html", context)


def _list_offices(
    chosen: list[Office], offices: list[Office], asked: dict[str, str]
) -> list[Office]:
    """Return whose letters the form beside the list asks for: the filter's, else one kind's all."""
    if "office" in asked or not chosen:
        return chosen
    return peers_of(chosen[0], offices)


def _feed_url(asked: dict[str, str]) -> str:
    """Return the feed of the same letters, in the language of the page."""
    query = dict(asked)
    if language_in_use() != settings.LANGUAGE_CODE:
        query["lang"] = language_in_use()
    return reverse("letters-atom") + (f"?{urlencode(query)}" if query else "")


def _by_year(
    page: list[Letter], *, name_office: bool
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Group letters that follow each other by the year of their date."""
    for year, group in groupby(page, key=lambda letter: letter.dated.year):
        yield year, [letter_row(letter, name_office=name_office) for letter in group]


def letter_row(letter: Letter, *, name_office: bool = False) -> dict[str, Any]:
    """Return what ``components/letter_row.html`` shows (letter ``with_all_shown``)."""
    assert letter.posted_at is not None
    page = language_in_use()
    shown = letter.shown_language(page)
    title: str = letter.in_language(page).title
    if shown != page:
        title = format_html('<span lang="{}">{}</span>', shown, title)
    by = "" if letter.is_retracted else ", ".join(letter.signatory_list)
    if name_office:
        by = f"{letter.office.name}: {by}" if by else letter.office.name
    posted_on = dates_text.local(letter.posted_at, letter.office.timezone).date()
    outcome, outcome_language = letter.outcome_in(page)
    return {
        "title": title,
        "url": letter.get_absolute_url(),
        "posted_at": letter.posted_at,
        "timezone": letter.office.timezone,
        "dated": letter.dated if letter.dated != posted_on else None,
        "signatories": by,
        "retracted": letter.is_retracted,
        "outcome": "" if letter.is_retracted else summary_of(outcome),
        "outcome_language": outcome_language,
        "outcome_on": letter.outcome_on,
        "topics": [topic.in_language(page).name for topic in letter.topics.all()],
    }


@public_page
def letter(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one posted letter. ``?in=vi`` reads a version that the site itself does not speak."""
    found = Letter.objects.posted().with_all_shown().with_attachments().filter(slug=slug).first()
    if found is None:
        raise Http404
    page = language_in_use()
    versions = found.version_languages()
    wanted = request.GET.get("in", page)
    shown = wanted if wanted in versions else found.shown_language(page)
    words = found.in_language(shown)
    assert found.posted_at is not None
    posted_on = dates_text.local(found.posted_at, found.office.timezone).date()
    topics = topics_shown()
    about = {topic.slug for topic in found.topics.all()}
    context: dict[str, Any] = {
        "letter": found,
        "words": words,
        "shown": shown,
        "direction": "rtl" if shown.split("-")[0] in RIGHT_TO_LEFT else "ltr",
        "fell_back": shown != page and "in" not in request.GET,
        "shown_name": own_name(shown),
        "versions": [
            {
                "code": code,
                "name": own_name(code),
                "url": letter_path(found, code),
                "current": code == shown,
            }
            for code in versions
        ],
        "posted_elsewhen": posted_on != found.dated,
        "topics": [topic for topic in topics if topic.slug in about],
        "summary": shown_summary(found, shown),
        "outcome": found.outcome_in(shown),
        "pdf_url": pdf_path(found, shown),
        "address": f"{settings.SITE_URL}{found.get_absolute_url()}",
        "json_ld": data_block(structured(found, shown)),
        "office": found.office,
        "offices_count": Office.objects.count(),
        "subscribe_form": subscribe_form_for([found.office], topics=topics, ticked=sorted(about)),
    }
    return render(request, "notifications/letters/letter.html", context)
