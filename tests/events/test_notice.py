"""The rule of notice, the receipt that anybody can open, and the warning of a quorum."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from events.actions.agenda import ItemDraft, SpeakerDraft, set_programme
from events.actions.calling_off import cancel_event, postpone_event, resume_event
from events.actions.events import EventDraft, edit_event, post_event, reschedule_event
from events.actions.offices import BodyDraft, edit_office, set_bodies
from events.actions.series import create_series, extend_series, post_series
from events.errors import Refused
from events.models import Body, Event, EventType, NoticeVersion, Speaker
from events.notice import access_line, names_a_phone
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    LOS_ANGELES,
    NOW,
    make_event,
    make_office,
    make_rsvp,
    make_staff,
    make_venue,
)
from tests.pages import page

pytestmark = pytest.mark.django_db

LINE = "Call 555-0100 by {day}."
#: The factory's event starts ten days and some hours after NOW.
SOON = NOW + timedelta(days=10)


def regular(**facts: Any) -> Event:
    """A draft that needs 72 hours, whose office says how to ask for access."""
    office = make_office(accommodation={"en": LINE})
    return make_event(office, post=False, **({"notice_hours": 72} | facts))


def refused(do: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        do()
    return caught.value


# -- The rule -------------------------------------------------------------------------------------


def test_an_event_of_no_class_is_posted_at_any_time() -> None:
    event = make_event(post=False)
    post_event(event_id=event.pk, now=event.starts_at)
    assert NoticeVersion.objects.count() == 1


def test_a_late_event_is_refused_and_says_what_to_do() -> None:
    event = regular()
    error = refused(lambda: post_event(event_id=event.pk, now=SOON))
    assert (error.code, error.field) == ("notice_late", "notice_excuse")
    assert "needs 72 hours of notice" in error.message
    assert "write under “Notice” why it is late" in error.message
    event.refresh_from_db()
    assert not event.is_posted
    assert not NoticeVersion.objects.exists()


def test_notice_is_kept_to_the_very_hour() -> None:
    event, late = regular(), regular()
    post_event(event_id=event.pk, now=event.starts_at - timedelta(hours=72))
    just = late.starts_at - timedelta(hours=72) + timedelta(seconds=1)
    assert refused(lambda: post_event(event_id=late.pk, now=just)).code == "notice_late"


def test_a_late_event_is_posted_with_a_reason_that_everybody_reads(client: Client) -> None:
    event = regular(notice_excuse="The levee broke this morning.")
    post_event(event_id=event.pk, now=SOON)
    with at(SOON):
        text = page(client.get(f"{event.get_absolute_url()}notice/")).text
    assert "It was public later than that. The office says why: The levee broke" in text
    assert "late_because:\n  The levee broke" in NoticeVersion.objects.get().text


@pytest.mark.parametrize(
    ("line", "code"),
    [("", "accommodation_missing"), ("Just ask us.", "accommodation_without_phone")],
)
def test_the_accommodation_line_is_required_with_a_phone(line: str, code: str) -> None:
    event = make_event(post=False, notice_hours=24, accommodation=line)
    error = refused(lambda: post_event(event_id=event.pk, now=NOW))
    assert (error.code, error.field) == (code, "accommodation")
    edit_event(event_id=event.pk, changes={"accommodation": "Call (555) 010-0144."}, now=NOW)
    post_event(event_id=event.pk, now=NOW)


@pytest.mark.parametrize(
    ("text", "found"),
    [("555-0100", True), ("(415) 555 0100", True), ("+1 415.555.0100", True),
     ("Room 210 on 6/11", False), ("by 5 p.m.", False), ("", False)],
)  # fmt: skip
def test_a_phone_number_is_told_from_other_figures(text: str, found: bool) -> None:
    assert names_a_phone(text) is found


def test_the_line_is_the_events_own_else_the_offices_in_the_readers_language() -> None:
    office = make_office(accommodation={"en": LINE, "es": "Llame al 555-0100 antes del {day}."})
    event = make_event(office)
    assert access_line(event, "en") == ("Call 555-0100 by Monday, June 8, 2026.", "en")
    assert access_line(event, "es").text.startswith("Llame al 555-0100 antes del lunes, 8 de junio")
    assert access_line(event, "fr").language == "en"
    edit_event(event_id=event.pk, changes={"accommodation": "Call 555-0177."}, now=NOW)
    own = Event.objects.with_all_shown().get(pk=event.pk)
    assert access_line(own, "es") == ("Call 555-0177.", "en")


def test_a_new_date_needs_its_notice_again() -> None:
    event = regular()
    post_event(event_id=event.pk, now=NOW)
    start = NOW + timedelta(days=2)

    def move(now: Any = NOW) -> None:
        reschedule_event(
            event_id=event.pk, starts_at=start, ends_at=start + timedelta(hours=1), now=now
        )

    assert refused(move).code == "notice_late"
    assert refused(
        lambda: edit_event(
            event_id=event.pk, changes={"starts_at": start, "ends_at": start}, now=NOW
        )
    ).code == "notice_late"  # fmt: skip
    # What was said of the old date stays as it was.
    assert NoticeVersion.objects.count() == 1
    edit_event(event_id=event.pk, changes={"notice_excuse": "The hall is gone."}, now=NOW)
    move()
    event.refresh_from_db()
    assert (event.noticed_at, event.posted_at) == (NOW, NOW)


def test_the_old_date_of_a_postponed_event_needs_its_notice_again() -> None:
    event = regular()
    post_event(event_id=event.pk, now=NOW)
    postpone_event(event_id=event.pk, reason="Smoke.", now=NOW)
    assert refused(lambda: resume_event(event_id=event.pk, now=SOON)).code == "notice_late"
    resume_event(event_id=event.pk, now=NOW + timedelta(days=1))


def test_what_is_public_may_be_edited_late_but_not_made_late() -> None:
    event = regular()
    post_event(event_id=event.pk, now=NOW)
    edit_event(event_id=event.pk, changes={"title": "Corrected"}, now=SOON)
    change = {"notice_hours": 24 * 30}
    assert refused(
        lambda: edit_event(event_id=event.pk, changes=change, now=SOON)
    ).code == "notice_late"  # fmt: skip


def _weekly(office: Any, **facts: Any) -> EventDraft:
    start = NOW + timedelta(days=1)
    return EventDraft(
        title="Board", event_type=EventType.HEARING, starts_at=start, venue=make_venue(office),
        ends_at=start + timedelta(hours=1), timezone=LOS_ANGELES, notice_hours=72, **facts,
    )  # fmt: skip


def test_a_series_goes_through_the_same_rule_all_or_nothing() -> None:
    office = make_office(accommodation={"en": LINE})

    def write(**facts: Any) -> Any:
        return create_series(
            office=office, draft=_weekly(office, **facts), rule="FREQ=WEEKLY", post=True, now=NOW
        )

    assert refused(write).code == "notice_late"
    assert not Event.objects.exists()
    series = create_series(office=office, draft=_weekly(office), rule="FREQ=WEEKLY", now=NOW)
    assert refused(lambda: post_series(series_id=series.pk, now=NOW)).code == "notice_late"
    assert not Event.objects.posted().exists()
    excused = write(notice_excuse="The first week of the board.")
    assert not excused.events.filter(posted_at=None).exists()


def test_the_tick_leaves_a_draft_where_it_may_not_post() -> None:
    office = make_office(accommodation={"en": LINE})
    start = NOW + timedelta(days=9)
    draft = _weekly(office)
    draft.starts_at, draft.ends_at = start, start + timedelta(hours=1)
    series = create_series(office=office, draft=draft, rule="FREQ=WEEKLY", post=True, now=NOW)
    # As if the office had been edited by hand: the tick goes on.
    type(office).objects.filter(pk=office.pk).update(accommodation={})
    assert extend_series(now=NOW + timedelta(days=30)) == 5
    assert series.events.filter(posted_at=None).count() == 5


def test_an_office_keeps_the_line_that_its_events_rest_on() -> None:
    event = regular()
    edit_office(office_id=event.office_id, changes={"accommodation": {}}, now=NOW)
    edit_office(office_id=event.office_id, changes={"accommodation": {"en": LINE}}, now=NOW)
    post_event(event_id=event.pk, now=NOW)
    assert refused(
        lambda: edit_office(office_id=event.office_id, changes={"accommodation": {}}, now=NOW)
    ).code == "accommodation_missing"  # fmt: skip


# -- The receipt ----------------------------------------------------------------------------------


def test_the_receipt_says_what_was_public_when(client: Client) -> None:
    event = regular(title="Budget night", translations={"es": {"title": "Presupuesto"}})
    post_event(event_id=event.pk, now=NOW)
    agenda = [ItemDraft("Welcome", "", 0), ItemDraft("Vote", "", 30)]
    set_programme(event_id=event.pk, agenda=agenda, now=NOW + timedelta(days=1))
    set_programme(event_id=event.pk, agenda=agenda[:1], now=SOON)
    cancel_event(event_id=event.pk, reason="Smoke.", now=SOON + timedelta(hours=1))
    path = f"{event.get_absolute_url()}notice/"
    with at(SOON):
        answer = client.get(path)
        spanish = page(client.get(f"/es{path}")).text
    text = page(answer).text
    assert "First public Monday, June 1, 2026, 9:00 a.m. PDT" in text
    assert "10 days before the start" in text
    assert "72 hours before the start It was public in time." in text
    assert "This event was cancelled Smoke." in text
    assert "Status Before: Confirmed From then on: Cancelled" in text
    assert "Version 3 Thursday, June 11, 2026, 9:00 a.m. PDT , 9 hours before the start Agenda" in (
        text
    )
    assert "Agenda Before: 19:00 Vote Version 2" not in text
    assert "Before: 19:00 Vote Text of version 3" in text
    assert "We have just checked 4 versions: they fit together, and none is missing." in text
    assert "Título (Español)" not in text
    assert "Title (Español) Presupuesto" in text
    assert "Constancia de aviso" in spanish
    for version in NoticeVersion.objects.filter(event=event):
        assert version.digest in text
    assert "s-maxage" in answer["Cache-Control"]
    assert not answer.cookies


def test_anybody_can_work_out_the_fingerprints(client: Client) -> None:
    event = regular()
    post_event(event_id=event.pk, now=NOW)
    edit_event(event_id=event.pk, changes={"title": "Ánother — title"}, now=NOW)
    before = "0" * 64
    for number in (1, 2):
        answer = client.get(f"/events/{event.slug}/notice/{number}.txt")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert f"sha256 of the version before: {before}\n" in answer.content.decode()
        before = hashlib.sha256(answer.content).hexdigest()
        assert NoticeVersion.objects.get(event=event, number=number).digest == before
    assert client.get(f"/events/{event.slug}/notice/3.txt").status_code == 404


def test_a_draft_has_no_receipt(client: Client) -> None:
    event = regular()
    assert client.get(f"/events/{event.slug}/notice/").status_code == 404
    assert client.get(f"/events/{event.slug}/notice/1.txt").status_code == 404


def test_the_receipt_names_no_guest(client: Client) -> None:
    event = make_event()
    make_rsvp(event, name="Secret Guest", email="secret@example.org")
    cancel_event(event_id=event.pk, reason="Smoke.", now=NOW)
    with at(NOW):
        for end in ("", "1.txt", "2.txt"):
            text = client.get(f"/events/{event.slug}/notice/{end}").content.decode()
            assert "ecret" not in text


def test_an_event_from_before_versions_were_kept_says_so(client: Client) -> None:
    event = make_event(post=False)
    Event.objects.filter(pk=event.pk).update(posted_at=NOW)
    path = f"/events/{event.slug}/notice/"
    with at(NOW):
        assert "before this site began to keep versions" in page(client.get(path)).text
        edit_event(event_id=event.pk, changes={"title": "New"}, now=SOON)
        text = page(client.get(path)).text
    assert "The first one that was kept is from the day below." in text


def test_the_page_of_the_event_leads_to_its_receipt_and_says_how_to_ask(client: Client) -> None:
    event = regular()
    post_event(event_id=event.pk, now=NOW)
    with at(NOW):
        shown = page(client.get(event.get_absolute_url()))
        found = client.get(f"/api/v1/events/{event.slug}").json()
    assert f"/events/{event.slug}/notice/" in shown.links
    assert "Call 555-0100 by Monday, June 8, 2026." in shown.text
    assert found["accommodation"] == "Call 555-0100 by Monday, June 8, 2026."
    assert (found["notice_hours"], found["notice_url"][-8:]) == (72, "/notice/")


@pytest.mark.parametrize("edits", [1, 30])
def test_a_long_receipt_costs_no_more_queries(
    client: Client, edits: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    event = make_event(translations={"es": {"title": "Hola"}})
    for number in range(edits):
        edit_event(event_id=event.pk, changes={"title": f"Title {number}"}, now=NOW)
    with at(NOW), django_assert_num_queries(3):
        client.get(f"/events/{event.slug}/notice/")


# -- The desk -------------------------------------------------------------------------------------


def test_a_late_event_is_refused_on_the_desk_beside_the_field() -> None:
    office = make_office(accommodation={"en": LINE})
    event, desk = make_event(office, post=False), Desk(make_staff(office))
    with at(SOON):
        typed = {"notice_class": "72", "do": "post"}
        answer = desk.change("staff-event-edit", typed, pk=event.pk)
        assert answer.status_code == 422
        assert "This event needs 72 hours of notice" in page(answer).text
        typed["notice_excuse"] = "The levee broke."
        desk.follow(desk.change("staff-event-edit", typed, pk=event.pk))
        shown = desk.see("staff-event", pk=event.pk).text
    assert "72 hours before the start It is late, with this reason: The levee broke." in shown
    # The form shows what was saved.
    fields = desk.fill("staff-event-edit", pk=event.pk)
    assert (fields["notice_class"], fields["notice_excuse"]) == (["72"], "The levee broke.")


def test_the_page_that_posts_says_what_is_missing() -> None:
    office = make_office()
    event = make_event(office, post=False, notice_hours=24)
    desk = Desk(make_staff(office))
    with at(NOW):
        # Before the button is pressed, and after.
        assert (
            "Say how to ask for an accommodation" in desk.see("staff-event-post", pk=event.pk).text
        )
        answer = desk.send("staff-event-post", {}, pk=event.pk)
    assert answer.status_code == 422
    assert "Say how to ask for an accommodation" in page(answer).text


def test_an_office_sets_what_is_usual_and_new_events_start_from_it() -> None:
    office = make_office()
    desk = Desk(make_staff(office))
    typed = {
        "notice_class": "other", "notice_hours": "48", "accommodation": "Call 555-0100 by {day}.",
        "accommodation_es": "Llame al 555-0100.", "body_new0_name": "City Council",
        "body_new0_quorum": "4",
    }  # fmt: skip
    with at(NOW):
        desk.follow(desk.change("staff-office-notice", typed, slug=office.slug))
        again = desk.fill("staff-office-notice", slug=office.slug)
        new = desk.fill("staff-event-new")
    office.refresh_from_db()
    assert office.notice_hours == 48
    assert office.accommodation == {"en": LINE, "es": "Llame al 555-0100."}
    body = Body.objects.get(office=office)
    assert (body.name, body.quorum) == ("City Council", 4)
    assert (again["notice_class"], again[f"body_{body.pk}_quorum"]) == (["other"], "4")
    assert (new["notice_class"], new["notice_hours"]) == (["other"], "48")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"notice_class": "other"}, "Enter how many hours before the start."),
        ({"accommodation": "Just ask us."}, "has to name a phone number."),
        ({"accommodation_es": "Llame al 555-0100."}, "Write it in English, too."),
        ({"body_new0_name": "Council"}, "Enter how many members are a quorum."),
    ],
)
def test_what_an_office_cannot_set_says_why(typed: dict[str, str], says: str) -> None:
    office = make_office()
    with at(NOW):
        answer = Desk(make_staff(office)).change("staff-office-notice", typed, slug=office.slug)
    assert answer.status_code == 422
    assert says in page(answer).text


@pytest.mark.parametrize(("members", "warned"), [(2, False), (3, True), (4, True)])
def test_a_quorum_among_the_speakers_warns_before_posting(members: int, warned: bool) -> None:
    office = make_office()
    set_bodies(office_id=office.pk, bodies=[BodyDraft("City Council", 3)], now=NOW)
    body = Body.objects.get()
    event = make_event(office, post=False)
    speakers = [SpeakerDraft(f"Member {n}", "", body) for n in range(members)]
    set_programme(event_id=event.pk, speakers=[*speakers, SpeakerDraft("Clerk")], now=NOW)
    desk = Desk(make_staff(office))
    says = f"{members} members of City Council are expected; 3 are a quorum."
    with at(NOW):
        for name in ("staff-event", "staff-event-post"):
            assert (says in desk.see(name, pk=event.pk).text) is warned
    # A body that goes leaves its members as speakers.
    set_bodies(office_id=office.pk, bodies=[], now=NOW)
    assert Speaker.objects.filter(event=event, body=None).count() == members + 1
