"""Many hands on one event at once, on real PostgreSQL: its chain of versions has no fork."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from events.actions.agenda import ItemDraft, set_programme
from events.actions.events import edit_event
from events.actions.offices import edit_office, edit_venue, save_topic
from events.models import Event, NoticeVersion
from events.versions import facts_of, faults_of, read_facts
from tests.factories import NOW, make_event, make_office, make_topic, make_venue

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 2


def test_edits_at_once_leave_one_chain_that_ends_with_what_the_page_says() -> None:
    office, topic = make_office(), make_topic()
    venue = make_venue(office)
    events = [make_event(office, venue=venue, topics=[topic]) for _event in range(3)]
    keys = [event.pk for event in events]

    def edits(number: int) -> list[Callable[[], object]]:
        return [
            lambda: edit_event(
                event_id=keys[number % 3], changes={"title": f"Title {number}"}, now=NOW
            ),
            lambda: set_programme(
                event_id=keys[number % 3], agenda=[ItemDraft(f"Item {number}")], now=NOW
            ),
            lambda: edit_venue(venue_id=venue.pk, changes={"transit": f"Bus {number}"}, now=NOW),
            lambda: edit_office(office_id=office.pk, changes={"name": f"Office {number}"}, now=NOW),
            lambda: save_topic(slug=topic.slug, name=f"Topic {number}", now=NOW),
        ]

    def run(edit: Callable[[], object]) -> None:
        try:
            edit()
        finally:
            connections.close_all()

    work = [edit for number in range(ROUNDS * 3) for edit in edits(number)]
    with ThreadPoolExecutor(8) as pool:
        # A deadlock, or a number given twice, is raised here.
        list(pool.map(run, work))

    for event in Event.objects.with_all_shown().with_programme():
        versions = list(NoticeVersion.objects.filter(event=event).order_by("number"))
        assert faults_of(event, versions) == []
        assert read_facts(versions[-1].text) == facts_of(event)
        # Of the office, the place and the topic six times each, of itself twice two ways.
        assert len(versions) == 1 + 3 * 6 + 2 * 2
