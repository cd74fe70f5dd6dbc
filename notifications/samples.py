"""One made-up case of every message, so that staff can read it before anybody gets it.

The actions of life make it, in a transaction that is always taken back (``audit.rehearsal``): what
is shown is what is sent. The office is a copy of the reader's own, with its name, colors and
languages; the people are nobody, at addresses that cannot exist (RFC 2606, ``.invalid``).
"""

import uuid
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as _

from events.actions import events as event_actions
from events.actions import line, offices, people
from events.actions import rsvps as rsvp_actions
from events.actions import series as series_actions
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import EventDraft
from events.audit import operation, rehearsal
from events.models import RSVP, AuditEntry, Event, Mode, Office, Outbox, Person, Topic, Venue
from notifications import catalogue, digests, planning, rendering
from notifications.delivery import mime
from notifications.letters.actions import LetterDraft, write_and_post_letter
from notifications.message import Recipient, Rendered
from notifications.models import Delivery
from notifications.subscriptions.actions import Consent, subscribe
from volunteers.actions import claims as claim_actions
from volunteers.actions import shifts as shift_actions
from volunteers.models import Shift, ShiftClaim, VolunteerRole

#: How long after the sign-up something happens to it.
LATER = timedelta(minutes=10)
DAYS_AHEAD = 10

TOWN_HALL = _("Town hall on street lights")
DESK_HOURS = _("An hour with your council member")
REASON = _("The library has no power that day.")
LETTER = _("Street lights on Elm Street")
BODY = _(
    "Dear Director,\n\nplease count the street lights on Elm Street, and tell us what you find."
)
WELCOME, SOUND = _("Welcome at the door"), _("Sound desk")
LIBRARY, ROOM = _("Garden Library, Reading Room"), _("Old Town Hall, Great Room")
ENTRANCE, BUS = _("Use the door on Elm Street."), _("Bus 9 stops at the corner.")
HAT = _("Bring a hat for the sun.")
TOPIC = _("Streets and lights")


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


