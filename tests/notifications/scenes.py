"""One real case of every message: the facts by the actions, the rest by the planner.

Every scene ends with the delivery that it is about; tests render and read it.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from events.actions import access_requests as access_actions
from events.actions import events as event_actions
from events.actions import questions as question_actions
from events.actions import rsvps as rsvp_actions
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import EventDraft
from events.actions.minutes import post_minutes, write_minutes
from events.actions.offices import edit_venue
from events.actions.people import request_sign_in
from events.actions.promises import keep_promise, make_promise
from events.actions.series import create_series, end_series
from events.actions.series_edit import edit_series
from events.models import AccessRequest, Event, Mode, Office, Promise, Series, StaffUser
from notifications import catalogue, digests, planning, reminders, rendering
from notifications.letters.actions import LetterDraft, write_and_post_letter
from notifications.message import Rendered
from notifications.models import Delivery, DeliveryState
from notifications.subscriptions.actions import Consent, subscribe
from tests import factories as make
from volunteers.actions import claims as claim_actions
from volunteers.actions import shifts as shift_actions

NOW = make.NOW
LATER = NOW + timedelta(minutes=10)
#: Monday, June 15, 2026, 18:30 in Los Angeles.
NEW_START = datetime(2026, 6, 16, 1, 30, tzinfo=UTC)

TITLES = {"es": {"title": "Reunión sobre el estacionamiento", "description": ""}}


def plan(now: datetime = NOW) -> list[Delivery]:
    """Plan all facts that wait, and return all deliveries, oldest first."""
    while planning.plan_outbox(now=now):
        pass
    return list(Delivery.objects.select_related("person", "office").order_by("pk"))


def delivered(message: str, *, email: str = "", now: datetime = NOW) -> Delivery:
    """Plan, and return the only delivery of this message (to this address, if it is given)."""
    found = [
        delivery
        for delivery in plan(now)
        if delivery.message == message
        and (not email or (delivery.person and delivery.person.email == email))
    ]
    assert len(found) == 1, f"{message}: {[delivery.key for delivery in found]}"
    return found[0]


def read(delivery: Delivery, now: datetime = NOW) -> Rendered:
    """Render a delivery that is true and is sent."""
    rendered = rendering.render(delivery, now)
    assert isinstance(rendered, Rendered), rendered
    return rendered


def goes(delivery: Delivery, now: datetime = NOW) -> bool:
    """Whether the delivery may still be sent, by both tests that it has to pass."""
    message = catalogue.named(delivery.message)
    assert message.guard is not None
    rows = Delivery.objects.filter(message.guard(), pk=delivery.pk)
    in_the_update = rows.update(attempts=delivery.attempts) == 1
    return in_the_update and message.still_true(delivery, now)


def sent_to(email: str, now: datetime = NOW) -> list[str]:
    """Names of the messages that wait for this address and are still true, oldest first."""
    return [
        delivery.message
        for delivery in plan(now)
        if delivery.person and delivery.person.email == email and goes(delivery, now)
    ]


def calendar_lines(mail: Rendered) -> dict[str, str]:
    """The lines of a message's calendar part by their names; empty if it has none."""
    if mail.calendar is None:
        return {}
    lines = mail.calendar.content.decode().replace("\r\n ", "").split("\r\n")
    return {re.split("[:;]", line)[0]: line.rpartition(":")[2] for line in lines if line}


def town_hall(office: Office | None = None, **draft: Any) -> Event:
    """Town hall on parking, Thursday, June 11, 2026, 6:30 to 8:00 p.m."""
    office = office or the_office()
    return make.make_event(
        office, **({"title": "Town hall on parking", "translations": TITLES} | draft)
    )


def the_office(**columns: Any) -> Office:
    return make.make_office(**({"name": "Office of Ana Rivera"} | columns))


def call_off(event: Event, what: str = "cancel") -> None:
    action = {"cancel": cancel_event, "postpone": postpone_event}[what]
    action(event_id=event.pk, reason="The library has a water leak.", now=LATER)


