"""What staff have typed survives the end of their session, an old token, and other errors."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from events.models import Office, Role, StaffUser, Topic, Venue
from tests.factories import PASSWORD, make_office, make_staff
from tests.pages import Page, page

pytestmark = pytest.mark.django_db

OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
NEW_VENUE = "/staff/venues/new/"
TYPED = {
    "name": "Cesar Chavez Center",
    "street": "1 Main St",
    "locality": "Oakville",
    "region": "CA",
    "postal_code": "90001",
    "transit": "A ramp.\r\nA hearing loop <in room 2>.",
}


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def user(office: Office) -> StaffUser:
    return make_staff(office)


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True, headers=OURS)


def log_in(browser: Client, user: StaffUser, path: str = "/accounts/login/") -> HttpResponse:
    token = page(browser.get(path)).fields["csrfmiddlewaretoken"]
    data = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    return browser.post(path, data)


def opened(browser: Client, user: StaffUser, path: str = NEW_VENUE) -> str:
    """Sign in, open a form, and return its token."""
    assert log_in(browser, user).status_code == 302
    return str(page(browser.get(path)).fields["csrfmiddlewaretoken"])


def without_token(seen: Page) -> dict[str, str]:
    return {name: value for name, value in seen.fields.items() if name != "csrfmiddlewaretoken"}


def test_a_form_sent_after_the_session_ended_is_kept_over_the_login(
    browser: Client, user: StaffUser
) -> None:
    token = opened(browser, user)
    del browser.cookies["sessionid"]
    answer = browser.post(NEW_VENUE, TYPED | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    assert answer["Cache-Control"] == "private, no-store"
    signed_out = page(answer)
    assert "You have been signed out" in signed_out.text
    assert "A hearing loop <in room 2>." in signed_out.text
    # Without a token, so that it can do nothing but come back.
    assert signed_out.fields == TYPED

    # In a new tab of the same browser.
    (door,) = [link for link in signed_out.links if "next=" in link]
    there = log_in(browser, user, door)
    assert there["Location"] == "/staff/signed-in/"
    assert "press “Continue” there" in page(browser.get(there["Location"])).text
    assert not Venue.objects.exists(), "signing in sends nothing"

    answer = browser.post(NEW_VENUE, signed_out.fields)
    assert answer.status_code == 403
    again = page(answer)
    assert "Please send it once more" in again.text
    assert without_token(again) == TYPED
    assert not Venue.objects.exists(), "nothing is sent that nobody has looked at"

    answer = browser.post(NEW_VENUE, again.fields)
    assert (answer.status_code, answer["Location"]) == (303, "/staff/venues/")
    assert Venue.objects.get().transit == "A ramp.\nA hearing loop <in room 2>."


def test_going_on_without_signing_in_leads_to_the_same_page(
    browser: Client, user: StaffUser
) -> None:
    answer = browser.post(NEW_VENUE, TYPED)
    assert answer.status_code == 403
    assert "You have been signed out" in page(answer).text
    assert page(answer).fields == TYPED


def test_a_token_from_before_the_last_login_keeps_the_form(
    browser: Client, user: StaffUser
) -> None:
    token = opened(browser, user)
    browser.post("/accounts/logout/", {"csrfmiddlewaretoken": token})
    assert log_in(browser, user).status_code == 302
    answer = browser.post(NEW_VENUE, TYPED | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    assert without_token(page(answer)) == TYPED
    assert browser.post(NEW_VENUE, page(answer).fields).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_sites_form_comes_back_empty(user: StaffUser, headers: dict[str, str]) -> None:
    stranger = Client(enforce_csrf_checks=True, headers=headers)
    stranger.force_login(user)
    answer = stranger.post(NEW_VENUE, TYPED)
    assert answer.status_code == 403
    assert page(answer).fields == {}
    assert "Cesar" not in page(answer).text


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-site"}])
def test_a_form_that_may_be_another_sites_is_not_to_be_sent_again(
    user: StaffUser, headers: dict[str, str]
) -> None:
    unsaid = Client(enforce_csrf_checks=True, headers=headers)
    unsaid.force_login(user)
    answer = unsaid.post(NEW_VENUE, TYPED)
    assert answer.status_code == 403
    assert page(answer).fields == {}
    assert "A ramp." in page(answer).text


def test_a_password_is_not_written_into_the_page(browser: Client, user: StaffUser) -> None:
    answer = browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert PASSWORD not in answer.content.decode()
    assert without_token(page(answer)) == {"login": user.email}


def test_a_file_has_to_be_chosen_again_and_is_named(browser: Client, user: StaffUser) -> None:
    path = "/staff/calendar/"
    opened(browser, user, path)

    def send() -> Page:
        file = SimpleUploadedFile("old calendar.ics", b"BEGIN:VCALENDAR")
        return page(browser.post(path, {"file": file, "office": "x"}))

    again = send()
    assert "old calendar.ics" in again.text
    assert "Choose the file again" in again.text
    assert without_token(again) == {"file": "", "office": "x"}
    del browser.cookies["sessionid"]
    assert "Choose it again on the next page." in send().text


def test_what_was_pressed_is_sent_again_and_not_shown(browser: Client, user: StaffUser) -> None:
    opened(browser, user)
    typed = {"title_es": "Foro", "do": "post", "seen": "0123abc", "topics": ["a", "b"]}
    answer = browser.post("/staff/events/new/", typed)
    found = page(answer)
    assert (found.fields["do"], found.fields["seen"]) == ("post", "0123abc")
    assert answer.content.decode().count('name="topics"') == 2
    assert "Title (Español) Foro Topics a b" in found.text
    assert "0123abc" not in found.text


def test_a_form_about_what_is_gone_shows_what_was_typed(user: StaffUser) -> None:
    client = Client(headers=OURS)
    client.force_login(user)
    answer = client.post("/staff/venues/987654/", TYPED)
    assert answer.status_code == 404
    assert "A hearing loop <in room 2>." in page(answer).text
    assert "A hearing loop" not in Client().post("/staff/no/", TYPED).content.decode()


def test_a_form_that_the_role_does_not_allow_any_more_shows_what_was_typed(office: Office) -> None:
    client = Client(headers=OURS)
    client.force_login(make_staff(office, role=Role.EDITOR))
    answer = client.post("/staff/topics/new/", {"name": "Trees and shade"})
    assert answer.status_code == 403
    assert "Trees and shade" in page(answer).text


def test_a_form_of_the_desk_that_breaks_shows_what_was_typed(
    user: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(**anything: object) -> Topic:
        raise RuntimeError("broken")

    monkeypatch.setattr("events.staff.topics.save_topic", breaks)
    client = Client(headers=OURS, raise_request_exception=False)
    client.force_login(user)
    sent = {"name": "Trees and shade", "position": "3"}
    answer = client.post("/staff/topics/new/", sent)
    assert answer.status_code == 500
    assert "Trees and shade" in page(answer).text
    assert page(answer).fields == sent
