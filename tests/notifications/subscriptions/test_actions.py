"""Signing up, confirming, choosing, ending."""

from datetime import datetime, timedelta

import pytest

from events.errors import Refused
from events.models import AuditEntry, Office, Person, Topic
from notifications.cleaning import clean
from notifications.delivery.suppression import suppress
from notifications.models import Subscription, SubscriptionRequest, Suppression, Tick
from notifications.subscriptions.actions import choose, confirm_request, subscribe, unsubscribe
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import CONSENT, make_reader, plan

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
EMAIL = "ana@example.org"


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing")


@pytest.fixture
def trees() -> Topic:
    return make_topic("trees")


def facts() -> list[str]:
    entries = AuditEntry.objects.filter(action__startswith="subscription.").order_by("pk")
    return [entry.action.removeprefix("subscription.") for entry in entries]


def live() -> set[tuple[str, str]]:
    """(office, topic) slugs of what is live now."""
    rows = Subscription.objects.live()
    return set(rows.values_list("office__slug", "topic__slug"))


def last_request() -> SubscriptionRequest:
    return SubscriptionRequest.objects.latest("pk")


def test_nothing_is_live_before_it_is_confirmed(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], proven=False)
    assert live() == set()
    confirm_request(request_id=last_request().pk, now=LATER)
    assert live() == {(office.slug, "housing")}
    assert facts() == ["requested", "confirmed"]


def test_consent_is_kept_with_its_time_place_and_words(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], proven=False, language="es")
    confirm_request(request_id=last_request().pk, now=LATER)
    row = Subscription.objects.get()
    assert (row.created_at, row.confirmed_at) == (NOW, LATER)
    assert (row.consent_source, row.consent_text) == ("/subscribe/", "They may write to me.")
    assert row.language == "es"


def test_a_browser_that_has_proven_the_address_is_on_the_list_at_once(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], proven=True)
    assert live() == {(office.slug, "housing")}
    assert facts() == ["confirmed"]
    assert Subscription.objects.get().consent_text == "They may write to me."


def test_confirming_one_request_confirms_no_other(
    office: Office, housing: Topic, trees: Topic
) -> None:
    """A stranger signed Ana up for trees; Ana wants housing, and confirms that."""
    make_reader(office, [trees], email=EMAIL, proven=False)
    make_reader(office, [housing], email=EMAIL, proven=False, now=LATER)
    confirm_request(request_id=last_request().pk, now=LATER)
    assert live() == {(office.slug, "housing")}


def test_two_requests_for_the_same_can_both_be_confirmed(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], email=EMAIL, proven=False)
    first = last_request()
    make_reader(office, [housing], email=EMAIL, proven=False, now=LATER)
    second = last_request()
    assert first != second
    confirm_request(request_id=second.pk, now=LATER)
    confirm_request(request_id=first.pk, now=LATER)
    assert Subscription.objects.live().count() == 1
    assert facts() == ["requested", "requested", "confirmed"]


def test_confirming_twice_is_harmless(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], proven=False)
    for now in (NOW, LATER):
        confirm_request(request_id=last_request().pk, now=now)
    assert Subscription.objects.get().confirmed_at == NOW
    assert facts() == ["requested", "confirmed"]


def test_asking_for_what_one_has_is_repeated(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], email=EMAIL)
    for proven in (False, True):
        outcome = subscribe(
            email=" ANA@example.org", topics=[housing], offices=[office], consent=CONSENT,
            proven=proven, now=LATER,
        )  # fmt: skip
        assert outcome.result == "repeated"
    assert Subscription.objects.count() == 1
    # Who has proven the address reads it on the page.
    assert facts() == ["confirmed", "repeated"]


def test_asking_for_more_asks_to_confirm_only_the_new(
    office: Office, housing: Topic, trees: Topic
) -> None:
    make_reader(office, [housing], email=EMAIL)
    make_reader(office, [housing, trees], email=EMAIL, proven=False)
    assert [row.topic for row in last_request().subscriptions.all()] == [trees]


def test_several_offices_and_topics_at_once(office: Office, housing: Topic, trees: Topic) -> None:
    clerk = make_office(slug="clerk")
    subscribe(
        email=EMAIL, topics=[housing, trees], offices=[office, clerk], consent=CONSENT,
        proven=True, now=NOW,
    )  # fmt: skip
    assert live() == {
        (slug, topic) for slug in (office.slug, "clerk") for topic in ("housing", "trees")
    }
    assert facts() == ["confirmed", "confirmed"]


def test_offices_of_two_kinds_are_refused_and_nothing_is_kept(housing: Topic) -> None:
    with pytest.raises(Refused) as refused:
        subscribe(
            email=EMAIL,
            topics=[housing],
            offices=[make_office(), make_office(kind="campaign")],
            consent=CONSENT,
            now=NOW,
        )
    assert (refused.value.code, refused.value.field) == ("mixed_kinds", "office")
    assert Person.objects.count() == 0