def rsvp_confirmed(language: str) -> Delivery:
    make.make_rsvp(
        town_hall(), party_size=3, access_needs=["asl", "captions"], language=language, proven=False
    )
    return delivered("rsvp_confirmed")


def rsvp_promoted(language: str) -> Delivery:
    event = town_hall(capacity=1)
    first = make.make_rsvp(event)
    make.make_rsvp(event, email="waits@example.org", language=language)
    rsvp_actions.cancel_rsvp(rsvp_id=first.pk, now=LATER)
    return delivered("rsvp_promoted")


def rsvp_waitlisted(language: str) -> Delivery:
    event = town_hall(capacity=4, mode=Mode.BOTH, remote_capacity=50)
    make.make_rsvp(event, party_size=2)
    make.make_rsvp(event, party_size=4, language=language, proven=False)
    return delivered("rsvp_waitlisted")


def rsvp_passed_over(language: str) -> Delivery:
    event = town_hall(capacity=4)
    gone = make.make_rsvp(event, party_size=2)
    make.make_rsvp(event, party_size=2)
    make.make_rsvp(event, party_size=4, language=language)
    rsvp_actions.cancel_rsvp(rsvp_id=gone.pk, now=make.NOW)
    return delivered("rsvp_passed_over")


def rsvp_unproven(language: str) -> Delivery:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    make.make_rsvp(event, proven=False, language=language)
    return delivered("rsvp_unproven")


def rsvp_repeated(language: str) -> Delivery:
    event = town_hall()
    make.make_rsvp(event, email="twice@example.org", language=language)
    make.make_rsvp(event, email="twice@example.org", language="en")
    return delivered("rsvp_repeated")


def rsvp_changed(language: str) -> Delivery:
    rsvp = make.make_rsvp(town_hall(), language=language)
    rsvp_actions.change_rsvp(rsvp_id=rsvp.pk, party_size=3, mode=rsvp.mode, now=LATER)
    return delivered("rsvp_changed")


def rsvp_cancelled(language: str) -> Delivery:
    rsvp = make.make_rsvp(town_hall(), language=language)
    rsvp_actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    return delivered("rsvp_cancelled")


def rsvp_expired(language: str) -> Delivery:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    make.make_rsvp(event, proven=False, language=language)
    rsvp_actions.expire_unproven(now=NOW + timedelta(hours=49))
    return delivered("rsvp_expired")


def claim_confirmed(language: str) -> Delivery:
    shift = make.make_shift(town_hall(), notes="Bring a warm jacket.")
    make.make_claim(shift, language=language, proven=False)
    return delivered("claim_confirmed")


def claim_promoted(language: str) -> Delivery:
    shift = make.make_shift(town_hall(), capacity=1)
    first = make.make_claim(shift)
    make.make_claim(shift, language=language)
    claim_actions.release_claim(claim_id=first.pk, now=LATER)
    return delivered("claim_promoted")


def claim_waitlisted(language: str) -> Delivery:
    shift = make.make_shift(town_hall(), capacity=1)
    make.make_claim(shift)
    make.make_claim(shift, language=language)
    return delivered("claim_waitlisted")


def claim_repeated(language: str) -> Delivery:
    shift = make.make_shift(town_hall())
    make.make_claim(shift, email="twice@example.org", language=language)
    make.make_claim(shift, email="twice@example.org", language="en")
    return delivered("claim_repeated")


def claim_refused(language: str) -> Delivery:
    office = the_office()
    shift = make.make_shift(town_hall(office))
    other = make.make_shift(
        office=office, role=make.make_role(office, "Interpreter"), starts_at=shift.starts_at
    )
    make.make_claim(shift, email="busy@example.org", language=language)
    claim_actions.claim_shift(
        shift_id=other.pk, name="Vic Ortiz", email="busy@example.org", language=language, now=NOW
    )
    return delivered("claim_refused")


def claim_released(language: str) -> Delivery:
    claim = make.make_claim(make.make_shift(town_hall()), language=language)
    claim_actions.release_claim(claim_id=claim.pk, now=LATER)
    return delivered("claim_released")


