"""What a guest hears of the help that they asked for, and what is no longer said."""

from datetime import timedelta

import pytest

from events.actions import access_requests as actions
from events.actions.calling_off import cancel_event
from events.actions.rsvps import cancel_rsvp, change_rsvp, rsvp
from events.models import AccessRequest, Event, Mode
from notifications import rendering
from notifications.delivery.suppression import suppress
from notifications.message import Superseded
from notifications.models import Delivery, DeliveryState
from tests import factories as make
from tests.notifications import scenes
from tests.notifications.scenes import LATER, NOW, delivered, goes, plan, read, sent_to, town_hall

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"
SAID = {
    "decided_by": "Ana Rivera, council member",
    "reason": "Every interpreter near here is booked.",
    "instead": "Live captions on a screen.",
}


@pytest.fixture
def event() -> Event:
    return town_hall(mode=Mode.BOTH, remote_capacity=9)


@pytest.fixture
def request_(event: Event) -> AccessRequest:
    make.make_rsvp(event, email=ANA, access_needs=["asl"], access_note="My father reads lips.")
    return AccessRequest.objects.get()


def answer(request: AccessRequest, what: str, words: str = "Two interpreters.") -> None:
    staff = make.make_staff(request.rsvp.event.office)
    seen = AccessRequest.objects.get(pk=request.pk).answer
    known = {"seen": seen, "now": LATER, "actor": staff}
    if what == "arranged":
        actions.arrange_requests(request_ids=[request.pk], arranged_with=words, **known)
    elif what == "cannot":
        actions.cannot_arrange(request_id=request.pk, **SAID, **known)
    else:
        actions.reopen_request(request_id=request.pk, **known)


def heard() -> None:
    """Everything that waits goes out."""
    plan()
    Delivery.objects.update(state=DeliveryState.ACCEPTED)


def test_arranged_says_what_and_whom_to_ask(request_: AccessRequest) -> None:
    answer(request_, "arranged", "Two interpreters.\nSeats are kept in the first row.")
    mail = read(delivered("access_arranged"))
    assert mail.subject == "Arranged for you: Town hall on parking, Thursday, June 11"
    for words in (
        "You asked for: American Sign Language interpreter. It is arranged.",
        "Two interpreters.\nSeats are kept in the first row.",
        "Does it not fit, or do you need more? Tell us: 555-0100.",
        f"See or change your RSVP:\nhttp://testserver/rsvps/{request_.rsvp_id}.",
    ):
        assert words in mail.text
    assert "lips" not in mail.text + mail.html
    assert "Earlier" not in mail.text


def test_cannot_says_what_instead_why_who_decided_and_whom_to_call(
    request_: AccessRequest,
) -> None:
    answer(request_, "cannot")
    mail = read(delivered("access_cannot"))
    assert mail.subject.startswith("About the help you asked for: Town hall on parking")
    for words in (
        "We are sorry: it cannot be arranged.",
        "What we offer instead:\nLive captions on a screen.",
        "Why it cannot be:\nEvery interpreter near here is booked.",
        "Who decided it:\nAna Rivera, council member",
        "we look for another way together: 555-0100.",
    ):
        assert words in mail.text


def test_an_answer_that_was_changed_before_it_went_out_is_not_sent(
    request_: AccessRequest,
) -> None:
    answer(request_, "arranged")
    answer(request_, "cannot")
    assert sent_to(ANA) == ["rsvp_confirmed", "access_cannot"]
    assert "Earlier" not in read(delivered("access_cannot")).text
    # The same words once more are another answer, told once.
    answer(request_, "arranged")
    answer(request_, "arranged", "Three interpreters.")
    assert sent_to(ANA) == ["rsvp_confirmed", "access_arranged"]


def test_another_answer_names_the_one_that_was_heard(request_: AccessRequest) -> None:
    answer(request_, "arranged")
    heard()
    answer(request_, "cannot")
    text = read(delivered("access_cannot")).text
    assert "Earlier we wrote that it is arranged. That is no longer so." in text
    heard()
    answer(request_, "arranged")
    latest = plan()[-1]
    assert "Earlier we wrote that it cannot be arranged. Now it can." in read(latest).text


def test_an_answer_taken_back_is_told_to_who_had_heard_it_alone(request_: AccessRequest) -> None:
    answer(request_, "arranged")
    answer(request_, "open")
    told = delivered("access_reopened")
    assert isinstance(rendering.render(told, NOW), Superseded)
    answer(request_, "arranged")
    heard()
    answer(request_, "open")
    latest = plan()[-1]
    assert goes(latest)
    text = read(latest).text
    assert "Earlier we wrote that it is arranged. That is no longer certain." in text
    assert "We are working on it, and tell you as soon as we know." in text
    answer(request_, "arranged")
    assert not goes(latest)


