"""Calendar files as Google, Apple and Outlook write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.rrule import _iterinfo  # type: ignore[attr-defined]
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars.html_text import plain_text
from notifications.calendars.ics_lines import NotACalendar
from notifications.calendars.ics_reader import Problem, Reading, Row, read
from tests.calendars.entries import local

FIXTURES = Path(__file__).parent / "fixtures"
OFFICE = "America/Los_Angeles"
SINCE = datetime(2026, 9, 1, tzinfo=UTC)
UNTIL = datetime(2027, 9, 1, tzinfo=UTC)


def read_file(name: str) -> Reading:
    return read((FIXTURES / name).read_bytes(), zone=OFFICE, since=SINCE, until=UNTIL)


def read_events(*events: str, head: str = "", end: str = "\r\n") -> Reading:
    """Read events given as their own lines, with a UID, DTSTAMP and title where they have none."""
    blocks = []
    for number, event in enumerate(events):
        lines = event.strip().split("\n")
        for name, value in (("UID", f"e{number}"), ("SUMMARY", f"Event {number}")):
            if not any(line.startswith(name) for line in lines):
                lines.append(f"{name}:{value}")
        blocks.append("\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"]))
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *filter(None, [head]), *blocks])
    data = (text + "\nEND:VCALENDAR\n").replace("\n", end).encode()
    return read(data, zone=OFFICE, since=SINCE, until=UNTIL)


def starts(reading: Reading) -> list[datetime]:
    assert reading.problems == []
    return [row.starts_at for row in reading.rows]


def la(*when: int) -> datetime:
    return local(OFFICE, *when)


def row(**facts: object) -> Row:
    default: dict[str, object] = {
        "recurrence_id": "", "timezone": OFFICE, "all_day": False, "description": "",
        "location": "", "url": "", "meeting_url": "", "status": "confirmed", "categories": (),
    }  # fmt: skip
    return Row(**{**default, **facts})  # type: ignore[arg-type]


def test_googles_file_gives_every_date_and_names_what_was_left_out() -> None:
    reading = read_file("google.ics")
    assert reading.name == "Councilmember Ruiz"
    weekly: dict[str, object] = {
        "source_uid": "3k2weekly@google.com",
        "title": "Office hours",
        "description": (
            "Bring your questions.\nSign up: office hours (https://ruiz.example/hours)\n"
            "- Housing\n- Parks & streets"
        ),
        "location": "City Hall, 200 N Spring St, Los Angeles, CA 90012, USA",
        "line": 27,
    }
    hours = timedelta(minutes=90)
    assert reading.rows == [
        row(
            **weekly, recurrence_id="20261007T010000Z",
            starts_at=la(2026, 10, 6, 18), ends_at=la(2026, 10, 6, 18) + hours,
        ),
        row(
            source_uid="3k2weekly@google.com", recurrence_id="20261014T010000Z",
            starts_at=la(2026, 10, 14, 17), ends_at=la(2026, 10, 14, 17) + hours,
            title="Office hours (Wednesday this week)", line=44,
        ),
        row(
            **weekly, recurrence_id="20261021T010000Z",
            starts_at=la(2026, 10, 20, 18), ends_at=la(2026, 10, 20, 18) + hours,
        ),
        row(
            source_uid="9allday@google.com", starts_at=la(2026, 11, 1), ends_at=la(2026, 11, 3),
            all_day=True, title="Neighborhood cleanup", status="tentative", line=72,
        ),
        row(
            **weekly, recurrence_id="20261104T020000Z",
            starts_at=la(2026, 11, 3, 18), ends_at=la(2026, 11, 3, 18) + hours,
        ),
        row(
            **weekly, recurrence_id="20261111T020000Z",
            starts_at=la(2026, 11, 10, 18), ends_at=la(2026, 11, 10, 18) + hours,
        ),
        row(
            source_uid="5t1townhall@google.com",
            starts_at=la(2026, 11, 12, 18), ends_at=la(2026, 11, 12, 20),
            title="Budget town hall",
            description=(
                "A town hall about the budget: what is in it, what is not; and what you want."
                " Interpreters in Spanish and ASL. Café after\nthe questions."
            ),
            location="Echo Park Library, 1410 W Temple St, Los Angeles",
            meeting_url="https://meet.google.com/abc-defg-hij", line=54,
        ),
        row(
            source_uid="cancelled@google.com",
            starts_at=la(2026, 12, 10, 10), ends_at=la(2026, 12, 10, 11),
            title="Walk in the park", status="cancelled", line=95,
        ),
    ]  # fmt: skip
    assert reading.problems == [
        Problem(
            "broken@google.com", "Typed by hand", 81, "DTSTART is not a date: '2026-11-20 18:00'."
        ),
        Problem("private@google.com", "Dentist", 87, "It is marked as private."),
    ]


def test_apples_file_with_its_own_places_a_stale_copy_and_a_cancelled_date() -> None:
    reading = read_file("apple.ics")
    library = "Los Feliz Branch Library, 1874 Hillhurst Ave, Los Angeles, CA, United States"
    assert [(r.starts_at, r.ends_at, r.status, r.title, r.location) for r in reading.rows] == [
        (la(2026, 11, 2, 11), la(2026, 11, 2, 12), "confirmed", "Reading hour", library),
        (la(2026, 11, 9, 11), la(2026, 11, 9, 12), "confirmed", "Reading hour", library),
        (la(2026, 11, 24, 11), la(2026, 11, 24, 11, 45), "cancelled", "Reading hour", ""),
        (la(2026, 11, 30, 11), la(2026, 11, 30, 12), "confirmed", "Reading hour", library),
        (
            la(2026, 11, 30, 19), la(2026, 11, 30, 20, 30), "confirmed", "🎉 Fiesta de otoño",
            "Crystal Springs, Griffith Park Dr, Los Angeles, CA",
        ),
    ]  # fmt: skip
    assert reading.rows[0].url == "https://district4.example/reading"
    assert [(p.title, p.reason) for p in reading.problems] == [
        ("Placeholder", "A later event in the file has the same UID."),
        ("Backwards", "It ends before it starts."),
    ]


def test_outlooks_file_in_windows_1252_with_windows_zones() -> None:
    reading = read_file("outlook.ics")
    assert [
        (r.title, r.timezone, r.starts_at, r.meeting_url, r.categories) for r in reading.rows
    ] == [
        (
            "Regional call", "America/New_York", local("America/New_York", 2026, 11, 10, 14),
            "https://teams.example/meet/19", ("Housing", "Parks, streets"),
        ),
        ("Veterans Day walk – all welcome", OFFICE, la(2026, 11, 11, 10), "", ()),
    ]  # fmt: skip
    assert [(p.uid, p.reason) for p in reading.problems] == [
        ("mars", "Its time zone is not known: 'Mars Time'.")
    ]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("DTSTART:not-a-date", "DTSTART is not a date: 'not-a-date'."),
        ("DTSTART:20261301T100000", "DTSTART is not a date: '20261301T100000'."),
        ("DTSTART:20260230", "DTSTART is not a date: '20260230'."),
        ("DTSTART:00010101T000000Z", "DTSTART is not a date: '00010101T000000Z'."),
        ("LOCATION:Here", "It has no DTSTART."),
        ("DTSTART:20261101T100000\nDTEND;VALUE=DATE:20261102",
         "One of its start and end is a whole day, the other a time."),
        ("DTSTART:20261101T100000\nDURATION:-PT1H", "DURATION is not a length of time: '-PT1H'."),
        ("DTSTART:20261101T100000\nDURATION:P", "DURATION is not a length of time: 'P'."),
        ("DTSTART:20261101T100000\nRRULE:FREQ=OFTEN",
         "Its rule of repetition cannot be read: FREQ=OFTEN."),
        ("DTSTART:20261101T100000\nRRULE:FREQ=DAILY;INTERVAL=0",
         "Its rule of repetition cannot be read: FREQ=DAILY;INTERVAL=0."),
        ("DTSTART:20261101T100000\nRRULE:FREQ=MINUTELY", "It repeats minutely."),
        ("DTSTART:20261101T100000\nRRULE:FREQ=DAILY;UNTIL=soon", "UNTIL is not a date: 'SOON'."),
        ("DTSTART:20261101T100000\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7",
         "It repeats more than 2000 times."),
        ("DTSTART:20261101T100000\nRRULE:FREQ=DAILY\nEXDATE:yesterday",
         "EXDATE is not a date: 'yesterday'."),
        ("DTSTART:20261101T100000\nUID:", "It has no UID, so a later run could not know it again."),
        ("DTSTART:20261101T100000\nSUMMARY: ", "It has no title."),
        ("DTSTART;TZID=\"Nowhere:20261101T100000",
         "Line 9 has a quotation mark that is not closed."),
        ("this is no line\nDTSTART:20261101T100000", "Line 9 is not of the form NAME:value."),
    ],
)  # fmt: skip
def test_a_broken_event_is_named_and_its_neighbours_go_in(lines: str, reason: str) -> None:
    good = "DTSTART:20261101T100000Z"
    reading = read_events(good, lines, good)
    assert [r.source_uid for r in reading.rows] == ["e0", "e2"]
    assert [p.reason for p in reading.problems] == [reason]


def test_an_event_without_its_end_spoils_no_neighbour() -> None:
    reading = read(
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:open\nSUMMARY:Open\nDTSTART:20261101T100000Z\n"
        b"BEGIN:VALARM\nTRIGGER:-PT5M\n"
        b"BEGIN:VEVENT\nUID:good\nSUMMARY:Good\nDTSTART:20261101T100000Z\nEND:VEVENT\n"
        b"BEGIN:VEVENT\nUID:cut\nSUMMARY:Cut off\nDTSTART:2026",
        zone=OFFICE,
        since=SINCE,
        until=UNTIL,
    )
    assert [r.title for r in reading.rows] == ["Good"]
    assert [(p.title, p.line, p.reason) for p in reading.problems] == [
        ("Open", 8, "It has no END:VEVENT."),
        ("Cut off", 13, "It has no END:VEVENT."),
    ]


def test_a_repeating_event_keeps_its_hour_over_the_change_of_clocks() -> None:
    reading = read_events(
        f"DTSTART;TZID={OFFICE}:20261018T180000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"
    )
    assert starts(reading) == [la(2026, 10, 18, 18), la(2026, 10, 25, 18), la(2026, 11, 1, 18),
                               la(2026, 11, 8, 18)]  # fmt: skip


@pytest.mark.parametrize(
    ("until", "last"),
    [("20261109T020000Z", 8), ("20261109T015959Z", 7), ("20261108", 8), ("20261108T180000", 8)],
)
def test_until_is_inclusive_in_every_form(until: str, last: int) -> None:
    rule = f"DTSTART;TZID={OFFICE}:20261107T180000\nRRULE:FREQ=DAILY;UNTIL={until}"
    assert starts(read_events(rule))[-1] == la(2026, 11, last, 18)


def test_exceptions_and_added_dates_in_every_form() -> None:
    reading = read_events(
        f"DTSTART;TZID={OFFICE}:20261101T180000\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=6\n"
        f"EXDATE;TZID={OFFICE}:20261102T180000,20261103T180000\n"
        "EXDATE:20261105T020000Z\nEXDATE;VALUE=DATE:20261105\n"
        f"RDATE;TZID={OFFICE}:20261120T180000\n"
        "RDATE;VALUE=PERIOD:20261201T020000Z/PT30M,20261202T020000Z/20261202T050000Z"
    )
    assert [(r.starts_at, r.ends_at) for r in reading.rows] == [
        (la(2026, 11, 1, 18), la(2026, 11, 1, 20)),
        (la(2026, 11, 6, 18), la(2026, 11, 6, 20)),
        (la(2026, 11, 20, 18), la(2026, 11, 20, 20)),
        (la(2026, 11, 30, 18), la(2026, 11, 30, 18, 30)),
        (la(2026, 12, 1, 18), la(2026, 12, 1, 21)),
    ]


def test_all_day_dates_repeat_by_days() -> None:
    reading = read_events(
        "DTSTART;VALUE=DATE:20261030\nDTEND;VALUE=DATE:20261101\n"
        "RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261106"
    )
    assert [(r.recurrence_id, r.starts_at, r.ends_at, r.all_day) for r in reading.rows] == [
        ("20261030", la(2026, 10, 30), la(2026, 11, 1), True),
        ("20261113", la(2026, 11, 13), la(2026, 11, 15), True),
    ]


def test_an_endless_rule_is_written_out_within_the_window_only() -> None:
    reading = read_events(f"DTSTART;TZID={OFFICE}:20100105T180000\nRRULE:FREQ=MONTHLY;BYDAY=1TU")
    found = starts(reading)
    assert (found[0], found[-1], len(found)) == (la(2026, 9, 1, 18), la(2027, 8, 3, 18), 12)


def test_a_plain_event_is_read_however_old_it_is() -> None:
    assert starts(read_events("DTSTART:20190301T020000Z")) == [datetime(2019, 3, 1, 2, tzinfo=UTC)]


def test_a_rule_that_never_comes_true_ends() -> None:
    rule = "DTSTART:20261101T100000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"
    assert len(read_events(rule).rows) == 1


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=6MO",
    ],
)
def test_a_rule_that_never_comes_true_is_not_followed_to_the_year_9999(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    real = _iterinfo.rebuild
    monkeypatch.setattr(
        _iterinfo,
        "rebuild",
        lambda self, year, month: (seen.append(year), real(self, year, month)),  # type: ignore[func-returns-value]
    )
    # A Sunday, and what its rule never says: only the date that is written is one.
    assert starts(read_events(f"DTSTART:20261101T100000\nRRULE:{rule}")) == [la(2026, 11, 1, 10)]
    assert max(seen) <= UNTIL.year


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYHOUR=1,3,5,7,9,11;BYMINUTE=0,10,20,30,40,50",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11",
    ],
)
def test_a_rule_with_more_dates_than_anybody_writes_is_named(rule: str) -> None:
    reading = read_events(
        f"DTSTART:19000101T000000\nRRULE:{rule}", "DTSTART:20261101T100000\nSUMMARY:Good"
    )
    assert [row.title for row in reading.rows] == ["Good"]
    assert [problem.reason for problem in reading.problems] == [
        "It repeats more than 20000 times since its start."
    ]


def test_a_zone_whose_clocks_change_every_second_is_not_waited_for() -> None:
    head = (
        "BEGIN:VTIMEZONE\nTZID:Nowhere/Zone\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
        "TZOFFSETFROM:-0700\nTZOFFSETTO:-0800\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE"
    )
    reading = read_events("DTSTART;TZID=Nowhere/Zone:20261101T100000", head=head)
    (problem,) = reading.problems
    assert problem.reason == "Its time zone is not known: 'Nowhere/Zone'."


def test_control_characters_are_left_out() -> None:
    reading = read_events(
        "DTSTART:20261101T100000\nUID:a\x00b\nSUMMARY:Town\x00 hall\x07\nLOCATION:Room\x1b 1\n"
        "DESCRIPTION:one\\ntwo\x00\nCATEGORIES:x\x0b"
    )
    assert reading.problems == []
    (only,) = reading.rows
    assert (only.source_uid, only.title, only.location) == ("ab", "Town hall", "Room 1")
    assert (only.description, only.categories) == ("one\ntwo", ("x",))


def test_parts_in_parts_without_end_are_no_calendar() -> None:
    data = b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 100_000
    with pytest.raises(NotACalendar):
        read(data, zone=OFFICE, since=SINCE, until=UNTIL)


def test_quoted_parameters_keep_what_they_quote() -> None:
    reading = read_events(
        'DTSTART;X-A="a;b:c"d;TZID=America/New_York;X-B=:20261101T100000\nSUMMARY;X-C="open:no end'
    )
    (problem,) = reading.problems
    assert problem.reason.endswith("has a quotation mark that is not closed.")
    (only,) = read_events('DTSTART;X-A="a;b:c"d;TZID=America/New_York;X-B=:20261101T100000').rows
    assert only.timezone == "America/New_York"


def test_a_moved_date_whose_new_time_is_broken_is_not_shown_at_its_old_time() -> None:
    reading = read_events(
        f"UID:s\nDTSTART;TZID={OFFICE}:20261101T180000\nRRULE:FREQ=DAILY;COUNT=3",
        f"UID:s\nRECURRENCE-ID;TZID={OFFICE}:20261102T180000\nDTSTART:later",
    )
    assert [r.starts_at for r in reading.rows] == [la(2026, 11, 1, 18), la(2026, 11, 3, 18)]
    assert [p.reason for p in reading.problems] == ["DTSTART is not a date: 'later'."]


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("America/New_York", "America/New_York"),
        ("/mozilla.org/20050126_1/America/Argentina/Salta", "America/Argentina/Salta"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("Central Standard Time", "America/Chicago"),
        ("UTC", OFFICE),
    ],
)
def test_a_zone_is_known_by_the_names_that_programs_give_it(tzid: str, zone: str) -> None:
    (found,) = read_events(f"DTSTART;TZID={tzid}:20261101T180000").rows
    assert found.timezone == zone
    at = local("UTC" if tzid == "UTC" else zone, 2026, 11, 1, 18)
    assert found.starts_at == at


def test_times_without_a_zone_are_the_offices_and_utc_is_shown_where_the_calendar_lives() -> None:
    reading = read_events(
        "DTSTART:20261101T180000",
        "DTSTART:20261102T170000Z",
        head="X-WR-TIMEZONE:America/Denver",
    )
    assert [(r.starts_at, r.timezone) for r in reading.rows] == [
        (la(2026, 11, 1, 18), OFFICE),
        (datetime(2026, 11, 2, 17, tzinfo=UTC), "America/Denver"),
    ]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_ends_byte_order_marks_and_folds_inside_characters(end: str, mark: str) -> None:
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:a", "SUMMARY:Año <@@> nuevo",
             "DTSTART:20261101T180000Z", "END:VEVENT", "END:VCALENDAR"]  # fmt: skip
    text = end.join(lines)
    if mark == "utf-16":
        data = text.replace("<@@>", "会").encode(mark)
    else:
        folded = b"\xe4" + end.encode() + b" \xbc\x9a"
        data = text.encode(mark).replace(b"<@@>", folded)
    (found,) = read(data, zone=OFFICE, since=SINCE, until=UNTIL).rows
    assert found.title == "Año 会 nuevo"


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"<html></html>", b"END:VCALENDAR"])
def test_what_is_no_calendar_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(NotACalendar):
        read(data, zone=OFFICE, since=SINCE, until=UNTIL)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "BEGIN:VTIMEZONE",
                "BEGIN:STANDARD", "END:VTIMEZONE", "END:VCALENDAR", "UID:a", "UID:b", "SUMMARY:s",
                "TZID:X", "DTSTART:20261101T100000Z", "DTSTART;TZID=X:20261101T100000",
                "DTSTART;VALUE=DATE:20261101", "DTEND;VALUE=DATE:20261101", "RRULE:FREQ=DAILY",
                "RRULE:FREQ=YEARLY;BYDAY=60XX", "RRULE:FREQ=MONTHLY;BYSETPOS=-400",
                "RRULE:FREQ=WEEKLY;UNTIL=99991231", "RDATE:20261101T100000Z/P1D", "RDATE:/",
                "EXDATE;VALUE=DATE:20261101", "RECURRENCE-ID:20261102T100000Z",
                "DURATION:P9999DT99999H", "DTEND:21991231T235959Z", " folded", ";", "X;Y=\"",
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=25,
)  # fmt: skip


@given(LINES)
def test_no_file_raises_anything_else(lines: list[str]) -> None:
    data = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines]).encode("utf-8", "surrogatepass")
    reading = read(data, zone=OFFICE, since=SINCE, until=UNTIL)
    assert all(r.starts_at <= r.ends_at for r in reading.rows)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a &amp; b", "a &amp; b"),
        ("<p>One</p><p>Two&nbsp;three</p>", "One\nTwo three"),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ("<b>Bold</b><script>alert(1)</script>", "Bold"),
        ("<br>" * 5 + "end", "end"),
    ],
)
def test_html_descriptions_become_plain_text(text: str, plain: str) -> None:
    assert plain_text(text) == plain
