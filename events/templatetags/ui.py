"""Small tags for pages: icons, addresses in the page's language, Markdown."""

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import segno
from django import template
from django.conf import settings
from django.template import Context
from django.urls import get_script_prefix, is_valid_path
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_from_path, override

from events.icons import ICONS
from events.languages import AskLine, ask_line, language_in_use, local_name, own_name
from events.markdown import render_markdown
from events.palettes import colours
from events.public_post import Typed, says_it_is_ours, typed_values

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon as decoration: it says nothing that the words beside it do not say."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        ICONS[name],
    )


@register.simple_tag
def path(address: str) -> str:
    """Return a public path such as ``/events/`` in the language of the page: ``/es/events/``.

    A path without a prefixed twin (``/me/``, feeds) gets ``?lang=es``.
    """
    language = language_in_use()
    root = get_script_prefix().rstrip("/")
    if language == settings.LANGUAGE_CODE:
        return f"{root}{address}"
    if _has_twin(address, language):
        return f"{root}/{language}{address}"
    return f"{root}{address}?lang={language}"


@register.filter
def markdown(text: str | None, heading_level: int = 3) -> SafeString:
    """Render what an office wrote; its largest heading becomes ``<h{heading_level}>``."""
    return render_markdown(text or "", heading_level=heading_level)


@register.filter
def localized(row: Any) -> Any:
    """Return what carries an event's, letter's or topic's words in the page's language."""
    return row.in_language(language_in_use())


@register.filter
def named(row: Any) -> str:
    """Return the name of a topic or a role in the page's language."""
    return local_name(row)


@register.filter
def lang_of(row: Any) -> SafeString:
    """Return ``lang="…"`` for words that had to fall back to another language, else nothing."""
    page = language_in_use()
    shown = row.shown_language(page)
    return format_html(' lang="{}"', shown) if shown != page else mark_safe("")


@register.filter
def colour(palette: str | None, part: str) -> str:
    """Return a colour of an office's palette as a literal, for mail: ``strong``, ``tint`` …"""
    return str(getattr(colours(palette), part))


@register.filter
def initial(name: str | None) -> str:
    """Return the letter that stands for an office without a logo.

    The first letter of the last capitalised word of the name's first part, so that
    "Office of Council Member Rivera" gives "R" and "City Clerk" gives "C".
    """
    words = [word for word in (name or "").split(",")[0].split() if word[:1].isupper()]
    if not words:
        return (name or "")[:1].upper()
    titled = len(words) > 2
    return (words[-1] if titled else words[0])[:1]


@register.filter
def telephone(number: str) -> SafeString:
    """Return a number as a ``tel:`` address: digits and a leading plus, nothing else."""
    kept = "".join(sign for sign in number if sign.isdigit() or sign == "+")
    return mark_safe(f"tel:{kept}")  # noqa: S308  only digits and plus signs are left


@register.simple_tag
def qr_code(text: str, title: str) -> SafeString:
    """Draw a QR code inline: the security policy allows no ``data:`` image."""
    code = segno.make(text, error="m", micro=False)
    picture = code.svg_inline(omitsize=True, border=2, light="#fff", title=title, svgclass=None)
    return mark_safe(picture.replace("<svg", '<svg role="img"', 1))  # noqa: S308  segno escapes


@register.simple_tag(takes_context=True)
def typed_here(context: Context) -> list[Typed]:
    """Return what a page of ours has sent to the address that is answered with an error."""
    request = context.get("request")
    if request is None or request.method != "POST" or not says_it_is_ours(request):
        return []
    return typed_values(request)


class ShiftNeed(NamedTuple):
    """How many people a shift still wants: the state, and the number that belongs to it."""

    state: str
    people: int


