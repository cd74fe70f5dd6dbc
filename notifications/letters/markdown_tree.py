"""Markdown as a tree of plain data, for a program that sets it on paper.

Made of the parser's tokens. No text is ever pasted into another language: a text stays a string in
the tree, and what is set from it is set as it stands.
"""

from collections.abc import Iterator
from typing import Any

from markdown_it.token import Token

from events.markdown import ALLOWED_SCHEMES, markdown_tokens

#: A node: {"kind": …} and what belongs to its kind (see ``letter.typ``, which reads them).
Node = dict[str, Any]

_RUNS = {"strong_open": "strong", "em_open": "em", "s_open": "strike"}


def markdown_tree(text: str, *, heading_level: int = 2) -> list[Node]:
    """Return the blocks of ``text``. Its largest heading has ``heading_level``.

    Headings go down by one at a time, as a tagged document wants it (PDF/UA-1, 7.4.2).
    """
    tokens = markdown_tokens(text)
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    return _Blocks(tokens, heading_level - min(levels, default=1), heading_level).read()


class _Blocks:
    """Reads block tokens, one after the other, into nodes."""

    def __init__(self, tokens: list[Token], shift: int, first_level: int) -> None:
        self.tokens = iter(tokens)
        self.shift = shift
        #: The level that the next heading may have at most.
        self.deepest = first_level

    def read(self, until: str = "") -> list[Node]:
        """Return the nodes up to a token of type ``until``, or to the end."""
        nodes: list[Node] = []
        for token in self.tokens:
            if token.type == until:
                break
            if node := self.node(token):
                nodes.append(node)
        return nodes

    def node(self, token: Token) -> Node | None:
        match token.type:
            case "paragraph_open":
                return {"kind": "paragraph", "of": self.line("paragraph_close")}
            case "heading_open":
                level = min(int(token.tag[1]) + self.shift, self.deepest)
                self.deepest = level + 1
                return {"kind": "heading", "level": level, "of": self.line("heading_close")}
            case "bullet_list_open":
                return {"kind": "bullets", "items": self.items("bullet_list_close")}
            case "ordered_list_open":
                start = int(token.attrGet("start") or 1)
                items = self.items("ordered_list_close")
                return {"kind": "numbers", "start": start, "items": items}
            case "blockquote_open":
                return {"kind": "quote", "of": self.read("blockquote_close")}
            case "fence" | "code_block":
                return {"kind": "code", "text": token.content.rstrip("\n")}
            case "hr":
                return {"kind": "rule"}
            case "table_open":
                return self.table()
        return None

    def line(self, until: str) -> list[Node]:
        runs: list[Node] = []
        for token in self.tokens:
            if token.type == until:
                break
            runs += _runs(iter(token.children or []))
        return runs

    def items(self, until: str) -> list[list[Node]]:
        found: list[list[Node]] = []
        for token in self.tokens:
            if token.type == until:
                break
            found.append(self.read("list_item_close"))
        return found

    def table(self) -> Node:
        rows: list[list[list[Node]]] = []
        for token in self.tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                rows[-1].append(self.line(token.type.replace("open", "close")))
        head, *rest = rows
        # A cell is a node of its own: rows are laid end to end where they are set.
        return {"kind": "table", "head": head, "rows": [[{"of": c} for c in row] for row in rest]}


def _runs(tokens: Iterator[Token], until: str = "") -> list[Node]:
    nodes: list[Node] = []
    for token in tokens:
        if token.type == until:
            break
        nodes += _run(token, tokens)
    return nodes


def _run(token: Token, rest: Iterator[Token]) -> list[Node]:
    """Return the nodes of one token, with what it encloses."""
    if token.type in _RUNS:
        inner = _runs(rest, token.type.replace("open", "close"))
        return [{"kind": _RUNS[token.type], "of": inner}] if inner else []
    match token.type:
        case "link_open":
            inner, to = _runs(rest, "link_close"), str(token.attrGet("href") or "")
            known = to.partition(":")[0].lower() in ALLOWED_SCHEMES
            return [{"kind": "link", "to": to, "of": inner}] if known and inner else inner
        case "code_inline":
            return [{"kind": "code", "text": token.content}]
        case "hardbreak":
            return [{"kind": "break"}]
        case "softbreak":
            return [{"kind": "text", "text": " "}]
        case "text" | "image":
            return [{"kind": "text", "text": token.content}] if token.content else []
    return []
