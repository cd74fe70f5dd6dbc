"""Events on the desk: the list, writing, copying, editing, and two who edit at once."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event
from events.actions.series import create_series
from events.models import (
    AuditEntry,
    Event,
    EventStatus,
    Membership,
    Mode,
    Outbox,
    Series,
    Venue,
)
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    LOS_ANGELES,
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_staff,
    make_topic,
    make_venue,
)
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def desk() -> Desk:
    return Desk(make_staff(make_office(languages=["en", "es"])))


def office_of(desk: Desk) -> Any:
    return desk.user.memberships.get().office


def office_of_name(desk: Desk) -> Any:
    """The office that ``desk`` had first."""
    return desk.user.memberships.order_by("pk").first().office


def written(**typed: Any) -> dict[str, Any]:
    """What somebody types into the form of a new event."""
    return {
        "title": "Town hall on the budget",
        "event_type": "town_hall",
        "starts_on": "2026-06-11",
        "starts_time": "18:30",
        "ends_time": "20:00",
        "venue_name": "Main Library",
        "capacity": "60",
        "do": "post",
    } | typed


# -- The list -------------------------------------------------------------------------------------


def test_the_list_has_a_tab_for_each_state_with_its_count(desk: Desk) -> None:
    office = office_of(desk)
    make_event(office, title="Coming soon")
    make_event(office, title="Half written", post=False)
    make_event(office, title="Long ago", starts_at=NOW - timedelta(days=20))
    cancel_event(event_id=make_event(office, title="Called off").pk, reason="Rain", now=NOW)
    shown = {
        query: desk.see("staff-events", query).text
        for query in ("", "?view=drafts", "?view=past", "?view=cancelled")
    }
    titles = ["Coming soon", "Half written", "Long ago", "Called off"]
    for title, text in zip(titles, shown.values(), strict=True):
        assert title in text
        assert not any(other in text for other in titles if other != title)
        assert "Coming 1 Drafts 1 Past 1 Cancelled 1" in text


def test_a_postponed_event_waits_among_what_comes_even_after_its_old_date(desk: Desk) -> None:
    event = make_event(office_of(desk), title="Movie night", starts_at=NOW + timedelta(hours=1))
    postpone_event(event_id=event.pk, reason="Rain", now=NOW)
    with at(NOW + timedelta(days=3)):
        text = desk.see("staff-events").text
    assert "Movie night" in text
    assert "Postponed: set a new date" in text


def test_a_series_takes_one_line_with_its_other_dates_behind_a_link(desk: Desk) -> None:
    draft = {"title": "Office hours", "repeats": "weekly"}
    desk.change("staff-event-new", written(**draft))
    listed = desk.see("staff-events")
    assert listed.text.count("Office hours") == 1
    assert "and 50 more dates" in listed.text
    series = Series.objects.get()
    assert desk.see("staff-events", f"?series={series.pk}").text.count("Office hours") == 50


def test_the_list_can_be_searched(desk: Desk) -> None:
    office = office_of(desk)
    make_event(office, title="Budget hearing")
    make_event(office, title="Park cleanup")
    text = desk.see("staff-events", "?q=budg").text
    assert "Budget hearing" in text
    assert "Park cleanup" not in text


@pytest.mark.parametrize(
    "query",
    ["?series=²", "?series=9999999999999999999", "?series=99", "?q=%00", "?office=%00",
     "?view=nowhere", "?offset=x"],
)  # fmt: skip
def test_a_list_asked_for_nonsense_does_not_break(desk: Desk, query: str) -> None:
    assert desk.ask("staff-events", query).status_code in (200, 404, 422)


def test_offices_of_one_kind_are_listed_together_and_can_be_told_apart(desk: Desk) -> None:
    parks = make_office(slug="parks", name="Parks")
    Membership.objects.create(user=desk.user, office=parks, role="editor")
    make_event(office_of_name(desk), title="Budget")
    make_event(parks, title="Tree planting")
    both = desk.see("staff-events")
    assert "Budget" in both.text
    assert "Tree planting" in both.text
    assert "office" in both.fields
    one = desk.see("staff-events", "?office=parks").text
    assert "Tree planting" in one
    assert "Budget" not in one
    # Whoever writes for several says first for whom.
    assert "Whose event is it?" in desk.see("staff-event-new").text
    assert "Title" in desk.see("staff-event-new", "?office=parks").text


def test_with_one_office_nobody_is_asked_for_it(desk: Desk) -> None:
    make_event(office_of(desk))
    assert "office" not in desk.see("staff-events").fields


def test_an_empty_list_says_what_to_do(desk: Desk) -> None:
    assert "Nothing is on the calendar yet" in desk.see("staff-events").text


def test_the_list_costs_the_same_for_3_events_and_for_30(
    desk: Desk, django_assert_num_queries: Any
) -> None:
    office = office_of(desk)

    def fill(count: int) -> None:
        for number in range(count):
            translations = {"es": {"title": "Asamblea", "description": ""}}
            event = make_event(office, translations=translations)
            make_rsvp(event)
            if number % 3 == 0:
                cancel_event(event_id=event.pk, reason="Rain", now=NOW)

    fill(3)
    for _round in range(2):
        # Session, user, roles; four counts; the events with their translations; three of paging.
        with django_assert_num_queries(9):
            desk.see("staff-events")
        fill(27)


# -- Writing --------------------------------------------------------------------------------------


def test_an_event_is_written_and_posted(desk: Desk) -> None:
    make_topic("legislation")
    answer = desk.change(
        "staff-event-new",
        written(
            topics=["legislation"],
            title_es="Asamblea",
            description_es="Venga.",
            access_services="ASL",
        ),
    )
    event = Event.objects.get()
    assert desk.follow(answer).text.count("Posted. Everybody can see it now.") == 1
    assert (event.title, event.capacity, event.is_posted) == ("Town hall on the budget", 60, True)
    assert event.starts_at == datetime(2026, 6, 12, 1, 30, tzinfo=UTC)
    assert (event.timezone, event.venue and event.venue.name) == (LOS_ANGELES, "Main Library")
    assert [topic.slug for topic in event.topics.all()] == ["legislation"]
    assert event.in_language("es").title == "Asamblea"
    assert {e.staff for e in AuditEntry.objects.filter(event_id=event.pk)} == {desk.user}
    assert desk.client.get(event.get_absolute_url()).status_code == 200


def test_a_draft_may_lack_a_place_and_nobody_sees_it(desk: Desk) -> None:
    answer = desk.change("staff-event-new", written(venue_name="", do="save"))
    event = Event.objects.get()
    assert "Saved as a draft." in desk.follow(answer).text
    assert (event.is_posted, event.venue) == (False, None)
    assert desk.client.get(event.get_absolute_url()).status_code == 404


def test_what_is_posted_may_not_lack_a_place_and_nothing_typed_is_lost(desk: Desk) -> None:
    answer = desk.change(
        "staff-event-new",
        written(venue_name="", description="Come and ask.", spoken_languages=["vi"]),
    )
    shown = page(answer)
    assert answer.status_code == 422
    assert shown.title.startswith("Error:")
    assert "Say where it takes place before it is public." in shown.text
    assert shown.fields["title"] == "Town hall on the budget"
    assert shown.fields["description"] == "Come and ask."
    assert shown.fields["starts_time"] == "18:30"
    assert shown.fields["spoken_languages"] == ["vi"]
    assert Event.objects.count() == 0


def test_an_online_event_needs_a_way_to_join_and_no_place(desk: Desk) -> None:
    online = written(venue_name="", mode="remote", capacity="")
    assert "Give a link or a phone number" in page(desk.change("staff-event-new", online)).text
    desk.change("staff-event-new", online | {"remote_url": "meet.example.org/hall"})
    event = Event.objects.get()
    assert (event.mode, event.remote_url) == (Mode.REMOTE, "https://meet.example.org/hall")


def test_a_place_is_chosen_from_the_list_or_put_on_it_once(desk: Desk) -> None:
    library = make_venue(office_of(desk), name="Library")
    desk.change("staff-event-new", written(venue=str(library.pk), venue_name=""))
    desk.change("staff-event-new", written(venue=str(library.pk), venue_name="School"))
    desk.change("staff-event-new", written(venue_name="School"))
    places = list(Event.objects.order_by("pk").values_list("venue__name", flat=True))
    assert places == ["Library", "School", "School"]
    assert Venue.objects.count() == 2


def test_a_preview_saves_nothing_and_keeps_what_is_typed(desk: Desk) -> None:
    answer = desk.change(
        "staff-event-new", written(do="preview", description="**Come**", title="", starts_on="")
    )
    shown = page(answer)
    assert "<strong>Come</strong>" in answer.content.decode()
    assert (shown.fields["description"], shown.fields["starts_time"]) == ("**Come**", "18:30")
    assert "There is a problem" not in shown.text
    assert Event.objects.count() == 0


def test_an_event_repeats_monthly_on_its_weekday(desk: Desk) -> None:
    answer = desk.change("staff-event-new", written(repeats="monthly"))
    assert "dates are posted." in desk.follow(answer).text
    dates = [
        event.starts_at.astimezone(event.zone) for event in Event.objects.order_by("starts_at")[:3]
    ]
    # The second Thursday of each month, at the same time of day.
    assert [moment.date() for moment in dates] == [
        date(2026, 6, 11), date(2026, 7, 9), date(2026, 8, 13),
    ]  # fmt: skip
    assert {moment.hour for moment in dates} == {18}


def test_the_fifth_weekday_repeats_as_the_last(desk: Desk) -> None:
    desk.change("staff-event-new", written(repeats="monthly", starts_on="2026-06-30"))
    assert Series.objects.get().rule == "FREQ=MONTHLY;BYDAY=-1TU"


def test_a_copy_has_everything_but_the_day(desk: Desk) -> None:
    event = make_event(office_of(desk), title="Budget", capacity=33, access_services="ASL")
    fields = desk.fill("staff-event-new", f"?copy={event.pk}")
    assert (fields["title"], fields["capacity"], fields["starts_on"]) == ("Budget", "33", "")
    assert (fields["starts_time"], fields["access_services"]) == ("18:30", "ASL")
    desk.send("staff-event-new", fields | {"starts_on": "2026-07-01", "do": "save"},
              f"?copy={event.pk}")  # fmt: skip
    copy = Event.objects.exclude(pk=event.pk).get()
    assert (copy.venue, copy.is_posted, copy.slug != event.slug) == (event.venue, False, True)


def test_only_offices_of_the_same_kind_can_be_co_hosts(desk: Desk) -> None:
    partner = make_office(name="Parks Department")
    make_office(name="Ortega for Council", kind="campaign")
    shown = desk.see("staff-event-new")
    assert "Parks Department" in shown.text
    assert "Ortega for Council" not in shown.text
    desk.change("staff-event-new", written(cohosts=[partner.slug]))
    assert list(Event.objects.get().cohosts.all()) == [partner]


# -- Editing --------------------------------------------------------------------------------------


def test_a_form_that_is_sent_back_untouched_changes_nothing(desk: Desk) -> None:
    event = make_event(office_of(desk), translations={"es": {"title": "Hola", "description": "x"}})
    desk.change("staff-event-edit", {"do": "save"}, pk=event.pk)
    after = Event.objects.get(pk=event.pk)
    assert (after.revision, after.sequence) == (event.revision, event.sequence)


def test_words_are_saved_at_once_and_nobody_is_told(desk: Desk) -> None:
    event = make_event(office_of(desk))
    make_rsvp(event)
    Outbox.objects.all().delete()
    answer = desk.change("staff-event-edit", {"title": "A better title"}, pk=event.pk)
    assert "Saved. The public page shows it." in desk.follow(answer).text
    assert [e.action for e in AuditEntry.objects.filter(staff=desk.user)] == ["event.edited"]


def test_a_new_time_is_shown_with_who_is_told_before_it_is_saved(desk: Desk) -> None:
    event = make_event(office_of(desk))
    for _guest in range(3):
        make_rsvp(event)
    make_claim(make_shift(event))
    answer = desk.change("staff-event-edit", {"starts_time": "19:00", "ends_time": "20:30"},
                         pk=event.pk)  # fmt: skip
    review = page(answer)
    assert answer.status_code == 200
    assert "Nothing is saved yet." in review.text
    assert "3 guests and 1 volunteer will get one message each." in review.text
    assert "6:30–8:00 p.m." in review.text
    assert "7:00–8:30 p.m." in review.text
    assert Event.objects.get(pk=event.pk).starts_at == event.starts_at

    sent = desk.send("staff-event-edit", review.fields | {"do": "confirm"}, pk=event.pk)
    assert "3 guests and 1 volunteer will get a message" in desk.follow(sent).text
    moved = Event.objects.get(pk=event.pk)
    assert moved.starts_at == event.starts_at + timedelta(minutes=30)
    assert moved.schedule_rev == event.schedule_rev + 1


def test_from_the_review_one_can_go_back_with_all_that_is_typed(desk: Desk) -> None:
    event = make_event(office_of(desk))
    review = page(desk.change("staff-event-edit", {"starts_time": "19:00", "title": "New"},
                              pk=event.pk))  # fmt: skip
    assert "Also saved: Title (English)." in review.text
    back = page(desk.send("staff-event-edit", review.fields | {"do": "change"}, pk=event.pk))
    assert (back.fields["starts_time"], back.fields["title"]) == ("19:00", "New")
    assert Event.objects.get(pk=event.pk).title == event.title


def test_a_new_link_concerns_those_who_join_online_alone(desk: Desk) -> None:
    event = make_event(office_of(desk), mode=Mode.BOTH)
    make_rsvp(event, mode=Mode.IN_PERSON)
    make_rsvp(event, mode=Mode.REMOTE)
    make_claim(make_shift(event))
    review = page(desk.change("staff-event-edit", {"remote_url": "https://x.example/2"},
                              pk=event.pk))  # fmt: skip
    assert "1 guest will get one message." in review.text


def test_the_line_ends_of_browsers_are_no_change(desk: Desk) -> None:
    event = make_event(office_of(desk), description="One line\n\nAnother")
    fields = desk.fill("staff-event-edit", pk=event.pk)
    sent = fields | {"description": "One line\r\n\r\nAnother", "starts_time": "19:00"}
    review = page(desk.send("staff-event-edit", sent, pk=event.pk))
    assert "Also saved" not in review.text
    desk.send("staff-event-edit", review.fields | {"do": "confirm"}, pk=event.pk)
    assert Event.objects.get(pk=event.pk).description == "One line\n\nAnother"


def test_a_draft_moves_without_a_question(desk: Desk) -> None:
    event = make_event(office_of(desk), post=False)
    desk.change("staff-event-edit", {"starts_time": "19:00", "do": "save"}, pk=event.pk)
    assert Event.objects.get(pk=event.pk).starts_at == event.starts_at + timedelta(minutes=30)


def test_an_event_becomes_certain(desk: Desk) -> None:
    event = make_event(office_of(desk), status=EventStatus.TENTATIVE)
    fields = desk.fill("staff-event-edit", pk=event.pk)
    assert fields["tentative"] == ["on"]
    make_rsvp(event)
    review = page(desk.send("staff-event-edit", fields | {"tentative": None}, pk=event.pk))
    assert "Status Now: Tentative New: Confirmed" in review.text
    assert "1 guest will get one message." in review.text
    assert Event.objects.get(pk=event.pk).status == EventStatus.TENTATIVE
    desk.send("staff-event-edit", review.fields | {"do": "confirm"}, pk=event.pk)
    after = Event.objects.get(pk=event.pk)
    assert (after.status, after.sequence) == (EventStatus.CONFIRMED, event.sequence + 1)


def test_nobody_is_told_of_what_is_over(desk: Desk) -> None:
    event = make_event(office_of(desk))
    make_rsvp(event)
    with at(event.ends_at + timedelta(days=1)):
        review = page(desk.change("staff-event-edit", {"starts_time": "18:00"}, pk=event.pk))
    assert "Nobody: the event is over." in review.text


def test_more_places_let_in_who_waits(desk: Desk) -> None:
    event = make_event(office_of(desk), capacity=1)
    make_rsvp(event)
    waiting = make_rsvp(event)
    desk.change("staff-event-edit", {"capacity": "2"}, pk=event.pk)
    waiting.refresh_from_db()
    assert waiting.is_confirmed


def test_a_cancelled_event_is_not_edited(desk: Desk) -> None:
    event = make_event(office_of(desk))
    cancel_event(event_id=event.pk, reason="Rain", now=NOW)
    answer = desk.ask("staff-event-edit", pk=event.pk)
    assert "This event was cancelled." in desk.follow(answer).text


# -- Two at once ----------------------------------------------------------------------------------


def test_a_stale_form_overwrites_nothing_and_shows_both(desk: Desk) -> None:
    office = office_of(desk)
    event = make_event(office, title="First")
    mine = desk.fill("staff-event-edit", pk=event.pk) | {"title": "Mine", "capacity": "50"}
    colleague = make_staff(office)
    Desk(colleague).change("staff-event-edit", {"title": "Theirs"}, pk=event.pk)

    answer = desk.send("staff-event-edit", mine, pk=event.pk)
    shown = page(answer)
    assert answer.status_code == 409
    assert "Somebody else has saved meanwhile" in shown.text
    assert "Sam Staff saved on" in shown.text
    assert "Title (English) Saved now: Theirs In your form: Mine" in shown.text
    assert Event.objects.get(pk=event.pk).title == "Theirs"
    assert shown.fields["title"] == "Mine"

    # Sent again it is a knowing choice.
    desk.send("staff-event-edit", shown.fields, pk=event.pk)
    after = Event.objects.get(pk=event.pk)
    assert (after.title, after.capacity) == ("Mine", 50)


def test_a_review_that_has_become_stale_overwrites_nothing(desk: Desk) -> None:
    event = make_event(office_of(desk))
    review = page(desk.change("staff-event-edit", {"starts_time": "19:00"}, pk=event.pk))
    edit_event(event_id=event.pk, changes={"title": "Theirs"}, now=NOW)
    answer = desk.send("staff-event-edit", review.fields | {"do": "confirm"}, pk=event.pk)
    assert answer.status_code == 409
    assert Event.objects.get(pk=event.pk).starts_at == event.starts_at


def test_a_correction_of_the_place_is_no_conflict(desk: Desk) -> None:
    from events.actions.offices import edit_venue

    event = make_event(office_of(desk))
    fields = desk.fill("staff-event-edit", pk=event.pk)
    assert event.venue is not None
    edit_venue(venue_id=event.venue.pk, changes={"entrance": "Back door"}, now=NOW)
    assert desk.send("staff-event-edit", fields | {"title": "New"}, pk=event.pk).status_code == 303


def test_the_action_itself_refuses_an_old_revision(desk: Desk) -> None:
    from events.errors import Refused

    event = make_event(office_of(desk))
    edit_event(event_id=event.pk, changes={"title": "Theirs"}, now=NOW)
    with pytest.raises(Refused, match="changed_meanwhile"):
        edit_event(event_id=event.pk, changes={"title": "Mine"}, revision=event.revision, now=NOW)


def test_a_series_made_by_the_form_equals_one_made_by_the_action(desk: Desk) -> None:
    from events.actions.events import EventDraft

    desk.change("staff-event-new", written(repeats="biweekly"))
    by_form = Series.objects.get()
    begins = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)
    draft = EventDraft(title="x", event_type="town_hall", starts_at=begins,
                       ends_at=begins + timedelta(hours=1), timezone=LOS_ANGELES)  # fmt: skip
    by_action = create_series(office=office_of(desk), draft=draft,
                              rule="FREQ=WEEKLY;INTERVAL=2", now=NOW)  # fmt: skip
    starts = [
        set(series.events.values_list("starts_at", flat=True)) for series in (by_form, by_action)
    ]
    assert starts[0] == starts[1]


def test_errors_are_summed_up_in_the_order_of_the_page(desk: Desk) -> None:
    typed = desk.fill("staff-event-new") | {
        "title": "", "starts_on": "2026-06-30", "starts_time": "18:00", "ends_time": "19:00",
        "venue_street": "9 Elm Street", "remote_url": "x", "capacity": "0",
    }  # fmt: skip
    answer = desk.send("staff-event-new", typed | {"do": "save"})
    assert answer.status_code == 422
    summary = answer.content.decode().split('class="error-summary"')[1].split("</ul>")[0]
    found = re.findall(r'href="#id_(\w+)"', summary)
    assert found == ["title", "venue_name", "remote_url", "capacity"]
