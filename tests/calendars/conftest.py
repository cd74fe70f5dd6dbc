"""What the tests of feeds stand on: a Monday morning, and the office of Ana Ruiz."""

from collections.abc import Iterator

import pytest
import time_machine

from events.models import Office
from tests import factories
from tests.factories import NOW


@pytest.fixture
def on_monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office() -> Office:
    return factories.make_office(slug="ruiz", name="Office of Ana Ruiz, District 4")
