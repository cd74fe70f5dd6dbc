"""Why this person got this, and why not: each answer, from the facts that actions leave."""

from datetime import timedelta

import pytest

from events.actions import events as event_actions
from events.actions.calling_off import cancel_event
from events.actions.people import person_without_email
from events.actions.rsvps import cancel_rsvp
from events.actions.series import end_series
from events.models import Event, Office, Person, Topic
from notifications import explaining
from notifications.delivery import suppression
from notifications.delivery.holds import hold
from notifications.letters.posted import pause_letter
from notifications.models import Delivery, DeliveryState, Letter
from notifications.outcomes import outcome
from notifications.subscriptions.actions import unsubscribe
from tests.factories import (
    LOS_ANGELES,
    NOW,
    make_claim,
    make_event,
    make_office,
    make_person,
    make_rsvp,
    make_shift,
    make_topic,
)
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.notifications.scenes import office_hours
from volunteers.actions.claims import release_claim
from volunteers.actions.shifts import cancel_shift
from volunteers.models import Shift

pytestmark = pytest.mark.django_db

LATER, MUCH_LATER = NOW + timedelta(hours=1), NOW + timedelta(days=3)
EMAIL = "ana@example.org"


@pytest.fixture
def office() -> Office:
    return make_office(slug="rivera", name="Office of Ana Rivera")


@pytest.fixture
def topic() -> Topic:
    return make_topic("parking")


def post(office: Office, topic: Topic, **columns: object) -> Letter:
    return make_letter(office, topics=[topic], now=LATER, **columns)


def of_letter(person: Person | None, letter: Letter, *, now=MUCH_LATER) -> explaining.Answer:
    return explaining.why_not_letter(person=person, letter=letter, now=now, timezone=LOS_ANGELES)


def of_event(person: Person | None, event: Event, *, now=MUCH_LATER) -> list[tuple[str, str]]:
    """What was told, with the code of each answer, latest first."""
    told = explaining.why_not_event(person=person, event=event, now=now, timezone=LOS_ANGELES)
    return [(one.what, one.answer.code) for one in told]


def ended(delivery: Delivery, state: DeliveryState, error: str = "") -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, error=error, finished_at=LATER)
    delivery.refresh_from_db()
    return delivery


def answer(delivery: Delivery, *, now=MUCH_LATER) -> explaining.Answer:
    return outcome(delivery, now=now, timezone=LOS_ANGELES)


# --- Who is meant --------------------------------------------------------------------------------


def test_nobody_is_the_same_answer_for_a_stranger_and_for_anothers_reader(
    office: Office, topic: Topic
) -> None:
    letter, event = post(office, topic), make_event(office)
    assert of_letter(None, letter).code == "nobody"
    assert of_event(None, event) == [("", "nobody")]


# --- A letter ------------------------------------------------------------------------------------


def test_a_reader_who_got_it(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [topic])
    letter = post(office, topic)
    (copy,) = [one for one in plan(LATER) if one.letter_id == letter.pk]
    ended(copy, DeliveryState.ACCEPTED)
    found = of_letter(ana, letter)
    assert (found.code, found.delivery) == ("accepted", copy)
    assert "spam folder" in found.text


def test_a_letter_that_is_a_draft_or_was_mailed_to_nobody(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [topic])
    assert of_letter(ana, make_letter(office, post=False)).code == "not_posted"
    assert of_letter(ana, post(office, topic, mails=False)).code == "without_mail"


def test_a_reader_whose_copy_is_not_planned_yet(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [topic])
    assert of_letter(ana, post(office, topic)).code == "not_planned"


def test_somebody_who_never_signed_up(office: Office, topic: Topic) -> None:
    ana = make_person(EMAIL)
    assert of_letter(ana, post(office, topic)).code == "not_subscribed"


def test_somebody_who_never_confirmed(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [topic], proven=False)
    assert of_letter(ana, post(office, topic)).code == "unconfirmed"


def test_somebody_who_signed_up_after_it_was_posted(office: Office, topic: Topic) -> None:
    letter = post(office, topic)
    ana = make_reader(office, [topic], now=LATER + timedelta(hours=2))
    found = of_letter(ana, letter)
    assert found.code == "subscribed_later"
    assert "noon" in found.text, "when they signed up"
    assert "10:00" in found.text, "when it was posted"


def test_somebody_who_stopped_before(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [topic])
    unsubscribe(person_id=ana.pk, office_id=office.pk, now=NOW + timedelta(minutes=30))
    found = of_letter(ana, post(office, topic))
    assert found.code == "unsubscribed"
    assert "9:30" in found.text


def test_somebody_with_other_topics(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [make_topic("trees")])
    assert of_letter(ana, post(office, topic)).code == "other_topics"


