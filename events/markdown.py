"""Markdown as offices write it, made into safe HTML and into plain text for mail and feeds.

Raw HTML is shown as text, never passed on. What markdown-it renders goes through nh3 once more,
so that a fault in one of the two libraries does not reach a reader.
"""

from functools import cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

ALLOWED_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
ALLOWED_SCHEMES = {"http", "https", "mailto", "tel"}


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # The security policy loads no picture from elsewhere: its description stands in its place.
    parser.add_render_rule("image", lambda self, tokens, i, *rest: escape(tokens[i].content))
    return parser


def markdown_tokens(text: str) -> list[Token]:
    """Return what Markdown says as the parser's tokens, for whoever writes another format."""
    return _parser().parse(text)


def render_markdown(text: str, *, heading_level: int = 3) -> SafeString:
    """Return safe HTML whose largest heading is ``<h{heading_level}>``.

    The writer's own levels are kept relative to each other and end at ``<h6>``, so that a page's
    outline has no gap whether the office starts with ``#`` or with ``###``.
    """
    tokens = _parser().parse(text)
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    shift = heading_level - min(levels, default=1)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + shift)}"
    html = _parser().renderer.render(tokens, _parser().options, {})
    cleaned = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="noopener noreferrer",
    )
    return mark_safe(cleaned.strip())  # noqa: S308  nh3 has just cleaned it


def markdown_text(text: str) -> str:
    """Return what Markdown says as plain text: paragraphs apart, lists with signs, links in full.

    Used for the text part of mail, for calendar descriptions and for summaries.
    """
    writer = _PlainText()
    for token in _parser().parse(text):
        writer.take(token)
    return writer.text


class _PlainText:
    """Writes blocks one after the other; items of one list and rows of one table stay together."""

    def __init__(self) -> None:
        self.text = ""
        self.numbers: list[int | None] = []  # one per open list: the next number, or None
        self.marker = ""  # of the list item that has not written anything yet
        self.cells: list[str] | None = None  # of the open table row
        self.quotes = 0
        self.together = False  # the next item or row belongs right under the one before

    def take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self.open_list(None)
            case "ordered_list_open":
                self.open_list(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self.numbers.pop()
            case "list_item_open":
                self.marker = self.next_marker()
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1
            case "table_open":
                self.together = False
            case "tr_open":
                self.cells = []
            case "tr_close":
                self.write(" | ".join(self.cells or []), together=self.together)
                self.cells = None
                self.together = True
            case "hr":
                self.write("* * *")
            case "fence" | "code_block":
                self.write(token.content.rstrip("\n"))
            case "inline":
                self.take_line(_inline_text(token))

    def open_list(self, number: int | None) -> None:
        if not self.numbers:
            self.together = False
        self.numbers.append(number)

    def next_marker(self) -> str:
        number = self.numbers[-1]
        if number is None:
            return "- "
        self.numbers[-1] = number + 1
        return f"{number}. "

    def take_line(self, line: str) -> None:
        if self.cells is not None:
            self.cells.append(line)
            return
        if self.quotes:
            line = "\n".join("> " * self.quotes + part for part in line.split("\n"))
        if not self.numbers:
            self.write(line)
            return
        indent = "  " * (len(self.numbers) - 1)
        hanging = "\n" + indent + "  "
        first = bool(self.marker)
        start = indent + (self.marker or "  ")
        self.write(start + line.replace("\n", hanging), together=first and self.together)
        self.marker = ""
        self.together = True

    def write(self, block: str, *, together: bool = False) -> None:
        if self.text:
            self.text += "\n" if together else "\n\n"
        self.text += block


def _inline_text(token: Token) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline", "image"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n" if child.type == "hardbreak" else " ")
        elif child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), len(parts)))
        elif child.type == "link_close":
            href, start = links.pop()
            shown = "".join(parts[start:])
            address = href.removeprefix("mailto:").removeprefix("tel:")
            if address not in (shown, f"http://{shown}", f"https://{shown}"):
                parts.append(f" ({address})")
    return "".join(parts)
