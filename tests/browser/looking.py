"""Looking at pages as everybody has them: wide, narrow, by keyboard, through a screen reader."""

import gzip
from types import TracebackType
from typing import Any, Self

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from tests.valid_html import html_faults

#: Every page in English, and the same in Spanish where everything is run.
LANGUAGES = [
    pytest.param("", id="English"),
    pytest.param("/es", id="Spanish", marks=pytest.mark.slow),
]
WIDE, PHONE, NARROWEST = 1280, 360, 320
#: Already compressed, so that a server sends them as they are.
ALREADY_SMALL = (".woff2", ".png", ".jpg")
#: Chromium writes this line for a page that is answered with such a status: no complaint about it.
OF_THE_ANSWER = "Failed to load resource: the server responded with a status of"

#: Rules of axe that a page breaks, each with the first place where. Contrast takes axe longer than
#: all else together, and colors are the same in every language: the default one stands for all.
AXE = """async () => (await axe.run(document, {
    resultTypes: ["violations"],
    preload: false,
    rules: {"color-contrast": {enabled: document.documentElement.lang === "en"}},
})).violations.map(
    rule => `${rule.id}: ${rule.nodes[0].html} ${rule.nodes[0].failureSummary}`)"""


class Visitor:
    """Somebody with a browser of their own. ``complaints`` is what its console has said."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": PHONE, "height": 900}, **options)
        self.page = self.context.new_page()
        self._brings_axe = False
        self.complaints: list[str] = []
        #: Addresses of the pages that were shown, in order.
        self.views: list[str] = []
        self._answer: Response | None = None
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._keep)
        self.page.on("framenavigated", lambda frame: self.views.append(frame.url))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        is_the_page = message.location.get("url") == self.page.url
        if not (is_the_page and message.text.startswith(OF_THE_ANSWER)):
            self.complaints.append(message.text)

    def _keep(self, response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            self._answer = response

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def log_in(self, email: str, password: str) -> None:
        """Log in at the staff's door."""
        page = self.open("/staff/")
        page.fill("[name=login]", email)
        page.fill("[name=password]", password)
        page.click("main button[type=submit]")
        assert page.url == f"{self.address}/staff/", page.url

    # --- What is wrong with a page ---------------------------------------------------------------

    def faults(self, path: str) -> list[str]:
        """Open a page, and return everything that is wrong with it."""
        self.complaints.clear()
        if not self._brings_axe:
            # Half a megabyte: handed over once, and not for each page.
            self.context.add_init_script(AXE_SCRIPT)
            self._brings_axe = True
        self.page.set_viewport_size({"width": WIDE, "height": 900})
        self.open(path)
        return self.faults_here(path) + self._skip_link(path)

    def faults_here(self, name: str) -> list[str]:
        """Return everything that is wrong with the page that is shown."""
        assert self._answer is not None
        found = [f"{name}: {complaint}" for complaint in self.complaints]
        found += [f"{name}: {fault}" for fault in html_faults(self._answer.text())]
        if self.page.evaluate("typeof axe") == "undefined":
            self.page.evaluate(AXE_SCRIPT)
        for width in (WIDE, PHONE):
            self.page.set_viewport_size({"width": width, "height": 900})
            found += [f"{name} at {width}: {rule}" for rule in self.page.evaluate(AXE)]
        self.page.set_viewport_size({"width": NARROWEST, "height": 900})
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > NARROWEST:
            found.append(f"{name} is {width} pixels wide on a screen of {NARROWEST}")
        return found

    def _skip_link(self, name: str) -> list[str]:
        """The first thing that the keyboard reaches leads past the header to the content.

        Where a form was refused, the summary of what is wrong has the focus already.
        """
        if self.page.evaluate("document.activeElement !== document.body"):
            return []
        self.page.keyboard.press("Tab")
        first = self.page.evaluate("document.activeElement.getAttribute('href')")
        return [] if first == "#main" else [f"{name}: the first stop of the keyboard is {first}"]

    # --- How much a page weighs ------------------------------------------------------------------

    def weight(self, path: str) -> tuple[int, int]:
        """Open a page on a first visit; return its requests and its bytes, compressed."""
        responses: list[Response] = []
        with self.context.browser.new_context() as context:  # type: ignore[union-attr]
            page = context.new_page()
            page.on("response", lambda response: responses.append(response))
            page.goto(self.address + path, wait_until="networkidle")
            return len(responses), sum(map(_bytes, responses))

    # --- The keyboard ----------------------------------------------------------------------------

    def tab_to(self, name: str) -> None:
        """Press Tab until what has that label, or those words, has the focus."""
        stops: list[str] = []
        while len(stops) < 120:
            self.page.keyboard.press("Tab")
            stops.append(self.page.evaluate(FOCUSED))
            if stops[-1] == name:
                return
        raise AssertionError(f"the keyboard does not reach {name!r}, but {stops}")

    def type(self, label: str, text: str) -> None:
        """Go to a field by Tab, and type."""
        self.tab_to(label)
        self.page.keyboard.type(text)

    def enter(self, words: str) -> None:
        """Go to a link or a button by Tab, and press Enter."""
        self.tab_to(words)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


#: The label of the field that has the focus, else the words of the link or button: the first line.
FOCUSED = """() => {
    const here = document.activeElement
    const label = here.labels && here.labels.length ? here.labels[0] : here
    const optional = label.querySelector(".field__optional")
    const words = label.innerText.replace(optional ? optional.innerText : "", "")
    return words.trim().split("\\n")[0].trim()
}"""


def _bytes(response: Response) -> int:
    """What a server sends that compresses text, which the test's own does not do."""
    assert response.status == 200, response.url
    body = response.body()
    return len(body) if response.url.endswith(ALREADY_SMALL) else len(gzip.compress(body))
