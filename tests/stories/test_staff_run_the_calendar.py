"""Staff write, post, move and cancel on the desk; everyone concerned is told once, old and new."""

from collections import Counter
from email.message import EmailMessage

import pytest
from allauth.mfa.totp.internal.auth import hotp_value

from events import clock
from events.models import Event, Role
from tests.factories import PASSWORD, make_staff
from tests.stories.browser import Browser
from tests.stories.street import Street, heard, words_of
from volunteers.models import Shift

TOWN_HALL = {
    "title": "Town hall on buses", "description": "Bring your **questions**.",
    "title_es": "Asamblea sobre autobuses", "topics": ["town-halls"], "starts_on": "2026-06-11",
    "starts_time": "18:30", "ends_time": "20:00", "mode": "in_person", "venue_name": "Old Depot",
    "venue_street": "1 Depot Road", "venue_locality": "San Arroyo", "capacity": "40",
}  # fmt: skip
GREETER = {
    "role_name": "Greeter", "role_description": "Welcome people at the door.", "minimum": "1",
    "capacity": "2", "starts_time": "17:30", "ends_time": "19:30",
}  # fmt: skip
FOOD_SORTER = {
    "role_name": "Food sorter", "minimum": "2", "capacity": "6", "starts_on": "2026-06-13",
    "starts_time": "09:00", "ends_time": "12:00", "venue_name": "Food bank",
}  # fmt: skip


@pytest.fixture
def sam(street: Street) -> Browser:
    """An editor, who has posted the town hall with a greeter's shift."""
    sam = street.staff(Role.EDITOR)
    sam.follow("Events")
    sam.open("/staff/events/new/")
    sam.press("Save and post", **TOWN_HALL)
    assert "Posted. Everybody can see it now." in sam.page.text
    sam.follow("Add a shift")
    sam.press("Save and post", **GREETER)
    return sam


def town_hall(page: str = "") -> str:
    return f"/staff/events/{Event.objects.get().pk}/{page}"


@pytest.fixture
def neighbors(street: Street, sam: Browser) -> None:
    """Ana comes; Luz comes and reads Spanish; Vic greets; Wen greets and comes, too."""
    path = Event.objects.get().get_absolute_url()
    for name, prefix, button in (
        ("Ana", "", "Send RSVP"),
        ("Luz", "/es", "Enviar reservación"),
        ("Wen", "", "Send RSVP"),
    ):
        neighbor = street.neighbor(name)
        neighbor.rsvp(prefix + path, button)
        neighbor.mail()
    for name in ("Vic", "Wen"):
        street.neighbor(name).claim(Shift.objects.get().get_absolute_url())
    street.mail()


def subjects(mail: list[EmailMessage]) -> dict[str, list[str]]:
    """Return what everybody was told, by the name before the @."""
    told: dict[str, list[str]] = {}
    for message in mail:
        told.setdefault(message["To"].split("@")[0], []).append(message["Subject"])
    return told


def without_calendar_updates(mail: list[EmailMessage]) -> list[EmailMessage]:
    """Leave out what only moves an entry: a calendar part has one, and Wen has two entries."""
    updates = [message for message in mail if message["Subject"].startswith("For your calendar")]
    assert [message["To"] for message in updates] == ["wen@example.org"] * 2
    return [message for message in mail if message not in updates]


# --- Events --------------------------------------------------------------------------------------


def test_a_draft_is_seen_by_staff_alone_until_it_is_posted(street: Street) -> None:
    sam, ana = street.staff(), street.neighbor("Ana")
    sam.open("/staff/events/new/")
    sam.press("Save the draft", title="Town hall on buses", starts_on="2026-06-11",
              starts_time="18:30", ends_time="20:00")  # fmt: skip
    assert "Still missing" in sam.page.text
    assert ana.status("/events/town-hall-on-buses/") == 404
    assert "Town hall on buses" not in ana.open("/events/").text

    # Without a place it cannot be posted; the form says so and keeps what was typed.
    sam.open(town_hall("edit/"))
    refused = sam.press_in_vain("Save and post", description="Bring your questions.")
    assert "Say where it takes place before it is public." in refused.text
    assert refused.fields["description"] == "Bring your questions."
    sam.press("Save and post", venue_name="Old Depot")
    shown = ana.open("/events/town-hall-on-buses/")
    assert "Old Depot" in shown.text
    assert "Bring your questions." in shown.text


