"""VEVENT: what is written is what is read, whatever somebody typed."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars import vevent
from tests.calendars import readers
from tests.calendars.entries import WRITTEN, entry, feed, local

OFFICE = vevent.Party("Office of Ana Ruiz", "office@plazuela.test")
RESIDENT = vevent.Party("Sam O'Neil", "sam+calendar@example.org")
EACH_READER = pytest.mark.parametrize("reader", readers.READERS)
TEXT_FIELDS = ("summary", "description", "location")


@EACH_READER
def test_every_field_is_read_back(reader: str) -> None:
    written = entry(
        sequence=3,
        description="First line\nsecond; with, a \\ sign",
        location="City Hall, Room 2; ring twice",
        url="https://plazuela.test/events/town-hall/",
        categories=("Housing, rent", "Parks"),
        last_modified=WRITTEN + timedelta(hours=1),
    )
    assert readers.READERS[reader](feed(written)) == [
        readers.Seen(
            uid="e1@plazuela.test",
            starts=written.starts_at,
            ends=written.ends_at,
            status="CONFIRMED",
            sequence=3,
            summary="Town hall",
            description="First line\nsecond; with, a \\ sign",
            location="City Hall, Room 2; ring twice",
            url="https://plazuela.test/events/town-hall/",
            categories=("Housing, rent", "Parks"),
            dtstamp=WRITTEN,
            last_modified=WRITTEN + timedelta(hours=1),
        )
    ]


@EACH_READER
def test_an_all_day_event_ends_before_the_day_after(reader: str) -> None:
    zone = "America/Los_Angeles"
    one_day = entry(
        uid="one",
        all_day=True,
        starts_at=local(zone, 2026, 11, 1),
        ends_at=local(zone, 2026, 11, 2),
    )
    three_days = entry(
        uid="three",
        all_day=True,
        starts_at=local(zone, 2026, 3, 7),
        ends_at=local(zone, 2026, 3, 9, 17),
    )
    assert [
        (one.starts, one.ends) for one in readers.READERS[reader](feed(one_day, three_days))
    ] == [
        (date(2026, 11, 1), date(2026, 11, 2)),
        (date(2026, 3, 7), date(2026, 3, 10)),
    ]


@EACH_READER
def test_an_event_of_several_days_keeps_its_hours(reader: str) -> None:
    starts = local("America/Los_Angeles", 2026, 10, 30, 9)
    ends = local("America/Los_Angeles", 2026, 11, 2, 17)
    (seen,) = readers.READERS[reader](feed(entry(starts_at=starts, ends_at=ends)))
    assert (seen.starts, seen.ends) == (starts, ends)


@EACH_READER
def test_a_series_with_a_moved_and_a_cancelled_date(reader: str) -> None:
    dates = [local("America/Los_Angeles", 2026, 10, day, 18) for day in (6, 13, 20)]
    first, second, third = (entry(uid=f"s{n}", starts_at=at) for n, at in enumerate(dates))
    moved = replace(
        second,
        starts_at=second.starts_at + timedelta(days=1),
        ends_at=second.ends_at + timedelta(days=1),
        sequence=1,
    )
    cancelled = replace(third, status="cancelled", sequence=1)
    seen = readers.READERS[reader](feed(first, moved, cancelled))
    assert [(one.uid, one.starts, one.sequence, one.status) for one in seen] == [
        ("s0", dates[0], 0, "CONFIRMED"),
        ("s1", dates[1] + timedelta(days=1), 1, "CONFIRMED"),
        ("s2", dates[2], 1, "CANCELLED"),
    ]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("tentative", "TENTATIVE"),
        ("confirmed", "CONFIRMED"),
        ("cancelled", "CANCELLED"),
        ("postponed", "CANCELLED"),
    ],
)
def test_status_is_a_word_that_calendars_know(status: vevent.Status, shown: str) -> None:
    (seen,) = readers.read_libical(feed(entry(status=status)))
    assert seen.status == shown


LONG_TITLES = {
    "two bytes": "ñ" * 200,
    "three bytes": "会" * 200,
    "four bytes": "🏛" * 200,
    "mixed": ("aé会🏛" * 50),
    "escapes": "\\;,\n" * 50,
}


@pytest.mark.parametrize("title", LONG_TITLES.values(), ids=LONG_TITLES.keys())
def test_lines_are_short_and_each_is_utf8_by_itself(title: str) -> None:
    for shift in range(4):
        data = feed(entry(summary="x" * shift + title))
        for line in readers.lines_of(data):
            assert len(line) <= 75
            line.decode()
        for read in readers.READERS.values():
            assert read(data)[0].summary == "x" * shift + title


@pytest.mark.parametrize("field", [*TEXT_FIELDS, "uid", "url", "category", "organizer", "email"])
@pytest.mark.parametrize(
    "hostile",
    [
        "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil\r\nEND:VEVENT",
        "a\rEND:VEVENT\rb",
        "a\nEND:VCALENDAR\nb",
        "a\x00b",
        "a\u2028END:VEVENT\u2029b\x85c\x0bd\x1ce",
        "a\ud800b\udfffc",
        "a\x1b[31m\x7f\x9b",
        'a";X-EVIL="b:c;d=e',
        "a\ttab",
        "\\",
        "\\n\\N\\;",
    ],
)
def test_hostile_text_makes_no_component_and_no_control_character(field: str, hostile: str) -> None:
    if field == "category":
        bad = entry(categories=(hostile, "Parks"))
    elif field == "organizer":
        bad = entry(organizer=vevent.Party(hostile, OFFICE.email))
    elif field == "email":
        bad = entry(organizer=vevent.Party("Office", hostile))
    else:
        bad = entry(**{field: hostile})
    data = feed(bad, entry(uid="after"))
    lines = readers.lines_of(data)
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 2
    assert lines.count(b"END:VCALENDAR") == 1
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", data.decode())
    for read in readers.READERS.values():
        seen = read(data)
        assert len(seen) == 2
        assert seen[1].uid == "after"
    assert readers.libical_verdict(data)[0] == 1


@given(st.text(max_size=120))
def test_any_text_is_read_back_but_for_what_no_line_may_hold(text: str) -> None:
    expected = text.replace("\r\n", "\n")
    expected = re.sub("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", expected).replace("\t", " ")
    expected = re.sub("[\x00-\x09\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]", "", expected)
    data = feed(entry(summary="s" + expected + "e", description="s" + text + "e"))
    for line in readers.lines_of(data):
        assert len(line) <= 75
        line.decode()
    for read in (readers.read_libical, readers.read_vobject):
        (seen,) = read(data)
        assert seen.description == seen.summary == "s" + expected + "e"


def test_feeds_and_invitations_pass_libicals_restriction_check() -> None:
    written = entry(categories=("Parks",), location="City Hall", description="Come.")
    other = entry("America/Santiago", uid="utc")
    all_day = entry(uid="day", all_day=True)
    documents = [
        feed(),
        feed(written),
        feed(written, other, all_day, replace(written, uid="c", status="cancelled")),
        *(
            vevent.invitation(replace(one, organizer=OFFICE), attendee=RESIDENT, method=method)
            for one in (written, other, all_day)
            for method in ("REQUEST", "CANCEL")
        ),
    ]
    assert {readers.libical_text(one).count("X-LIC-ERROR") for one in documents} == {0}
    assert {readers.libical_verdict(one) for one in documents} == {(1, 0)}


def test_what_has_no_length_has_no_end() -> None:
    """RFC 5545 section 3.8.2.2: DTEND must be later than DTSTART."""
    moment = entry()
    data = vevent.vevent(replace(moment, ends_at=moment.starts_at))
    assert b"\r\nDTSTART" in data
    assert b"DTEND" not in data
    document = feed(replace(moment, ends_at=moment.starts_at))
    assert readers.libical_verdict(document) == (1, 0)
    (seen,) = readers.read_libical(document)
    assert seen.starts == moment.starts_at


def test_an_empty_feed_is_valid() -> None:
    assert [read(feed()) for read in readers.READERS.values()] == [[], [], []]


def test_a_feed_is_no_message() -> None:
    data = feed(entry())
    assert not re.search(rb"^(METHOD|ATTENDEE|ORGANIZER|BEGIN:VALARM)", data, re.M)


def test_an_invitation_names_one_attendee_and_asks_for_no_answer() -> None:
    data = vevent.invitation(entry(organizer=OFFICE), attendee=RESIDENT, method="REQUEST")
    text = data.replace(b"\r\n ", b"").decode()
    assert re.findall(r"^(?:METHOD|ORGANIZER|ATTENDEE|STATUS|SEQUENCE).*\r$", text, re.M) == [
        "METHOD:REQUEST\r",
        "SEQUENCE:0\r",
        "STATUS:CONFIRMED\r",
        'ORGANIZER;CN="Office of Ana Ruiz":mailto:office@plazuela.test\r',
        'ATTENDEE;CN="Sam O\'Neil";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;'
        "RSVP=FALSE:mailto:sam+calendar@example.org\r",
    ]


def test_a_cancel_says_so_twice() -> None:
    data = vevent.invitation(entry(organizer=OFFICE), attendee=RESIDENT, method="CANCEL")
    assert re.findall(rb"^(?:METHOD|STATUS):.*\r$", data, re.M) == [
        b"METHOD:CANCEL\r",
        b"STATUS:CANCELLED\r",
    ]


def test_an_invitation_without_an_organizer_is_refused() -> None:
    with pytest.raises(ValueError, match="organizer"):
        vevent.invitation(entry(), attendee=RESIDENT, method="REQUEST")


def test_bytes_are_the_same_in_every_process() -> None:
    program = (
        "import sys; from tests.calendars.entries import entry, feed;"
        "sys.stdout.buffer.write(feed(entry(categories=('b', 'a')),"
        "entry('Asia/Kolkata', uid='k'), entry('Europe/Dublin', uid='d')))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in itertools.product(("0", "1", "4242"), ("UTC", "Asia/Tokyo"))
    }
    assert len(outputs) == 1
    assert b"SUMMARY:Town hall" in outputs.pop()