def _guest_and_volunteer(event: Event, language: str) -> None:
    make.make_rsvp(event, email="both@example.org", party_size=2, language=language)
    make.make_claim(make.make_shift(event), email="both@example.org", language=language)


def event_cancelled(language: str) -> Delivery:
    event = town_hall()
    _guest_and_volunteer(event, language)
    call_off(event)
    return delivered("event_cancelled")


def event_postponed(language: str) -> Delivery:
    event = town_hall()
    _guest_and_volunteer(event, language)
    call_off(event, "postpone")
    return delivered("event_postponed")


def office_hours(office: Office, *, now: datetime = NOW) -> Series:
    """Office hours every Wednesday from June 3, 2026 on, from 6 to 8 p.m., posted."""
    begins = datetime(2026, 6, 4, 1, 0, tzinfo=UTC)
    draft = EventDraft(
        title="Office hours", event_type="office_hours", starts_at=begins,
        ends_at=begins + timedelta(hours=2), timezone=make.LOS_ANGELES,
        venue=make.make_venue(office, now=now),
        translations={"es": {"title": "Horas de atención", "description": ""}},
    )  # fmt: skip
    return create_series(office=office, draft=draft, rule="FREQ=WEEKLY", post=True, now=now)


def dates_changed(language: str) -> Delivery:
    dates = _dates_of_somebody(language)
    moved = {
        name: getattr(dates[0], name) + timedelta(hours=1) for name in ("starts_at", "ends_at")
    }
    edit_series(event_id=dates[0].pk, scope="following", changes=moved, now=LATER)
    return delivered("dates_changed")


def dates_cancelled(language: str) -> Delivery:
    dates = _dates_of_somebody(language)
    end_series(event_id=dates[0].pk, reason="The library has a water leak.", now=LATER)
    return delivered("dates_cancelled")


def _dates_of_somebody(language: str) -> list[Event]:
    dates = list(office_hours(the_office()).events.order_by("starts_at")[:3])
    for date_of_series in dates:
        make.make_rsvp(date_of_series, email="often@example.org", language=language)
    make.make_claim(make.make_shift(dates[2]), email="often@example.org", language=language)
    return dates


def place_changed(language: str) -> Delivery:
    office = the_office()
    library = make.make_venue(office)
    event = town_hall(office, venue=library)
    _guest_and_volunteer(event, language)
    other = town_hall(office, venue=library, starts_at=NEW_START)
    make.make_rsvp(other, email="both@example.org", language=language)
    edit_venue(venue_id=library.pk, changes={"street": "14 Elm Street"}, now=LATER)
    return delivered("place_changed")


def event_changed(language: str) -> Delivery:
    event = town_hall()
    _guest_and_volunteer(event, language)
    hall = make.make_venue(event.office, name="City Hall, Council Chamber", street="1 Plaza")
    event_actions.edit_event(
        event_id=event.pk,
        changes={
            "starts_at": NEW_START,
            "ends_at": NEW_START + timedelta(hours=2),
            "venue": hall,
        },
        now=LATER,
    )
    return delivered("event_changed")


def calendar_update(language: str) -> Delivery:
    event_changed(language)
    first, _second = [one for one in plan() if one.message == "calendar_update"]
    return first


def shift_changed(language: str) -> Delivery:
    shift = make.make_shift(office=the_office())
    make.make_claim(shift, language=language)
    shift_actions.edit_shift(
        shift_id=shift.pk,
        changes={
            "starts_at": shift.starts_at + timedelta(hours=2),
            "ends_at": shift.ends_at + timedelta(hours=2),
        },
        now=LATER,
    )
    return delivered("shift_changed")


def shift_cancelled(language: str) -> Delivery:
    shift = make.make_shift(office=the_office())
    make.make_claim(shift, language=language)
    shift_actions.cancel_shift(shift_id=shift.pk, reason="Enough people came forward.", now=LATER)
    return delivered("shift_cancelled")


