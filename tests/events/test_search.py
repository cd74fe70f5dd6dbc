"""Search: the same words find the same events on both databases."""

import pytest
from django.db import connection

from events import search
from events.actions.offices import edit_venue
from events.models import Event
from tests.factories import NOW, make_event, make_office, make_venue

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    events = search.matching(Event.objects.all(), text).order_by("pk")
    return list(events.values_list("title", flat=True))


@pytest.fixture
def titles() -> list[str]:
    office = make_office()
    rows = [
        make_event(office, title="Reunión pública", description="El presupuesto de la ciudad."),
        make_event(office, title="Budget town hall", description="**Streets** and covid-19."),
        make_event(office, title="Don't park here", description="100% of _both_ sides"),
    ]
    return [row.title for row in rows]


WORDS = [
    ("budget", ["Budget town hall"]),
    ("BUDGET  streets", ["Budget town hall"]),
    ("streets reunion", []),
    ("reunion", ["Reunión pública"]),
    ("REUNIÓN", ["Reunión pública"]),
    ("presu", ["Reunión pública"]),
    ("covid-19", ["Budget town hall"]),
    ("don't", ["Don't park here"]),
    ("oak avenue", ["Reunión pública", "Budget town hall", "Don't park here"]),
    ("nothing-like-it", []),
]
SIGNS = ["", "   ", "!", "& | ! ()", "':*", "\x00", "%", "_", "\\", "''"]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_every_word_has_to_be_there(titles: list[str], text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", SIGNS)
def test_signs_alone_narrow_nothing_and_break_nothing(titles: list[str], text: str) -> None:
    assert found(text) == titles


def test_a_flood_of_letters_is_cut(titles: list[str]) -> None:
    assert found("x" * 100_000) == []
    assert found("budget " * 10_000) == ["Budget town hall"]
    assert len(search.words_of(" ".join(map(str, range(100))))) == search.MOST_WORDS


def test_a_very_long_description_can_be_kept_and_found() -> None:
    event = make_event(title="Long", description="word " * 300_000)
    assert found("long word") == [event.title]


def test_translations_and_the_place_are_searched_too() -> None:
    office = make_office()
    venue = make_venue(office, name="Alder Library")
    event = make_event(
        office, title="Town hall", venue=venue, translations={"es": {"title": "Asamblea vecinal"}}
    )
    assert found("asamblea alder") == [event.title]
    edit_venue(venue_id=venue.pk, changes={"name": "Birch School"}, now=NOW)
    assert (found("alder"), found("birch")) == ([], [event.title])


@pytest.mark.postgres
def test_postgres_finds_the_same_and_by_its_index(titles: list[str]) -> None:
    assert {text: found(text) for text, _expected in WORDS} == dict(WORDS)
    assert {text: found(text) for text in SIGNS} == dict.fromkeys(SIGNS, titles)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            plan = search.matching(Event.objects.order_by(), "budget").explain()
        finally:
            cursor.execute("SET enable_seqscan = on")
    assert "event_search" in plan