def test_a_new_date_is_told_once_to_everybody_with_old_and_new(
    street: Street, sam: Browser, neighbors: None
) -> None:
    sam.open(town_hall())
    sam.follow("Move to another time")
    sam.press("Check who will be told", starts_on="2026-06-18", starts_time="17:00",
              ends_time="18:30")  # fmt: skip
    assert "Thursday, June 11, 2026" in sam.page.text
    assert "Thursday, June 18, 2026" in sam.page.text
    assert "3 guests and 1 volunteer will get one message each." in sam.page.text
    assert street.mail() == [], "nothing is saved yet"
    sam.press("Save and tell them")

    mail = street.mail()
    summaries = without_calendar_updates(mail)
    new_date = "New date: Town hall on buses, Thursday, June 18"
    assert subjects(summaries) == {
        "ana": [new_date], "vic": [new_date], "wen": [new_date],
        "luz": ["Nueva fecha: Asamblea sobre autobuses, jueves, 18 de junio"],
    }  # fmt: skip
    (ana,) = (message for message in mail if message["To"] == "ana@example.org")
    assert "Thursday, June 18, 2026, 5:00–6:30 p.m." in words_of(ana)
    assert "Thursday, June 11, 2026, 6:30–8:00 p.m." in words_of(ana)
    starts = Counter(heard(message).starts for message in mail if heard(message).method)
    # Three guests at 17:00, two greeters an hour earlier.
    assert starts == {"2026-06-19 00:00": 3, "2026-06-18 23:00": 2}


def test_another_place_is_told_and_other_words_are_not(
    street: Street, sam: Browser, neighbors: None
) -> None:
    sam.open(town_hall("edit/"))
    sam.press("Save", description="Bring your questions, and a neighbor.")
    assert street.mail() == []
    sam.open(town_hall("edit/"))
    library = str(street.library.pk)
    sam.press("Save", venue=library)
    assert "Check before saving" in sam.page.text
    sam.press("Save and tell them")
    mail = without_calendar_updates(street.mail())
    assert {message["To"] for message in mail} == {
        "ana@example.org", "luz@example.org", "vic@example.org", "wen@example.org",
    }  # fmt: skip
    (ana,) = (message for message in mail if message["To"] == "ana@example.org")
    assert ana["Subject"].startswith("New place: Town hall on buses")
    assert "Main Library, Community Room" in words_of(ana)
    assert "Old Depot" in words_of(ana)


def test_a_cancellation_ends_the_event_and_its_shifts(
    street: Street, sam: Browser, neighbors: None
) -> None:
    sam.open(town_hall())
    sam.follow("Cancel")
    sam.press("Cancel the event", reason="The roof leaks.")
    mail = street.mail()
    summaries = without_calendar_updates(mail)
    off = "Cancelled: Town hall on buses, Thursday, June 11"
    assert subjects(summaries) == {
        "ana": [off], "vic": [off], "wen": [off],
        "luz": ["Cancelado: Asamblea sobre autobuses, jueves, 11 de junio"],
    }  # fmt: skip
    for message in summaries:
        assert "The roof leaks." in words_of(message)
    methods = Counter(heard(message).method for message in mail if heard(message).method)
    assert methods == {"CANCEL": 5}

    rita = street.neighbor("Rita")
    assert "The roof leaks." in rita.open("/events/town-hall-on-buses/").text
    assert "Greeter" not in rita.open("/").text
    assert rita.client.get("/api/v1/shifts").json()["items"][0]["status"] == "cancelled"


def test_a_larger_room_lets_in_who_waits(street: Street, sam: Browser) -> None:
    sam.open(town_hall("edit/"))
    sam.press("Save", capacity="1")
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    path = Event.objects.get().get_absolute_url()
    ana.confirm(ana.rsvp(path), "rsvps")
    ben.confirm(ben.rsvp(path, "Join the waitlist"), "rsvps")
    sam.open(town_hall("edit/"))
    sam.press("Save", capacity="40")
    assert ben.letter()["Subject"].startswith("You have a place now")
    assert ana.mail() == []


