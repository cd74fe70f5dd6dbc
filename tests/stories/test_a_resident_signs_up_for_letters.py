"""A resident signs up with an address alone, says yes once, chooses, and leaves with one click."""

from email.message import EmailMessage
from urllib.parse import urlsplit

from django.test import Client

from tests.notifications.mailing import make_letter
from tests.stories.street import Neighbor, Street, links_in, words_of


def reader(street: Street, name: str, *topics: str) -> Neighbor:
    """Somebody who has signed up for these topics and said yes."""
    neighbor = street.neighbor(name)
    neighbor.open("/subscribe/")
    neighbor.press("Sign me up", email=neighbor.email, topics=topics)
    neighbor.confirm(neighbor.letter(), "subscribe")
    return neighbor


def letter_posted(street: Street, *topics: str) -> None:
    make_letter(
        street.office, title="Buses, and what we asked for", now=street.now,
        topics=[street.topics[slug] for slug in topics],
    )  # fmt: skip


def test_an_address_and_a_yes(street: Street) -> None:
    dora = street.neighbor("Dora")
    dora.open("/")
    dora.follow("Get updates")
    dora.press("Sign me up", email=dora.email, topics=["legislation", "town-halls"])
    assert "You are on the list as soon as you say yes" in dora.page.text
    asked = dora.letter()
    assert asked["Subject"] == "Please confirm: letters from Office of Council Member Ortega"

    letter_posted(street, "legislation")
    assert dora.mail() == [], "nothing is mailed before she says yes"

    dora.open_from(asked, "subscribe")
    dora.press("Yes, send me these letters")
    assert "You are on the list" in dora.page.text
    letter_posted(street, "legislation", "town-halls")
    assert dora.letter()["Subject"] == "Buses, and what we asked for"


def test_she_chooses_what_she_gets(street: Street) -> None:
    dora = reader(street, "Dora", "legislation")
    dora.follow("Change your topics, or how often we write")
    dora.press("Save", topics=["events", "volunteer"])
    assert "Saved. This is what you get from now on." in dora.page.text
    letter_posted(street, "legislation")
    assert dora.mail() == []
    letter_posted(street, "events")
    assert dora.letter()["Subject"] == "Buses, and what we asked for"


def test_one_click_in_the_mail_program_ends_it(street: Street) -> None:
    dora = reader(street, "Dora", "legislation")
    letter_posted(street, "legislation")
    letter = dora.letter()
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Id"]

    # RFC 8058, 3.2: a mail program sends this by itself, without cookies, Origin or Referer.
    answer = Client().post(one_click(letter), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200, "no redirect (RFC 8058, 3.1)"
    letter_posted(street, "legislation")
    assert dora.mail() == []

    # What concerns her own place still comes, and she can come back.
    dora.open(one_click(letter))
    assert "No more letters" in dora.page.text
    dora.follow("Choose topics again")
    dora.press("Save", topics=["legislation"])
    letter_posted(street, "legislation")
    assert dora.letter()["Subject"] == "Buses, and what we asked for"


def one_click(letter: EmailMessage) -> str:
    """Return the path in a letter's List-Unsubscribe header."""
    address = letter["List-Unsubscribe"].strip("<>")
    assert urlsplit(address).hostname == "testserver"
    return urlsplit(address).path


def test_a_friend_to_whom_the_letter_was_forwarded(street: Street) -> None:
    dora = reader(street, "Dora", "legislation")
    letter_posted(street, "legislation")
    forwarded = dora.letter()

    friend = street.neighbor("Eli")
    for link in links_in(forwarded):
        friend.open(link)
        assert dora.email not in friend.page.text
    friend.open_from(forwarded, "unsubscribe")
    assert "Did somebody forward this mail to you?" in friend.page.text
    letter_posted(street, "legislation")
    assert dora.letter()["Subject"] == "Buses, and what we asked for"

    # The letter's own page is where the friend signs up.
    friend.open_from(forwarded, "letters")
    friend.press("Sign me up", email=friend.email, topics=["legislation"])
    assert friend.letter()["Subject"].startswith("Please confirm")


def test_who_signs_up_twice_is_told_what_they_get(street: Street) -> None:
    dora = reader(street, "Dora", "legislation")
    stranger = street.neighbor("Dora")
    stranger.open("/subscribe/")
    stranger.press("Sign me up", email=dora.email, topics=["legislation"])
    assert "Check your email" in stranger.page.text, "the page does not say that she is known"
    told = dora.letter()
    assert told["Subject"] == "You are on the list of Office of Council Member Ortega already"
    assert "- Legislation" in words_of(told)


def test_in_spanish_from_the_form_to_the_letter(street: Street) -> None:
    luz = street.neighbor("Luz")
    luz.open("/es/subscribe/")
    luz.press("Suscribirme", email=luz.email, topics=["legislation"])
    asked = luz.letter()
    assert asked["Content-Language"] == "es"
    luz.confirm(asked, "subscribe")
    make_letter(
        street.office, title="Buses", topics=[street.topics["legislation"]], now=street.now,
        translations={"es": {"title": "Autobuses", "body": "Estimado director:"}},
    )  # fmt: skip
    letter = luz.letter()
    assert letter["Subject"] == "Autobuses"
    assert "Estimado director:" in words_of(letter)
    assert "Sus cartas" in luz.open_from(letter, "subscriptions").text