def sign_in_link(language: str) -> Delivery:
    make.make_rsvp(town_hall(), email="me@example.org", language=language)
    request_sign_in(email="me@example.org", now=NOW)
    return delivered("sign_in_link")


def rsvp_reminder(language: str) -> Delivery:
    make.make_rsvp(town_hall(), party_size=2, access_needs=["asl"], language=language)
    return _reminded("rsvp_reminder")


def _asked(language: str) -> tuple[AccessRequest, StaffUser]:
    event = town_hall()
    rsvp = make.make_rsvp(event, access_needs=["asl"], language=language)
    return rsvp.access_requests.get(), make.make_staff(event.office)


def access_arranged(language: str) -> Delivery:
    request, staff = _asked(language)
    access_actions.arrange_requests(
        request_ids=[request.pk], arranged_with="Two interpreters in front.", now=NOW, actor=staff
    )
    return delivered("access_arranged")


def access_cannot(language: str) -> Delivery:
    request, staff = _asked(language)
    access_actions.cannot_arrange(
        request_id=request.pk, decided_by="Ana Rivera, council member", reason="All are booked.",
        instead="Live captions on a screen.", now=NOW, actor=staff,
    )  # fmt: skip
    return delivered("access_cannot")


def access_reopened(language: str) -> Delivery:
    told = access_arranged(language)
    Delivery.objects.filter(pk=told.pk).update(state=DeliveryState.ACCEPTED)
    request = AccessRequest.objects.get()
    assert request.owner is not None
    access_actions.reopen_request(
        request_id=request.pk, seen=request.answer, now=LATER, actor=request.owner
    )
    return delivered("access_reopened")


def _over(language: str) -> tuple[Event, StaffUser]:
    """A town hall of the day before, and somebody who came to it."""
    event = town_hall(starts_at=NOW - timedelta(days=1))
    staff = make.make_staff(event.office)
    rsvp = make.make_rsvp(event, language=language, now=NOW - timedelta(days=2))
    rsvp_actions.set_attended(rsvp_id=rsvp.pk, attended=True, now=NOW)
    return event, staff


def _promised(event: Event, staff: StaffUser) -> Promise:
    return make_promise(
        event_id=event.pk, text="Count the cars", due=date(2026, 7, 1), now=NOW, actor=staff
    )


def afterwards_posted(language: str) -> Delivery:
    event, staff = _over(language)
    _promised(event, staff)
    write_minutes(
        event_id=event.pk, text="Ninety people came.", now=NOW, actor=staff,
        recording_url="https://video.example.org/parking",
    )  # fmt: skip
    post_minutes(event_id=event.pk, now=NOW, actor=staff)
    return delivered("afterwards_posted")


def promise_kept(language: str) -> Delivery:
    promise = _promised(*(over := _over(language)))
    keep_promise(promise_id=promise.pk, outcome="There are 412.", now=NOW, actor=over[1])
    return delivered("promise_kept")


def question_confirm(language: str) -> Delivery:
    make.make_question(town_hall(), language=language, proven=False)
    return delivered("question_confirm")


def question_vote(language: str) -> Delivery:
    question = make.make_question(town_hall(), publish=True)
    question_actions.ask_to_vote(
        question_id=question.pk, email="votes@example.org", language=language, now=NOW
    )
    return delivered("question_vote")


def question_declined(language: str) -> Delivery:
    question = make.make_question(town_hall(), language=language)
    staff = make.make_staff(question.event.office)
    question_actions.decline_question(
        question_id=question.pk, reason="off_topic", now=NOW, actor=staff
    )
    return delivered("question_declined")


def question_answered(language: str) -> Delivery:
    question = make.make_question(town_hall(), language=language, publish=True)
    assert question.decided_by is not None
    question_actions.answer_in_writing(
        question_id=question.pk, answer="The city does.", seen=question.decision, now=NOW,
        actor=question.decided_by,
    )  # fmt: skip
    return delivered("question_answered")


