"""Mail that is held."""

from datetime import timedelta

import pytest

from notifications.delivery.holds import PAUSE, hold, holds, lift
from notifications.models import MailHold
from tests.factories import make_office
from tests.notifications.delivery.kit import THEN

pytestmark = pytest.mark.django_db

LATER = THEN + PAUSE


def test_holding_again_keeps_since_when_and_the_latest_reason() -> None:
    hold(office_id=None, reason="AUTH: 535 Wrong password", now=THEN)
    hold(office_id=None, reason="connect: 554 No service", now=LATER)
    row = MailHold.objects.get()
    assert (row.since, row.until) == (THEN, LATER + PAUSE)
    assert row.reason == "connect: 554 No service"


def test_all_mail_and_each_office_have_one_hold_of_their_own() -> None:
    office = make_office()
    for office_id in (None, office.pk, None, office.pk):
        hold(office_id=office_id, reason="no", now=THEN)
    assert {row.office_id for row in holds()} == {None, office.pk}
    assert len(holds()) == 2


def test_an_accepted_message_lifts_the_holds_that_it_disproves() -> None:
    mine, other = make_office(), make_office()
    for office_id in (None, mine.pk, other.pk):
        hold(office_id=office_id, reason="no", now=THEN)
    left = lift(holds(), office_id=mine.pk, now=LATER)
    assert [row.office_id for row in left] == [other.pk]
    assert [row.office_id for row in holds()] == [other.pk]


def test_a_hold_that_was_renewed_meanwhile_stays() -> None:
    hold(office_id=None, reason="no", now=THEN)
    seen = holds()
    hold(office_id=None, reason="no again", now=LATER - timedelta(seconds=1))
    lift(seen, office_id=None, now=LATER)
    assert MailHold.objects.get().reason == "no again"
