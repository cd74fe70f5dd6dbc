"""Spanish throughout: no text that has a translation is shown in English on a Spanish page."""

from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from itertools import chain

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from events import links
from events.models import Office
from tests import factories as make
from tests.clock import at
from tests.factories import NOW
from tests.notifications import mailing, scenes
from tests.pages import page

pytestmark = pytest.mark.django_db
CATALOGUE = settings.BASE_DIR / "config" / "locale" / "es" / "LC_MESSAGES" / "django.po"
SAMPLES = "notifications/sample_scene.py"


@cache
def english() -> frozenset[str]:
    """Return the texts of the catalogue that read otherwise in Spanish."""
    with CATALOGUE.open("rb") as file:
        messages = [
            message
            for message in read_po(file, locale="es")
            # A sample's office writes what the offices of the tests write: content, and no text
            # of ours on a page.
            if message.id and {path for path, _line in message.locations} != {SAMPLES}
        ]
    return texts_of([message.id for message in messages]) - texts_of(
        # "No" is Spanish, too, and one text's Spanish may be another's English.
        [message.string for message in messages]
    )


def texts_of(found: Iterable[str | tuple[str, ...]]) -> frozenset[str]:
    """Return the texts, singular and plural apart."""
    return frozenset(chain.from_iterable([one] if isinstance(one, str) else one for one in found))


