"""Versions of what the public reads: every change leaves one, and none is changed afterwards."""

import ast
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from events.actions import calling_off, offices, series
from events.actions import events as actions
from events.actions.agenda import ItemDraft, SpeakerDraft, set_programme
from events.actions.events import EventDraft
from events.file_types import TEXT, NewFile
from events.models import Event, EventType, Mode, NoticeVersion, Office, Venue
from events.models.notice import NeverChanged
from events.versions import (
    NONE,
    Fault,
    _plain,
    canonical,
    digest_of,
    facts_of,
    faults_of,
    read_facts,
)
from notifications.calendars.imports import import_calendar
from tests.factories import (
    LOS_ANGELES,
    NOW,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_topic,
    make_venue,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def versions_of(event: Event) -> list[NoticeVersion]:
    return list(NoticeVersion.objects.filter(event=event).order_by("number"))


def last_facts(event: Event) -> dict[str, str]:
    return read_facts(versions_of(event)[-1].text)


def shown(event: Event) -> dict[str, str]:
    return facts_of(Event.objects.with_all_shown().with_programme().get(pk=event.pk))


class Scene:
    """A public event with all that it can show, and the ways in which each part changes."""

    def __init__(self) -> None:
        self.office = make_office(accommodation={"en": "Call 555-0100 by {day}."})
        self.venue = make_venue(self.office)
        self.topic = make_topic()
        self.host = make_office(slug="clerk", name="City Clerk")
        self.event = make_event(
            self.office, title="Budget night", venue=self.venue, topics=[self.topic],
            cohosts=[self.host], mode=Mode.BOTH, notice_hours=72,
            translations={"es": {"title": "Presupuesto"}},
        )  # fmt: skip
        self.key = self.event.pk

    def edit(self, **changes: Any) -> None:
        actions.edit_event(event_id=self.key, changes=changes, now=LATER)

    def office_says(self, **changes: Any) -> None:
        offices.edit_office(office_id=self.office.pk, changes=changes, now=LATER)

    def venue_says(self, **changes: Any) -> None:
        offices.edit_venue(venue_id=self.venue.pk, changes=changes, now=LATER)

    def programme(self, **parts: Any) -> None:
        set_programme(event_id=self.key, now=LATER, **parts)


def _reschedule(scene: Scene) -> None:
    start = scene.event.starts_at + timedelta(days=1)
    actions.reschedule_event(
        event_id=scene.key, starts_at=start, ends_at=start + timedelta(hours=1), now=LATER
    )


def _resume(scene: Scene) -> None:
    calling_off.postpone_event(event_id=scene.key, reason="Smoke.", now=NOW)
    calling_off.resume_event(event_id=scene.key, now=LATER)


def _add_paper(scene: Scene) -> None:
    scene.programme(add=[NewFile("Plan.txt", ContentFile(b"The plan"), TEXT)])


def _remove_paper(scene: Scene) -> None:
    _add_paper(scene)
    scene.programme(remove=[scene.event.documents.get().pk])


#: Name of an action, and of what it changes → doing it.
PATHS: dict[str, Callable[[Scene], object]] = {
    "edit_event title": lambda s: s.edit(title="Budget evening"),
    "edit_event description": lambda s: s.edit(description="Come\n\nand ask.\r\n  Indented:\n"),
    "edit_event translations": lambda s: s.edit(translations={"es": {"title": "Otro"}}),
    "edit_event type": lambda s: s.edit(event_type=EventType.HEARING),
    "edit_event time": lambda s: s.edit(ends_at=s.event.ends_at + timedelta(hours=1)),
    "edit_event zone": lambda s: s.edit(timezone="America/Denver"),
    "edit_event all day": lambda s: s.edit(all_day=True),
    "edit_event status": lambda s: s.edit(status="tentative"),
    "edit_event venue": lambda s: s.edit(venue=make_venue(s.office, name="School")),
    "edit_event mode": lambda s: s.edit(mode=Mode.IN_PERSON),
    "edit_event link": lambda s: s.edit(remote_url="https://meet.example.org/other"),
    "edit_event phone": lambda s: s.edit(dial_in="555-0199"),
    "edit_event capacity": lambda s: s.edit(capacity=50),
    "edit_event places online": lambda s: s.edit(remote_capacity=9),
    "edit_event rsvps": lambda s: s.edit(takes_rsvps=False),
    "edit_event languages": lambda s: s.edit(spoken_languages=["en", "asl"]),
    "edit_event services": lambda s: s.edit(access_services="Captions"),
    "edit_event topics": lambda s: s.edit(topics=[]),
    "edit_event cohosts": lambda s: s.edit(cohosts=[]),
    "edit_event recording": lambda s: s.edit(is_recorded=True),
    "edit_event notice": lambda s: s.edit(notice_hours=24),
    "edit_event late": lambda s: s.edit(notice_hours=999, notice_excuse="An emergency."),
    "edit_event accommodation": lambda s: s.edit(accommodation="Call 555-0111 by noon."),
    "reschedule_event": _reschedule,
    "cancel_event": lambda s: calling_off.cancel_event(
        event_id=s.key, reason="Smoke.", now=LATER
    ),
    "postpone_event": lambda s: calling_off.postpone_event(
        event_id=s.key, reason="Smoke.", now=LATER
    ),
    "resume_event": _resume,
    "set_programme agenda": lambda s: s.programme(agenda=[ItemDraft("Welcome", "All\n of you", 5)]),
    "set_programme speakers": lambda s: s.programme(speakers=[SpeakerDraft("Ana", "Mayor")]),
    "set_programme recording": lambda s: s.programme(is_recorded=True),
    "set_programme add": _add_paper,
    "set_programme remove": _remove_paper,
    "edit_office name": lambda s: s.office_says(name="Office of the Mayor"),
    "edit_office line": lambda s: s.office_says(accommodation={"en": "Call 555-0122."}),
    "edit_office days": lambda s: s.office_says(access_notice_days=5),
    "edit_office cohost": lambda s: offices.edit_office(
        office_id=s.host.pk, changes={"name": "Clerk of the City"}, now=LATER
    ),
    "edit_venue address": lambda s: s.venue_says(street="1 Elm Street"),
    "edit_venue access": lambda s: s.venue_says(hearing_loop=True, step_free=False),
    "edit_venue transit": lambda s: s.venue_says(transit="Bus 9", entrance="The back door"),
    "save_topic": lambda s: offices.save_topic(slug=s.topic.slug, name="Halls", now=LATER),
}  # fmt: skip

#: Actions that make events, or several at once: each has a test of its own below.
OTHERS = {
    "create_event", "post_event", "delete_draft", "create_series", "post_series", "end_series",
    "extend_series",
}  # fmt: skip
#: What no event shows.
UNSEEN = {
    "create_office", "open_first_office", "add_staff", "prove_address", "change_role",
    "remove_staff", "create_venue", "set_bodies",
}  # fmt: skip


def test_every_action_on_events_is_walked() -> None:
    found = set()
    for name in ("agenda", "calling_off", "events", "offices", "series"):
        tree = ast.parse((settings.BASE_DIR / "events" / "actions" / f"{name}.py").read_text())
        found |= {
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and "now" in {argument.arg for argument in node.args.kwonlyargs}
        }
    assert found == {path.split()[0] for path in PATHS} | OTHERS | UNSEEN


def test_only_an_operation_raises_a_revision() -> None:
    """What raised one by itself would be public without a version."""
    raising = [
        path.name
        for path in (settings.BASE_DIR / "events").rglob("*.py")
        for line in path.read_text().splitlines()
        if "revision += 1" in line or 'F("revision") + 1' in line
    ]
    # revise() and raise_revisions(); the revision of an office. What is arranged for guests comes
    # and goes with them: the page shows it, and no record that stays for ever tells of it.
    assert sorted(raising) == [
        "access_requests.py", "audit.py", "events.py", "line.py", "offices.py",
    ]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_change_leaves_a_version_and_the_chain_holds(path: str) -> None:
    scene = Scene()
    before = [(v.number, v.at, v.text, v.digest) for v in versions_of(scene.event)]
    assert [(number, at) for number, at, _text, _digest in before] == [(1, NOW)]
    PATHS[path](scene)
    scene.event.refresh_from_db()
    versions = versions_of(scene.event)
    after = [(v.number, v.at, v.text, v.digest) for v in versions]
    # What was public stays as it was.
    assert after[:1] == before
    assert len(after) > 1
    assert faults_of(scene.event, versions) == []
    assert versions[-1].at == LATER
    # The last one says what the page says.
    assert last_facts(scene.event) == shown(scene.event)
    assert f"sha256 of the version before: {versions[-2].digest}\n" in versions[-1].text


def test_nothing_is_kept_of_a_draft() -> None:
    event = make_event(post=False)
    actions.edit_event(event_id=event.pk, changes={"title": "Another"}, now=NOW)
    assert versions_of(event) == []
    actions.post_event(event_id=event.pk, now=LATER)
    (version,) = versions_of(event)
    assert (version.number, version.at) == (1, LATER)
    assert read_facts(version.text)["title"] == "Another"
    assert f"sha256 of the version before: {NONE}\n" in version.text
    draft = make_event(post=False)
    actions.delete_draft(event_id=draft.pk, now=LATER)


def test_what_the_public_does_not_see_leaves_no_version() -> None:
    scene = Scene()
    make_rsvp(scene.event)
    make_shift(scene.event)
    scene.edit(title="Budget night", source_hash="abc")
    scene.office_says(reply_to="new@example.org")
    offices.save_topic(slug=scene.topic.slug, name=scene.topic.name, position=7, now=LATER)
    actions.post_event(event_id=scene.key, now=LATER)
    assert len(versions_of(scene.event)) == 1


def test_the_link_for_guests_alone_is_in_no_version() -> None:
    scene = Scene()
    assert last_facts(scene.event)["remote_url"] == "https://meet.example.org/hall"
    scene.edit(remote_capacity=9, remote_url="https://meet.example.org/secret", dial_in="555-0133")
    text = versions_of(scene.event)[-1].text
    assert "secret" not in text
    assert "555-0133" not in text


def test_every_date_of_a_series_has_its_chain() -> None:
    office = make_office()
    starts_at = NOW + timedelta(days=9)
    draft = EventDraft(
        title="Hours", event_type=EventType.OFFICE_HOURS, starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1), timezone=LOS_ANGELES, venue=make_venue(office),
    )  # fmt: skip
    weekly = series.create_series(office=office, draft=draft, rule="FREQ=WEEKLY", now=NOW)
    assert not NoticeVersion.objects.exists()
    count = series.post_series(series_id=weekly.pk, now=LATER)
    assert NoticeVersion.objects.count() == count > 50
    assert series.extend_series(now=NOW + timedelta(days=30)) == 5
    assert NoticeVersion.objects.count() == count + 5
    first = weekly.events.order_by("starts_at")[1]
    series.end_series(event_id=first.pk, reason="No room.", now=LATER)
    for event in weekly.events.all():
        versions = versions_of(event)
        assert faults_of(event, versions) == []
        assert last_facts(event) == shown(event)
        assert len(versions) == (1 if event.starts_at < first.starts_at else 2)