class Scene:
    """An office, a town hall and a volunteer shift in ten days, and whoever wants to come."""

    def __init__(self, office: Office, language: str, now: datetime) -> None:
        zone = ZoneInfo(office.timezone)
        self.today = now.astimezone(zone).date()
        #: In the morning, when nobody's quiet hours are.
        self.now = datetime.combine(self.today, time(9, 30), zone)
        self.later = self.now + LATER
        self.language = language
        self.zone = zone
        columns = {
            field.name: getattr(office, field.name)
            for field in Office._meta.concrete_fields
            if not field.primary_key
        }
        self.office = Office.objects.create(**columns | {"slug": f"sample-{uuid.uuid4().hex}"})
        self._addresses: list[str] = []

    def words(self, text: str, name: str = "title", **more: str) -> dict[str, Any]:
        """Return a text in the office's first language, and its versions in the site's others."""
        own = self.office.first_language
        if own not in dict(settings.LANGUAGES):
            own = settings.LANGUAGE_CODE
        versions = {}
        for code, _name in settings.LANGUAGES:
            with override(code):
                versions[code] = {
                    name: gettext(text),
                    **{other: gettext(value) for other, value in more.items()},
                }
        return versions[own] | {"translations": versions}

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """Return a local time, so many days after the sample's."""
        return datetime.combine(self.today + timedelta(days=days), time(hour, minute), self.zone)

    @cached_property
    def library(self) -> Venue:
        return offices.create_venue(
            office=self.office, name=gettext(LIBRARY), street="12 Elm Street",
            locality=self.office.jurisdiction, entrance=gettext(ENTRANCE), transit=gettext(BUS),
            step_free=True, now=self.now,
        )  # fmt: skip

    @cached_property
    def topic(self) -> Topic:
        versions = self.words(TOPIC, "name", description="")
        return offices.save_topic(
            slug=f"sample-{uuid.uuid4().hex}"[:60], name=versions["name"],
            translations=versions["translations"], now=self.now,
        )  # fmt: skip

    def town_hall(self, *, days: int = DAYS_AHEAD, **draft: Any) -> Event:
        begins = self.at(days, 18, 30)
        words = self.words(TOWN_HALL, description="")
        values: dict[str, Any] = {
            **words,
            "event_type": "town_hall",
            "starts_at": begins,
            "ends_at": begins + timedelta(minutes=90),
            "timezone": self.office.timezone,
            "venue": self.library,
            "capacity": 40,
        }
        made = EventDraft(**(values | draft))
        return event_actions.create_event(office=self.office, draft=made, post=True, now=self.now)

    def address(self, whose: str = "") -> str:
        """Return an address that cannot exist, of somebody named here or of one more person."""
        address = f"{whose or len(self._addresses)}@sample.invalid"
        self._addresses.append(address)
        return address

    def rsvp(self, event: Event, whose: str = "", *, proven: bool = True, **form: Any) -> RSVP:
        form.setdefault("language", self.language)
        return rsvp_actions.rsvp(
            event_id=event.pk, email=self.address(whose), proven=proven, now=self.now,
            **({"name": "Ana Reyes", "mode": event.modes[0]} | form),
        ).rsvp  # fmt: skip

    def role(self, name: str) -> VolunteerRole:
        versions = self.words(name, "name", description="")
        return shift_actions.create_role(
            office=self.office, name=versions["name"], translations=versions["translations"],
            now=self.now,
        )  # fmt: skip

    def shift(self, event: Event | None = None, role: str = WELCOME, **columns: Any) -> Shift:
        begins = event.starts_at - timedelta(hours=1) if event else self.at(DAYS_AHEAD, 17, 30)
        columns.setdefault("capacity", 2)
        if event is None:
            columns.setdefault("venue", self.library)
        return shift_actions.create_shift(
            office=self.office, role=self.role(role), event=event, starts_at=begins,
            ends_at=begins + timedelta(hours=3), notes=gettext(HAT), now=self.now, **columns,
        )  # fmt: skip

    def claim(self, shift: Shift, whose: str = "") -> ShiftClaim:
        made = claim_actions.claim_shift(
            shift_id=shift.pk, name="Vic Ortiz", email=self.address(whose), proven=True,
            language=self.language, now=self.now,
        )  # fmt: skip
        assert made.claim is not None, made.result
        return made.claim

    def reader(self, *, proven: bool = True, **form: Any) -> None:
        subscribe(
            email=self.address("reader"), topics=[self.topic], offices=[self.office],
            consent=Consent("/subscribe/", ""), language=self.language, proven=proven,
            now=self.now, **form,
        )  # fmt: skip

    def letter(self, *, now: datetime) -> None:
        words = self.words(LETTER, body=BODY)
        draft = LetterDraft(**words, dated=self.today, topics=[self.topic])
        write_and_post_letter(office=self.office, draft=draft, mails=True, now=now)

    def told(self, message: str, whose: str = "") -> tuple[Delivery, datetime]:
        """Plan what has happened, and return the message to that person, read at once."""
        own = AuditEntry.objects.filter(
            Q(office_id=self.office.pk)
            | Q(person_id__in=self.nobodies().values("pk"), office_id=None)
        )
        rows = Outbox.objects.filter(operation__in=own.values("operation"))
        for row in rows.order_by("pk"):
            planning.plan_operation(row, now=self.later)
        found = Delivery.objects.filter(person__in=self.nobodies(), message=message)
        if whose:
            found = found.filter(person__email=f"{whose}@sample.invalid")
        return self._whole(found), self.later

    def reminded(self, message: str, at: datetime, **rows: Any) -> tuple[Delivery, datetime]:
        """Return a message that is found by query, read at its moment."""
        recipient = Recipient(office_id=self.office.pk, language=self.language, **rows)
        planning.insert(catalogue.named(message), [recipient], now=at)
        return self._whole(Delivery.objects.filter(message=message, office=self.office)), at

    def nobodies(self) -> "QuerySet[Person]":
        """Return the people of this scene."""
        return Person.objects.filter(email__in=self._addresses)

    def _whole(self, found: "QuerySet[Delivery]") -> Delivery:
        return found.select_related("person", "office").order_by("-pk")[0]


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


def dates_cancelled(scene: Scene) -> Told:
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
    series_actions.end_series(event_id=dates[0].pk, reason=gettext(REASON), now=scene.later)
    return scene.told("dates_cancelled")


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
            "date": morning.date().isoformat(), "until": morning.isoformat(), "tells": ["daily"],
            "topics": {str(scene.topic.pk): (scene.now - LATER).isoformat()},
        },
    )  # fmt: skip


SCENES: dict[str, Callable[[Scene], Told]] = {
    scene.__name__: scene
    for scene in (
        *(sign_in_link, rsvp_promoted, rsvp_confirmed, rsvp_waitlisted, rsvp_unproven),
        *(rsvp_repeated, rsvp_changed, rsvp_cancelled, rsvp_expired),
        *(claim_promoted, claim_confirmed, claim_waitlisted, claim_repeated, claim_refused),
        *(claim_released, dates_cancelled, place_changed, event_cancelled, event_postponed),
        *(event_changed, calendar_update, shift_cancelled, shift_changed),
        *(rsvp_reminder, claim_reminder, subscription_confirm, subscription_repeated),
        *(letter_posted, digest),
    )
}
