"""RSVP, a shift, and letters: with the keyboard alone, with JavaScript off, in few steps."""

import pytest

from events import links
from events.models import RSVP
from notifications.models import SubscriptionRequest
from notifications.subscriptions import addresses
from tests.browser.looking import Visitor
from volunteers.models import ShiftClaim

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("demo")]

#: Fields of the form that one cannot leave as they are.
MUST_BE_FILLED_IN = """() => [...document.querySelectorAll("main form.form:has([name=name]) *")]
    .filter(field => field.willValidate && !field.checkValidity()).length"""


def test_a_place_from_the_home_page_in_three_views_and_two_clicks(
    without_javascript: Visitor,
) -> None:
    ana = without_javascript
    page = ana.open("/")
    ana.enter("RSVP")
    assert page.evaluate(MUST_BE_FILLED_IN) == 2
    ana.type("Your name", "Ana Reyes")
    ana.type("Email address", "ana@example.org")
    ana.enter("Send RSVP")
    assert page.inner_text("h1") == "Check your email"
    assert len(ana.views) == 3, ana.views
    rsvp = RSVP.objects.get(person__email="ana@example.org")
    assert rsvp.is_confirmed, "the place is taken before any mail is opened"
    assert ana.context.cookies() == []

    # Behind the link that was mailed.
    ana.open(f"/rsvps/{links.token_for(links.RSVP, rsvp)}/confirm/")
    ana.enter("Yes, I am coming")
    assert page.inner_text("h1") == "You have a place"
    ana.enter("Change")
    ana.tab_to("How many people, with you?")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("3")
    ana.tab_to("American Sign Language interpreter")
    page.keyboard.press("Space")
    ana.enter("Save the change")
    assert page.inner_text("h1") == "You have 3 places"
    assert "American Sign Language interpreter" in page.inner_text("main")
    ana.enter("Cancel my RSVP")
    ana.enter("Cancel my RSVP")
    assert page.inner_text("h1") == "Your RSVP is cancelled"


def test_a_wrong_address_is_found_and_mended_by_keyboard(without_javascript: Visitor) -> None:
    ana = without_javascript
    page = ana.open("/")
    ana.enter("RSVP")
    ana.type("Your name", "Ana Reyes")
    ana.enter("Send RSVP")
    # The summary of what is wrong has the focus; its link leads into the field.
    assert page.evaluate("document.activeElement.className") == "error-summary"
    ana.tab_to("Email address – Enter your email address.")
    page.keyboard.press("Enter")
    page.keyboard.type("ana@example.org")
    ana.enter("Send RSVP")
    assert RSVP.objects.filter(name="Ana Reyes").exists()


def test_a_shift_by_keyboard(without_javascript: Visitor) -> None:
    bea = without_javascript
    page = bea.open("/volunteer/")
    bea.enter("Note taker")
    assert page.evaluate(MUST_BE_FILLED_IN) == 2
    bea.type("Your name", "Bea Cruz")
    bea.type("Email address", "bea@example.org")
    bea.enter("Take this shift")
    assert page.inner_text("h1") == "Check your email"
    assert len(bea.views) == 3, bea.views

    claim = ShiftClaim.objects.get(name="Bea Cruz")
    bea.open(f"/claims/{links.token_for(links.CLAIM, claim)}/confirm/")
    bea.enter("Yes, I will come")
    assert "The shift is yours" in page.inner_text("main")
    bea.enter("I cannot come")
    bea.enter("Give this shift back")
    assert "You gave this shift back" in page.inner_text("main")


def test_letters_by_keyboard_from_a_letter_to_the_preferences(without_javascript: Visitor) -> None:
    dora = without_javascript
    page = dora.open("/letters/")
    dora.enter("Two changes to the rent law")
    # The topics of the letter are ticked: an address is all there is to type.
    dora.type("Email address", "dora@example.org")
    dora.enter("Sign me up")
    assert page.inner_text("h1") == "Check your email"
    assert len(dora.views) == 3, dora.views

    asked = SubscriptionRequest.objects.get(person__email="dora@example.org")
    dora.open(addresses.confirm_path(asked.pk))
    dora.enter("Yes, send me these letters")
    assert page.inner_text("h1") == "You are on the list"
    dora.enter("Change your topics, or how often we write")
    dora.tab_to("Community events")
    page.keyboard.press("Space")
    dora.enter("Save")
    assert "Saved. This is what you get from now on." in page.inner_text("main")
    assert page.is_checked("input[value=legislation]")
    assert page.is_checked("input[value=events]")
    dora.enter("Stop all letters")
    assert page.inner_text("h1") == "No more letters"
    assert [cookie["name"] for cookie in dora.context.cookies()] == ["proof"]


def test_the_same_in_spanish(without_javascript: Visitor) -> None:
    luz = without_javascript
    page = luz.open("/es/")
    luz.enter("Reserve un lugar")
    luz.type("Su nombre", "Luz Vega")
    luz.type("Correo electrónico", "luz@example.org")
    luz.enter("Enviar reservación")
    assert page.inner_text("h1") == "Revise su correo"
    rsvp = RSVP.objects.get(person__email="luz@example.org")
    assert rsvp.language == "es"
    luz.open(f"/rsvps/{links.token_for(links.RSVP, rsvp)}/?lang=es")
    luz.enter("Sí, voy a ir")
    assert page.inner_text("h1") == "Tiene un lugar"