def test_an_import_leaves_versions_like_any_other_change() -> None:
    office = make_office()
    data = (Path(__file__).parents[1] / "calendars" / "fixtures" / "apple.ics").read_bytes()
    import_calendar(data=data, name="City", office=office, now=NOW)
    events = list(Event.objects.filter(office=office))
    assert events
    assert {event.notice_hours for event in events} == {0}
    for event in events:
        assert faults_of(event, versions_of(event)) == []
        assert last_facts(event) == shown(event)


@pytest.mark.parametrize(
    ("column", "value"),
    [("text", "It was always so."), ("digest", "0" * 64), ("at", NOW - timedelta(days=9))],
)
def test_the_database_refuses_to_change_a_version(column: str, value: object) -> None:
    scene = Scene()
    (version,) = versions_of(scene.event)
    changing = f"UPDATE events_noticeversion SET {column} = %s WHERE id = %s"
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        connection.cursor().execute(changing, [value, version.pk])
    assert versions_of(scene.event) == [version]
    assert version.digest == digest_of(version.text)


def test_no_model_changes_or_deletes_a_version() -> None:
    scene = Scene()
    (version,) = versions_of(scene.event)
    version.text = "It was always so."
    for do in (
        version.save, version.delete, NoticeVersion.objects.all().delete,
        lambda: NoticeVersion.objects.update(text=""),
        lambda: NoticeVersion.objects.bulk_update([version], ["text"]),
    ):  # fmt: skip
        with pytest.raises(NeverChanged):
            do()


