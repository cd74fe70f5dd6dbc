"""Letters and sign-ups that several people do at the same moment, on real PostgreSQL."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from events.models import AuditEntry
from notifications.letters.actions import post_letter, write_letter
from notifications.letters.files import post_letter_file
from notifications.models import Letter, Subscription, SubscriptionRequest
from notifications.subscriptions.actions import confirm_request, unsubscribe
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import draft, make_letter, make_reader

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CROWD = 6


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Run the actions in threads that start together; return what each returned or raised."""
    start = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = actions[number]()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def failures(results: list[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, Exception)]


def test_one_file_posted_by_several_hands_is_one_letter() -> None:
    office = make_office()
    content = b"---\ntitle: Parking\ndated: 2026-05-03\n---\nDear Director"

    def post() -> Any:
        return post_letter_file(
            content=content, name="letter.md", office=office, mails=True, now=NOW
        )

    results = at_once(*[post] * CROWD)
    assert failures(results) == []
    assert sorted(result.already for result in results) == [False] + [True] * (CROWD - 1)
    assert Letter.objects.count() == 1


def test_one_draft_posted_by_several_hands_is_posted_once() -> None:
    letter = make_letter(make_office(), post=False)
    results = at_once(*[lambda: post_letter(letter_id=letter.pk, mails=True, now=NOW)] * CROWD)
    assert failures(results) == []
    assert AuditEntry.objects.filter(action="letter.posted").count() == 1


def test_letters_of_one_title_each_get_an_address() -> None:
    office = make_office()
    results = at_once(*[lambda: write_letter(office=office, draft=draft(), now=NOW)] * CROWD)
    assert failures(results) == []
    assert len({letter.slug for letter in results}) == CROWD


def test_one_person_who_signs_up_in_several_windows_is_on_the_list_once() -> None:
    office, topics = make_office(), [make_topic("housing"), make_topic("trees")]
    results = at_once(*[lambda: make_reader(office, topics, email="ana@example.org")] * CROWD)
    assert failures(results) == []
    assert Subscription.objects.live().count() == 2


def test_confirming_and_stopping_at_once_leaves_it_one_way_or_the_other() -> None:
    office = make_office()
    ana = make_reader(office, [make_topic()], proven=False)
    asked = SubscriptionRequest.objects.get()
    results = at_once(
        *[lambda: confirm_request(request_id=asked.pk, now=NOW)] * 3,
        *[lambda: unsubscribe(person_id=ana.pk, office_id=office.pk, now=NOW)] * 3,
    )
    assert failures(results) == []
    # Whoever came last, stopping was among them: nothing stays that a reader has ended.
    assert Subscription.objects.live().count() == 0