def test_a_known_person_stays_as_they_are(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], email=EMAIL, proven=False)
    subscribe(
        email=EMAIL, topics=[housing], offices=[office], consent=CONSENT, name="A stranger",
        language="es", now=LATER,
    )  # fmt: skip
    person = Person.objects.get()
    assert (person.name, person.language) == ("", "en")


def test_unsubscribing_ends_all_of_that_office_and_nothing_of_another(
    office: Office, housing: Topic, trees: Topic
) -> None:
    clerk = make_office(slug="clerk")
    ana = make_reader(office, [housing, trees], email=EMAIL)
    make_reader(clerk, [housing], email=EMAIL)
    assert unsubscribe(person_id=ana.pk, office_id=office.pk, now=LATER) == 2
    assert live() == {("clerk", "housing")}
    assert facts()[-1] == "ended"


def test_unsubscribing_twice_is_one_fact(office: Office, housing: Topic) -> None:
    ana = make_reader(office, [housing])
    unsubscribe(person_id=ana.pk, office_id=office.pk, now=LATER)
    assert unsubscribe(person_id=ana.pk, office_id=office.pk, now=LATER) == 0
    assert facts() == ["confirmed", "ended"]


def test_unsubscribing_ends_what_waits_for_its_confirmation(
    office: Office, housing: Topic, trees: Topic
) -> None:
    ana = make_reader(office, [housing], email=EMAIL)
    make_reader(office, [trees], email=EMAIL, proven=False)
    unsubscribe(person_id=ana.pk, office_id=office.pk, now=LATER)
    confirm_request(request_id=last_request().pk, now=LATER)
    assert live() == set()


def test_a_return_is_a_new_row_and_the_old_consent_stays(office: Office, housing: Topic) -> None:
    ana = make_reader(office, [housing], email=EMAIL)
    unsubscribe(person_id=ana.pk, office_id=office.pk, now=LATER)
    make_reader(office, [housing], email=EMAIL, proven=False, now=LATER)
    assert live() == set()
    confirm_request(request_id=last_request().pk, now=LATER)
    assert live() == {(office.slug, "housing")}
    assert list(Subscription.objects.order_by("pk").values_list("ended_at", flat=True)) == [
        LATER,
        None,
    ]


def test_choosing_makes_it_exactly_that(office: Office, housing: Topic, trees: Topic) -> None:
    budget = make_topic("budget")
    ana = make_reader(office, [housing, trees])
    kept = Subscription.objects.get(topic=trees)
    choose(
        person_id=ana.pk,
        offices=[office],
        wishes={(office.pk, trees.pk), (office.pk, budget.pk)},
        language="es",
        consent=CONSENT,
        now=LATER,
    )
    assert live() == {(office.slug, "trees"), (office.slug, "budget")}
    kept.refresh_from_db()
    assert (kept.created_at, kept.language) == (NOW, "es")
    assert Subscription.objects.get(topic=budget).confirmed_at == LATER
    assert facts() == ["confirmed", "changed"]


def test_choosing_touches_no_office_that_was_not_shown(office: Office, housing: Topic) -> None:
    campaign = make_office(slug="campaign", kind="campaign")
    ana = make_reader(office, [housing], email=EMAIL)
    make_reader(campaign, [housing], email=EMAIL)
    choose(
        person_id=ana.pk,
        offices=[office],
        wishes={(campaign.pk, make_topic("trees").pk)},
        language="en",
        consent=CONSENT,
        now=LATER,
    )
    assert live() == {("campaign", "housing")}
    assert facts()[-1] == "ended"


def test_choosing_the_same_again_is_no_fact(office: Office, housing: Topic) -> None:
    ana = make_reader(office, [housing])
    choose(
        person_id=ana.pk, offices=[office], wishes={(office.pk, housing.pk)}, language="en",
        consent=CONSENT, now=LATER,
    )  # fmt: skip
    assert facts() == ["confirmed"]


def test_choosing_settles_requests_that_wait(office: Office, housing: Topic, trees: Topic) -> None:
    ana = make_reader(office, [housing], email=EMAIL)
    make_reader(office, [trees], email=EMAIL, proven=False)
    choose(
        person_id=ana.pk, offices=[office], wishes={(office.pk, housing.pk)}, language="en",
        consent=CONSENT, now=LATER,
    )  # fmt: skip
    confirm_request(request_id=last_request().pk, now=LATER)
    assert live() == {(office.slug, "housing")}


@pytest.mark.parametrize(
    ("scope", "reason", "lifted"),
    [
        ("bulk", "bounced", True),
        ("bulk", "complained", True),
        ("bulk", "staff", False),
        ("all", "bounced", False),
    ],
)
def test_a_renewed_opt_in_lets_letters_through_again(
    office: Office, housing: Topic, scope: str, reason: str, lifted: bool
) -> None:
    suppress(email=EMAIL, scope=scope, reason=reason, now=NOW)
    make_reader(office, [housing], email=EMAIL, proven=False)
    assert Suppression.objects.count() == 1
    confirm_request(request_id=last_request().pk, now=LATER)
    assert Suppression.objects.exists() is not lifted


def paces() -> dict[str, str]:
    """How often what is live comes, by topic."""
    return dict(Subscription.objects.live().values_list("topic__slug", "frequency"))


