"""The sign-up form, its mail and the page behind it, as somebody with an address meets them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from events.models import Office, Person, Topic
from notifications.cleaning import clean
from notifications.models import Subscription, Tick
from tests import clock
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import mailed, make_reader, plan
from tests.notifications.scenes import read
from tests.pages import page

pytestmark = pytest.mark.django_db

EMAIL = "ana@example.org"


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk")


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing", translations={"es": {"name": "Vivienda"}})


@pytest.fixture
def trees() -> Topic:
    return make_topic("trees")


def sign_up(client: Client, path: str = "/subscribe/", **fields: Any) -> Any:
    return client.post(path, {"email": EMAIL, "topics": ["housing"]} | fields)


def link_in_mail(message: str = "subscription_confirm") -> str:
    """The path of the link that the latest such mail holds."""
    mail = read([one for one in plan() if one.message == message][-1])
    found = re.search(r"http://testserver(/\S+/(?:confirm/)?\S{20,}/(?:\?lang=es)?)", mail.text)
    assert found is not None, mail.text
    return found[1]


def live() -> set[tuple[str, str]]:
    return set(Subscription.objects.live().values_list("office__slug", "topic__slug"))


def test_an_address_and_topics_are_all_it_asks(
    client: Client, office: Office, housing: Topic, trees: Topic
) -> None:
    shown = page(client.get("/subscribe/"))
    assert set(shown.fields) == {"email", "topics", "office"}
    assert shown.fields["topics"] == []
    assert "Housing" in shown.text
    assert "City Clerk may send me letters by email on the topics that I chose." in shown.text


def test_from_the_form_to_the_list(client: Client, office: Office, housing: Topic) -> None:
    answer = sign_up(client)
    assert (answer.status_code, answer["Location"]) == (303, "/subscribe/sent/")
    assert not answer.cookies
    assert "Check your email" in page(client.get(answer["Location"])).text
    assert mailed("subscription_confirm") == [EMAIL]
    assert live() == set()

    path = link_in_mail()
    shown = page(client.get(path))
    assert "One last step" in shown.text
    assert "Housing" in shown.text
    assert EMAIL not in shown.text
    assert live() == set(), "a GET, as a mail scanner makes it, confirms nothing"

    answer = client.post(path)
    assert (answer.status_code, answer["Location"]) == (303, path)
    assert "proof" in answer.cookies
    assert live() == {("clerk", "housing")}
    confirmed = page(client.get(path))
    assert "You are on the list" in confirmed.text
    assert any(link.startswith("/subscriptions/") for link in confirmed.links)


def test_what_is_kept_of_the_consent(client: Client, office: Office, housing: Topic) -> None:
    with clock.at(NOW):
        sign_up(client)
    row = Subscription.objects.get()
    assert (row.created_at, row.consent_source) == (NOW, "/subscribe/")
    assert row.consent_text == (
        "City Clerk may send me letters by email on the topics that I chose. "
        "Every letter has a link that ends this."
    )


def test_the_language_of_the_page_is_that_of_the_mail(
    client: Client, office: Office, housing: Topic
) -> None:
    answer = sign_up(client, "/es/subscribe/")
    assert answer["Location"] == "/es/subscribe/sent/"
    (delivery,) = (one for one in plan() if one.message == "subscription_confirm")
    assert delivery.language == "es"
    assert "Vivienda" in read(delivery).text
    path = link_in_mail()
    assert path.endswith("?lang=es")
    assert '<html lang="es"' in client.get(path).content.decode()


def test_a_language_that_is_asked_for(client: Client, office: Office, housing: Topic) -> None:
    assert sign_up(client, language="es").status_code == 303
    assert Subscription.objects.get().language == "es"
    assert sign_up(client, language="xx").status_code == 422


def test_the_name_is_kept_for_somebody_new(client: Client, office: Office, housing: Topic) -> None:
    sign_up(client, name="Ana Reyes")
    assert Person.objects.get().name == "Ana Reyes"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": ""}, "Enter your email address."),
        ({"email": "ana"}, "Enter an email address in full, like name@example.org."),
        ({"topics": []}, "Choose at least one topic."),
        ({"topics": ["gone"]}, "There is no topic “gone”. Choose from the list."),
        ({"topics": ["a\0b"]}, "There is no topic"),
        ({"office": ["gone"]}, "There is no office “gone” here."),
        ({"email": "ana\0@example.org"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: Client, office: Office, housing: Topic, fields: dict[str, Any], reason: str
) -> None:
    answer = sign_up(client, **fields)
    assert answer.status_code == 422
    shown = page(answer)
    assert shown.title.startswith("Error:")
    assert reason in shown.text
    assert "There is a problem" in shown.text
    assert shown.fields["email"] == fields.get("email", EMAIL)
    assert shown.fields["topics"] == [
        t for t in fields.get("topics", ["housing"]) if t == "housing"
    ]
    assert Person.objects.count() == 0


def test_the_answer_is_the_same_whoever_it_is(
    client: Client, office: Office, housing: Topic, trees: Topic
) -> None:
    """Somebody new, somebody who has it, somebody who waits: nothing on the page tells."""
    make_reader(office, [housing], email="has@example.org")
    make_reader(office, [housing], email="waits@example.org", proven=False)
    answers = [
        sign_up(client, email=email)
        for email in ("new@example.org", "has@example.org", "waits@example.org")
    ]
    assert {(one.status_code, one["Location"], bool(one.cookies)) for one in answers} == {
        (303, "/subscribe/sent/", False)
    }


def test_who_is_on_the_list_already_gets_a_mail_that_says_so(
    client: Client, office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], email=EMAIL)
    sign_up(client)
    assert mailed("subscription_confirm") == []
    assert mailed("subscription_repeated") == [EMAIL]
    assert "- Housing" in read(plan()[-1]).text
    path = link_in_mail("subscription_repeated")
    assert path.startswith("/subscriptions/")
    assert page(client.get(path)).fields["topics"] == ["housing"]


def test_a_mail_about_a_sign_up_that_was_ended_meanwhile_does_not_go_out(
    client: Client, office: Office, housing: Topic
) -> None:
    from notifications.catalogue import named
    from notifications.models import Delivery
    from notifications.subscriptions.actions import unsubscribe

    sign_up(client)
    (delivery,) = (one for one in plan() if one.message == "subscription_confirm")
    message = named("subscription_confirm")
    assert message.guard is not None
    assert message.still_true(delivery, NOW)
    assert Delivery.objects.filter(message.guard()).count() == 1
    assert delivery.person_id is not None
    unsubscribe(person_id=delivery.person_id, office_id=office.pk, now=NOW)
    assert not message.still_true(delivery, NOW)
    assert Delivery.objects.filter(message.guard()).count() == 0


def test_a_browser_that_has_proven_the_address_goes_straight_to_its_topics(
    client: Client, office: Office, housing: Topic, trees: Topic
) -> None:
    sign_up(client)
    client.post(link_in_mail())
    answer = sign_up(client, topics=["trees"])
    assert answer.status_code == 303
    assert answer["Location"].startswith("/subscriptions/")
    shown = page(client.get(answer["Location"]))
    assert shown.fields["topics"] == ["housing", "trees"]
    assert "Saved. This is what you get from now on." in shown.text
    assert len(mailed("subscription_confirm")) == 1
    other = sign_up(client, email="ben@example.org")
    assert other["Location"] == "/subscribe/sent/"


def test_one_address_is_not_flooded(client: Client, office: Office, housing: Topic) -> None:
    with clock.at(NOW):
        answers = [sign_up(client, email=email) for email in [EMAIL] * 5 + ["ANA@Example.org"]]
        assert [one.status_code for one in answers] == [303] * 5 + [429]
        assert int(answers[-1]["Retry-After"]) <= 3600
        assert sign_up(client, email="ben@example.org").status_code == 303
    with clock.at(NOW + timedelta(hours=1)):
        assert sign_up(client).status_code == 303


def test_another_sites_form_is_refused(client: Client, office: Office, housing: Topic) -> None:
    strict = Client(enforce_csrf_checks=True)
    fields = {"email": EMAIL, "topics": ["housing"]}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert strict.post("/subscribe/", fields, headers=headers).status_code == 403
    assert Person.objects.count() == 0
    ours = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert strict.post("/subscribe/", fields, headers=ours).status_code == 303


def test_a_sign_up_that_is_over_says_so_and_confirms_nothing(
    client: Client, office: Office, housing: Topic
) -> None:
    from notifications.subscriptions.actions import unsubscribe

    sign_up(client)
    path = link_in_mail()
    unsubscribe(person_id=Person.objects.get().pk, office_id=office.pk, now=NOW)
    assert "This sign-up is over" in page(client.get(path)).text
    client.post(path)
    assert live() == set()


def test_the_second_of_two_mails_says_that_one_is_on_the_list(
    client: Client, office: Office, housing: Topic
) -> None:
    with clock.at(NOW):
        sign_up(client)
        first = link_in_mail()
    with clock.at(NOW + timedelta(minutes=10)):
        sign_up(client)
        second = link_in_mail()
        assert first != second
        client.post(first)
        client.post(second)
        assert "You are on the list" in page(client.get(second)).text


@pytest.mark.parametrize("path", ["/subscribe/confirm/", "/subscriptions/", "/unsubscribe/"])
@pytest.mark.parametrize("token", ["x", "1.2.3", "1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_link_that_is_not_ours_says_what_to_do(
    client: Client, office: Office, path: str, token: str
) -> None:
    answer = client.get(f"{path}{token}/")
    assert answer.status_code == 404
    assert "This link does not work" in page(answer).text
    assert client.post(f"{path}{token}/").status_code == 404
    one_click = {"List-Unsubscribe": "One-Click"}
    assert client.post(f"{path}{token}/", one_click).status_code == 404


def test_pages_behind_a_link_are_kept_by_no_cache_and_listed_nowhere(
    client: Client, office: Office, housing: Topic
) -> None:
    sign_up(client)
    answer = client.get(link_in_mail())
    assert answer["Cache-Control"] == "private, no-store"
    assert "noindex" in answer["X-Robots-Tag"]


# --- Several offices -----------------------------------------------------------------------------


def test_every_official_office_is_meant_where_none_is_named(
    client: Client, office: Office, housing: Topic
) -> None:
    make_office(slug="mayor")
    make_office(slug="campaign", kind="campaign")
    sign_up(client)
    assert set(Subscription.objects.values_list("office__slug", flat=True)) == {"clerk", "mayor"}


def test_the_only_office_is_meant_whatever_its_kind(client: Client, housing: Topic) -> None:
    make_office(slug="campaign", kind="campaign")
    assert sign_up(client).status_code == 303
    assert Subscription.objects.get().office.slug == "campaign"


def test_without_an_official_office_one_has_to_be_named(client: Client, housing: Topic) -> None:
    make_office(slug="one", kind="campaign")
    make_office(slug="two", kind="civic")
    answer = sign_up(client)
    assert answer.status_code == 422
    shown = page(answer)
    assert "Choose whose letters you want." in shown.text
    assert {"?office=one", "?office=two"} <= set(shown.links)
    assert sign_up(client, office=["two"]).status_code == 303


def test_kinds_never_share_a_form(client: Client, office: Office, housing: Topic) -> None:
    make_office(slug="mayor", name="The Mayor")
    make_office(slug="campaign", kind="campaign", name="Friends of Ana")
    form = page(client.get("/subscribe/"))
    assert form.fields["office"] == ["clerk", "mayor"]
    assert "?office=campaign" in form.links
    own = page(client.get("/subscribe/?office=campaign"))
    assert own.fields["office"] == "campaign"
    assert "Friends of Ana may send me letters" in own.text
    answer = sign_up(client, office=["clerk", "campaign"])
    assert answer.status_code == 422
    assert "Public offices, campaigns and civic groups keep separate lists." in page(answer).text
    assert Person.objects.count() == 0


def test_who_unticks_every_office_is_asked_and_not_guessed(
    client: Client, office: Office, housing: Topic
) -> None:
    make_office(slug="mayor")
    assert page(client.get("/subscribe/")).fields["office_asked"] == "1"
    answer = sign_up(client, office_asked="1")
    assert answer.status_code == 422
    assert "Choose whose letters you want." in page(answer).text


def test_the_sent_page_knows_the_offices_of_the_form_alone(
    client: Client, office: Office, housing: Topic
) -> None:
    make_office(slug="mayor", name="The Mayor")
    answer = sign_up(client, office=["mayor"])
    assert answer["Location"] == "/subscribe/sent/?office=mayor"
    text = page(client.get(answer["Location"])).text
    assert "Letters from The Mayor" in text
    assert EMAIL not in text
    assert client.get("/subscribe/sent/?office=gone").status_code == 200


def test_a_mail_for_several_offices_names_what_each_would_send(
    client: Client, office: Office, housing: Topic, trees: Topic
) -> None:
    make_office(slug="mayor", name="The Mayor")
    sign_up(client, office=["clerk", "mayor"], topics=["housing", "trees"])
    (delivery,) = (one for one in plan() if one.message == "subscription_confirm")
    text = read(delivery).text
    assert "City Clerk:\n- Housing\n- Trees\n\nThe Mayor:\n- Housing\n- Trees" in text
    client.post(link_in_mail())
    assert len(live()) == 4


def test_a_form_that_names_a_frequency_is_heard(
    client: Client, office: Office, housing: Topic
) -> None:
    sign_up(client, frequency="daily")
    assert Subscription.objects.get().frequency == "daily"
    assert sign_up(client, frequency="hourly").status_code == 422


def test_a_link_that_is_too_old_says_to_sign_up_again(
    client: Client, office: Office, housing: Topic
) -> None:
    with clock.at(NOW):
        sign_up(client)
        path = link_in_mail()
    for gone in (False, True):
        with clock.at(NOW + timedelta(days=7)):
            if gone:
                Tick.objects.create(pk=1, at=NOW)
                clean(now=NOW + timedelta(days=7))
            shown = page(client.get(path))
            assert "This sign-up is over" in shown.text
            assert "/subscribe/" in "".join(shown.links)
            assert shown.forms == []
            answer = client.post(path)
            assert answer.status_code == 303
            assert "proof" not in answer.cookies
    assert Subscription.objects.count() == 0


def test_the_mail_names_a_digest(client: Client, office: Office, housing: Topic) -> None:
    sign_up(client, frequency="weekly")
    mail = read(plan()[-1])
    assert "Housing (Once a week, on Mondays, if there is news)" in mail.text
