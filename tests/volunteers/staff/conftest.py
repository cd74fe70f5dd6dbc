"""The desk of one office on a Monday morning."""

from collections.abc import Iterator

import pytest

from events.models import Office
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_office, make_staff


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def office() -> Office:
    return make_office(name="City office", languages=["en", "es"])


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(make_staff(office))
