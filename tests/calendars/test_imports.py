"""An office's calendar file, read once and read again."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import translation

from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event
from events.models import Event, Venue
from notifications.calendars.imports import Report, import_calendar, venue_columns
from tests import factories
from tests.calendars.entries import local

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 9, 15, 16, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def bring(data: bytes | str, office: object, now: datetime = NOW) -> Report:
    data = data.encode() if isinstance(data, str) else data
    return import_calendar(data=data, name="calendar", office=office, now=now)  # type: ignore[arg-type]


def google() -> str:
    return (FIXTURES / "google.ics").read_text()


def one_event(*lines: str) -> str:
    return "\n".join(
        ["BEGIN:VCALENDAR", "X-WR-CALNAME:C", "BEGIN:VEVENT", "UID:a", *lines, "END:VEVENT",
         "END:VCALENDAR"]
    )  # fmt: skip


TIMES = ("DTSTART:20261101T180000Z", "DTEND:20261101T190000Z")


def test_a_first_run_adds_every_date_and_says_what_it_left_out() -> None:
    office = factories.make_office()
    report = bring(google(), office)
    assert report.calendar == "Councilmember Ruiz"
    assert report.added == [
        "Office hours: Tuesday, October 6, 2026, 6:00–7:30 p.m. PDT",
        "Office hours (Wednesday this week): Wednesday, October 14, 2026, 5:00–6:30 p.m. PDT",
        "Office hours: Tuesday, October 20, 2026, 6:00–7:30 p.m. PDT",
        "Neighborhood cleanup: Sunday, November 1 – Monday, November 2, 2026 (all day)",
        "Office hours: Tuesday, November 3, 2026, 6:00–7:30 p.m. PST",
        "Office hours: Tuesday, November 10, 2026, 6:00–7:30 p.m. PST",
        "Budget town hall: Thursday, November 12, 2026, 6:00–8:00 p.m. PST",
    ]
    assert (report.changed, report.unchanged, report.gone) == ([], [], [])
    assert [(problem.title, problem.reason) for problem in report.skipped] == [
        ("Typed by hand", "DTSTART is not a date: '2026-11-20 18:00'."),
        ("Dentist", "It is marked as private."),
        ("Walk in the park", "It is cancelled, and was not here before."),
    ]


def test_imported_events_are_posted_with_type_place_and_way_to_join() -> None:
    office = factories.make_office()
    bring(google(), office)
    hall = Event.objects.select_related("venue").get(source_uid="5t1townhall@google.com")
    assert (hall.slug, hall.event_type, hall.mode, hall.posted_at) == (
        "budget-town-hall", "town_hall", "both", NOW,
    )  # fmt: skip
    assert hall.remote_url == "https://meet.google.com/abc-defg-hij"
    assert hall.venue is not None
    assert hall.venue.location == "Echo Park Library, 1410 W Temple St, Los Angeles"
    weekly = Event.objects.get(recurrence_id="20261104T020000Z")
    assert (weekly.slug, weekly.event_type) == ("office-hours-2026-11-03", "office_hours")
    # One venue for all five dates, and one for those that name none.
    assert sorted(Venue.objects.values_list("name", flat=True)) == [
        "City Hall", "Echo Park Library", "To be announced",
    ]  # fmt: skip


def test_a_second_run_of_the_same_file_changes_nothing() -> None:
    office = factories.make_office()
    added = bring(google(), office).added
    before = list(Event.objects.order_by("pk").values())
    report = bring(google(), office)
    assert (report.added, report.changed, report.gone) == ([], [], [])
    assert report.unchanged == added
    assert len(report.skipped) == 3
    assert list(Event.objects.order_by("pk").values()) == before


def test_a_change_in_the_file_moves_the_event_and_keeps_its_uid() -> None:
    office = factories.make_office()
    bring(one_event("SUMMARY:Walk", *TIMES), office)
    before = Event.objects.get()
    moved = one_event("SUMMARY:Walk", "DTSTART:20261102T180000Z", "DTEND:20261102T190000Z")
    report = bring(moved, office)
    assert report.changed == ["Walk: Monday, November 2, 2026, 10:00–11:00 a.m. PST"]
    after = Event.objects.get()
    assert (after.uid, after.slug) == (before.uid, before.slug)
    assert after.starts_at == local("UTC", 2026, 11, 2, 18)
    assert (after.sequence, after.schedule_rev) == (1, 1)


def test_what_staff_changed_stays_while_the_file_stays() -> None:
    office = factories.make_office()
    bring(one_event("SUMMARY:Walk", *TIMES), office)
    edit_event(
        event_id=Event.objects.get().pk, changes={"capacity": 12, "title": "A walk"}, now=NOW
    )
    assert bring(one_event("SUMMARY:Walk", *TIMES), office).unchanged == [
        "Walk: Sunday, November 1, 2026, 10:00–11:00 a.m. PST"
    ]
    bring(one_event("SUMMARY:Long walk", *TIMES), office)
    event = Event.objects.get()
    assert (event.title, event.capacity) == ("Long walk", 12)


def test_a_cancellation_in_the_file_cancels_and_a_return_is_for_staff() -> None:
    office = factories.make_office()
    bring(one_event("SUMMARY:Walk", *TIMES), office)
    off = one_event("SUMMARY:Walk", *TIMES, "STATUS:CANCELLED")
    assert len(bring(off, office).changed) == 1
    event = Event.objects.get()
    assert (event.status, event.sequence) == ("cancelled", 1)
    assert event.status_reason == "It was cancelled in the office’s calendar."
    assert len(bring(off, office).unchanged) == 1
    for title in ("Walk", "Walk is on"):
        report = bring(one_event(f"SUMMARY:{title}", *TIMES), office)
        assert [problem.reason for problem in report.skipped] == [
            "This event was cancelled. Create a new one instead."
        ]


def test_each_part_of_an_event_is_kept_in_step_for_itself() -> None:
    office = factories.make_office()
    walk = [*TIMES, "LOCATION:Echo Park", "DESCRIPTION:With Ana.", "STATUS:TENTATIVE"]
    bring(one_event("SUMMARY:Walk", *walk), office)
    event = Event.objects.get()
    assert event.status == "tentative"
    lake = factories.make_venue(office, name="Echo Park Lake")
    edit_event(event_id=event.pk, changes={"venue": lake, "title": "A walk"}, now=NOW)
    changed = [line.replace("Ana", "Ana and Ben") for line in walk]
    assert bring(one_event("SUMMARY:Walk", *changed), office).changed == [
        "Walk: Sunday, November 1, 2026, 10:00–11:00 a.m. PST"
    ]
    event.refresh_from_db()
    assert (event.title, event.venue, event.sequence) == ("A walk", lake, 1)
    assert (event.description, event.status) == ("With Ana and Ben.", "tentative")
    bring(one_event("SUMMARY:Walk", *changed[:-1]), office)
    event.refresh_from_db()
    assert (event.title, event.venue, event.status) == ("A walk", lake, "confirmed")
    bring(one_event("SUMMARY:Walk", *changed[:2], "LOCATION:Elysian Park"), office)
    event.refresh_from_db()
    assert (event.venue.name, event.description) == ("Elysian Park", "")  # type: ignore[union-attr]


def test_a_new_date_in_the_file_ends_a_postponement() -> None:
    office = factories.make_office()
    bring(one_event("SUMMARY:Walk", *TIMES, "STATUS:TENTATIVE"), office)
    event = Event.objects.get()
    postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
    assert len(bring(one_event("SUMMARY:Walk", *TIMES), office).changed) == 1
    event.refresh_from_db()
    assert event.status == "postponed"
    later = one_event("SUMMARY:Walk", "DTSTART:20261102T180000Z", "DTEND:20261102T190000Z")
    bring(later, office)
    event.refresh_from_db()
    assert (event.status, event.starts_at) == ("confirmed", local("UTC", 2026, 11, 2, 18))


def test_what_is_gone_from_the_file_is_reported_and_kept() -> None:
    office = factories.make_office()
    bring(google(), office)
    without = google().replace(":20261027T180000", ":20261027T180000,20261103T180000")
    report = bring(without, office)
    assert report.gone == ["Office hours: Tuesday, November 3, 2026, 6:00–7:30 p.m. PST"]
    assert Event.objects.get(recurrence_id="20261104T020000Z").status == "confirmed"
    cancel_event(
        event_id=Event.objects.get(recurrence_id="20261104T020000Z").pk, reason="Off", now=NOW
    )
    assert bring(without, office).gone == []


def test_an_event_that_broke_in_the_file_is_not_called_gone() -> None:
    office = factories.make_office()
    bring(one_event("SUMMARY:Walk", *TIMES), office)
    report = bring(one_event("SUMMARY:Walk", "DTSTART:soon"), office)
    assert (report.gone, [problem.title for problem in report.skipped]) == ([], ["Walk"])


def test_the_report_is_in_the_language_of_its_reader_and_the_zone_of_the_event() -> None:
    office = factories.make_office()
    elsewhere = ("DTSTART;TZID=America/New_York:20261101T130000", "DURATION:PT1H")
    with translation.override("es"):
        report = bring(one_event("SUMMARY:Walk", *elsewhere), office)
    assert report.added == ["Walk: domingo, 1 de noviembre de 2026, 1:00–2:00 p.m. EST"]


def test_two_offices_can_bring_the_same_calendar() -> None:
    one, other = factories.make_office(), factories.make_office()
    bring(one_event("SUMMARY:Walk", *TIMES), one)
    assert len(bring(one_event("SUMMARY:Walk", *TIMES), other).added) == 1
    assert len(bring(one_event("SUMMARY:Walk", *TIMES), other).unchanged) == 1


def test_a_renamed_calendar_is_still_the_same() -> None:
    office = factories.make_office()
    bring(one_event("SUMMARY:Walk", *TIMES), office)
    renamed = one_event("SUMMARY:Walk", *TIMES).replace("CALNAME:C", "CALNAME:D")
    assert len(bring(renamed, office).unchanged) == 1


@pytest.mark.parametrize(
    ("location", "columns"),
    [
        ("City Hall", {"name": "City Hall", "street": ""}),
        (
            "City Hall, 200 N Spring St, Los Angeles, CA 90012, USA",
            {"name": "City Hall", "street": "200 N Spring St", "locality": "Los Angeles",
             "region": "CA", "postal_code": "90012"},
        ),
        ("Café, Calle Ocho, Miami", {"name": "Café", "street": "Calle Ocho, Miami"}),
    ],
)  # fmt: skip
def test_the_parts_of_an_address_are_told_apart(location: str, columns: dict[str, str]) -> None:
    assert venue_columns(location) == columns


def run(*args: object) -> str:
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("import_ics", *map(str, args), stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_did() -> None:
    office = factories.make_office(slug="ruiz", name="Office of Ana Ruiz")
    assert run(FIXTURES / "google.ics", "--office", office.slug) == (
        "Councilmember Ruiz, into the calendar of Office of Ana Ruiz\n"
        "Added: 7\nChanged: 0\nUnchanged: 0\nSkipped: 3\n"
        "  line 81: Typed by hand: DTSTART is not a date: '2026-11-20 18:00'.\n"
        "  line 87: Dentist: It is marked as private.\n"
        "  line 95: Walk in the park: It is cancelled, and was not here before.\n"
    )
    assert "Added: 0\nChanged: 0\nUnchanged: 7\nSkipped: 3\n" in run(
        FIXTURES / "google.ics", "--office", office.slug
    )


def test_the_command_can_leave_drafts() -> None:
    office = factories.make_office()
    run(FIXTURES / "outlook.ics", "--office", office.slug, "--drafts")
    assert list(Event.objects.values_list("posted_at", flat=True)) == [None, None]


def test_the_command_names_what_is_wrong(tmp_path: Path) -> None:
    office = factories.make_office(slug="ruiz")
    page = tmp_path / "page.ics"
    page.write_text("<html>")
    with pytest.raises(CommandError, match="it has no BEGIN:VCALENDAR"):
        run(page, "--office", office.slug)
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.ics", "--office", office.slug)
    with pytest.raises(CommandError, match=r"There is no office 'nobody'\. There are: ruiz\."):
        run(FIXTURES / "google.ics", "--office", "nobody")
