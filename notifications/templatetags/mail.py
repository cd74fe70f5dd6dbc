"""The words of a mail, written once as plain text, made into the HTML part."""

import re
from itertools import groupby

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from events.palettes import colours

register = template.Library()

_LINK = re.compile(r"(?P<label>.+): (?P<url>https?://\S+)")
_ITEM = "- "


@register.simple_tag(takes_context=True)
def heading(context: Context) -> SafeString:
    """Write the heading, the words of ``heading.txt``, for the subject and both parts."""
    assert context.template is not None
    words = context.template.engine.get_template(f"{context['folder']}/heading.txt")
    with context.push():
        return mark_safe(" ".join(words.render(context).split()))  # noqa: S308  a template's


@register.simple_block_tag(takes_context=True)
def paragraphs(context: Context, content: str) -> SafeString:
    """Write plain text as HTML: blank lines part paragraphs, lines with "- " are a list, and a line
    "what it is: https://…" is a link with these words.

    The text comes out of a template and is escaped already.
    """
    office = context.get("office")
    colour = colours(getattr(office, "palette", None)).strong
    blocks = re.split(r"\n\s*\n", content.strip())
    html = [_block(block, colour) for block in blocks if block.strip()]
    return mark_safe("\n".join(html))  # noqa: S308  made of escaped text


def _block(block: str, colour: str) -> str:
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    html = ""
    for is_list, group in groupby(lines, key=lambda line: line.startswith(_ITEM)):
        if is_list:
            items = ((_line(line.removeprefix(_ITEM), colour),) for line in group)
            inner = format_html_join("", "<li>{}</li>", items)
            html += format_html('<ul style="margin:0 0 16px;padding:0 0 0 24px;">{}</ul>', inner)
        else:
            text = list(group)
            # A line above a list belongs to it.
            below = 4 if text[-1] != lines[-1] else 16
            html += format_html('<p style="margin:0 0 {}px;">{}</p>', below, _lines(text, colour))
    return html


def _lines(lines: list[str], colour: str) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((_line(line, colour),) for line in lines))


def _line(line: str, colour: str) -> SafeString:
    link = _LINK.fullmatch(line)
    if link is None:
        return mark_safe(line)  # noqa: S308  escaped by the template
    return format_html(
        '<a href="{}" style="color:{};">{}</a>',
        mark_safe(link["url"]),  # noqa: S308  escaped by the template
        colour,
        mark_safe(link["label"]),  # noqa: S308  escaped by the template
    )
