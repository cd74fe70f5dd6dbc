"""Letters that go up by themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.audit import Operation
from events.errors import Refused
from events.models import AuditEntry, Office, StaffUser
from notifications import tick
from notifications.letters import actions
from notifications.letters.actions import (
    delete_draft,
    edit_letter,
    post_letter,
    post_scheduled,
    schedule_letter,
    unschedule_letter,
)
from notifications.models import Letter
from tests import clock
from tests.factories import NOW, make_office, make_staff, make_topic
from tests.notifications.mailing import mailed, make_letter, make_reader
from tests.pages import page

pytestmark = pytest.mark.django_db

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def manager(office: Office) -> StaffUser:
    return make_staff(office)


@pytest.fixture
def letter(office: Office, manager: StaffUser) -> Letter:
    """A draft that goes up tomorrow."""
    draft = make_letter(office, post=False)
    return schedule_letter(letter_id=draft.pk, at=TOMORROW, mails=True, now=NOW, actor=manager)


def test_a_scheduled_letter_is_neither_draft_nor_public(letter: Letter) -> None:
    assert list(Letter.objects.scheduled()) == [letter]
    assert list(Letter.objects.drafts()) == []
    assert list(Letter.objects.posted()) == []


def test_it_goes_up_at_its_time_and_not_before(letter: Letter) -> None:
    assert post_scheduled(now=TOMORROW - timedelta(seconds=1)) == 0
    assert post_scheduled(now=TOMORROW) == 1
    letter.refresh_from_db()
    assert (letter.posted_at, letter.scheduled_for) == (TOMORROW, None)


def test_it_is_posted_in_the_name_of_who_scheduled_it(letter: Letter, manager: StaffUser) -> None:
    post_scheduled(now=TOMORROW)
    entry = AuditEntry.objects.get(action="letter.posted")
    assert (entry.staff, entry.actor_kind) == (manager, "staff")


def test_who_scheduled_it_is_not_looked_for_among_the_facts_of_all_offices(letter: Letter) -> None:
    with CaptureQueriesContext(connection) as queries:
        post_scheduled(now=TOMORROW)
    (asked,) = [
        query["sql"]
        for query in queries
        if query["sql"].startswith("SELECT") and "letter.scheduled" in query["sql"]
    ]
    assert f'"office_id" = {letter.office_id}' in asked


def test_who_scheduled_it_last_posts_it(letter: Letter, office: Office) -> None:
    luis = make_staff(office)
    schedule_letter(letter_id=letter.pk, at=TOMORROW, mails=True, now=NOW, actor=luis)
    post_scheduled(now=TOMORROW)
    assert AuditEntry.objects.get(action="letter.posted").staff == luis


def test_ten_ticks_post_it_once(letter: Letter) -> None:
    for _ in range(10):
        tick.tick(now=TOMORROW)
    assert AuditEntry.objects.filter(action="letter.posted").count() == 1


def test_what_a_tick_missed_goes_up_late(letter: Letter) -> None:
    late = TOMORROW + timedelta(hours=2)
    tick.tick(now=late)
    letter.refresh_from_db()
    assert letter.posted_at == late


@pytest.mark.parametrize(("mails", "told"), [(True, ["ana@example.org"]), (False, [])])
def test_whether_it_is_mailed_was_said_with_the_schedule(
    office: Office, mails: bool, told: list[str]
) -> None:
    topic = make_topic("housing")
    make_reader(office, [topic], email="ana@example.org")
    draft = make_letter(office, topics=[topic], post=False)
    schedule_letter(letter_id=draft.pk, at=TOMORROW, mails=mails, now=NOW)
    post_scheduled(now=TOMORROW)
    assert mailed("letter_posted") == told


def test_an_edited_letter_stays_scheduled_and_goes_up_as_it_is_then(letter: Letter) -> None:
    edit_letter(letter_id=letter.pk, changes={"title": "Trees"}, now=NOW)
    post_scheduled(now=TOMORROW)
    letter.refresh_from_db()
    assert (letter.title, letter.posted_at, letter.was_changed) == ("Trees", TOMORROW, False)


def test_another_time_takes_the_place_of_the_first(letter: Letter) -> None:
    later = TOMORROW + timedelta(days=1)
    schedule_letter(letter_id=letter.pk, at=later, mails=True, now=NOW)
    assert post_scheduled(now=TOMORROW) == 0
    assert post_scheduled(now=later) == 1


def test_a_schedule_that_is_called_off_leaves_a_draft(letter: Letter) -> None:
    for _ in range(2):
        unschedule_letter(letter_id=letter.pk, now=NOW)
    assert post_scheduled(now=TOMORROW) == 0
    assert list(Letter.objects.drafts()) == [letter]
    assert AuditEntry.objects.filter(action="letter.unscheduled").count() == 1


def test_what_is_posted_by_hand_before_its_time_is_posted_once(letter: Letter) -> None:
    post_letter(letter_id=letter.pk, mails=True, now=NOW)
    assert post_scheduled(now=TOMORROW) == 0
    letter.refresh_from_db()
    assert (letter.posted_at, letter.scheduled_for) == (NOW, None)
    unschedule_letter(letter_id=letter.pk, now=TOMORROW)
    assert Letter.objects.posted().exists()


def test_a_time_that_is_over_is_refused(office: Office) -> None:
    draft = make_letter(office, post=False)
    with pytest.raises(Refused, match="still to come"):
        schedule_letter(letter_id=draft.pk, at=NOW, mails=True, now=NOW)
    assert list(Letter.objects.drafts()) == [draft]


def test_what_nobody_has_read_is_not_scheduled(letter: Letter) -> None:
    edit_letter(letter_id=letter.pk, changes={"title": "Trees"}, now=NOW)
    with pytest.raises(Refused, match="Read it again"):
        schedule_letter(letter_id=letter.pk, at=TOMORROW, mails=False, revision=1, now=NOW)


def test_a_scheduled_letter_is_not_thrown_away(letter: Letter) -> None:
    with pytest.raises(Refused, match="Call that off first"):
        delete_draft(letter_id=letter.pk, now=NOW)
    assert Letter.objects.count() == 1


def test_one_letter_that_fails_keeps_no_other_from_going_up(
    letter: Letter, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_letter(office, title="Trees", post=False)
    schedule_letter(letter_id=other.pk, at=TOMORROW, mails=True, now=NOW)
    post = actions._post

    def fail_for_the_first(op: Operation, row: Letter, *, mails: bool, confirmed: str) -> None:
        if row.pk == letter.pk:
            raise RuntimeError
        post(op, row, mails=mails, confirmed=confirmed)

    monkeypatch.setattr(actions, "_post", fail_for_the_first)
    assert post_scheduled(now=TOMORROW) == 1
    assert [row.pk for row in Letter.objects.posted()] == [other.pk]
    assert [row.pk for row in Letter.objects.scheduled()] == [letter.pk]
    monkeypatch.undo()
    assert post_scheduled(now=TOMORROW) == 1


def test_the_instant_is_kept_whatever_the_clocks_do(office: Office) -> None:
    # 9:00 in Los Angeles, the Monday after the clocks went back on November 1, 2026.
    nine = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)
    draft = make_letter(office, post=False)
    schedule_letter(letter_id=draft.pk, at=nine, mails=False, now=NOW)
    assert post_scheduled(now=nine - timedelta(minutes=1)) == 0
    assert post_scheduled(now=nine) == 1


def test_at_night_the_last_page_says_what_mail_does_now(
    client: Client, office: Office, manager: StaffUser
) -> None:
    client.force_login(manager)
    draft = make_letter(office, post=False)
    path, night = f"/staff/letters/{draft.pk}/post/", "It is night there"
    with clock.at(NOW):
        assert night not in page(client.get(path)).text
    with clock.at(NOW + timedelta(hours=14)):
        assert night in page(client.get(path)).text
