"""What the tests of delivery share: a mail server and a small catalogue."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.notifications.delivery import kit
from tests.smtp_sink import SmtpSink


@pytest.fixture
def sink(settings: Any) -> Iterator[SmtpSink]:
    """A mail server that EMAIL_URL names."""
    with SmtpSink() as running:
        kit.use_sink(settings, running)
        yield running


@pytest.fixture
def small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A note that is sent again after a cut, and a letter that is held."""
    kit.use_catalogue(monkeypatch, kit.NOTE, kit.LETTER)