# --- Shifts --------------------------------------------------------------------------------------


def test_a_shift_of_its_own_from_the_desk_to_the_board_and_back(
    street: Street, sam: Browser
) -> None:
    sam.open("/staff/shifts/new/?event=none")
    sam.press("Save and post", **FOOD_SORTER)
    shift = Shift.objects.get(role__name="Food sorter")
    vic = street.neighbor("Vic")
    assert "Food sorter" in vic.open("/volunteer/").text
    vic.claim(shift.get_absolute_url())

    sam.open(f"/staff/shifts/{shift.pk}/")
    sam.follow("Move to another time")
    sam.press("Check who will be told", starts_time="10:00", ends_time="13:00")
    sam.press("Save and tell them")
    moved = vic.letter()
    assert moved["Subject"] == "New time: Food sorter, Saturday, June 13"
    assert heard(moved).starts == "2026-06-13 17:00"
    assert "Before: Saturday, June 13, 2026, 9:00 a.m.–noon PDT" in words_of(moved)
    assert "Now: Saturday, June 13, 2026, 10:00 a.m.–1:00 p.m. PDT" in words_of(moved)

    sam.follow("Cancel")
    sam.press("Cancel the shift", reason="The truck broke down.")
    ended = vic.letter()
    assert ended["Subject"] == "Cancelled: Food sorter, Saturday, June 13"
    assert "The truck broke down." in words_of(ended)
    assert heard(ended).method == "CANCEL"
    assert street.mail() == []


def test_one_shift_of_an_event_is_cancelled_and_the_guests_hear_nothing(
    street: Street, sam: Browser, neighbors: None
) -> None:
    sam.open(f"/staff/shifts/{Shift.objects.get().pk}/")
    sam.follow("Cancel")
    sam.press("Cancel the shift", reason="The library has greeters.")
    off = "Cancelled: Greeter, Town hall on buses, Thursday, June 11"
    assert subjects(street.mail()) == {"vic": [off], "wen": [off]}


# --- Who may -------------------------------------------------------------------------------------


def test_a_second_factor(street: Street) -> None:
    user = make_staff(street.office, now=street.now)
    sam = Browser().log_in(user.email, PASSWORD)
    sam.follow(user.email)
    sam.follow("Turn it on")
    sam.press("Go on", password=PASSWORD)
    secret = sam.page.text.split("instead: ")[1].split()[0]

    def digits() -> str:
        return f"{hotp_value(secret, int(clock.now().timestamp()) // 30):06d}"

    sam.press("Turn on", code=digits())
    sam.open("/staff/")
    sam.press("Sign out")

    street.wait(hours=1)
    sam.open("/staff/")
    sam.press("Sign in", login=user.email, password=PASSWORD)
    sam.open("/staff/")
    assert sam.path.startswith("/accounts/2fa/authenticate/"), "a password is not enough"
    sam.press_in_vain("Sign in", status=200, code="000000")
    sam.press("Sign in", code=digits())
    assert sam.path == "/staff/"

    # The phone is gone: a code on paper opens the door once.
    sam.follow(user.email)
    sam.follow("See the codes")
    sam.press("Go on", password=PASSWORD)
    paper = sam.page.text.split("codes are unused. ")[1].split()[0]
    for _once_and_again, status in ((1, 302), (2, 200)):
        street.wait(hours=1)
        lost = Browser()
        lost.open("/staff/")
        lost.press("Sign in", login=user.email, password=PASSWORD)
        lost.press_in_vain("Sign in", status=status, code=paper)
    lost.press("Sign in as somebody else")
    assert lost.path.startswith("/accounts/login/")


def test_an_editor_runs_events_and_leaves_office_and_staff_to_managers(
    street: Street, sam: Browser
) -> None:
    for page in ("members/", f"offices/{street.office.slug}/"):
        assert sam.status(f"/staff/{page}") == 403
    rosa = street.staff()
    for page in ("members/", f"offices/{street.office.slug}/"):
        assert rosa.status(f"/staff/{page}") == 200
