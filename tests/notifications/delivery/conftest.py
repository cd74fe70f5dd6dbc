"""What the tests of delivery share: a small catalogue."""

import pytest

from tests.notifications.delivery import kit


@pytest.fixture
def small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A note that is sent again after a cut, and a letter that is held."""
    kit.use_catalogue(monkeypatch, kit.NOTE, kit.LETTER)
