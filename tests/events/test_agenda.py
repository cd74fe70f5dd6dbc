"""Agenda, speakers and documents: typed on the desk, read on the event's page."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from events.actions.agenda import ItemDraft, SpeakerDraft, set_programme
from events.actions.calling_off import cancel_event
from events.actions.events import delete_draft, reschedule_event
from events.agenda_text import Line, read_agenda, written, written_in
from events.errors import Refused
from events.models import AuditEntry, Event
from tests.clock import at
from tests.desk import Desk
from tests.factories import LOS_ANGELES, NOW, make_event, make_office, make_staff
from tests.notifications.letters.files import PDF
from tests.pages import page

pytestmark = pytest.mark.django_db

#: 6:30 p.m. in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize(
    ("typed", "items"),
    [
        ("", []),
        ("Welcome\nQuestions", [Line("Welcome"), Line("Questions")]),
        ("6:30 p.m. Welcome", [Line("Welcome", "", 0)]),
        ("6:40 – Welcome", [Line("Welcome", "", 10)]),
        ("18:40 Welcome", [Line("Welcome", "", 10)]),
        ("6:00 pm: Doors open", [Line("Doors open", "", 24 * 60 - 30)]),
        ("12:10 a.m. Late", [Line("Late", "", 340)]),
        ("- 7 PM Vote\n    on two plans\n      drawn", [Line("Vote", "on two plans\ndrawn", 30)]),
        ("  Indented first\n\n\tand more", [Line("Indented first", "and more")]),
        ("2026 budget\n3 plans", [Line("2026 budget"), Line("3 plans")]),
        ("7:00 p.m.", [Line("7:00 p.m.")]),
        ("25:00 Never", [Line("25:00 Never")]),
        ("7 amendments", [Line("7 amendments")]),
    ],
)
def test_an_agenda_is_read_line_by_line(typed: str, items: list[Line]) -> None:
    assert read_agenda(typed, START, LOS_ANGELES) == items


def with_agenda(event: Event) -> Event:
    agenda = [
        ItemDraft("Welcome", "", 0, {"es": {"title": "Bienvenida", "notes": ""}}),
        ItemDraft("The plan", "With drawings\non the wall", 10),
        ItemDraft("Your questions"),
    ]
    speakers = [
        SpeakerDraft("Lucía Ortega", "Council Member", None, {"es": {"role": "Concejala"}}),
        SpeakerDraft("Kim Dinh"),
    ]
    set_programme(event_id=event.pk, agenda=agenda, speakers=speakers, now=NOW)
    return Event.objects.with_all_shown().with_programme().get(pk=event.pk)


def test_what_is_written_is_read_again_as_it_was() -> None:
    event = with_agenda(make_event())
    text = written(event.agenda.all())
    assert text == (
        "6:30 p.m. Welcome\n6:40 p.m. The plan\n    With drawings\n    on the wall\nYour questions"
    )
    assert [line.minutes for line in read_agenda(text, START, LOS_ANGELES)] == [0, 10, None]
    assert written_in(event.agenda.all(), "es").splitlines()[:2] == ["Bienvenida", "The plan"]
    assert written_in(event.agenda.all(), "fr") == ""


def test_the_same_programme_again_is_no_change() -> None:
    event = with_agenda(make_event())
    revision, facts = event.revision, AuditEntry.objects.count()
    assert with_agenda(event).revision == revision
    assert AuditEntry.objects.count() == facts


def test_the_page_shows_agenda_and_speakers_in_its_language(client: Client) -> None:
    event = with_agenda(make_event())
    with at(NOW):
        path = event.get_absolute_url()
        text = page(client.get(path)).text
        printed = page(client.get(f"{path}agenda/")).text
        spanish = page(client.get(f"/es{path}")).text
    for shown in (text, printed):
        assert "6:30 p.m. Welcome 6:40 p.m. The plan With drawings on the wall" in shown
        assert "Lucía Ortega , Council Member Kim Dinh" in shown
    assert "6:30 p.m. Bienvenida 6:40 p.m. The plan" in spanish
    assert "Lucía Ortega , Concejala" in spanish


def test_the_agenda_moves_with_its_event(client: Client) -> None:
    event = with_agenda(make_event())
    reschedule_event(
        event_id=event.pk, starts_at=START.replace(hour=3), ends_at=START.replace(hour=5), now=NOW
    )
    with at(NOW):
        shown = page(client.get(event.get_absolute_url())).text
    assert "8:30 p.m. Welcome 8:40 p.m. The plan" in shown


def test_words_of_the_agenda_are_found_by_the_search(client: Client) -> None:
    event = with_agenda(make_event(title="Town hall"))
    with at(NOW):
        assert event.get_absolute_url() in page(client.get("/events/?q=bienvenida")).links
        assert event.get_absolute_url() not in page(client.get("/events/?q=nowhere")).links


def test_a_draft_has_no_programme_to_see(client: Client) -> None:
    event = make_event(post=False)
    assert client.get(f"/events/{event.slug}/agenda/").status_code == 404


def test_a_programme_with_documents_is_written_on_the_desk(client: Client) -> None:
    office = make_office()
    event, desk = make_event(office, post=False), Desk(make_staff(office))
    typed = {
        "agenda": "6:30 Welcome\n6:45 The plan\n  With drawings",
        "agenda_es": "Bienvenida\nEl plan",
        "speaker_0_name": "Lucía Ortega",
        "speaker_0_role": "Council Member",
        "speaker_0_role_es": "Concejala",
        "is_recorded": "on",
        "documents": [SimpleUploadedFile("Budget plan.pdf", PDF)],
    }
    with at(NOW):
        desk.follow(desk.change("staff-programme", typed, pk=event.pk))
    event = Event.objects.with_all_shown().with_programme().get(pk=event.pk)
    assert [(i.minutes, i.title, i.notes) for i in event.agenda.all()] == [
        (0, "Welcome", ""),
        (15, "The plan", "With drawings"),
    ]
    assert [i.in_language("es").title for i in event.agenda.all()] == ["Bienvenida", "El plan"]
    assert [(s.name, s.role) for s in event.speakers.all()] == [("Lucía Ortega", "Council Member")]
    (paper,) = event.documents.all()
    assert (paper.name, paper.content_type) == ("Budget plan.pdf", "application/pdf")
    # Of a draft staff alone get it.
    assert client.get(paper.url).status_code == 404
    answer = desk.ask("staff-document", event_pk=event.pk, pk=paper.pk)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    with at(NOW):
        # The form as it stands changes nothing.
        desk.follow(desk.change("staff-programme", {"documents": None}, pk=event.pk))
    assert Event.objects.get(pk=event.pk).revision == event.revision


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"agenda": "One\nTwo", "agenda_es": "Uno"}, "This version has 1 items"),
        ({"agenda": "x" * 301}, "An item has at most 300 letters"),
        ({"speaker_0_role": "Mayor"}, "Give the speaker a name."),
        ({"documents": [SimpleUploadedFile("a.pdf", b"MZ\x00")]}, "is no PDF"),
    ],
)
def test_what_cannot_be_saved_says_why_and_keeps_what_is_typed(
    typed: dict[str, object], says: str
) -> None:
    office = make_office()
    event, desk = make_event(office), Desk(make_staff(office))
    with at(NOW):
        answer = desk.change("staff-programme", typed | {"is_recorded": "on"}, pk=event.pk)
    assert answer.status_code == 422
    shown = page(answer)
    assert says in shown.text
    for name, value in typed.items():
        assert shown.fields[name] == value or name == "documents"
    assert not Event.objects.get(pk=event.pk).is_recorded


def test_papers_of_a_public_event_are_public_until_they_are_taken_away(
    client: Client, django_capture_on_commit_callbacks: object, tmp_path: Path
) -> None:
    office = make_office()
    event, desk = make_event(office), Desk(make_staff(office))
    papers = [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("same.pdf", PDF)]
    with at(NOW):
        desk.follow(desk.change("staff-programme", {"documents": papers}, pk=event.pk))
    (paper,) = event.documents.all()
    assert client.get(paper.url).status_code == 200
    with at(NOW):
        assert paper.url in page(client.get(event.get_absolute_url())).links
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        set_programme(event_id=event.pk, remove=[paper.pk], now=NOW)
    assert client.get(paper.url).status_code == 404
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_draft_that_is_thrown_away_leaves_no_papers(
    django_capture_on_commit_callbacks: object, tmp_path: Path
) -> None:
    office = make_office()
    event, desk = make_event(office, post=False), Desk(make_staff(office))
    with at(NOW):
        desk.change("staff-programme", {"documents": SimpleUploadedFile("a.pdf", PDF)}, pk=event.pk)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        delete_draft(event_id=event.pk, now=NOW)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_cancelled_event_keeps_its_programme() -> None:
    event = make_event()
    cancel_event(event_id=event.pk, reason="Rain.", now=NOW)
    with pytest.raises(Refused, match="event_cancelled"):
        set_programme(event_id=event.pk, agenda=[ItemDraft("Welcome")], now=NOW)


@pytest.mark.parametrize("takes_rsvps", [True, False])
def test_what_is_recorded_says_so_on_the_page_and_at_the_form(
    client: Client, takes_rsvps: bool
) -> None:
    event = make_event(takes_rsvps=takes_rsvps)
    with at(NOW):
        assert "recorded" not in page(client.get(event.get_absolute_url())).text
        set_programme(event_id=event.pk, is_recorded=True, now=NOW)
        shown = page(client.get(event.get_absolute_url())).text
    assert shown.count("This event is recorded") == (2 if takes_rsvps else 1)


def test_two_editors_do_not_overwrite_each_other() -> None:
    office = make_office()
    event, desk = make_event(office), Desk(make_staff(office))
    opened = desk.fill("staff-programme", pk=event.pk)
    set_programme(event_id=event.pk, agenda=[ItemDraft("Theirs")], now=NOW)
    with at(NOW):
        answer = desk.send("staff-programme", opened | {"agenda": "Mine"}, pk=event.pk)
    assert answer.status_code == 409
    assert "Saved now: Theirs In your form: Mine" in page(answer).text


def test_the_api_gives_the_programme(client: Client) -> None:
    event = with_agenda(make_event())
    found = client.get(f"/api/v1/events/{event.slug}?lang=es").json()
    assert found["agenda"][0] == {
        "title": "Bienvenida", "notes": "", "starts_at": "2026-06-12T01:30:00Z",
    }  # fmt: skip
    assert found["speakers"] == [
        {"name": "Lucía Ortega", "role": "Concejala"}, {"name": "Kim Dinh", "role": ""},
    ]  # fmt: skip
    assert (found["documents"], found["is_recorded"]) == ([], False)


@pytest.mark.parametrize("rows", [3, 60])
def test_a_long_agenda_costs_no_more_queries(
    client: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    event = make_event()
    agenda = [ItemDraft(f"Item {n}", translations={"es": {"title": "Punto"}}) for n in range(rows)]
    speakers = [SpeakerDraft(f"Speaker {n}") for n in range(rows)]
    set_programme(event_id=event.pk, agenda=agenda, speakers=speakers, now=NOW)
    with at(NOW), django_assert_num_queries(9):
        client.get(f"{event.get_absolute_url()}agenda/")