def test_somebody_who_reads_digests(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [topic])
    ana.subscriptions.update(frequency="weekly")
    assert of_letter(ana, post(office, topic)).code == "in_digest"


def test_somebody_without_an_address(office: Office, topic: Topic) -> None:
    joe = person_without_email(name="Joe", phone="555-0199", at=NOW)
    assert of_letter(joe, post(office, topic)).code == "no_address"


def test_an_old_letter_and_one_that_the_facts_do_not_explain(office: Office, topic: Topic) -> None:
    ana = make_reader(office, [topic])
    letter = post(office, topic)
    plan(LATER)
    Delivery.objects.all().delete()
    assert of_letter(ana, letter).code == "unexplained"
    assert of_letter(ana, letter, now=NOW + timedelta(days=100)).code == "too_old"


# --- What became of a delivery -------------------------------------------------------------------


@pytest.fixture
def copy(office: Office, topic: Topic) -> Delivery:
    """The copy of a letter to one reader, still due."""
    make_reader(office, [topic], email=EMAIL)
    letter = post(office, topic)
    (copy,) = [one for one in plan(LATER) if one.letter_id == letter.pk]
    return copy


def test_a_refusal_is_told_in_the_words_of_the_server(copy: Delivery) -> None:
    ended(copy, DeliveryState.FAILED, "RCPT: 550 5.1.1 no such user")
    found = answer(copy)
    assert found.code == "failed"
    assert "RCPT: 550 5.1.1 no such user" in found.text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("bounced", "the address is bad"),
        ("soft_bounces", "the mailbox was full, or took nothing, on several days"),
        ("complained", "complained about our mail"),
        ("person", "the person wants no mail"),
        ("staff", "the office stopped mail"),
    ],
)
def test_a_stopped_address_says_why(copy: Delivery, reason: str, words: str) -> None:
    suppression.suppress(email=EMAIL, scope="all", reason=reason, now=NOW)
    found = answer(ended(copy, DeliveryState.SUPPRESSED))
    assert found.code == "suppressed"
    assert words in found.text


def test_an_address_that_gets_mail_again_is_not_called_stopped(copy: Delivery) -> None:
    assert "By now it may be written to again" in answer(ended(copy, DeliveryState.SUPPRESSED)).text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DeliveryState.UNKNOWN, "may have it or not"),
        (DeliveryState.SUPERSEDED, "it is no longer true"),
        (DeliveryState.EXPIRED, "too late to be of use"),
        (DeliveryState.CLAIMED, "at this moment"),
        (DeliveryState.TRANSMITTING, "at this moment"),
    ],
)
def test_every_state_says_what_it_means(copy: Delivery, state: DeliveryState, words: str) -> None:
    found = answer(ended(copy, state, "it is no longer true"))
    assert found.code == state.value
    assert words in found.text


def test_every_state_has_an_answer_of_its_own(copy: Delivery) -> None:
    texts = {answer(ended(copy, state, "words")).text for state in DeliveryState}
    # Claimed and transmitting are one to whoever asks.
    assert len(texts) == len(DeliveryState) - 1


def test_what_still_waits_says_for_what(copy: Delivery, office: Office) -> None:
    assert "other mail goes before letters" in answer(copy).text
    assert "It waits for its time" in answer(copy, now=LATER - timedelta(minutes=5)).text
    copy.error = "it was cut"
    assert "could not be sent so far (it was cut)" in answer(copy).text
    pause_letter(letter_id=copy.letter_id or 0, now=LATER)
    assert "paused since" in answer(copy).text
    hold(office_id=office.pk, reason="535 bad login", now=LATER)
    assert "535 bad login" in answer(copy).text


def test_what_was_put_off_says_when_it_is_tried_again(copy: Delivery) -> None:
    copy.state, copy.error = DeliveryState.RETRY, "RCPT: 450 greylisted"
    copy.next_attempt_at = MUCH_LATER + timedelta(minutes=20)
    found = answer(copy)
    assert "450 greylisted" in found.text
    assert "9:20" in found.text


# --- An event ------------------------------------------------------------------------------------


@pytest.fixture
def event(office: Office) -> Event:
    return make_event(office, title="Town hall on parking")


def cancel(event: Event) -> None:
    cancel_event(event_id=event.pk, reason="Water.", now=LATER)


def test_a_guest_hears_of_the_place_and_of_the_cancellation(event: Event) -> None:
    rsvp = make_rsvp(event, email=EMAIL)
    cancel(event)
    plan(LATER)
    assert of_event(rsvp.person, event) == [("Cancelled", "due"), ("RSVP: a place", "due")]


def test_what_is_not_planned_yet_says_so(event: Event) -> None:
    rsvp = make_rsvp(event, email=EMAIL)
    cancel(event)
    assert of_event(rsvp.person, event) == [
        ("Cancelled", "not_planned"),
        ("RSVP: a place", "not_planned"),
    ]


