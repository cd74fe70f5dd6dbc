"""The preferences page and the two ways out: the button, and the mail client's one click."""

import pytest
from django.test import Client

from events import links
from events.models import Office, Person, Topic
from notifications.models import Subscription
from notifications.subscriptions.addresses import masked, preferences_path, unsubscribe_path
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import make_reader
from tests.pages import page

pytestmark = pytest.mark.django_db

EMAIL = "ana.reyes@mail.example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk")


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing")


@pytest.fixture
def trees() -> Topic:
    return make_topic("trees")


@pytest.fixture
def ana(office: Office, housing: Topic, trees: Topic) -> Person:
    return make_reader(office, [housing, trees], email=EMAIL)


def live() -> set[tuple[str, str]]:
    return set(Subscription.objects.live().values_list("office__slug", "topic__slug"))


def test_the_page_shows_what_one_gets_and_not_whose_it_is(
    client: Client, office: Office, ana: Person
) -> None:
    answer = client.get(preferences_path(ana.pk, office.pk))
    shown = page(answer)
    assert shown.fields["topics"] == ["housing", "trees"]
    assert shown.fields["language"] == ["en"]
    assert "a•••@m•••.org" in shown.text
    assert EMAIL not in answer.content.decode()
    assert "reyes" not in answer.content.decode()


def test_saving(client: Client, office: Office, ana: Person) -> None:
    path = preferences_path(ana.pk, office.pk)
    answer = client.post(path, {"topics": ["trees"], "language": "es"})
    assert answer.status_code == 303
    assert "proof" in answer.cookies
    assert live() == {("clerk", "trees")}
    assert Subscription.objects.live().get().language == "es"
    shown = page(client.get(answer["Location"]))
    assert "Saved. This is what you get from now on." in shown.text
    assert shown.fields["topics"] == ["trees"]
    assert shown.fields["language"] == ["es"]


def test_ticking_nothing_ends_everything(client: Client, office: Office, ana: Person) -> None:
    answer = client.post(preferences_path(ana.pk, office.pk), {"language": "en"})
    assert live() == set()
    text = page(client.get(answer["Location"])).text
    assert "Saved. You get no letters from us any more." in text


def test_what_is_new_is_live_at_once_with_its_consent(
    client: Client, office: Office, ana: Person
) -> None:
    make_topic("budget")
    client.post(preferences_path(ana.pk, office.pk), {"topics": ["housing", "trees", "budget"]})
    row = Subscription.objects.get(topic__slug="budget")
    assert row.confirmed_at is not None
    assert row.consent_source == "/subscriptions/"
    assert row.consent_text.startswith("City Clerk may send me letters")


@pytest.mark.parametrize("fields", [{"topics": ["gone"]}, {"language": "xx"}, {"topics": ["\0"]}])
def test_what_does_not_exist_is_refused(
    client: Client, office: Office, ana: Person, fields: dict[str, object]
) -> None:
    assert client.post(preferences_path(ana.pk, office.pk), fields).status_code == 422
    assert live() == {("clerk", "housing"), ("clerk", "trees")}


def test_offices_of_the_same_kind_are_on_one_page_and_others_are_not(
    client: Client, office: Office, ana: Person, housing: Topic
) -> None:
    make_office(slug="mayor", name="The Mayor")
    campaign = make_office(slug="campaign", kind="campaign", name="Friends of Ana")
    make_reader(campaign, [housing], email=EMAIL)
    shown = page(client.get(preferences_path(ana.pk, office.pk)))
    assert "The Mayor" in shown.text
    assert "Friends of Ana" not in shown.text
    fields = {"topics": ["trees"], "topics-mayor": ["housing"], "topics-campaign": []}
    client.post(preferences_path(ana.pk, office.pk), fields)
    assert live() == {("clerk", "trees"), ("mayor", "housing"), ("campaign", "housing")}


def test_a_link_of_one_office_opens_nothing_of_another_person_or_purpose(
    office: Office, ana: Person, client: Client
) -> None:
    token = links.sign(links.UNSUBSCRIBE, ana.pk, office.pk)
    assert client.get(f"/subscriptions/{token}/").status_code == 404
    assert client.get(f"/subscribe/confirm/{token}/").status_code == 404
    forged = token.replace(f"{ana.pk}.", f"{ana.pk + 1}.", 1)
    assert client.post(f"/unsubscribe/{forged}/").status_code == 404


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana@example.org", "a•••@e•••.org"),
        ("x@y.z.example.com", "x•••@y•••.com"),
        ("a@localhost", "a•••@•••localhost"),
        (None, "•••"),
    ],
)
def test_an_address_is_masked(address: str | None, shown: str) -> None:
    assert masked(address) == shown


# --- The button ----------------------------------------------------------------------------------


def test_looking_at_the_page_stops_nothing(client: Client, office: Office, ana: Person) -> None:
    path = unsubscribe_path(ana.pk, office.pk)
    for method in (client.get, client.head):
        assert method(path).status_code == 200
    assert len(live()) == 2


