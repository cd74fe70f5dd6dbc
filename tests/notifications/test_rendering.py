"""Every message as its reader gets it: both parts, every language, links that open."""

import re
from datetime import datetime
from email.headerregistry import HeaderRegistry
from functools import cache
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from events.actions.calling_off import cancel_event
from events.models import Office
from notifications import rendering
from notifications.message import NotYet, Rendered, Superseded
from notifications.models import Delivery
from tests import factories as make
from tests.clock import at
from tests.notifications import scenes
from tests.pages import Page

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _name in settings.LANGUAGES]
#: Messages whose words are other people's folders; their own tests read them closely.
OTHERS = {"letter_posted", "subscription_confirm", "subscription_repeated"}
OWN = sorted(set(scenes.SCENES) - OTHERS)


@cache
def words_of(name: str, language: str) -> tuple[Delivery, Rendered]:
    """A message as it was made the first time: to read, without its rows."""
    return made(name, language)


def made(name: str, language: str) -> tuple[Delivery, Rendered]:
    delivery = scenes.SCENES[name](language)
    return delivery, scenes.read(delivery, scenes.READ_AT.get(name, scenes.NOW))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def links_in(text: str) -> list[str]:
    return re.findall(r"https?://\S+", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(scenes.SCENES))
def test_a_message_renders_in_every_language(name: str, language: str) -> None:
    delivery, mail = words_of(name, language)
    assert delivery.language == language
    assert mail.subject == " ".join(mail.subject.split())
    assert 5 < len(mail.subject) < 200
    assert f'<html lang="{language}"' in mail.html
    for part in (mail.subject, mail.text, mail.html):
        assert not re.search(r"{{|{%|%\(|None\b|&amp;amp;|\.\.(?!\.)", part), part
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize("name", OWN)
def test_both_parts_of_a_message_say_the_same(name: str) -> None:
    _delivery, mail = words_of(name, "en")
    page = Page(mail.html)
    told = words(page.text)
    # A link stands in the text with its address, in HTML behind its words.
    text = re.sub(r"https?://\S+", "", mail.text.replace("\n-- \n", "\n"))
    said = [line for line in text.splitlines() if words(line)]
    missing = [line for line in said if not _is_within(words(line), told)]
    assert len(said) > 5
    assert missing == []
    assert set(links_in(mail.text)) == {link for link in page.links if link.startswith("http")}


def _is_within(some: list[str], many: list[str]) -> bool:
    return f" {' '.join(some)} " in f" {' '.join(many)} "


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OWN)
def test_every_link_in_a_message_opens_in_its_language(name: str, language: str) -> None:
    _delivery, mail = made(name, language)
    own = [link for link in links_in(mail.text) if link.startswith(settings.SITE_URL)]
    assert own or name == "calendar_update"
    with at(scenes.READ_AT.get(name, scenes.NOW)):
        for link in own:
            parts = urlsplit(link)
            answer = Client().get(f"{parts.path}?{parts.query}", follow=True)
            assert answer.status_code == 200, link
            assert f'<html lang="{language}"' in answer.content.decode(), link


@pytest.mark.parametrize("name", sorted(scenes.SCENES))
def test_every_footer_says_why_and_who(name: str) -> None:
    delivery, mail = words_of(name, "en")
    assert delivery.office is not None
    footer = mail.text.rpartition("\n-- \n")[2]
    assert re.search(r"because", footer)
    for line in (delivery.office.name, "200 Main Street", "San Arroyo, CA 90000", "555-0100"):
        assert line in footer.splitlines()


def test_when_and_where_come_before_everything_else() -> None:
    _delivery, mail = made("rsvp_confirmed", "en")
    assert mail.text.splitlines()[:6] == [
        "You have a place: Town hall on parking",
        "",
        "Thursday, June 11, 2026, 6:30–8:00 p.m. PDT",
        "Main Library, Community Room",
        "12 Oak Avenue, San Arroyo, CA 90000",
        "Use the door on Oak Avenue.",
    ]


def test_a_subject_says_what_and_when() -> None:
    _delivery, mail = made("rsvp_confirmed", "en")
    assert mail.subject == "You have a place: Town hall on parking, Thursday, June 11"


def test_a_subject_names_the_year_when_it_is_another_one() -> None:
    event = scenes.town_hall(starts_at=datetime.fromisoformat("2027-01-14T18:30-08:00"))
    make.make_rsvp(event)
    mail = scenes.read(scenes.delivered("rsvp_confirmed"))
    assert mail.subject.endswith("Thursday, January 14, 2027")


def test_titles_and_dates_are_in_the_readers_language() -> None:
    _delivery, mail = made("rsvp_confirmed", "es")
    assert "Reunión sobre el estacionamiento, jueves, 11 de junio" in mail.subject
    assert "Jueves, 11 de junio de 2026, 6:30–8:00 p.m. PDT" in mail.text


