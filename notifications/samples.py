"""One made-up case of every message, so that staff can read it before anybody gets it.

The actions of life make it (``notifications.sample_scene``), in a transaction that is always taken
back (``audit.rehearsal``): what is shown is what is sent.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext, override

from events.actions import access_requests as access_actions
from events.actions import events as event_actions
from events.actions import line, offices, people
from events.actions import promises as promise_actions
from events.actions import questions as question_actions
from events.actions import rsvps as rsvp_actions
from events.actions import series as series_actions
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import EventDraft
from events.actions.minutes import post_minutes, write_minutes
from events.actions.series_edit import Scope, edit_series
from events.audit import operation, rehearsal
from events.models import RSVP, AccessRequest, Event, Mode, Office, Promise, Question, StaffUser
from notifications import digests, rendering
from notifications.delivery import mime
from notifications.message import Rendered
from notifications.models import Delivery, DeliveryState
from notifications.sample_scene import (
    ANSWER,
    BOOKED,
    CAPTIONS,
    DAYS_AHEAD,
    DESK_HOURS,
    INTERPRETERS,
    KEPT,
    LATER,
    PROMISE,
    QUESTION,
    REASON,
    ROOM,
    SOUND,
    TOWN_HALL,
    Scene,
)
from volunteers.actions import claims as claim_actions
from volunteers.actions import shifts as shift_actions
from volunteers.models import ShiftClaim


class Sample(NamedTuple):
    """A message as somebody would get it, in one language."""

    rendered: Rendered
    #: The From line.
    sender: str


def sample(name: str, *, office: Office, language: str, now: datetime) -> Sample:
    """Return a message as this office's people would get it in ``language``.

    ``now`` is any moment of the day that the case takes place on. Changes nothing. Raises KeyError
    for a message that is not in the catalogue.
    """
    with rehearsal(), override(language):
        scene = Scene(office, language, now)
        delivery, read_at = SCENES[name](scene)
        rendered = rendering.render(delivery, read_at)
        if not isinstance(rendered, Rendered):
            raise TypeError(f"The sample of {name} is not sent: {rendered}")
        return Sample(rendered, str(mime.sender(office)))


Told = tuple[Delivery, datetime]


def sign_in_link(scene: Scene) -> Told:
    scene.rsvp(scene.town_hall(), "me")
    people.request_sign_in(email="me@sample.invalid", now=scene.later)
    return scene.told("sign_in_link")


def rsvp_promoted(scene: Scene) -> Told:
    event = scene.town_hall(capacity=1)
    first = scene.rsvp(event)
    scene.rsvp(event, "waits")
    rsvp_actions.cancel_rsvp(rsvp_id=first.pk, now=scene.later)
    return scene.told("rsvp_promoted")


def rsvp_confirmed(scene: Scene) -> Told:
    scene.rsvp(scene.town_hall(), party_size=3, access_needs=["asl", "captions"], proven=False)
    return scene.told("rsvp_confirmed")


def rsvp_waitlisted(scene: Scene) -> Told:
    event = scene.town_hall(
        capacity=4, mode=Mode.BOTH, remote_capacity=50, remote_url="https://meet.example.org/hall"
    )
    scene.rsvp(event, party_size=2)
    scene.rsvp(event, "waits", party_size=4)
    return scene.told("rsvp_waitlisted")


def rsvp_passed_over(scene: Scene) -> Told:
    event = scene.town_hall(capacity=4)
    gone = scene.rsvp(event, party_size=2)
    scene.rsvp(event, "stays", party_size=2)
    scene.rsvp(event, "waits", party_size=4)
    rsvp_actions.cancel_rsvp(rsvp_id=gone.pk, now=scene.later)
    return scene.told("rsvp_passed_over")


def _unproven(scene: Scene) -> RSVP:
    event = scene.town_hall(capacity=10)
    scene.rsvp(event, party_size=8, proven=False)
    return scene.rsvp(event, "late", proven=False)


def rsvp_unproven(scene: Scene) -> Told:
    _unproven(scene)
    return scene.told("rsvp_unproven")


def rsvp_repeated(scene: Scene) -> Told:
    event = scene.town_hall()
    scene.rsvp(event, "twice")
    scene.rsvp(event, "twice", proven=False)
    return scene.told("rsvp_repeated")


def rsvp_changed(scene: Scene) -> Told:
    rsvp = scene.rsvp(scene.town_hall())
    rsvp_actions.change_rsvp(rsvp_id=rsvp.pk, party_size=3, mode=rsvp.mode, now=scene.later)
    return scene.told("rsvp_changed")


def rsvp_cancelled(scene: Scene) -> Told:
    rsvp_actions.cancel_rsvp(rsvp_id=scene.rsvp(scene.town_hall()).pk, now=scene.later)
    return scene.told("rsvp_cancelled")


def _expire(rsvp: RSVP, at: datetime) -> None:
    """End one RSVP; ``expire_unproven()`` would look after the real guests, too."""
    with operation(at=at) as op:
        line.end(op, rsvp.event, rsvp)
        op.record("rsvp.expired", event=rsvp.event, person=rsvp.person_id, rsvp=rsvp)


def rsvp_expired(scene: Scene) -> Told:
    _expire(_unproven(scene), scene.later)
    return scene.told("rsvp_expired")


def _request(scene: Scene) -> tuple[AccessRequest, StaffUser]:
    rsvp = scene.rsvp(scene.town_hall(), access_needs=["asl"])
    return rsvp.access_requests.get(), scene.staff()


def access_arranged(scene: Scene) -> Told:
    request, staff = _request(scene)
    access_actions.arrange_requests(
        request_ids=[request.pk], arranged_with=gettext(INTERPRETERS), now=scene.later, actor=staff
    )
    return scene.told("access_arranged")


def access_cannot(scene: Scene) -> Told:
    request, staff = _request(scene)
    access_actions.cannot_arrange(
        request_id=request.pk, decided_by=staff.name, reason=gettext(BOOKED),
        instead=gettext(CAPTIONS), now=scene.later, actor=staff,
    )  # fmt: skip
    return scene.told("access_cannot")


def access_reopened(scene: Scene) -> Told:
    delivery, _read_at = access_arranged(scene)
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.ACCEPTED)
    request = AccessRequest.objects.get(answer=delivery.operation)
    access_actions.reopen_request(
        request_id=request.pk, seen=request.answer, now=scene.later, actor=scene.staff()
    )
    return scene.told("access_reopened")


def _over(scene: Scene) -> tuple[Event, datetime]:
    """Return a town hall that somebody came to, and an instant of the day after it."""
    event = scene.town_hall()
    rsvp = scene.rsvp(event, party_size=2)
    after = scene.at(DAYS_AHEAD + 1, 11)
    rsvp_actions.set_attended(rsvp_id=rsvp.pk, attended=True, now=after)
    return event, after


def _promised(scene: Scene, event: Event, after: datetime) -> Promise:
    return promise_actions.make_promise(
        event_id=event.pk, text=gettext(PROMISE), due=scene.at(DAYS_AHEAD + 30, 11).date(),
        now=after, actor=scene.staff(),
    )  # fmt: skip


def afterwards_posted(scene: Scene) -> Told:
    event, after = _over(scene)
    _promised(scene, event, after)
    write_minutes(
        event_id=event.pk, text=gettext(TOWN_HALL), recording_url="https://video.example.org/hall",
        now=after, actor=scene.staff(),
    )  # fmt: skip
    post_minutes(event_id=event.pk, now=after, actor=scene.staff())
    return scene.told("afterwards_posted")


def promise_kept(scene: Scene) -> Told:
    event, after = _over(scene)
    promise = _promised(scene, event, after)
    promise_actions.keep_promise(
        promise_id=promise.pk, outcome=gettext(KEPT), now=after, actor=scene.staff()
    )
    return scene.told("promise_kept")


def _question(scene: Scene, *, proven: bool = True) -> Question:
    return question_actions.ask_question(
        event_id=scene.town_hall().pk, email=scene.address("asks"), text=gettext(QUESTION),
        language=scene.language, proven=proven, now=scene.now,
    )  # fmt: skip


def _published(scene: Scene) -> Question:
    return question_actions.publish_question(
        question_id=_question(scene).pk, now=scene.later, actor=scene.staff()
    )


def question_confirm(scene: Scene) -> Told:
    _question(scene, proven=False)
    return scene.told("question_confirm")


def question_vote(scene: Scene) -> Told:
    question_actions.ask_to_vote(
        question_id=_published(scene).pk, email=scene.address("votes"), language=scene.language,
        now=scene.later,
    )  # fmt: skip
    return scene.told("question_vote")


def question_declined(scene: Scene) -> Told:
    question_actions.decline_question(
        question_id=_question(scene).pk, reason="off_topic", now=scene.later, actor=scene.staff()
    )
    return scene.told("question_declined")


def question_answered(scene: Scene) -> Told:
    question = _published(scene)
    question_actions.answer_in_writing(
        question_id=question.pk, answer=gettext(ANSWER), seen=question.decision,
        now=scene.later, actor=scene.staff(),
    )  # fmt: skip
    return scene.told("question_answered")


def claim_promoted(scene: Scene) -> Told:
    shift = scene.shift(scene.town_hall(), capacity=1)
    first = scene.claim(shift)
    scene.claim(shift, "waits")
    claim_actions.release_claim(claim_id=first.pk, now=scene.later)
    return scene.told("claim_promoted")


def claim_confirmed(scene: Scene) -> Told:
    scene.claim(scene.shift(scene.town_hall()))
    return scene.told("claim_confirmed")


def claim_waitlisted(scene: Scene) -> Told:
    shift = scene.shift(scene.town_hall(), capacity=1)
    scene.claim(shift)
    scene.claim(shift, "waits")
    return scene.told("claim_waitlisted")


def claim_repeated(scene: Scene) -> Told:
    shift = scene.shift(scene.town_hall())
    for _time in range(2):
        claim_actions.claim_shift(
            shift_id=shift.pk, name="Vic Ortiz", email=scene.address("twice"),
            language=scene.language, now=scene.now,
        )  # fmt: skip
    return scene.told("claim_repeated")


def claim_refused(scene: Scene) -> Told:
    event = scene.town_hall()
    scene.claim(scene.shift(event), "busy")
    claim_actions.claim_shift(
        shift_id=scene.shift(role=SOUND).pk, name="Vic Ortiz", email=scene.address("busy"),
        language=scene.language, now=scene.now,
    )  # fmt: skip
    return scene.told("claim_refused")


def claim_released(scene: Scene) -> Told:
    claim = scene.claim(scene.shift(scene.town_hall()))
    claim_actions.release_claim(claim_id=claim.pk, now=scene.later)
    return scene.told("claim_released")


def _with_both(scene: Scene, event: Event) -> None:
    scene.rsvp(event, "both", party_size=2)
    scene.claim(scene.shift(event), "both")


def dates_changed(scene: Scene) -> Told:
    dates = _dates(scene)
    moved = {
        name: getattr(dates[0], name) + timedelta(hours=1) for name in ("starts_at", "ends_at")
    }
    edit_series(event_id=dates[0].pk, scope=Scope.FOLLOWING, changes=moved, now=scene.later)
    return scene.told("dates_changed")


def dates_cancelled(scene: Scene) -> Told:
    dates = _dates(scene)
    series_actions.end_series(event_id=dates[0].pk, reason=gettext(REASON), now=scene.later)
    return scene.told("dates_cancelled")


def _dates(scene: Scene) -> list[Event]:
    """Three dates of a series, with somebody who comes to all of them."""
    begins = scene.at(DAYS_AHEAD, 18)
    draft = EventDraft(
        **scene.words(DESK_HOURS, description=""), event_type="office_hours", starts_at=begins,
        ends_at=begins + timedelta(hours=2), timezone=scene.office.timezone, venue=scene.library,
    )  # fmt: skip
    series = series_actions.create_series(
        office=scene.office, draft=draft, rule="FREQ=WEEKLY;COUNT=3", post=True, now=scene.now
    )
    dates = list(series.events.order_by("starts_at"))
    for date in dates:
        scene.rsvp(date, "often")
    return dates


def place_changed(scene: Scene) -> Told:
    _with_both(scene, scene.town_hall())
    scene.rsvp(scene.town_hall(days=DAYS_AHEAD + 7), "both")
    offices.edit_venue(
        venue_id=scene.library.pk, changes={"street": "14 Elm Street"}, now=scene.later
    )
    return scene.told("place_changed")


def event_cancelled(scene: Scene) -> Told:
    event = scene.town_hall()
    _with_both(scene, event)
    cancel_event(event_id=event.pk, reason=gettext(REASON), now=scene.later)
    return scene.told("event_cancelled")


def event_postponed(scene: Scene) -> Told:
    event = scene.town_hall()
    _with_both(scene, event)
    postpone_event(event_id=event.pk, reason=gettext(REASON), now=scene.later)
    return scene.told("event_postponed")


def _moved(scene: Scene) -> None:
    event = scene.town_hall()
    _with_both(scene, event)
    hall = offices.create_venue(
        office=scene.office, name=gettext(ROOM), street="1 Plaza", now=scene.now
    )
    begins = event.starts_at + timedelta(days=4)
    event_actions.edit_event(
        event_id=event.pk, now=scene.later,
        changes={"starts_at": begins, "ends_at": begins + timedelta(hours=2), "venue": hall},
    )  # fmt: skip


def event_changed(scene: Scene) -> Told:
    _moved(scene)
    return scene.told("event_changed")


def calendar_update(scene: Scene) -> Told:
    _moved(scene)
    return scene.told("calendar_update")


def shift_cancelled(scene: Scene) -> Told:
    shift = scene.shift()
    scene.claim(shift)
    shift_actions.cancel_shift(shift_id=shift.pk, reason=gettext(REASON), now=scene.later)
    return scene.told("shift_cancelled")


def shift_changed(scene: Scene) -> Told:
    shift = scene.shift()
    scene.claim(shift)
    begins = scene.at(DAYS_AHEAD, 19)
    shift_actions.edit_shift(
        shift_id=shift.pk, now=scene.later,
        changes={"starts_at": begins, "ends_at": begins + timedelta(hours=3)},
    )  # fmt: skip
    return scene.told("shift_changed")


def rsvp_reminder(scene: Scene) -> Told:
    event = scene.town_hall()
    rsvp = scene.rsvp(event, party_size=2, access_needs=["asl"])
    return scene.reminded(
        "rsvp_reminder", scene.at(DAYS_AHEAD - 1, 11), person_id=rsvp.person_id,
        event_id=event.pk, rsvp_id=rsvp.pk, schedule_rev=0, context={"lead": "1d@11:00"},
    )  # fmt: skip


def claim_reminder(scene: Scene) -> Told:
    event = scene.town_hall()
    _with_both(scene, event)
    claim = ShiftClaim.objects.filter(shift__office=scene.office).get()
    assert claim.person_id is not None
    return scene.reminded(
        "claim_reminder", scene.at(DAYS_AHEAD - 1, 11), person_id=claim.person_id,
        event_id=event.pk, shift_id=claim.shift_id, claim_id=claim.pk, schedule_rev=0,
        context={"lead": "1d@11:00"},
    )  # fmt: skip


def subscription_confirm(scene: Scene) -> Told:
    scene.reader(proven=False)
    return scene.told("subscription_confirm")


def subscription_repeated(scene: Scene) -> Told:
    scene.reader()
    scene.reader(proven=False)
    return scene.told("subscription_repeated")


def letter_posted(scene: Scene) -> Told:
    scene.reader()
    scene.letter(now=scene.later)
    return scene.told("letter_posted")


def digest(scene: Scene) -> Told:
    scene.reader(frequency="daily")
    scene.letter(now=scene.later)
    scene.town_hall(topics=[scene.topic])
    person = scene.nobodies().get()
    morning = scene.at(1, digests.MORNING.hour)
    return scene.reminded(
        "digest", morning, person_id=person.pk,
        context={
            "date": morning.date().isoformat(), "until": morning.isoformat(),
            "topics": {str(scene.topic.pk): (scene.now - LATER).isoformat()},
        },
    )  # fmt: skip


SCENES: dict[str, Callable[[Scene], Told]] = {
    scene.__name__: scene
    for scene in (
        *(
            sign_in_link,
            rsvp_promoted,
            rsvp_confirmed,
            rsvp_waitlisted,
            rsvp_unproven,
            rsvp_passed_over,
        ),
        *(rsvp_repeated, rsvp_changed, rsvp_cancelled, rsvp_expired),
        *(access_arranged, access_cannot, access_reopened, afterwards_posted, promise_kept),
        *(question_confirm, question_vote, question_declined, question_answered),
        *(claim_promoted, claim_confirmed, claim_waitlisted, claim_repeated, claim_refused),
        *(
            claim_released,
            dates_cancelled,
            dates_changed,
            place_changed,
            event_cancelled,
            event_postponed,
        ),
        *(event_changed, calendar_update, shift_cancelled, shift_changed),
        *(rsvp_reminder, claim_reminder, subscription_confirm, subscription_repeated),
        *(letter_posted, digest),
    )
}
