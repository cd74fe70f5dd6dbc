"""A street of neighbors: browsers, a mail server, and an office to deal with."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from config.environment import MailTransport
from tests.smtp_sink import SmtpSink
from tests.stories.street import Street


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


@pytest.fixture
def _mail_goes_to_the_sink(transactional_db: None, sink: SmtpSink, settings: Settings) -> None:
    settings.MAIL_TRANSPORT = MailTransport(scheme="smtp", host="127.0.0.1", port=sink.port)


@pytest.fixture
def street(_mail_goes_to_the_sink: None, sink: SmtpSink, settings: Settings) -> Iterator[Street]:
    """The office of District 4 on a Monday morning; its mail goes to a real server."""
    settings.RATE_LIMITS = False
    with Street(sink) as opened:
        yield opened


@pytest.fixture
def empty_street(
    _mail_goes_to_the_sink: None, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Street]:
    """The same morning, before anybody has opened an office."""
    monkeypatch.setattr("config.setup.SetupMiddleware.has_office", False)
    with Street(sink, has_office=False) as opened:
        yield opened
