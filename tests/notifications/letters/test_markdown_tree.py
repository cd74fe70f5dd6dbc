"""Markdown as a tree of plain data."""

import pytest

from notifications.letters.markdown_tree import Node, markdown_tree


def text(words: str) -> Node:
    return {"kind": "text", "text": words}


def paragraph(*runs: Node) -> Node:
    return {"kind": "paragraph", "of": list(runs)}


@pytest.mark.parametrize(
    ("markdown", "tree"),
    [
        ("", []),
        ("Hello\nthere", [paragraph(text("Hello"), text(" "), text("there"))]),
        ("a  \nb", [paragraph(text("a"), {"kind": "break"}, text("b"))]),
        ("**a** *b* ~~c~~ `d`", [paragraph(
            {"kind": "strong", "of": [text("a")]}, text(" "), {"kind": "em", "of": [text("b")]},
            text(" "), {"kind": "strike", "of": [text("c")]}, text(" "),
            {"kind": "code", "text": "d"},
        )]),
        ("[a **b**](https://x.example)", [paragraph(
            {"kind": "link", "to": "https://x.example",
             "of": [text("a "), {"kind": "strong", "of": [text("b")]}]},
        )]),
        ("[a](/letters/)", [paragraph(text("a"))]),
        ("![a map](https://x.example/map.png)", [paragraph(text("a map"))]),
        ("<b>x</b>", [paragraph(text("<b>x</b>"))]),
        ("- a\n- b", [
            {"kind": "bullets", "items": [[paragraph(text("a"))], [paragraph(text("b"))]]},
        ]),
        ("3. a\n   - b", [{"kind": "numbers", "start": 3, "items": [
            [paragraph(text("a")), {"kind": "bullets", "items": [[paragraph(text("b"))]]}],
        ]}]),
        ("> a", [{"kind": "quote", "of": [paragraph(text("a"))]}]),
        ("```\na\n```", [{"kind": "code", "text": "a"}]),
        ("***", [{"kind": "rule"}]),
        ("|a|\n|-|\n|b|", [
            {"kind": "table", "head": [[text("a")]], "rows": [[{"of": [text("b")]}]]},
        ]),
    ],
)  # fmt: skip
def test_every_kind_of_block_and_run(markdown: str, tree: list[Node]) -> None:
    assert markdown_tree(markdown) == tree


@pytest.mark.parametrize(
    ("markdown", "levels"),
    [("# a\n## b", [2, 3]), ("### a\n# b", [2, 2]), ("# a\n### b\n#### c", [2, 3, 4])],
)
def test_headings_go_down_one_at_a_time(markdown: str, levels: list[int]) -> None:
    assert [node["level"] for node in markdown_tree(markdown)] == levels