def test_a_person_without_a_place_heard_nothing(event: Event) -> None:
    cancel(event)
    plan(LATER)
    assert of_event(make_person(EMAIL), event) == [("Cancelled", "no_place")]


def test_a_guest_who_came_after_a_change_saw_it(event: Event) -> None:
    moved = {"starts_at": event.starts_at + timedelta(hours=1),
             "ends_at": event.ends_at + timedelta(hours=1)}  # fmt: skip
    event_actions.edit_event(event_id=event.pk, changes=moved, now=LATER)
    rsvp = make_rsvp(event, email=EMAIL, now=LATER + timedelta(hours=1))
    plan(LATER + timedelta(hours=1))
    assert of_event(rsvp.person, event) == [
        ("RSVP: a place", "due"),
        ("Moved to another time", "came_later"),
    ]


def test_a_guest_who_had_given_the_place_back(event: Event) -> None:
    rsvp = make_rsvp(event, email=EMAIL)
    cancel_rsvp(rsvp_id=rsvp.pk, now=NOW + timedelta(minutes=30))
    cancel(event)
    plan(LATER)
    assert of_event(rsvp.person, event)[0] == ("Cancelled", "place_given_back")


def test_a_volunteer_at_the_event_hears_of_it(event: Event) -> None:
    claim = make_claim(make_shift(event), email=EMAIL)
    assert claim.person is not None
    cancel(event)
    plan(LATER)
    assert of_event(claim.person, event) == [("Cancelled", "due"), ("Shift taken", "due")]


def test_what_was_told_of_several_dates_at_once_is_found_for_each_of_them(office: Office) -> None:
    dates = list(office_hours(office).events.order_by("starts_at")[:3])
    for date in dates:
        rsvp = make_rsvp(date, email=EMAIL)
    end_series(event_id=dates[0].pk, reason="The library has a water leak.", now=LATER)
    plan(LATER)
    for date in dates:
        codes = [code for what, code in of_event(rsvp.person, date) if what == "Cancelled"]
        assert set(codes) == {"due"}


def of_shift(person: Person | None, shift: Shift) -> list[tuple[str, str]]:
    told = explaining.why_not_shift(
        person=person, shift=shift, now=MUCH_LATER, timezone=LOS_ANGELES
    )
    return [(one.what, one.answer.code) for one in told]


def test_of_a_shift_that_is_at_no_event_it_is_said_as_well(office: Office) -> None:
    shift = make_shift(office=office)
    ana = make_claim(shift, email=EMAIL).person
    ben = make_claim(shift, email="ben@example.org")
    release_claim(claim_id=ben.pk, now=NOW + timedelta(minutes=30))
    cancel_shift(shift_id=shift.pk, reason="Water.", now=LATER)
    plan(LATER)
    assert of_shift(ana, shift) == [("Shift cancelled", "due"), ("Shift taken", "due")]
    assert of_shift(ben.person, shift)[0] == ("Shift cancelled", "place_given_back")
    assert of_shift(make_person(), shift) == [("Shift cancelled", "no_place")]
    assert of_shift(None, shift) == [("", "nobody")]


def test_a_change_long_ago_and_one_that_nothing_explains(event: Event) -> None:
    rsvp = make_rsvp(event, email=EMAIL)
    cancel(event)
    plan(LATER)
    Delivery.objects.all().delete()
    assert {code for _what, code in of_event(rsvp.person, event)} == {"unexplained"}
    old = of_event(rsvp.person, event, now=NOW + timedelta(days=100))
    assert {code for _what, code in old} == {"too_old"}


# --- Why it was sent -----------------------------------------------------------------------------


def test_a_letter_names_the_sign_up_that_brought_it(copy: Delivery) -> None:
    posted, signed_up = explaining.why_got(copy, timezone=LOS_ANGELES)
    assert posted.startswith("Letter posted, ")
    assert "signed up for “Parking” at /subscribe/ and confirmed it" in signed_up


def test_a_confirmation_names_the_fact_and_who_did_it(event: Event) -> None:
    make_rsvp(event, email=EMAIL)
    (delivery,) = plan()
    (because,) = explaining.why_got(delivery, timezone=LOS_ANGELES)
    assert because.startswith("RSVP: a place, ")
    assert because.endswith("by the person.")


def test_a_reminder_names_its_lead(event: Event) -> None:
    delivery = Delivery(message="rsvp_reminder", context={"lead": "2h"})
    assert explaining.why_got(delivery, timezone=LOS_ANGELES) == [
        "It was time for the reminder: 2 hours before."
    ]


def test_every_fact_that_is_told_has_words() -> None:
    from notifications import catalogue

    told = {action for message in catalogue.MESSAGES for action in message.actions}
    assert [action for action in sorted(told) if explaining.fact_words(action) == action] == []
