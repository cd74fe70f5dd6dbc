"""Rows for tests, made by the same actions as in life. Every argument has a default.

Times default to around :data:`NOW`, a Monday morning in Los Angeles, so that tests that freeze the
clock there (``tests.clock.at``) see an upcoming town hall in ten days.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from events.actions import events as event_actions
from events.actions import offices as office_actions
from events.actions import questions as question_actions
from events.actions import rsvps as rsvp_actions
from events.actions.events import EventDraft
from events.actions.people import person_with_email
from events.models import (
    RSVP,
    Event,
    EventType,
    Membership,
    Mode,
    Office,
    Person,
    Question,
    Role,
    StaffUser,
    Topic,
    Venue,
)
from volunteers.actions import claims as claim_actions
from volunteers.actions import shifts as shift_actions
from volunteers.models import Shift, ShiftClaim, VolunteerRole

#: 2026-06-01 09:00 in Los Angeles, a Monday.
NOW = datetime(2026, 6, 1, 16, 0, tzinfo=UTC)
LOS_ANGELES = "America/Los_Angeles"
PASSWORD = "a long and quiet sentence"

_numbers = count(1)


def make_office(*, now: datetime = NOW, **columns: Any) -> Office:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "slug": f"office-{number}",
        "name": f"Office of Council Member {number}",
        "timezone": LOS_ANGELES,
        "languages": ["en", "es"],
        "sender_address": "office@example.org",
        "postal_address": "200 Main Street\nSan Arroyo, CA 90000",
        "phone": "555-0100",
    }
    return office_actions.create_office(now=now, **(defaults | columns))


def make_staff(
    office: Office | None = None,
    *,
    role: str = Role.MANAGER,
    email: str = "",
    name: str = "Sam Staff",
    now: datetime = NOW,
) -> StaffUser:
    """A staff account with :data:`PASSWORD`, and a role where an office is given."""
    email = email or f"staff{next(_numbers)}@example.org"
    if office is None:
        return StaffUser.objects.create_user(email, PASSWORD, name=name)
    office_actions.add_staff(
        office=office, email=email, role=role, name=name, password=PASSWORD, now=now
    )
    return Membership.objects.select_related("user").get(user__email=email, office=office).user


def make_topic(slug: str = "town-halls", *, now: datetime = NOW, **columns: Any) -> Topic:
    columns.setdefault("name", slug.replace("-", " ").capitalize())
    return office_actions.save_topic(slug=slug, now=now, **columns)


def make_venue(office: Office, *, now: datetime = NOW, **columns: Any) -> Venue:
    defaults: dict[str, Any] = {
        "name": "Main Library, Community Room",
        "street": "12 Oak Avenue",
        "locality": "San Arroyo",
        "region": "CA",
        "postal_code": "90000",
        "entrance": "Use the door on Oak Avenue.",
        "transit": "Bus 14 stops at the door.",
        "step_free": True,
    }
    return office_actions.create_venue(office=office, now=now, **(defaults | columns))


def make_event(
    office: Office | None = None,
    *,
    starts_at: datetime | None = None,
    hours: float = 1.5,
    post: bool = True,
    now: datetime = NOW,
    **draft: Any,
) -> Event:
    """A posted town hall in a room, ten days after ``now`` at 18:30, with 40 places."""
    office = office or make_office(now=now)
    starts_at = starts_at or datetime(2026, 6, 12, 1, 30, tzinfo=UTC) + (now - NOW)
    defaults: dict[str, Any] = {
        "title": f"Town hall {next(_numbers)}",
        "event_type": EventType.TOWN_HALL,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=hours),
        "timezone": LOS_ANGELES,
        "mode": Mode.IN_PERSON,
        "capacity": 40,
    }
    values = defaults | draft
    if values["mode"] != Mode.REMOTE and "venue" not in values:
        values["venue"] = make_venue(office, now=now)
    if values["mode"] != Mode.IN_PERSON:
        values.setdefault("remote_url", "https://meet.example.org/hall")
    return event_actions.create_event(office=office, draft=EventDraft(**values), post=post, now=now)


def make_person(email: str = "", *, now: datetime = NOW, **columns: Any) -> Person:
    return person_with_email(email or f"person{next(_numbers)}@example.org", at=now, **columns)


def make_rsvp(
    event: Event, *, email: str = "", proven: bool = True, now: datetime = NOW, **fields: Any
) -> RSVP:
    """An RSVP of one, whose address is proven unless said otherwise."""
    fields.setdefault("name", "Ana Reyes")
    fields.setdefault("mode", event.modes[0])
    return rsvp_actions.rsvp(
        event_id=event.pk,
        email=email or f"guest{next(_numbers)}@example.org",
        proven=proven,
        now=now,
        **fields,
    ).rsvp


def make_question(
    event: Event,
    text: str = "",
    *,
    email: str = "",
    proven: bool = True,
    publish: bool = False,
    now: datetime = NOW,
    **fields: Any,
) -> Question:
    """A question that is held, from a proven address; or published by one of the office."""
    question = question_actions.ask_question(
        event_id=event.pk,
        email=email or f"asks{next(_numbers)}@example.org",
        text=text or f"Who pays for light number {next(_numbers)}?",
        proven=proven,
        now=now,
        **fields,
    )
    if publish:
        staff = make_staff(event.office, now=now)
        question_actions.publish_question(question_id=question.pk, now=now, actor=staff)
    return Question.objects.select_related("event__office", "decided_by").get(pk=question.pk)


def make_role(office: Office, name: str = "Greeter", *, now: datetime = NOW) -> VolunteerRole:
    return shift_actions.create_role(
        office=office, name=name, description="Welcome people at the door.", now=now
    )


def make_shift(
    event: Event | None = None,
    *,
    office: Office | None = None,
    role: VolunteerRole | None = None,
    starts_at: datetime | None = None,
    hours: float = 2,
    now: datetime = NOW,
    **fields: Any,
) -> Shift:
    """A posted shift for two: an hour before ``event``, or on its own in eight days."""
    office = office or (event.office if event is not None else make_office(now=now))
    if starts_at is None:
        starts_at = event.starts_at - timedelta(hours=1) if event else now + timedelta(days=8)
    fields.setdefault("capacity", 2)
    return shift_actions.create_shift(
        office=office,
        role=role or make_role(office, now=now),
        event=event,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        now=now,
        **fields,
    )


def make_claim(
    shift: Shift, *, email: str = "", proven: bool = True, now: datetime = NOW, **fields: Any
) -> ShiftClaim:
    fields.setdefault("name", "Vic Ortiz")
    outcome = claim_actions.claim_shift(
        shift_id=shift.pk,
        email=email or f"volunteer{next(_numbers)}@example.org",
        proven=proven,
        now=now,
        **fields,
    )
    assert outcome.claim is not None, f"the claim was refused: {outcome.result}"
    return outcome.claim
