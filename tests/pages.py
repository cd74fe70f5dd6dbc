"""Reading a page as its reader does: words, links and what stands in the fields."""

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

SILENT = {"script", "style", "svg", "title"}


class Page(HTMLParser):
    """What a page says, links to, and holds in its fields.

    ``text`` is all visible words with single spaces; ``links`` the addresses; ``fields`` each named
    control's value (a list for checkboxes that share a name, ticked ones only; radios likewise).
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fields: dict[str, Any] = {}
        self.forms: list[str] = []
        self.title = ""
        self._words: list[str] = []
        self._silent = 0
        self._in: str | None = None
        self._select = ""
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag in SILENT:
            self._silent += 1
            self._in = tag
        match tag:
            case "a" if "href" in found:
                self.links.append(found["href"])
            case "form":
                self.forms.append(found.get("action", ""))
            case "input" if "name" in found:
                self._input(found)
            case "textarea":
                self._in = f"textarea {found['name']}"
                self.fields[found["name"]] = ""
            case "select":
                self._select = found.get("name", "")
                self.fields.setdefault(self._select, "")
            case "option" if "selected" in found:
                self.fields[self._select] = found.get("value", "")

    def _input(self, found: dict[str, str]) -> None:
        name, kind = found["name"], found.get("type", "text")
        if kind in ("checkbox", "radio"):
            ticked = self.fields.setdefault(name, [])
            if "checked" in found:
                ticked.append(found.get("value", "on"))
        else:
            self.fields[name] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1
        self._in = None

    def handle_data(self, data: str) -> None:
        if self._in and self._in.startswith("textarea "):
            # A browser drops the line break that begins a text area.
            self.fields[self._in.removeprefix("textarea ")] += data.removeprefix("\n")
        elif self._in == "title":
            self.title += data
        elif not self._silent:
            self._words.append(data)


def page(response: HttpResponse) -> Page:
    """Read the page of a response."""
    return Page(response.content.decode())
