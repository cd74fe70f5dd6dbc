"""Who stops a message in the moment in which it begins to go out, on real PostgreSQL.

Two connections meet at exactly that step; a third one holds one of them there. What counts is the
order of the commits: no message begins after an unsubscribe, a suppression, a cancellation or a
move was committed (DELIVERY.md, Definition).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from config.environment import MailTransport
from events.actions.calling_off import cancel_event
from events.actions.events import reschedule_event
from events.actions.offices import edit_venue
from events.actions.rsvps import cancel_rsvp
from events.models import AuditEntry, Event
from notifications import digests
from notifications.delivery import claiming
from notifications.delivery.sending import send_batch
from notifications.delivery.suppression import suppress
from notifications.models import Delivery, Suppression
from notifications.subscriptions.actions import choose, unsubscribe
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_topic,
    make_venue,
)
from tests.notifications.mailing import CONSENT, make_letter, make_reader, plan
from tests.processes import wait_for
from volunteers.actions.claims import release_claim
from volunteers.actions.shifts import cancel_shift

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

#: The next morning at eight, when a digest is due, and everything else, too.
MORNING = NOW + timedelta(hours=23)
#: Plans one message and returns the action that makes it wrong.
Scene = Callable[[], Callable[[], object]]


def a_letter(act: Callable[[Any, Any], object]) -> Callable[[], object]:
    office, topic = make_office(), make_topic()
    reader = make_reader(office, [topic])
    make_letter(office, topics=[topic])
    return lambda: act(reader, office)


def unsubscribing() -> Callable[[], object]:
    return a_letter(
        lambda reader, office: unsubscribe(person_id=reader.pk, office_id=office.pk, now=NOW)
    )


def choosing_nothing() -> Callable[[], object]:
    return a_letter(
        lambda reader, office: choose(
            person_id=reader.pk, offices=[office], wishes=[], language="en", consent=CONSENT,
            now=NOW,
        )
    )  # fmt: skip


def a_suppression() -> Callable[[], object]:
    return a_letter(
        lambda reader, office: suppress(email=reader.email, scope="all", reason="bounced", now=NOW)
    )


def cancelling_an_rsvp() -> Callable[[], object]:
    rsvp = make_rsvp(make_event())
    return lambda: cancel_rsvp(rsvp_id=rsvp.pk, now=NOW)


def cancelling_an_event() -> Callable[[], object]:
    event = make_event()
    make_rsvp(event)
    return lambda: cancel_event(event_id=event.pk, reason="Storm", now=NOW)


def moving_an_event() -> Callable[[], object]:
    event = make_event()
    make_rsvp(event)
    day = timedelta(days=1)
    return lambda: reschedule_event(
        event_id=event.pk, starts_at=event.starts_at + day, ends_at=event.ends_at + day, now=NOW
    )


def moving_one_of_several_events() -> Callable[[], object]:
    office = make_office()
    library = make_venue(office)
    events = [make_event(office, venue=library) for _number in range(2)]
    for event in events:
        make_rsvp(event, email="both@example.org")
    edit_venue(venue_id=library.pk, changes={"street": "14 Elm Street"}, now=NOW)
    plan()
    Delivery.objects.exclude(message="place_changed").delete()
    last, day = events[1], timedelta(days=1)
    return lambda: reschedule_event(
        event_id=last.pk, starts_at=last.starts_at + day, ends_at=last.ends_at + day, now=NOW
    )


def giving_a_shift_back() -> Callable[[], object]:
    claim = make_claim(make_shift())
    return lambda: release_claim(claim_id=claim.pk, now=NOW)


def cancelling_a_shift() -> Callable[[], object]:
    shift = make_shift()
    make_claim(shift)
    return lambda: cancel_shift(shift_id=shift.pk, reason="Storm", now=NOW)


def cancelling_the_event_of_a_shift() -> Callable[[], object]:
    event = make_event()
    make_claim(make_shift(event=event))
    return lambda: cancel_event(event_id=event.pk, reason="Storm", now=NOW)


def a_digest() -> Event:
    """A digest that tells of an event and of a shift at another one."""
    office, topic = make_office(), make_topic()
    make_reader(office, [topic], frequency="daily")
    event = make_event(office, topics=[topic], now=NOW)
    digests.plan(MORNING)
    return event


def cancelling_an_event_of_a_digest() -> Callable[[], object]:
    event = a_digest()
    return lambda: cancel_event(event_id=event.pk, reason="Storm", now=NOW)


SCENES = [
    unsubscribing, choosing_nothing, a_suppression, cancelling_an_rsvp, cancelling_an_event,
    moving_an_event, moving_one_of_several_events, giving_a_shift_back, cancelling_a_shift,
    cancelling_the_event_of_a_shift, cancelling_an_event_of_a_digest,
]  # fmt: skip


class Doing(threading.Thread):
    """Something that is done over a connection of its own."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.action = action
        self.backend = 0
        self.error: Exception | None = None
        self.start()
        wait_for(lambda: self.backend, what="a connection")

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (self.backend,) = cursor.fetchone()
            self.action()
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()

    def waits(self) -> bool:
        """Whether it waits for a lock that somebody else holds."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [self.backend])
            return bool(cursor.fetchone()[0])

    def has_settled(self) -> bool:
        return self.waits() or not self.is_alive()

    def ends(self) -> None:
        self.join(20)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error


@contextmanager
def held(statement: str) -> Iterator[None]:
    """Hold a lock over a third connection."""
    its = connection.settings_dict
    with psycopg.connect(
        host=its["HOST"], port=its["PORT"], user=its["USER"], dbname=its["NAME"]
    ) as third:
        third.execute(statement.encode())
        yield
        third.rollback()


@pytest.fixture(autouse=True)
def mail(settings: Any, tmp_path: Any) -> None:
    """Mail goes to a folder."""
    settings.MAIL_TRANSPORT = MailTransport("file", path=tmp_path)


def to_send() -> Delivery:
    """Plan what has happened; the one message of it is to go out."""
    (delivery,) = plan()
    return delivery


@pytest.mark.parametrize("scene", SCENES)
def test_what_comes_while_the_step_is_made_is_committed_after_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step has read the facts and is not committed: the action has to wait for it."""
    action = scene()
    delivery = to_send()
    at_the_step, go_on = threading.Event(), threading.Event()
    begin = claiming.begin

    def begin_when_told(*args: Any, **kwargs: Any) -> bool:
        at_the_step.set()
        assert go_on.wait(20)
        return begin(*args, **kwargs)

    monkeypatch.setattr(claiming, "begin", begin_when_told)
    sender = Doing(lambda: send_batch(now=MORNING))
    assert at_the_step.wait(20)
    with held(f"SELECT 1 FROM {Delivery._meta.db_table} WHERE id = {delivery.pk} FOR UPDATE"):
        go_on.set()
        wait_for(sender.waits, what="a step that has begun")
        stopper = Doing(action)
        wait_for(stopper.has_settled, what="an action that waits or is done")
        assert stopper.waits(), "it was committed before a step that does not know of it"
    sender.ends()
    stopper.ends()
    delivery.refresh_from_db()
    assert delivery.state == "accepted"


@pytest.mark.parametrize("scene", SCENES)
def test_what_was_begun_before_the_step_is_seen_by_it(scene: Scene) -> None:
    """The action is done and about to be committed: the step has to wait, and sees it then."""
    action = scene()
    delivery = to_send()
    table = (Suppression if scene is a_suppression else AuditEntry)._meta.db_table
    with held(f"LOCK TABLE {table} IN SHARE MODE"):
        stopper = Doing(action)
        wait_for(stopper.waits, what="an action that is about to be written down")
        sender = Doing(lambda: send_batch(now=MORNING))
        wait_for(sender.has_settled, what="a step that waits or is done")
        assert sender.waits()
    stopper.ends()
    sender.ends()
    delivery.refresh_from_db()
    if scene in (moving_an_event, moving_one_of_several_events):
        # The place is still theirs; what is sent names the new time.
        assert (delivery.state, delivery.attempts) == ("accepted", 1)
    else:
        assert delivery.state in ("superseded", "suppressed")
        assert delivery.transmitting_at is None
