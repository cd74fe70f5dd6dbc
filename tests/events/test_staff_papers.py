"""Papers around an event: who gets them, what they say, and that they can be read aloud."""

from collections.abc import Iterator

import pytest
import typst
from django.conf import settings
from django.urls import reverse

from events import papers
from events.actions.calling_off import cancel_event
from events.models import AccessKind, AccessRequest, AgendaItem, Event, Speaker
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff, make_venue
from tests.papers import SIGNS, read, tags, words

pytestmark = pytest.mark.django_db

SIGN_IN, FLYER, RUN_SHEET = "staff-sign-in-pdf", "staff-flyer-pdf", "staff-run-sheet-pdf"
ASK_HERE = "staff-ask-here-pdf"
PAPERS = [SIGN_IN, FLYER, RUN_SHEET, ASK_HERE]


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def desk() -> Desk:
    return Desk(make_staff(make_office(languages=["en", "es"], phone="555-0100")))


@pytest.fixture
def event(desk: Desk) -> Event:
    office = desk.user.memberships.get().office
    venue = make_venue(office, name="Main Library", posted_occupancy=60)
    return make_event(office, title="Budget night", venue=venue)


def paper(desk: Desk, name: str, event: Event, query: str = "") -> str:
    return words(read(desk.client, reverse(name, kwargs={"pk": event.pk}) + query))


def test_the_sign_in_sheet_has_the_room_by_name_and_nothing_else_of_anybody(
    desk: Desk, event: Event
) -> None:
    make_rsvp(event, name="Zoe Park", email="zoe@example.org", phone="555-0199", party_size=3)
    make_rsvp(event, name="Ana Reyes")
    text = paper(desk, SIGN_IN, event)
    assert "People Signature, if you like Ana Reyes 1 Zoe Park 3" in text
    assert "Thursday, June 11, 2026" in text
    assert "Main Library" in text
    assert "@" not in text
    assert "555-0199" not in text


def test_the_flyer_says_it_in_each_language_on_a_sheet_of_its_own(desk: Desk, event: Event) -> None:
    asks = "For help to take part, call 555-0123."
    Event.objects.filter(pk=event.pk).update(accommodation=asks)
    reader = read(desk.client, reverse(FLYER, kwargs={"pk": event.pk}))
    english, spanish = (" ".join(page.extract_text().split()) for page in reader.pages)
    assert "How to take part" in english
    assert f"testserver/events/{event.slug}/" in english
    assert f"Access {asks} {event.office.name} · 555-0100" in english
    assert "Cómo participar" in spanish
    assert "jueves" in spanish
    assert f"testserver/es/events/{event.slug}/" in spanish
    assert "Figure" in tags(reader)


def test_the_desk_offers_what_there_is(desk: Desk, event: Event) -> None:
    def offered() -> list[str]:
        shown = desk.ask("staff-event", pk=event.pk).content.decode()
        names = (SIGN_IN, FLYER, RUN_SHEET)
        return [name for name in names if reverse(name, kwargs={"pk": event.pk}) in shown]

    assert offered() == [SIGN_IN, FLYER, RUN_SHEET]
    door = desk.ask("staff-door", pk=event.pk).content.decode()
    assert reverse(SIGN_IN, kwargs={"pk": event.pk}) in door
    cancel_event(event_id=event.pk, reason="A leak.", now=NOW)
    assert offered() == [SIGN_IN]


@pytest.mark.parametrize("name", [FLYER, ASK_HERE])
def test_a_draft_and_a_cancelled_event_have_no_paper_to_hang_up(
    desk: Desk, event: Event, name: str
) -> None:
    draft = make_event(event.office, post=False)
    assert desk.ask(name, pk=draft.pk).status_code == 404
    cancel_event(event_id=event.pk, reason="A leak.", now=NOW)
    assert desk.ask(name, pk=event.pk).status_code == 404


def test_the_sheet_to_ask_from_leads_to_the_questions_in_each_language(
    desk: Desk, event: Event
) -> None:
    board = desk.see("staff-questions", pk=event.pk)
    assert reverse(ASK_HERE, kwargs={"pk": event.pk}) in board.links
    reader = read(desk.client, reverse(ASK_HERE, kwargs={"pk": event.pk}))
    # A long address in large print breaks anywhere.
    english, spanish = ("".join(page.extract_text().split()) for page in reader.pages)
    assert "Askyourquestionhere" in english
    assert f"testserver/events/{event.slug}/questions/" in english
    assert f"testserver/es/events/{event.slug}/questions/" in spanish
    assert "Figure" in tags(reader)


def test_the_run_sheet_has_agenda_speakers_seats_and_access_without_names_of_guests(
    desk: Desk, event: Event
) -> None:
    AgendaItem.objects.create(event=event, position=0, minutes=10, title="The plan")
    AgendaItem.objects.create(event=event, position=1, title="Your questions")
    Speaker.objects.create(event=event, position=0, name="Helen Park", role="Director")
    guest = make_rsvp(event, name="Ana Reyes", party_size=2)
    AccessRequest.objects.create(rsvp=guest, kind=AccessKind.CAPTIONS, created_at=NOW)
    text = paper(desk, RUN_SHEET, event)
    for part in (
        "6:40 p.m. The plan", "– Your questions", "Helen Park, Director", "Expected: 2",
        "Planned seats: 40", "Allowed by the sign: 60", "Live captions: To arrange (1)", "555-0100",
    ):  # fmt: skip
        assert part in text
    assert "Ana Reyes" not in text


@pytest.mark.parametrize("name", PAPERS)
def test_a_title_that_looks_like_a_program_is_set_as_it_stands(
    desk: Desk, event: Event, name: str
) -> None:
    Event.objects.filter(pk=event.pk).update(title=SIGNS)
    reader = read(desk.client, reverse(name, kwargs={"pk": event.pk}))
    # A long line of large print breaks anywhere.
    assert SIGNS.replace(" ", "") in words(reader).replace(" ", "")
    assert reader.metadata is not None
    assert str(reader.metadata.title).endswith(SIGNS)


@pytest.mark.parametrize("name", PAPERS)
def test_it_is_tagged_and_says_its_language(desk: Desk, event: Event, name: str) -> None:
    address = reverse(name, kwargs={"pk": event.pk})
    reader = read(desk.client, f"/es{address}")
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "es"
    assert root["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert "H1" in tags(reader)


@pytest.mark.parametrize("name", PAPERS)
def test_another_office_gets_none(event: Event, name: str) -> None:
    other = Desk(make_staff(make_office()))
    assert other.ask(name, pk=event.pk).status_code == 404


def test_signs_that_no_font_has_lead_to_the_page_to_print(
    desk: Desk, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = typst.Fonts(include_system_fonts=False, font_paths=[settings.DOCUMENT_FONTS])
    monkeypatch.setattr(papers, "_fonts", lambda: ours)
    make_rsvp(event, name="停车")
    answer = desk.ask(SIGN_IN, pk=event.pk)
    assert answer["Location"] == reverse("staff-sign-in-sheet", kwargs={"pk": event.pk})
