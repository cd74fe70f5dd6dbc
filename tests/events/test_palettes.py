"""Whatever colour an office picks, its pages can be read (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

from events.models.office import Palette
from events.palettes import PALETTES, colours

SHEET = Path(__file__).resolve().parents[2] / "config" / "assets" / "_palettes.scss"


def luminance(colour: str) -> float:
    """Return the relative luminance of a hexadecimal colour."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_an_office_can_choose_each_palette_and_no_other() -> None:
    assert sorted(PALETTES) == sorted(Palette.values)


def test_the_style_sheet_has_the_same_colours() -> None:
    found = {
        name: re.findall(r"#[0-9a-f]{6}", values)
        for name, values in re.findall(r'"(\w+)": \(([^)]*)\)', SHEET.read_text())
    }
    assert found == {name: list(each) for name, each in PALETTES.items()}


@pytest.mark.parametrize("name", Palette.values)
def test_every_pair_that_carries_text_meets_aa(name: str) -> None:
    each = colours(name)
    for background in ("#ffffff", each.tint, each.soft):
        assert contrast(each.strong, background) >= 4.5
        assert contrast(each.dark, background) >= 4.5
    ink_soft = "#565c65"
    assert contrast(ink_soft, each.tint) >= 4.5
    # The dark mode of mail: light colours on dark grey, and dark text on a light button.
    assert contrast(each.line, "#222222") >= 4.5
    assert contrast("#1b1b1b", each.line) >= 4.5


def test_an_unknown_palette_is_the_default_one() -> None:
    assert colours(None) == colours("no such colour") == PALETTES["blue"]
