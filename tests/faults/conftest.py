"""A scene on real PostgreSQL and Redis, with a real worker and a real mail server."""

from collections.abc import Iterator

import pytest

from tests.faults.scene import Scene
from tests.processes import Processes
from tests.smtp_sink import SmtpSink


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


@pytest.fixture
def scene(processes: Processes, sink: SmtpSink) -> Scene:
    return Scene(processes, sink)