def test_a_sign_up_may_ask_for_a_digest(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="weekly", proven=False)
    confirm_request(request_id=last_request().pk, now=LATER)
    assert paces() == {"housing": "weekly"}


def test_asking_for_a_digest_of_what_one_gets_has_to_be_confirmed(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], email=EMAIL)
    make_reader(office, [housing], email=EMAIL, frequency="daily", proven=False, now=LATER)
    assert paces() == {"housing": "immediate"}
    confirm_request(request_id=last_request().pk, now=LATER)
    assert paces() == {"housing": "daily"}
    row = Subscription.objects.live().get()
    assert (row.confirmed_at, row.frequency_at) == (NOW, LATER)
    assert facts() == ["confirmed", "requested", "changed"]


def test_a_form_that_says_nothing_of_digests_ends_none(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], email=EMAIL, frequency="daily")
    make_reader(office, [housing], email=EMAIL, now=LATER)
    assert paces() == {"housing": "daily"}
    assert Subscription.objects.count() == 1


def test_how_often_an_office_writes_is_chosen_for_all_its_topics(
    office: Office, housing: Topic, trees: Topic
) -> None:
    person = make_reader(office, [housing], email=EMAIL)
    choose(
        person_id=person.pk,
        offices=[office],
        wishes={(office.pk, housing.pk), (office.pk, trees.pk)},
        language="en",
        frequencies={office.pk: "weekly"},
        consent=CONSENT,
        now=LATER,
    )
    assert paces() == {"housing": "weekly", "trees": "weekly"}
    assert Subscription.objects.get(topic=housing).frequency_at == LATER
    assert Subscription.objects.get(topic=trees).frequency_at is None
    assert facts() == ["confirmed", "changed"]


WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


def test_a_request_that_nobody_confirms_is_good_for_a_week(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], proven=False)
    confirm_request(request_id=last_request().pk, now=NOW + WEEK)
    assert live() == set()
    confirm_request(request_id=last_request().pk, now=NOW + WEEK - MINUTE)
    assert live() == {(office.slug, "housing")}


def test_the_tick_throws_out_what_nobody_confirmed(
    office: Office, housing: Topic, trees: Topic
) -> None:
    Tick.objects.create(pk=1, at=NOW)
    make_reader(office, [housing], email=EMAIL, proven=False)
    make_reader(office, [trees], email=EMAIL)
    make_reader(office, [housing], proven=False, now=NOW + MINUTE)
    clean(now=NOW + WEEK)
    kept = last_request()
    assert kept.created_at == NOW + MINUTE
    assert set(Subscription.objects.values_list("topic__slug", "confirmed_at")) == {
        ("trees", NOW), ("housing", None),
    }  # fmt: skip
    assert SubscriptionRequest.objects.filter(confirmed_at=None).get() == kept


def asking_mails(now: datetime) -> list[datetime]:
    """When the mails that ask to confirm go out."""
    rows = [one for one in plan(now) if one.message == "subscription_confirm"]
    return [one.next_attempt_at for one in rows]


def test_the_same_form_again_within_minutes_makes_no_second_mail(
    office: Office, housing: Topic, trees: Topic
) -> None:
    make_reader(office, [housing, trees], email=EMAIL, proven=False)
    for minutes in (1, 2, 3, 4):
        make_reader(office, [trees], email=EMAIL, proven=False, now=NOW + minutes * MINUTE)
    assert SubscriptionRequest.objects.count() == 1
    assert asking_mails(NOW) == [NOW]
    make_reader(office, [trees], email=EMAIL, proven=False, now=NOW + 5 * MINUTE)
    assert asking_mails(NOW + 5 * MINUTE) == [NOW, NOW + 5 * MINUTE]


def test_another_form_within_minutes_has_its_mail_when_they_are_over(
    office: Office, housing: Topic, trees: Topic
) -> None:
    make_reader(office, [housing], email=EMAIL, proven=False)
    make_reader(office, [housing, trees], email=EMAIL, proven=False, now=NOW + MINUTE)
    assert asking_mails(NOW + MINUTE) == [NOW + MINUTE, NOW + 5 * MINUTE]


def test_a_flood_of_forms_for_one_address_sends_few_mails(office: Office, housing: Topic) -> None:
    """A form a minute for a day: five mails, and not 1,440."""
    for minute in range(24 * 60):
        if minute % 4 == 0:
            make_reader(office, [housing], email=EMAIL, proven=False, now=NOW + minute * MINUTE)
    assert SubscriptionRequest.objects.count() == 5
    assert len(asking_mails(NOW + 2 * WEEK)) == 5


def test_nobody_is_told_every_minute_that_they_are_on_the_list(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], email=EMAIL)
    for minutes in (1, 2, 5, 6):
        make_reader(office, [housing], email=EMAIL, proven=False, now=NOW + minutes * MINUTE)
    assert facts() == ["confirmed", "repeated", "repeated"]


def test_the_mail_that_asks_expires_with_its_link(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], proven=False)
    assert [one.expires_at for one in plan(NOW)] == [NOW + WEEK]
