"""A street of neighbors: browsers, a mail server, and an office to deal with."""

from collections.abc import Iterator

import pytest

from tests.smtp_sink import SmtpSink
from tests.stories.street import Street


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


@pytest.fixture
def street(transactional_db: None, sink: SmtpSink, settings) -> Iterator[Street]:  # type: ignore[no-untyped-def]
    """The office of District 4 on a Monday morning; its mail goes to a real server."""
    from config.environment import MailTransport

    settings.MAIL_TRANSPORT = MailTransport(scheme="smtp", host="127.0.0.1", port=sink.port)
    settings.RATE_LIMITS = False
    with Street(sink) as opened:
        yield opened
