"""Plain text from the HTML that Google and Outlook put into descriptions."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LOOKS_LIKE_HTML = re.compile(
    r"</?(?:a|b|br|div|em|font|h[1-6]|html|html-blob|i|li|ol|p|span|strong|u|ul)\b[^<>]*>", re.I
)
_BLOCKS = {"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "tr", "ul"}
_SILENT = {"head", "script", "style", "title"}


def plain_text(text: str) -> str:
    """The text without its tags; text that holds none is returned as it is.

    Paragraphs and list items keep their lines, and a link keeps its address.
    """
    if not _LOOKS_LIKE_HTML.search(text):
        return text
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self._break()
            self.parts.append("- ")
        elif tag in _BLOCKS:
            self._break()
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self.parts))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "a" and self._link:
            address, start = self._link
            shown = "".join(self.parts[start:]).strip()
            is_shown = address.removeprefix("mailto:").removeprefix("tel:") == shown
            if address.startswith(("http://", "https://", "mailto:", "tel:")) and not is_shown:
                self.parts.append(f" ({address})" if shown else address)
            self._link = None
        elif tag in _BLOCKS - {"br", "li"}:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)

    def _break(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