def test_a_forwarded_letter_shows_its_new_reader_the_office_and_a_button(
    client: Client, office: Office, ana: Person
) -> None:
    answer = client.get(unsubscribe_path(ana.pk, office.pk))
    shown = page(answer)
    assert "City Clerk" in shown.text
    assert "Did somebody forward this mail to you?" in shown.text
    for secret in (EMAIL, "ana", "example.org", "Housing", "Trees"):
        assert secret.lower() not in shown.text.lower()
    assert shown.fields == {}


def test_the_button_ends_all_letters_of_that_office(
    client: Client, office: Office, ana: Person, housing: Topic
) -> None:
    make_reader(make_office(slug="mayor"), [housing], email=EMAIL)
    path = unsubscribe_path(ana.pk, office.pk)
    answer = client.post(path)
    assert (answer.status_code, answer["Location"]) == (303, path)
    assert live() == {("mayor", "housing")}
    assert "No more letters" in page(client.get(path)).text
    assert client.post(path).status_code == 303, "again is harmless"


def test_one_can_come_back_by_the_same_page(client: Client, office: Office, ana: Person) -> None:
    client.post(unsubscribe_path(ana.pk, office.pk))
    shown = page(client.get(unsubscribe_path(ana.pk, office.pk)))
    (back,) = (link for link in shown.links if link.startswith("/subscriptions/"))
    client.post(back, {"topics": ["housing"]})
    assert live() == {("clerk", "housing")}


def test_the_page_speaks_the_language_of_the_letter(
    client: Client, office: Office, ana: Person
) -> None:
    path = unsubscribe_path(ana.pk, office.pk, "es")
    assert '<html lang="es"' in client.get(path).content.decode()
    assert client.post(path)["Location"] == path


# --- One click (RFC 8058) ------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart"])
def test_a_mail_client_ends_it_with_one_bare_post(
    office: Office, ana: Person, content_type: str
) -> None:
    """No Origin, no cookie, no Referer; and no redirect in answer (RFC 8058, 3.1)."""
    strict = Client(enforce_csrf_checks=True)
    path = unsubscribe_path(ana.pk, office.pk)
    if content_type == "multipart":
        answer = strict.post(path, ONE_CLICK)
    else:
        answer = strict.post(path, "List-Unsubscribe=One-Click", content_type=content_type)
    assert answer.status_code == 200
    assert not answer.cookies
    assert live() == set()
    assert strict.post(path, ONE_CLICK).status_code == 200, "again is harmless"


@pytest.mark.parametrize("body", [ONE_CLICK, {}])
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_another_site_cannot_end_it(
    client: Client, office: Office, ana: Person, headers: dict[str, str], body: dict[str, str]
) -> None:
    answer = client.post(unsubscribe_path(ana.pk, office.pk), body, headers=headers)
    assert answer.status_code == 403
    assert len(live()) == 2


def test_the_clicks_of_a_thousand_readers_come_from_one_mail_provider(
    client: Client, office: Office, housing: Topic
) -> None:
    """A limit for one address of origin would keep the 31st reader subscribed."""
    readers = [make_reader(office, [housing]) for _ in range(35)]
    answers = [client.post(unsubscribe_path(one.pk, office.pk), ONE_CLICK) for one in readers]
    assert {answer.status_code for answer in answers} == {200}
    assert live() == set()


def test_signing_up_again_after_it_asks_to_confirm_again(
    client: Client, office: Office, ana: Person, housing: Topic
) -> None:
    client.post(unsubscribe_path(ana.pk, office.pk), ONE_CLICK)
    assert client.post("/subscribe/", {"email": EMAIL, "topics": ["housing"]}).status_code == 303
    assert live() == set()
    assert Subscription.objects.pending().count() == 1
    assert Subscription.objects.pending().get().created_at > NOW


def test_how_often_is_chosen_there(client: Client, office: Office, ana: Person) -> None:
    path = preferences_path(ana.pk, office.pk)
    assert page(client.get(path)).fields["frequency"] == ["immediate"]
    answer = client.post(path, {"topics": ["housing"], "frequency": "weekly"})
    assert Subscription.objects.live().get().frequency == "weekly"
    assert page(client.get(answer["Location"])).fields["frequency"] == ["weekly"]


def test_topics_that_come_at_different_paces_keep_them_unless_one_chooses(
    client: Client, office: Office, ana: Person, trees: Topic
) -> None:
    Subscription.objects.filter(topic=trees).update(frequency="daily")
    path = preferences_path(ana.pk, office.pk)
    assert page(client.get(path)).fields["frequency"] == []
    client.post(path, {"topics": ["housing", "trees"], "language": "es"})
    rows = Subscription.objects.live().values_list("topic__slug", "frequency")
    assert dict(rows) == {"housing": "immediate", "trees": "daily"}


def test_a_frequency_that_does_not_exist_is_refused(
    client: Client, office: Office, ana: Person
) -> None:
    answer = client.post(
        preferences_path(ana.pk, office.pk), {"topics": ["trees"], "frequency": "hourly"}
    )
    assert answer.status_code == 422
    assert "Choose from the list how often." in page(answer).text
    assert live() == {("clerk", "housing"), ("clerk", "trees")}