def claim_reminder(language: str) -> Delivery:
    event = town_hall()
    _guest_and_volunteer(event, language)
    return _reminded("claim_reminder")


def _reminded(message: str) -> Delivery:
    # 11:00 on the day before, in Los Angeles.
    reminders.plan(datetime(2026, 6, 10, 18, 0, tzinfo=UTC))
    return Delivery.objects.select_related("person", "office").get(message=message)


def subscription_confirm(language: str) -> Delivery:
    _sign_up(the_office(), language, proven=False)
    return delivered("subscription_confirm")


def subscription_repeated(language: str) -> Delivery:
    office = the_office()
    _sign_up(office, language, proven=True)
    _sign_up(office, language, proven=False)
    return delivered("subscription_repeated")


def letter_posted(language: str) -> Delivery:
    office = the_office()
    _sign_up(office, language, proven=True)
    draft = LetterDraft(
        title="Parking on Oak Avenue",
        body="Dear Director,\n\nplease *count* the cars.",
        dated=date(2026, 6, 1),
        topics=[make.make_topic("legislation")],
        translations={"es": {"title": "Estacionamiento en Oak", "body": "Estimado director:"}},
    )
    write_and_post_letter(office=office, draft=draft, mails=True, now=NOW)
    return delivered("letter_posted")


def digest(language: str) -> Delivery:
    """A letter, an event of two dates and a shift since Monday, for somebody who asked for one a
    day."""
    office = the_office()
    topics = [make.make_topic("legislation"), make.make_topic("volunteer")]
    subscribe(
        email="reader@example.org", topics=topics, offices=[office], language=language,
        frequency="daily", consent=Consent(source="/subscribe/", text="They may write to me."),
        proven=True, now=NOW,
    )  # fmt: skip
    draft = LetterDraft(
        title="Parking on Oak Avenue",
        body="Dear Director,\n\nplease *count* the cars.",
        dated=date(2026, 6, 1),
        topics=topics[:1],
        translations={"es": {"title": "Estacionamiento", "body": "Estimada Directora:"}},
    )
    write_and_post_letter(office=office, draft=draft, mails=True, now=LATER)
    event = town_hall(office, topics=topics[:1], now=LATER)
    make.make_shift(event, now=LATER)
    digests.plan(READ_AT["digest"])
    return Delivery.objects.select_related("person", "office").get(message="digest")


def _sign_up(office: Office, language: str, *, proven: bool) -> None:
    subscribe(
        email="reader@example.org",
        topics=[make.make_topic("legislation")],
        offices=[office],
        consent=Consent("/subscribe/", "I want letters."),
        language=language,
        proven=proven,
        now=NOW,
    )


SCENES: dict[str, Callable[[str], Delivery]] = {
    scene.__name__: scene
    for scene in (
        *(sign_in_link, rsvp_promoted, rsvp_confirmed, rsvp_waitlisted, rsvp_unproven),
        *(rsvp_passed_over, rsvp_repeated, rsvp_changed, rsvp_cancelled, rsvp_expired),
        *(access_arranged, access_cannot, access_reopened, afterwards_posted, promise_kept),
        *(question_confirm, question_vote, question_declined, question_answered),
        *(claim_promoted, claim_confirmed, claim_waitlisted, claim_repeated, claim_refused),
        *(claim_released, event_cancelled, event_postponed, event_changed, shift_cancelled),
        *(dates_cancelled, dates_changed, place_changed),
        *(shift_changed, calendar_update, rsvp_reminder, claim_reminder),
        *(subscription_confirm, subscription_repeated, letter_posted, digest),
    )
}

#: When a scene's message is read, where that is not NOW.
READ_AT = {
    "rsvp_reminder": datetime(2026, 6, 10, 18, 0, tzinfo=UTC),
    "claim_reminder": datetime(2026, 6, 10, 18, 0, tzinfo=UTC),
    # Tuesday, June 2, 2026, 8:00 in Los Angeles.
    "digest": datetime(2026, 6, 2, 15, 0, tzinfo=UTC),
}
