"""The page of one event."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.actions.access_requests import arrange_requests
from events.actions.agenda import ItemDraft, SpeakerDraft, set_programme
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event, reschedule_event
from events.models import Event
from tests.factories import (
    NOW,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_staff,
    make_topic,
    make_venue,
)
from tests.pages import Page, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def get(client: Client, event: Event, prefix: str = "") -> HttpResponse:
    response = client.get(f"{prefix}/events/{event.slug}/")
    assert response.status_code == 200
    return response


def look(client: Client, event: Event, prefix: str = "") -> Page:
    return page(get(client, event, prefix))


def data_of(response: HttpResponse) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.DOTALL
    )
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_when_and_where_stand_in_words_with_how_far_off_it_is(client: Client) -> None:
    seen = look(client, make_event(title="Budget town hall"))
    assert "Budget town hall" in seen.text
    assert "Thursday, June 11, 2026 6:30–8:00 p.m. PDT (in 10 days)" in seen.text
    assert "Main Library, Community Room 12 Oak Avenue, San Arroyo, CA 90000" in seen.text
    assert any(link.startswith("https://www.openstreetmap.org/") for link in seen.links)


def test_an_event_in_another_zone_also_tells_the_offices_clock(client: Client) -> None:
    seen = look(client, make_event(timezone="America/New_York"))
    assert "9:30–11:00 p.m. EDT" in seen.text
    assert "6:30–8:00 p.m. PDT where Office of Council Member" in seen.text


def test_a_draft_and_an_unknown_event_are_not_there(client: Client) -> None:
    draft = make_event(post=False)
    assert client.get(f"/events/{draft.slug}/").status_code == 404
    assert client.get(f"/events/{draft.slug}/rsvp/sent/").status_code == 404
    assert client.post(f"/events/{draft.slug}/rsvp/", {"name": "A"}).status_code == 404
    assert client.get("/events/nothing-here/").status_code == 404


def test_the_form_comes_after_the_access_facts_and_says_that_it_is_optional(client: Client) -> None:
    office = make_office(access_notice_days=4)
    venue = make_venue(office, accessible_restroom=False, hearing_loop=None, wheelchair_spaces=4)
    event = make_event(
        office, venue=venue, spoken_languages=["en", "es", "asl"], access_services="Live captions"
    )
    text = look(client, event).text
    facts = (
        "Use the door on Oak Avenue.",
        "Bus 14 stops at the door.",
        "Step-free from the street to a seat",
        "No accessible restroom",
        "4 wheelchair spaces",
        "English , Español , American Sign Language (ASL)",
        "Live captions",
        "ask by Sunday, June 7, 2026 , so that we can arrange it.",
        "Use the form below, or call 555-0100",
    )
    form = text.index("The doors are open to all. An RSVP is optional")
    assert [fact for fact in facts if fact not in text[:form]] == []
    assert "hearing loop" not in text[:form].lower()
    assert (
        "Tell us by Sunday, June 7, so that we can arrange it. You can also call 555-0100" in text
    )


def test_shortly_before_needs_are_still_asked_for(client: Client) -> None:
    event = make_event(starts_at=NOW + timedelta(days=1))
    text = look(client, event).text
    assert "There is little time left to arrange" in text
    assert "What do you need to take part?" in text


def test_the_form_asks_only_what_is_needed(client: Client) -> None:
    seen = look(client, make_event())
    assert seen.fields["name"] == seen.fields["email"] == ""
    assert seen.fields["party_size"] == "1"
    assert seen.fields["mode"] == "in_person"
    assert seen.fields["language"] == "en"
    assert seen.fields["access_needs"] == []
    assert set(seen.fields) == {
        "name", "email", "party_size", "mode", "language", "access_needs", "access_note",
        "question",
    }  # fmt: skip
    assert "How will you take part?" not in seen.text


def test_two_ways_are_offered_each_with_its_places(client: Client) -> None:
    event = make_event(mode="both", capacity=40, remote_capacity=100)
    make_rsvp(event, party_size=3, mode="in_person")
    seen = look(client, event)
    assert "In the room: 37 places left" in seen.text
    assert "Online or by phone: 100 places left" in seen.text
    assert seen.text.count("In the room: 37 places left") == 2
    assert seen.fields["mode"] == ["in_person"]


def test_a_full_event_offers_the_waitlist_and_says_what_it_means(client: Client) -> None:
    event = make_event(capacity=2)
    make_rsvp(event, party_size=2)
    assert "Nobody is waiting." in look(client, event).text
    make_rsvp(event, party_size=2)
    make_rsvp(event)
    text = look(client, event).text
    assert text.count("Join the waitlist") == 3
    assert "All 2 places are taken. 2 parties are waiting (3 people)." in text
    assert "First come, first served" in text
    assert "Send RSVP" not in text


def test_when_the_room_is_full_online_is_proposed_before_the_form_is_sent(client: Client) -> None:
    event = make_event(mode="both", capacity=1, remote_capacity=5)
    make_rsvp(event, mode="in_person")
    make_rsvp(event, mode="in_person")
    seen = look(client, event)
    assert "The room is full. There is room online." in seen.text
    assert seen.fields["mode"] == ["remote"]
    assert "In the room: full. You would join the waitlist behind 1 other party" in seen.text
    assert "Send RSVP" in seen.text


def test_the_link_to_join_is_public_unless_places_online_are_scarce(client: Client) -> None:
    open_to_all = make_event(mode="remote", remote_url="https://meet.example.org/a", dial_in="555")
    scarce = make_event(mode="both", remote_capacity=9, remote_url="https://meet.example.org/b")
    assert "https://meet.example.org/a" in look(client, open_to_all).links
    response = get(client, scarce)
    assert "meet.example.org" not in response.content.decode()
    assert "RSVP to get the link" in page(response).text


def test_an_event_without_rsvps_has_no_form(client: Client) -> None:
    seen = look(client, make_event(takes_rsvps=False))
    assert "No RSVP needed" in seen.text
    assert "email" not in seen.fields


def test_a_cancelled_event_stays_with_its_reason_and_without_its_form(client: Client) -> None:
    event = make_event(title="Hearing")
    cancel_event(event_id=event.pk, reason="The hall is flooded.", now=NOW)
    response = get(client, event)
    seen = page(response)
    assert "This event was cancelled The hall is flooded." in seen.text
    assert "email" not in seen.fields
    assert seen.title.startswith("Hearing (cancelled)")
    assert data_of(response)["eventStatus"] == "https://schema.org/EventCancelled"
    assert "calendar.google.com" not in response.content.decode()


def test_a_postponed_event_says_that_the_date_is_off(client: Client) -> None:
    event = make_event()
    postpone_event(event_id=event.pk, reason="The speaker is ill.", now=NOW)
    response = get(client, event)
    assert "This event was postponed The speaker is ill." in page(response).text
    assert data_of(response)["eventStatus"] == "https://schema.org/EventPostponed"


def test_a_moved_event_tells_the_old_date_and_the_old_place(client: Client) -> None:
    office = make_office()
    event = make_event(office)
    other = make_venue(office, name="Town Hall, Room 3")
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        edit_event(
            event_id=event.pk,
            changes={
                "starts_at": event.starts_at + timedelta(days=7),
                "ends_at": event.ends_at + timedelta(days=7),
                "venue": other,
            },
            now=NOW + timedelta(days=1),
        )
        response = get(client, event)
    text = page(response).text
    assert "New date and new place" in text
    assert "Before, it was Thursday, June 11, 2026, 6:30–8:00 p.m. PDT" in text
    assert "Before, the place was Main Library, Community Room." in text
    assert "Changed on June 2, 2026" in text
    data = data_of(response)
    assert data["eventStatus"] == "https://schema.org/EventRescheduled"
    assert data["previousStartDate"] == "2026-06-11T18:30:00-07:00"
    assert data["startDate"] == "2026-06-18T18:30:00-07:00"


def test_an_event_that_is_over_says_so(client: Client) -> None:
    event = make_event(starts_at=NOW - timedelta(days=2))
    seen = look(client, event)
    assert "This event is over." in seen.text
    assert "email" not in seen.fields


def test_search_engines_read_the_event_and_markup_in_it_stays_text(client: Client) -> None:
    event = make_event(
        title="</script><script>alert(1)</script>",
        description="**Bring** <b>questions</b> & a friend.",
        spoken_languages=["en"],
    )
    response = get(client, event)
    assert response.content.decode().count("<script") == 1
    data = data_of(response)
    assert data["@type"] == "Event"
    assert data["name"] == "</script><script>alert(1)</script>"
    assert data["description"] == "Bring <b>questions</b> & a friend."
    assert (data["startDate"], data["endDate"]) == (
        "2026-06-11T18:30:00-07:00", "2026-06-11T20:00:00-07:00",
    )  # fmt: skip
    assert data["eventStatus"] == "https://schema.org/EventScheduled"
    assert data["location"][0]["address"]["streetAddress"] == "12 Oak Avenue"
    assert data["organizer"][0]["@type"] == "GovernmentOrganization"
    assert data["url"] == f"http://testserver/events/{event.slug}/"
    html = response.content.decode()
    assert 'property="og:title"' in html
    assert f'<link rel="canonical" href="http://testserver/events/{event.slug}/">' in html


def test_the_event_can_be_put_into_every_calendar(client: Client) -> None:
    event = make_event(title="Budget & roads")
    links = look(client, event).links
    assert f"/events/{event.slug}.ics" in links
    (google,) = (link for link in links if link.startswith("https://calendar.google.com/"))
    assert "dates=20260612T013000Z%2F20260612T030000Z" in google
    assert "text=Budget+%26+roads" in google
    (outlook,) = (link for link in links if link.startswith("https://outlook.live.com/"))
    assert "startdt=2026-06-12T01%3A30%3A00Z" in outlook
    fair = make_event(all_day=True, starts_at=NOW.replace(day=3, hour=7), hours=48)
    (google,) = (link for link in look(client, fair).links if "calendar.google.com" in link)
    assert "dates=20260603%2F20260605" in google


def test_its_shifts_and_topics_lead_on(client: Client) -> None:
    event = make_event(topics=[make_topic("roads")])
    shift = make_shift(event)
    seen = look(client, event)
    assert f"/volunteer/shifts/{shift.pk}/" in seen.links
    assert "/events/?topic=roads" in seen.links


def test_the_spanish_page_has_the_translation_or_marks_what_has_none(client: Client) -> None:
    office = make_office()
    both = make_event(
        office,
        title="Town hall",
        translations={"es": {"title": "Asamblea", "description": "Venga."}},
    )
    seen = look(client, both, "/es")
    assert "Asamblea" in seen.text
    assert "jueves, 11 de junio de 2026" in seen.text
    assert seen.forms == [f"/es/events/{both.slug}/rsvp/"]
    assert seen.fields["language"] == "es"
    assert f"/events/{both.slug}/" in seen.links
    english_only = make_event(office, title="Hearing on bikes")
    html = get(client, english_only, "/es").content.decode()
    assert '<span lang="en">Hearing on bikes</span>' in html


def test_the_page_sets_no_cookie_and_is_answered_with_304_until_a_place_goes(
    client: Client,
) -> None:
    event = make_event()
    first = get(client, event)
    assert not first.cookies
    assert "Cookie" not in first.get("Vary", "")
    assert "csrfmiddlewaretoken" not in first.content.decode()

    def again() -> int:
        tag = {"If-None-Match": first["ETag"]}
        return client.get(f"/events/{event.slug}/", headers=tag).status_code

    assert again() == 304
    make_rsvp(event)
    assert again() == 200


def test_a_page_needs_the_same_queries_however_much_is_around_it(client: Client) -> None:
    office = make_office()
    topics = [make_topic("a"), make_topic("b", translations={"es": {"name": "B"}})]

    def event_with(guests: int, shifts: int) -> Event:
        event = make_event(
            office, capacity=1, topics=topics, cohosts=[office],
            translations={"es": {"title": "Asamblea"}},
        )  # fmt: skip
        for _guest in range(guests):
            make_rsvp(event)
        for _shift in range(shifts):
            make_shift(event)
        set_programme(
            event_id=event.pk, agenda=[ItemDraft("Welcome")] * shifts,
            speakers=[SpeakerDraft("Ana")] * shifts, now=NOW,
        )  # fmt: skip
        moved = event.starts_at + timedelta(days=1)
        reschedule_event(
            event_id=event.pk, starts_at=moved, ends_at=moved + timedelta(hours=1), now=NOW
        )
        return event

    def queries(event: Event) -> int:
        with CaptureQueriesContext(connection) as captured:
            get(client, event, "/es")
        return len(captured)

    few, many = event_with(2, 1), event_with(12, 9)
    # The event and its four relations, agenda, speakers and what they are called in Spanish, the
    # documents, the line, the move, the shifts and what their roles are called, the offices of the
    # frame.
    assert (queries(few), queries(many)) == (16, 16)


def test_what_is_arranged_for_everybody_is_said_and_nobody_can_tell_for_whom(
    client: Client,
) -> None:
    event = make_event(mode="both", remote_capacity=9)
    sam = make_staff(event.office)
    assert "arranged" not in look(client, event).text.partition("Ask for access")[0]
    for kind in ("asl", "captions", "interpreter", "wheelchair", "other"):
        rsvp = make_rsvp(event, name="Ana Reyes", access_needs=[kind], access_note="Front row.")
        asked = rsvp.access_requests.get()
        arrange_requests(
            request_ids=[asked.pk], arranged_with="By Maria", language="zh", now=NOW, actor=sam
        )
    again = make_rsvp(event, access_needs=["asl"]).access_requests.get()
    arrange_requests(request_ids=[again.pk], arranged_with="By Maria", now=NOW, actor=sam)
    text = look(client, event).text
    assert (
        "Arranged American Sign Language interpretation is arranged Live captions are arranged "
        "Interpretation is arranged: 中文 Ask for access"
    ) in text
    for secret in ("Ana", "Front row", "Maria"):
        assert secret not in text
    # For another time it may not hold.
    reschedule_event(
        event_id=event.pk, starts_at=event.starts_at + timedelta(days=1),
        ends_at=event.ends_at + timedelta(days=1), now=NOW,
    )  # fmt: skip
    assert "is arranged" not in look(client, event).text
