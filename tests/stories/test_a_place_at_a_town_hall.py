"""A resident takes a place at a town hall: a name, an address, and what they need to take part."""

from datetime import UTC, datetime

from events.models import AccessRequest, Mode
from tests.calendars.readers import read_vobject
from tests.factories import make_event
from tests.stories.street import Street, heard, invitation_in, words_of

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


def town_hall(street: Street, **draft: object) -> str:
    """A town hall in the library and online. Returns the address of its page."""
    return make_event(
        street.office, title="Town hall on buses", starts_at=START, mode=Mode.BOTH,
        venue=street.library, now=street.now, **{"capacity": 40, "remote_capacity": 100, **draft},
    ).get_absolute_url()  # fmt: skip


def test_a_name_and_an_address_are_all_it_takes(street: Street) -> None:
    ana = street.neighbor("Ana")
    shown = ana.open(town_hall(street))
    assert "40 places left" in shown.text
    assert "The doors are open to all." in shown.text

    ana.press("Send RSVP", name="Ana", email=ana.email)
    assert "Check your email" in ana.page.text
    assert not ana.client.cookies, "no cookie before a mailed link was used"

    confirmation = ana.letter()
    assert heard(confirmation).subject == "You have a place: Town hall on buses, Thursday, June 11"
    assert heard(confirmation).method == "REQUEST"
    assert heard(confirmation).starts == "2026-06-12 01:30"
    assert "Thursday, June 11, 2026, 6:30–8:00 p.m." in words_of(confirmation)
    assert "Main Library, Community Room" in words_of(confirmation)

    # The link shows one button, and the button proves that the address is hers.
    ana.open_from(confirmation, "rsvps")
    ana.press("Yes, I am coming")
    assert "We count on you" in ana.page.text
    assert ana.mail() == []


def test_a_party_with_needs_in_their_own_language(street: Street) -> None:
    path = town_hall(
        street,
        spoken_languages=["en", "es"],
        translations={"es": {"title": "Asamblea sobre autobuses", "description": ""}},
    )
    luz = street.neighbor("Luz")
    confirmation = luz.rsvp(
        f"/es{path}", "Enviar reservación", party_size="3", language="es",
        access_needs=["asl", "wheelchair"], access_note="Mi madre lee los labios.",
    )  # fmt: skip
    assert confirmation["Content-Language"] == "es"
    assert (
        confirmation["Subject"] == "Tiene un lugar: Asamblea sobre autobuses, jueves, 11 de junio"
    )
    assert "Le guardamos 3 lugares en la sala." in words_of(confirmation)
    assert "labios" not in words_of(confirmation), "what is said in confidence is not mailed about"
    assert set(AccessRequest.objects.values_list("kind", flat=True)) == {"asl", "wheelchair"}

    shown = luz.confirm(confirmation, "rsvps")
    assert "Tiene 3 lugares" in shown.text
    assert "Mi madre lee los labios." in shown.text


def test_who_takes_part_online_learns_how(street: Street) -> None:
    path = town_hall(street, remote_url="https://meet.example.org/buses", dial_in="555-0199")
    omar = street.neighbor("Omar")
    assert "meet.example.org" not in omar.open(path).text, "places online are scarce"
    confirmation = omar.rsvp(path, mode="remote")
    (entry,) = read_vobject(invitation_in(confirmation) or b"")
    for told in (words_of(confirmation), entry.description):
        assert "https://meet.example.org/buses" in told
        assert "555-0199" in told


def test_a_change_and_a_change_of_mind(street: Street) -> None:
    ana = street.neighbor("Ana")
    ana.confirm(ana.rsvp(town_hall(street)), "rsvps")

    ana.follow("Change")
    ana.press("Save the change", party_size="2")
    assert "You have 2 places" in ana.page.text
    assert "Your RSVP was changed" in ana.letter()["Subject"]

    ana.follow("Cancel my RSVP")
    ana.press("Cancel my RSVP")
    assert "Your RSVP is cancelled" in ana.page.text
    goodbye = heard(ana.letter())
    assert (goodbye.method, goodbye.starts) == ("CANCEL", "2026-06-12 01:30")


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(street: Street) -> None:
    ana = street.neighbor("Ana")
    ana.open(town_hall(street))
    shown = ana.press_in_vain("Send RSVP", name="Ana", email="ana at home", party_size="4")
    assert shown.title.startswith("Error: ")
    assert "Enter an email address in full, like name@example.org." in shown.text

    ana.press("Send RSVP", email=ana.email)
    assert "We keep 4 places in the room for you." in words_of(ana.letter())


def test_a_second_rsvp_changes_nothing_and_mails_the_link(street: Street) -> None:
    path = town_hall(street)
    ana = street.neighbor("Ana")
    ana.confirm(ana.rsvp(path), "rsvps")

    # At the library's computer she does not remember; or it is somebody else.
    library = street.neighbor("Ana")
    reminder = library.rsvp(path, party_size="9")
    assert "Check your email" in library.page.text, "a stranger learns nothing about Ana"
    assert reminder["Subject"].startswith("You have an RSVP already: Town hall on buses")
    assert "You have a place" in library.open_from(reminder, "rsvps").text