class Pieces(HTMLParser):
    """What a page says, each piece between two tags by itself, and what it says to the ear."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        self.pieces += [
            value for name, value in attrs if value and name in ("aria-label", "title", "alt")
        ]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.pieces.append(" ".join(data.split()).removesuffix(":"))


def left_in_english(html: str) -> list[str]:
    return [piece for piece in Pieces(html).pieces if piece in english()]


def read(answer: HttpResponse) -> str:
    assert answer["Content-Type"].startswith("text/html")
    return answer.content.decode()


@pytest.fixture
def office() -> Office:
    return make.make_office(kind="official", reply_to="office@example.org")


@pytest.fixture
def paths(office: Office) -> dict[str, str]:
    """One address of every kind of page."""
    event = make.make_event(
        office, title="Alquiler", mode="both", capacity=2, remote_capacity=5,
        spoken_languages=["es"], topics=[make.make_topic("housing", name="Vivienda")],
    )  # fmt: skip
    shift = make.make_shift(event, capacity=1)
    held = make.make_rsvp(event, party_size=2, access_needs=["asl"], access_note="A.")
    waits = make.make_rsvp(event, proven=False, party_size=2, mode="in_person")
    mine, later = make.make_claim(shift, proven=False), make.make_claim(shift)
    letter = mailing.make_letter(office, topics=list(event.topics.all()))
    rsvps = [links.token_for(links.RSVP, row) for row in (held, waits)]
    claims = [links.token_for(links.CLAIM, row) for row in (mine, later)]
    pages = {
        "home": "/es/",
        "events": "/es/events/",
        "past": "/es/events/?when=past",
        "nothing found": "/es/events/?q=zzz",
        "event": f"/es/events/{event.slug}/",
        "sent": f"/es/events/{event.slug}/rsvp/sent/",
        "month": "/es/calendar/2026/06/",
        "empty month": "/es/calendar/2026/09/",
        "board": "/es/volunteer/",
        "shift": f"/es/volunteer/shifts/{shift.pk}/",
        "claim sent": f"/es/volunteer/shifts/{shift.pk}/claim/sent/",
        "letters": "/es/letters/",
        "letter": f"/es/letters/{letter.slug}/",
        "subscribe": "/es/subscribe/",
        "feeds": "/es/feeds/",
        "me": "/me/?lang=es",
        "bad link": "/rsvps/none/?lang=es",
        "lost": "/es/nowhere/",
        "login": "/es/accounts/login/",
    }
    for name, token in zip(("rsvp", "waiting rsvp"), rsvps, strict=True):
        for step in ("", "confirm/", "change/", "cancel/"):
            pages[f"{name} {step}"] = f"/rsvps/{token}/{step}?lang=es"
    for name, token in zip(("claim", "waiting claim"), claims, strict=True):
        for step in ("", "confirm/", "release/"):
            pages[f"{name} {step}"] = f"/claims/{token}/{step}?lang=es"
    return pages


def test_pages_for_residents_are_spanish(paths: dict[str, str], client: Client) -> None:
    with at(NOW):
        found = {name: left_in_english(read(client.get(path))) for name, path in paths.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_an_english_page_would_be_noticed(paths: dict[str, str], client: Client) -> None:
    with at(NOW):
        seen = left_in_english(read(client.get(paths["event"].removeprefix("/es"))))
    assert {"RSVP", "Your name", "Skip to main content"} < set(seen)


@pytest.mark.parametrize(
    ("path", "problems"),
    [
        ("event", ["Escriba su nombre.", "Escriba su correo electrónico."]),
        ("shift", ["Escriba su nombre.", "Escriba su correo electrónico."]),
        ("subscribe", ["Escriba su correo electrónico.", "Elija al menos un tema."]),
    ],
)
def test_what_is_wrong_with_a_form_is_said_in_spanish(
    path: str, problems: list[str], paths: dict[str, str], client: Client
) -> None:
    target = {"event": "rsvp/", "shift": "claim/", "subscribe": ""}[path]
    with at(NOW):
        answer = client.post(paths[path] + target, {"party_size": "1", "mode": "in_person"})
    assert answer.status_code == 422
    html = read(answer)
    assert left_in_english(html) == []
    seen = page(answer)
    assert seen.title.strip().startswith("Error:")
    assert "Hay un problema" in seen.text
    for problem in problems:
        assert problem in seen.text


def test_the_desk_is_spanish(paths: dict[str, str], office: Office, client: Client) -> None:
    client.force_login(make.make_staff(office))
    event = office.events.get()
    shift = event.shifts.get()
    names = [
        *("", "events/", "events/new/", "letters/", "letters/new/", "venues/", "venues/new/"),
        *("topics/", "topics/new/", f"offices/{office.slug}/", "members/", "calendar/"),
        *(f"events/{event.pk}/{step}" for step in ("", "edit/", "reschedule/", "postpone/")),
        *(f"events/{event.pk}/{step}" for step in ("cancel/", "history/", "guests/")),
        *(f"events/{event.pk}/guests/{step}" for step in ("new/", "sheet/", "?show=waiting")),
        *("shifts/", "shifts/?view=drafts", "shifts/new/", "shifts/roles/", "shifts/roles/new/"),
        *(f"shifts/{shift.pk}/{step}" for step in ("", "edit/", "reschedule/", "cancel/")),
        *(f"shifts/{shift.pk}/{step}" for step in ("roster/", "?show=waiting", "volunteers/new/")),
    ]
    with at(NOW):
        found = {name: left_in_english(read(client.get(f"/es/staff/{name}"))) for name in names}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize("name", sorted(scenes.SCENES))
def test_mail_to_a_reader_of_spanish_is_spanish(name: str) -> None:
    mail = scenes.read(scenes.SCENES[name]("es"), scenes.READ_AT.get(name, NOW))
    said = [line.partition(": http")[0].strip().removesuffix(":") for line in mail.text.split("\n")]
    assert [line for line in said if line in english()] == []
    assert left_in_english(mail.html) == []


@pytest.mark.parametrize(
    ("capacity", "seats"), [(1, "Queda 1 lugar en la sala"), (7, "Quedan 7 lugares en la sala")]
)
def test_one_and_many_are_told_apart(
    capacity: int, seats: str, office: Office, client: Client
) -> None:
    make.make_event(office, capacity=capacity)
    with at(NOW):
        assert seats in page(client.get("/es/")).text