@register.simple_tag
def shift_need(shift: Any) -> ShiftNeed:
    """Say what a shift needs: ``short`` of its minimum, ``room``, ``open`` (no limit), ``full``.

    ``cancelled`` and ``postponed`` shifts need nobody.
    """
    if shift.status in ("cancelled", "postponed"):
        return ShiftNeed("cancelled", 0)
    if shift.taken < shift.minimum:
        return ShiftNeed("short", shift.minimum - shift.taken)
    if shift.capacity is None:
        return ShiftNeed("open", 0)
    left = shift.capacity - shift.taken
    return ShiftNeed("room", left) if left > 0 else ShiftNeed("full", 0)


class PageLinks(NamedTuple):
    """Where a page of a list lies in it; ``None`` where there is no page on that side."""

    first: int
    last: int
    previous: int | None
    following: int | None


@register.simple_tag
def page_links(offset: int, limit: int, count: int) -> PageLinks:
    """Return what ``components/pages.html`` needs to link the pages beside this one."""
    last = min(offset + limit, count)
    return PageLinks(
        first=min(offset + 1, count),
        last=last,
        previous=max(0, offset - limit) if offset else None,
        following=offset + limit if last < count else None,
    )


@register.filter
def message_kind(level_tag: str) -> str:
    """Return the kind of notice for the level of a Django message."""
    return {"success": "good", "warning": "warn", "error": "bad"}.get(level_tag, "")


class PageLanguage(NamedTuple):
    """A language that the page can be read in."""

    code: str
    name: str
    url: str
    current: bool
    alternate: str  #: the full address for search engines, where the path says the language


@register.simple_tag(takes_context=True)
def page_languages(context: Context) -> list[PageLanguage]:
    """Return the interface's languages that the page's office speaks, with this page in each.

    A page with a language prefix is linked under the other prefix; a page without (a mailed link)
    gets ``?lang=``. ``page_path`` in the context stands for the address when the page is the
    answer to a POST, which a link cannot repeat.
    """
    request = context.get("request")
    if request is None:
        return []
    parts = urlsplit(context.get("page_path") or request.get_full_path_info())
    bare = _without_prefix(parts.path)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "lang"]
    current = language_in_use()
    offered = _interface_languages(context.get("office"))
    twins = {code: _resolves(f"/{code}{bare}", code) for code in offered}
    root = get_script_prefix().rstrip("/")
    found = []
    for code in offered:
        if code == settings.LANGUAGE_CODE:
            url, in_path = _address(root + bare, query), any(twins.values())
        elif twins[code]:
            url, in_path = _address(f"{root}/{code}{bare}", query), True
        else:
            url, in_path = _address(root + bare, [*query, ("lang", code)]), False
        alternate = f"{settings.SITE_URL}{url}" if in_path else ""
        found.append(PageLanguage(code, own_name(code), url, code == current, alternate))
    return found


@register.simple_tag(takes_context=True)
def language_lines(context: Context) -> list[AskLine]:
    """Return one line in each other language of the page's office: how to ask for that language."""
    office = context.get("office")
    if not office or not (office.phone or office.reply_to):
        return []
    current = language_in_use()
    return [ask_line(code) for code in office.languages if code != current]


def _interface_languages(office: Any) -> list[str]:
    codes = [code for code, _name in settings.LANGUAGES]
    if not office:
        return codes
    return [code for code in codes if code in office.languages or code == get_language()]


def _without_prefix(path: str) -> str:
    code = get_language_from_path(path)
    return path[len(code) + 1 :] if code else path


@lru_cache(maxsize=256)
def _has_twin(address: str, language: str) -> bool:
    """Whether the path has a form with the language's prefix. The URLs do not change in a run."""
    return _resolves(f"/{language}{address}", language)


def _resolves(path: str, language: str) -> bool:
    if language == settings.LANGUAGE_CODE:
        return False
    with override(language):
        return bool(is_valid_path(path))


def _address(path: str, query: list[tuple[str, str]]) -> str:
    return urlunsplit(("", "", path, urlencode(query), ""))