def test_a_language_that_the_site_does_not_speak_still_shows_its_own_titles() -> None:
    office = scenes.the_office(languages=["es", "vi"])
    vietnamese = {"vi": {"title": "Họp về bãi đậu xe", "description": ""}}
    event = scenes.town_hall(office, title="Reunión", translations=vietnamese)
    make.make_rsvp(event, language="vi")
    mail = scenes.read(scenes.delivered("rsvp_confirmed"))
    assert "Họp về bãi đậu xe" in mail.subject
    # The standing words are in the office's first language.
    assert "jueves, 11 de junio" in mail.subject


def test_a_title_cannot_break_out_of_html_or_of_a_header() -> None:
    title = 'Parks & <script>alert("x")</script>\r\nBcc: everyone@example.org'
    make.make_rsvp(scenes.town_hall(title=title, translations={}))
    mail = scenes.read(scenes.delivered("rsvp_confirmed"))
    assert "<script" not in mail.html
    assert "Parks &amp; &lt;script&gt;" in mail.html
    assert 'Parks & <script>alert("x")</script>' in mail.text
    assert "\n" not in mail.subject
    HeaderRegistry()("subject", mail.subject)


def test_a_reason_cannot_put_a_script_behind_a_link() -> None:
    event = scenes.town_hall()
    make.make_rsvp(event)
    cancel_event(
        event_id=event.pk,
        reason='Storm.\nMore: https://example.org/"onclick="alert(1)\n- javascript:alert(1)',
        now=scenes.LATER,
    )
    mail = scenes.read(scenes.delivered("event_cancelled"))
    page = Page(mail.html)
    assert 'onclick="' not in mail.html
    assert [link for link in page.links if not link.startswith(("http", "tel:"))] == []


def test_an_office_without_a_phone_gives_another_way_to_reach_it() -> None:
    office = scenes.the_office(phone="", reply_to="desk@example.org")
    make.make_rsvp(scenes.town_hall(office))
    assert "desk@example.org" in scenes.read(scenes.delivered("rsvp_confirmed")).text


def test_the_name_typed_in_the_form_is_not_mailed() -> None:
    """A stranger who types somebody's address must not be able to send them words of their own."""
    make.make_rsvp(scenes.town_hall(), name="Buy pills at example.com", proven=False)
    mail = scenes.read(scenes.delivered("rsvp_confirmed"))
    assert mail.calendar is not None
    assert "pills" not in mail.subject + mail.text + mail.html + mail.calendar.content.decode()


def test_the_guests_own_words_on_access_are_not_mailed() -> None:
    make.make_rsvp(scenes.town_hall(), access_needs=["other"], access_note="my insulin pump")
    mail = scenes.read(scenes.delivered("rsvp_confirmed"))
    assert "Something else" in mail.text
    assert "insulin" not in mail.text + mail.html


def test_a_change_that_was_taken_back_before_it_was_told_is_not_told() -> None:
    event = scenes.town_hall()
    make.make_rsvp(event)
    for starts_at in (scenes.NEW_START, event.starts_at):
        scenes.event_actions.edit_event(
            event_id=event.pk,
            changes={
                "starts_at": starts_at,
                "ends_at": starts_at + (event.ends_at - event.starts_at),
            },
            now=scenes.LATER,
        )
    latest = [one for one in scenes.plan() if one.message == "event_changed"][-1]
    assert isinstance(rendering.render(latest, scenes.NOW), Superseded)


def test_a_reminder_that_comes_in_the_night_waits_for_the_morning() -> None:
    delivery = scenes.rsvp_reminder("en")
    night = datetime.fromisoformat("2026-06-10T22:15-07:00")
    answer = rendering.render(delivery, night)
    assert answer == NotYet(datetime.fromisoformat("2026-06-11T08:00-07:00"))


def test_a_message_of_the_site_is_sent_under_the_first_office() -> None:
    office = scenes.the_office()
    make.make_person("new@example.org")
    scenes.request_sign_in(email="new@example.org", now=scenes.NOW)
    delivery = scenes.delivered("sign_in_link")
    assert delivery.office == office
    Office.objects.filter(pk=office.pk).update(name="Renamed")
    delivery.office = None
    assert "Renamed" in scenes.read(delivery).text


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("a\n\n\n\nb\n", "a\n\nb\n"),
        ("  a  \n   \n\n  b", "a\n\nb\n"),
        ("words\n-- \nfooter", "words\n-- \nfooter\n"),
    ],
)
def test_plain_text_has_no_gaps(written: str, plain: str) -> None:
    assert rendering.plain(written) == plain
