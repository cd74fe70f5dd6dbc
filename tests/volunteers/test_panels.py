"""What volunteers add to an event's page and to a person's."""

from datetime import timedelta

import pytest
from django.test import Client

from events import links
from events.actions.calling_off import cancel_event
from events.models import EventTranslation, Person
from tests.clock import at
from tests.factories import NOW, make_claim, make_event, make_person, make_shift
from tests.pages import page
from volunteers.actions.claims import release_claim
from volunteers.actions.shifts import cancel_shift
from volunteers.panels import event_panel, person_section

pytestmark = pytest.mark.django_db


def test_event_page_shows_its_shifts_and_how_many_are_needed(client: Client) -> None:
    event = make_event(slug="budget")
    shift = make_shift(event, minimum=2, capacity=3)
    make_shift(event, post=False)
    make_shift(office=event.office)
    with at(NOW):
        read = page(client.get("/events/budget/"))
    assert "Volunteer at this event" in read.text
    assert "2 people still needed" in read.text
    shifts = [link for link in read.links if link.startswith("/volunteer/shifts/")]
    assert shifts == [f"/volunteer/shifts/{shift.pk}/"]


def test_event_without_open_shifts_has_no_panel() -> None:
    event = make_event()
    assert event_panel(event, NOW) is None
    gone = make_shift(event)
    cancel_shift(shift_id=gone.pk, reason="Not needed.", now=NOW)
    assert event_panel(event, NOW) is None
    make_shift(event)
    assert event_panel(event, NOW) is not None
    assert event_panel(event, event.ends_at + timedelta(days=1)) is None
    assert event_panel(cancel_event(event_id=event.pk, reason="Rain.", now=NOW), NOW) is None


@pytest.mark.parametrize("number", [3, 30])
def test_event_panel_asks_two_queries(number: int, django_assert_num_queries) -> None:
    event = make_event()
    for _ in range(number):
        make_shift(event)
    with django_assert_num_queries(2):
        panel = event_panel(event, NOW)
        assert panel is not None
        assert len({shift.role.name for shift in panel["shifts"]}) == 1
        assert len(panel["shifts"]) == number


def standing(person: Person) -> list[tuple[str, int | None]]:
    claims = person_section(person, NOW)["claims"]
    return [(claim["state"], claim["position"]) for claim in claims]


def test_person_section_says_what_became_of_each_claim() -> None:
    person = make_person("vic@example.org")
    event = make_event()
    days = [NOW + timedelta(days=n) for n in (2, 3, 4, 5, 6)]
    full = make_shift(starts_at=days[0], capacity=1)
    make_claim(full)
    make_claim(full)
    make_claim(full, email=person.email)
    make_claim(make_shift(starts_at=days[1]), email=person.email)
    make_claim(make_shift(starts_at=days[2]), email=person.email, proven=False)
    cancelled = make_shift(starts_at=days[3])
    make_claim(cancelled, email=person.email)
    cancel_shift(shift_id=cancelled.pk, reason="Not needed.", now=NOW)
    released = make_claim(make_shift(starts_at=days[4]), email=person.email)
    release_claim(claim_id=released.pk, now=NOW)
    make_claim(make_shift(event), email=person.email)
    make_claim(make_shift(event), email="someone.else@example.org")
    assert standing(person) == [
        ("waitlisted", 2),
        ("confirmed", None),
        ("unproven", None),
        ("cancelled", None),
        ("confirmed", None),
    ]


def test_person_section_links_each_claims_own_page() -> None:
    claim = make_claim(make_shift(), email="vic@example.org")
    assert claim.person is not None
    (item,) = person_section(claim.person, NOW)["claims"]
    assert item["url"] == f"/claims/{links.token_for(links.CLAIM, claim)}/"


@pytest.mark.parametrize("number", [3, 30])
def test_person_section_asks_five_queries(number: int, django_assert_num_queries) -> None:
    person = make_person("vic@example.org")
    for n in range(number):
        event = make_event(starts_at=NOW + timedelta(days=n + 1))
        EventTranslation.objects.create(event=event, language="es", title="Asamblea")
        shift = make_shift(event, capacity=1)
        if n % 2:
            make_claim(shift)
        make_claim(shift, email=person.email)
    with django_assert_num_queries(5):
        assert len(person_section(person, NOW)["claims"]) == number
