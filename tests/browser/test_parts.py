"""Every part of the pages in a real browser: accessible, narrow enough, light enough."""

import pytest

from tests.browser.looking import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.parts_urls")]

PAGES = ["/dev/parts/", "/es/dev/parts/?errors", "/dev/parts/?staff&errors"]


def test_parts_are_accessible_and_fit_the_screen(visitor: Visitor) -> None:
    assert [fault for path in PAGES for fault in visitor.faults(path)] == []


def test_what_is_wrong_would_be_noticed(visitor: Visitor) -> None:
    page = visitor.open("/dev/parts/")
    page.evaluate("""() => {
        const picture = document.createElement("img")
        picture.style.minWidth = "900px"
        document.querySelector("main").append(picture)
        console.error("Something broke.")
    }""")
    said, *axe, wide = visitor.faults_here("here")
    assert said == "here: Something broke."
    assert {fault.split(": ")[1] for fault in axe} == {"image-alt"}
    assert "pixels wide on a screen of 320" in wide


def test_a_refused_form_is_summed_up_and_the_summary_has_the_focus(visitor: Visitor) -> None:
    page = visitor.open("/dev/parts/?errors")
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in ("id_name", "#id_name")


def test_the_skip_link_leads_to_the_page(visitor: Visitor) -> None:
    page = visitor.open("/dev/parts/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "usa-skipnav"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_all_parts_together_are_light(visitor: Visitor) -> None:
    requests, size = visitor.weight("/dev/parts/")
    assert requests <= 8
    assert size <= 100_000
