"""The made-up town in which samples of messages take place, made by the actions of life.

The office is a copy of the reader's own, with its name, colors and languages; the people are
nobody, at addresses that cannot exist (RFC 2606, ``.invalid``).
"""

import uuid
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as _

from events.actions import events as event_actions
from events.actions import offices
from events.actions import rsvps as rsvp_actions
from events.actions.events import EventDraft
from events.models import (
    RSVP,
    AuditEntry,
    Event,
    Office,
    Outbox,
    Person,
    StaffUser,
    Topic,
    Venue,
)
from notifications import catalogue, planning
from notifications.letters.actions import LetterDraft, write_and_post_letter
from notifications.message import Recipient
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
INTERPRETERS = _("Two interpreters. They stand in front, on the left; we keep seats there for you.")
PROMISE = _("Count the dark street lights on Elm Street.")
KEPT = _("Twelve are dark. All of them are repaired by now.")
BOOKED = _("All interpreters near here are booked on that day. We asked five.")
CAPTIONS = _("Live captions on a large screen, and somebody who reads your questions aloud.")
TOPIC = _("Streets and lights")
QUESTION = _("Who pays when a street light is broken?")
ANSWER = _("The city does. Call us, and somebody comes within three days.")


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

    def staff(self) -> StaffUser:
        """Return somebody who works for the office, and cannot log in."""
        user, _created = StaffUser.objects.get_or_create(
            email=f"staff-{self.office.slug}@sample.invalid", defaults={"name": "Sam Ortiz"}
        )
        return user

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