def test_a_chain_that_was_tampered_with_is_found() -> None:
    scene = Scene()
    scene.edit(title="Two")
    scene.edit(title="Three")
    first, second, third = versions_of(scene.event)
    assert faults_of(scene.event, [first, second, third]) == []
    assert faults_of(scene.event, [first, third]) == [Fault(3, "number"), Fault(3, "head")]
    second.text = second.text.replace("Two", "Twenty")
    assert faults_of(scene.event, [first, second, third]) == [Fault(2, "text")]
    # Whoever mends the digest, too, breaks the next one.
    second.digest = digest_of(second.text)
    assert faults_of(scene.event, [first, second, third]) == [Fault(3, "head")]
    first.at = datetime(2020, 1, 1, tzinfo=UTC)
    assert faults_of(scene.event, [first]) == [Fault(1, "head")]


def _edit_of(office: Office, venue: Venue, topic: Any, what: str) -> None:
    if what == "office":
        offices.edit_office(office_id=office.pk, changes={"name": "Another"}, now=LATER)
    elif what == "venue":
        offices.edit_venue(venue_id=venue.pk, changes={"transit": "Bus 9"}, now=LATER)
    else:
        offices.save_topic(slug=topic.slug, name="Another", now=LATER)


@pytest.mark.parametrize("what", ["office", "venue", "topic"])
def test_a_change_of_many_events_costs_the_same_queries(what: str) -> None:
    counts = []
    for number in (3, 30):
        office, topic = make_office(), make_topic(f"t-{number}")
        venue = make_venue(office)
        for _event in range(number):
            event = make_event(
                office, venue=venue, topics=[topic], translations={"es": {"title": "Hola"}}
            )
            set_programme(
                event_id=event.pk, agenda=[ItemDraft("A")], speakers=[SpeakerDraft("B")], now=NOW
            )
        written = NoticeVersion.objects.count()
        with CaptureQueriesContext(connection) as captured:
            _edit_of(office, venue, topic, what)
        assert NoticeVersion.objects.count() == written + number
        counts.append(len(captured))
    assert counts[0] == counts[1]


@given(st.dictionaries(st.from_regex(r"[a-z_]+(\.[a-z]{2})?", fullmatch=True), st.text(min_size=1)))
def test_any_text_is_read_back_from_a_canonical_text(typed: dict[str, str]) -> None:
    facts = {name: _plain(value) for name, value in typed.items()}
    text = canonical(facts, uid="a@b", number=1, at=NOW, previous=NONE)
    assert read_facts(text) == facts
    assert text.encode().decode() == text