@pytest.mark.parametrize("why", ["event off", "guest gone", "needs it no more", "event moved"])
def test_what_is_no_use_any_more_is_not_told(
    event: Event, request_: AccessRequest, why: str
) -> None:
    answer(request_, "arranged")
    told = delivered("access_arranged")
    assert goes(told)
    if why == "event off":
        cancel_event(event_id=event.pk, reason="Rain", now=LATER)
    elif why == "guest gone":
        cancel_rsvp(rsvp_id=request_.rsvp_id, now=LATER)
    elif why == "needs it no more":
        change_rsvp(
            rsvp_id=request_.rsvp_id, party_size=1, mode="in_person", access_needs=[], now=LATER
        )
    else:
        scenes.event_actions.reschedule_event(
            event_id=event.pk, starts_at=scenes.NEW_START,
            ends_at=scenes.NEW_START + timedelta(hours=1), now=LATER,
        )  # fmt: skip
    assert not goes(told)


def test_a_guest_who_takes_part_another_way_meanwhile_is_told_all_the_same(
    request_: AccessRequest,
) -> None:
    answer(request_, "arranged")
    told = delivered("access_arranged")
    new = change_rsvp(rsvp_id=request_.rsvp_id, party_size=1, mode="remote", now=LATER)
    assert goes(told)
    assert f"http://testserver/rsvps/{new.pk}." in read(told).text


def test_who_has_no_address_is_called_not_mailed(event: Event) -> None:
    staff = make.make_staff(event.office)
    rsvp(
        event_id=event.pk, name="Dolores", phone="555-0171", mode=Mode.IN_PERSON,
        access_needs=["wheelchair"], now=NOW, actor=staff,
    )  # fmt: skip
    request = AccessRequest.objects.get()
    answer(request, "cannot")
    assert plan() == []
    assert list(AccessRequest.objects.to_call()) == [request]
    actions.note_told(request_id=request.pk, now=LATER, actor=staff)
    assert not AccessRequest.objects.to_call().exists()


def test_whom_mail_does_not_reach_is_called_as_well(request_: AccessRequest) -> None:
    answer(request_, "arranged")
    assert not AccessRequest.objects.to_call().exists()
    suppress(email=ANA, scope="bulk", reason="person", now=LATER)
    assert not AccessRequest.objects.to_call().exists(), "no letters, but this"
    suppress(email=ANA, scope="all", reason="bounced", now=LATER)
    assert list(AccessRequest.objects.to_call()) == [request_]


def test_one_arrangement_for_several_tells_each_once(event: Event) -> None:
    for email in (ANA, "ben@example.org"):
        make.make_rsvp(event, email=email, access_needs=["asl", "captions"])
    first, second = AccessRequest.objects.filter(kind="asl").order_by("pk")
    actions.arrange_requests(
        request_ids=[first.pk, second.pk], arranged_with="Two interpreters.", now=LATER,
        actor=make.make_staff(event.office),
    )  # fmt: skip
    told = [one.person.email for one in plan() if one.message == "access_arranged" and one.person]
    assert told == [ANA, "ben@example.org"]


def test_the_day_before_says_what_is_arranged_what_is_offered_and_what_is_open(
    event: Event,
) -> None:
    make.make_rsvp(event, email=ANA, access_needs=["asl", "captions", "wheelchair"])
    asl, captions, _wheelchair = AccessRequest.objects.order_by("pk")
    answer(asl, "arranged", "Two interpreters.\nIn front.")
    answer(captions, "cannot")
    before = scenes._reminded("rsvp_reminder")
    text = read(before, scenes.READ_AT["rsvp_reminder"]).text
    assert (
        "Arranged for you:\n- American Sign Language interpreter: Two interpreters. In front.\n\n"
        "What cannot be arranged, and what we offer instead:\n"
        "- Live captions: Live captions on a screen.\n\nYou asked for:\n- Wheelchair space\n\n"
    ) in text


def test_a_guest_who_helps_at_the_event_reads_of_it_in_the_reminder_of_the_shift(
    event: Event,
) -> None:
    make.make_rsvp(event, email=ANA, access_needs=["asl", "captions"])
    make.make_claim(make.make_shift(event), email=ANA)
    answer(AccessRequest.objects.get(kind="asl"), "arranged")
    before = scenes._reminded("claim_reminder")
    text = read(before, scenes.READ_AT["claim_reminder"]).text
    assert (
        "Arranged for you at the event:\n"
        "- American Sign Language interpreter: Two interpreters.\n\n"
        "For the event you asked for:\n- Live captions\n"
    ) in text
