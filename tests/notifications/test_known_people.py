"""Whom an office knows, and whom only others do."""

import pytest

from notifications.known_people import person_of
from tests.factories import make_office, make_topic
from tests.notifications.mailing import make_reader

EMAIL = "ana@example.org"


@pytest.mark.django_db
def test_only_whom_the_office_has_to_do_with_is_known() -> None:
    office, topic = make_office(slug="rivera"), make_topic("parking")
    other = make_office(slug="campaign", kind="campaign")
    ana = make_reader(office, [topic], email=EMAIL)
    assert person_of(" Ana@Example.org ", [office]) == ana
    assert person_of(EMAIL, [other]) is None
    assert person_of("gone@example.org", [office]) is None
