"""One person's browser: it reads pages, follows their links, and sends the forms that are on them.

It sends what a browser would send: hidden fields, what stood in a field already, and the one button
that was pressed. It can type only into fields that are there, and choose only what is offered.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client

from tests.pages import Page, page

ONE_LINE = ("checkbox", "radio", "select")


@dataclass
class Control:
    """A field of a form, with what stands in it. A choice also has what can be chosen."""

    kind: str
    values: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)

    def typed(self, name: str, value: Any) -> Any:
        """Return what is sent for ``value``; fails where nobody could enter that."""
        assert self.kind != "hidden", f"nobody types into the hidden field {name}"
        if self.kind == "file":
            return value
        values = [value] if isinstance(value, str) else list(value)
        if self.kind in ONE_LINE:
            wrong = [one for one in values if one not in self.offered]
            assert not wrong, f"{name} offers {self.offered}, not {wrong}"
        return values


@dataclass
class Button:
    label: str
    name: str
    value: str


@dataclass
class Form:
    """One form of a page."""

    action: str
    method: str
    controls: dict[str, Control] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def sent(self, button: Button, typed: dict[str, Any]) -> dict[str, Any]:
        """Return what the browser sends when that button is pressed."""
        unknown = set(typed) - set(self.controls)
        assert not unknown, f"the form has {sorted(self.controls)}, not {sorted(unknown)}"
        data: dict[str, Any] = {
            name: control.typed(name, typed[name]) if name in typed else control.values
            for name, control in self.controls.items()
            if name in typed or control.kind != "file"
        }
        return data | ({button.name: button.value} if button.name else {})


class Controls(HTMLParser):
    """The links and forms of a page, as one who uses them sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._words: list[str] | None = None
        self._href = ""
        self._button: dict[str, str] = {}
        self._area = ""
        self._select: Control | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        form = self._form
        match tag:
            case "a" if "href" in found:
                self._href, self._words = found["href"], []
            case "form":
                self._form = Form(found.get("action", ""), found.get("method", "get").lower())
                self.forms.append(self._form)
            case "button" if form is not None:
                self._button, self._words = found, []
            case "input" if form is not None and found.get("name"):
                self._input(form, found)
            case "textarea" if form is not None:
                self._area, self._words = found["name"], []
            case "select" if form is not None:
                self._select = Control("select")
                form.controls[found["name"]] = self._select
            case "option" if self._select is not None:
                self._select.offered.append(found.get("value", ""))
                if "selected" in found:
                    self._select.values.append(found.get("value", ""))

    def _input(self, form: Form, found: dict[str, str]) -> None:
        name, kind, value = found["name"], found.get("type", "text"), found.get("value", "")
        if kind in ("checkbox", "radio"):
            control = form.controls.setdefault(name, Control(kind))
            value = found.get("value", "on")
            control.offered.append(value)
            if "checked" in found:
                control.values.append(value)
        elif kind == "hidden" and name in form.controls:
            form.controls[name].values.append(value)
        else:
            form.controls[name] = Control(kind, [value])

    def handle_endtag(self, tag: str) -> None:
        words = " ".join("".join(self._words or []).split())
        match tag:
            case "a" if self._words is not None:
                self.links.append((words, self._href))
                self._words = None
            case "button" if self._words is not None and self._form is not None:
                found = self._button
                self._form.buttons.append(
                    Button(words, found.get("name", ""), found.get("value", ""))
                )
                self._words = None
            case "textarea" if self._form is not None:
                # A browser drops the line break that begins a text area.
                text = "".join(self._words or []).removeprefix("\n")
                self._form.controls[self._area] = Control("textarea", [text])
                self._words = None
            case "select" if self._select is not None:
                if not self._select.values:
                    self._select.values = self._select.offered[:1]
                self._select = None
            case "form":
                self._form = None

    def handle_data(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)


class Browser:
    """One person's browser. It follows redirects, as all do, and insists on an answer below 500."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.path = ""
        self.page = Page("")
        self.controls = Controls("")

    # --- Looking ---------------------------------------------------------------------------------

    def open(self, path: str) -> Page:
        """Go to an address of the site and read the page there."""
        answer = self.client.get(path, follow=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return self._read(answer)

    def follow(self, words: str) -> Page:
        """Follow the link of the page that consists of these words."""
        found = {href for label, href in self.controls.links if label == words}
        assert len(found) == 1, f"{words!r} is no single link of {self.path}: {self.controls.links}"
        return self.open(self._path_of(found.pop()))

    def status(self, path: str) -> int:
        """Return the status that an address answers with, wherever it leads."""
        return self.client.get(path, follow=True).status_code

    def _path_of(self, link: str) -> str:
        parts = urlsplit(urljoin(f"http://testserver{self.path}", link))
        assert parts.hostname == "testserver", f"{link} leads away from the site"
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _read(self, answer: HttpResponse) -> Page:
        request = answer.request  # type: ignore[attr-defined]
        query = request.get("QUERY_STRING", "")
        self.path = request["PATH_INFO"] + (f"?{query}" if query else "")
        self.page, self.controls = page(answer), Controls(answer.content.decode())
        return self.page

    # --- Sending ---------------------------------------------------------------------------------

    def press(self, button: str, **typed: Any) -> Page:
        """Type into the form that has this button, press it, and read the page that follows."""
        answer = self._submit(button, typed)
        if answer.status_code in (302, 303):
            return self.open(self._path_of(answer["Location"]))
        assert answer.status_code == 200, f"{button}: {answer.status_code} {page(answer).text}"
        return self._read(answer)

    def press_in_vain(self, button: str, *, status: int = 422, **typed: Any) -> Page:
        """Do the same with a form that is refused, and read the page that says why."""
        answer = self._submit(button, typed)
        assert answer.status_code == status, f"{button}: {answer.status_code} {page(answer).text}"
        return self._read(answer)

    def _submit(self, label: str, typed: dict[str, Any]) -> HttpResponse:
        found = [
            (form, button)
            for form in self.controls.forms
            for button in form.buttons
            if button.label == label
        ]
        buttons = [button.label for form in self.controls.forms for button in form.buttons]
        assert len(found) == 1, f"{label!r} is no single button of {self.path}: {buttons}"
        form, button = found[0]
        data = form.sent(button, typed)
        target = self._path_of(form.action) if form.action else self.path
        if form.method == "get":
            return self.client.get(f"{target.split('?')[0]}?{urlencode(data, doseq=True)}")
        return self.client.post(
            target, data, headers={"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
        )

    def send(self, path: str, **fields: Any) -> Page:
        """Submit a form by its address alone; it must have been accepted."""
        answer = self.client.post(path, fields)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {page(answer).text[:600]}"
        return self.open(self._path_of(answer["Location"]))

    def fail(self, path: str, **fields: Any) -> Page:
        """Submit a form that is refused, and read the page that says why."""
        answer = self.client.post(path, fields)
        assert answer.status_code == 422, f"{path}: {answer.status_code}"
        return page(answer)

    def log_in(self, email: str, password: str) -> Self:
        """Log in at the staff's door and come to the desk."""
        self.open("/staff/")
        self.press("Sign in", login=email, password=password)
        assert self.path == "/staff/", self.page.text
        return self
