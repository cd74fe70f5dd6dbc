"""The colours of each palette that an office can choose (``events.models.office.Palette``).

A named palette and not a free colour: every pair of colours in a palette meets WCAG AA, so no
office can make its own pages unreadable. Pages take the palette as a class on ``<html>``; mail,
which knows no stylesheet, takes the literals below. The same values stand in
``config/assets/_palettes.scss``; a test compares the two files and measures the contrasts.
"""

from typing import NamedTuple


class Colours(NamedTuple):
    """What an office's palette gives, as hexadecimal colours, from dark to light."""

    strong: str  #: text on white and on tint, white text on it
    dark: str  #: the same under a pointer
    tint: str  #: large quiet surfaces
    soft: str  #: small surfaces with text in the strong colour
    line: str  #: borders and other decoration; carries no text


PALETTES: dict[str, Colours] = {
    "blue": Colours("#0b4778", "#1f303e", "#eff6fb", "#d9e8f6", "#aacdec"),
    "indigo": Colours("#3d2c9d", "#2e2c40", "#f1eff7", "#e7e3fa", "#cbc4f2"),
    "teal": Colours("#0e4f5c", "#203133", "#e7f6f8", "#ccecf2", "#99deea"),
    "green": Colours("#154c21", "#28312a", "#ecf3ec", "#dbebde", "#b4d0b9"),
    "gold": Colours("#5c410a", "#322d26", "#f5f0e6", "#f1e5cd", "#dec69a"),
    "plum": Colours("#731f44", "#402731", "#f9f0f2", "#f6e1e8", "#f0bbcc"),
    "brick": Colours("#782312", "#3d2925", "#faeee5", "#fbe0d0", "#f7bca2"),
    "slate": Colours("#3d4551", "#2d2e2f", "#edeff0", "#dfe1e2", "#c6cace"),
}

DEFAULT_PALETTE = "blue"


def colours(palette: str | None) -> Colours:
    """Return the colours of a palette, or the default ones where there is no such palette."""
    return PALETTES.get(palette or DEFAULT_PALETTE, PALETTES[DEFAULT_PALETTE])
