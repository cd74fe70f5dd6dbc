"""What an office writes: safe as HTML, readable as text."""

import pytest

from events.markdown import markdown_text, render_markdown


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# One\n\n## Two", "<h3>One</h3>\n<h4>Two</h4>"),
        ("### One\n\n##### Two", "<h3>One</h3>\n<h5>Two</h5>"),
    ],
)
def test_headings_begin_at_the_level_of_the_page(source: str, expected: str) -> None:
    assert render_markdown(source, heading_level=3) == expected


def test_headings_end_at_the_sixth_level() -> None:
    html = render_markdown("# a\n\n## b\n\n###### c", heading_level=5)
    assert html == "<h5>a</h5>\n<h6>b</h6>\n<h6>c</h6>"


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<a href='https://x.example' style='position:fixed'>x</a>",
        "[x](https://x.example '\"><script>alert(1)</script>')",
    ],
)
def test_nothing_active_reaches_the_reader(attack: str) -> None:
    html = render_markdown(attack)
    for sign in ("<script", "<img", 'href="javascript', 'href="data', "<a href='"):
        assert sign not in html, html


def test_links_keep_their_address_and_lose_the_referrer() -> None:
    html = render_markdown("[Budget](https://example.org/b?x=1&y=2)")
    assert html == (
        '<p><a href="https://example.org/b?x=1&amp;y=2" rel="noopener noreferrer">Budget</a></p>'
    )


def test_a_picture_is_its_description() -> None:
    assert render_markdown("![The <new> park](https://e.example/p.png)") == (
        "<p>The &lt;new&gt; park</p>"
    )


def test_plain_text_keeps_the_order_and_the_links() -> None:
    source = """# Parks & libraries

Come and *ask*, see [the budget](https://example.org/b)
or <https://example.org>. Write to [us](mailto:a@example.org).

- One
- Two
  1. first
  2. second
- Three

> No rain\\
> tomorrow.

| Day | Time |
| --- | --- |
| Monday | 9:00 |

---

    code
"""
    assert (
        markdown_text(source)
        == """Parks & libraries

Come and ask, see the budget (https://example.org/b) or https://example.org. Write to us \
(a@example.org).

- One
- Two
  1. first
  2. second
- Three

> No rain
> tomorrow.

Day | Time
Monday | 9:00

* * *

code"""
    )


def test_a_paragraph_inside_an_item_stays_indented() -> None:
    assert markdown_text("- One\n\n  more\n- Two") == "- One\n\n  more\n- Two"


def test_empty_stays_empty() -> None:
    assert (render_markdown(""), markdown_text("")) == ("", "")
