"""What the tests of what is said to whom share: a mail server."""

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
