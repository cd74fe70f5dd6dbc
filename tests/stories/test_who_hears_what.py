"""A week of one office, and every message of it: who hears what, in which language, once.

The set of messages is written out. It is the same when a worker is killed between claiming a batch
and beginning to send it.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from events.actions import events as event_actions
from events.actions.calling_off import cancel_event
from events.models import Mode
from notifications import planning, reminders, tick
from notifications.delivery import claiming
from tests.factories import make_event, make_role, make_shift
from tests.notifications.mailing import make_letter
from tests.stories.street import Browser, Heard, Street, heard, link_to, links_in

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


def killed_once(now: datetime) -> None:
    """Send, after a worker has claimed what is due and died with it."""
    reminders.plan(now)
    while planning.plan_outbox(now=now):
        pass
    lost = claiming.claim(now=now)
    if lost is not None:
        assert tick.drain(now=now) == Counter(), "what a dead worker holds is nobody else's yet"
    tick.drain(now=now + claiming.LEASE + timedelta(seconds=1))


@pytest.mark.parametrize("deliver", [None, killed_once], ids=["undisturbed", "a worker killed"])
def test_everyone_hears_everything_once(street: Street, deliver: object) -> None:
    if deliver is not None:
        street.deliver = deliver  # type: ignore[assignment]
    office = street.office
    event = make_event(
        office, title="Town hall on buses", starts_at=START, mode=Mode.BOTH, capacity=3,
        venue=street.library, topics=[street.topics["town-halls"]], now=street.now,
        translations={"es": {"title": "Asamblea sobre autobuses", "description": ""}},
    )  # fmt: skip
    shift = make_shift(event, role=make_role(office, now=street.now), capacity=1, now=street.now)
    messages = []

    def let_mail_go() -> None:
        messages.extend(street.mail())

    # Monday. Ana comes with a neighbor and proves her address; Ben is alone; the room is full.
    rsvp = f"/events/{event.slug}/rsvp/"
    ana, ben, caro, vic, wen = (Browser() for _ in range(5))
    ana.send(rsvp, name="Ana", email="ana@example.org", party_size="2", mode="in_person")
    let_mail_go()
    ana_link = link_to(messages[-1], "rsvps").replace("confirm/", "")
    ana.send(f"{ana_link}confirm/")
    ben.send(rsvp, name="Ben", email="ben@example.org", party_size="1", mode="in_person")
    caro.send(
        f"/es{rsvp}", name="Caro", email="caro@example.org", party_size="1", mode="in_person",
        language="es",
    )  # fmt: skip
    let_mail_go()

    # Vic takes the only shift at the door; Wen would like it, too.
    claim = f"/volunteer/shifts/{shift.pk}/claim/"
    vic.send(claim, name="Vic", email="vic@example.org")
    let_mail_go()
    vic_link = link_to(messages[-1], "claims").replace("confirm/", "")
    wen.send(claim, name="Wen", email="wen@example.org")
    let_mail_go()

    # Tuesday. Ben cannot come: Caro moves up. Vic gives the shift back: Wen moves up.
    street.wait(days=1)
    ben_link = next(
        link_to(m, "rsvps").replace("confirm/", "")
        for m in messages
        if m["To"] == "ben@example.org"
    )
    ben.send(f"{ben_link}cancel/")
    let_mail_go()
    vic.send(f"{vic_link}release/", reason="")
    let_mail_go()

    # Wednesday. Dora signs up for letters, confirms, and the office posts one.
    street.wait(days=1)
    dora = Browser()
    dora.send("/subscribe/", email="dora@example.org", topics=["legislation", "town-halls"])
    let_mail_go()
    dora.send(link_to(messages[-1], "subscribe"))
    make_letter(
        office, title="Buses, and what we asked for", now=street.now,
        topics=[street.topics["legislation"], street.topics["town-halls"]],
    )  # fmt: skip
    let_mail_go()

    # The town hall moves from Thursday to Friday.
    event_actions.reschedule_event(
        event_id=event.pk, starts_at=START + timedelta(days=1),
        ends_at=START + timedelta(days=1, hours=2), now=street.now,
    )  # fmt: skip
    let_mail_go()

    # The week before it, the reminders of a week; then it is called off, and nobody is reminded.
    street.go_to(START - timedelta(days=5, hours=6))
    let_mail_go()
    street.wait(hours=1)
    cancel_event(event_id=event.pk, reason="The roof leaks.", now=street.now)
    let_mail_go()
    street.go_to(START + timedelta(days=1))
    let_mail_go()

    assert Counter(heard(message) for message in messages) == Counter(EXPECTED)
    for message in messages:
        assert links_in(message), message["Subject"]
        for link in links_in(message):
            Browser().open(link)


#: In the order in which it happens: to whom, what, in which language, and what the calendar does.
EXPECTED = [
    Heard(*row)
    for row in (
        # Monday: two get a place at once, the third waits.
        ("ana@example.org", "You have a place: Town hall on buses, Thursday, June 11", "en",
         "REQUEST", "2026-06-12 01:30"),
        ("ben@example.org", "You have a place: Town hall on buses, Thursday, June 11", "en",
         "REQUEST", "2026-06-12 01:30"),
        ("caro@example.org",
         "Está en la lista de espera: Asamblea sobre autobuses, jueves, 11 de junio", "es"),
        ("vic@example.org", "You have a shift: Greeter, Town hall on buses, Thursday, June 11",
         "en", "REQUEST", "2026-06-12 00:30"),
        ("wen@example.org",
         "You are on the waitlist: Greeter, Town hall on buses, Thursday, June 11", "en"),
        # Tuesday: one gives up, and the next one moves up.
        ("ben@example.org", "Your RSVP is cancelled: Town hall on buses, Thursday, June 11", "en",
         "CANCEL", "2026-06-12 01:30"),
        ("caro@example.org", "Ya tiene un lugar: Asamblea sobre autobuses, jueves, 11 de junio",
         "es", "REQUEST", "2026-06-12 01:30"),
        ("vic@example.org",
         "You do not have this shift any more: Greeter, Town hall on buses, Thursday, June 11",
         "en", "CANCEL", "2026-06-12 00:30"),
        ("wen@example.org",
         "You have the shift now: Greeter, Town hall on buses, Thursday, June 11", "en",
         "REQUEST", "2026-06-12 00:30"),
        # Wednesday: a sign-up, one letter on two of its topics, and a new date.
        ("dora@example.org",
         "Please confirm: letters from Office of Council Member Ortega", "en"),
        ("dora@example.org", "Buses, and what we asked for", "en"),
        ("ana@example.org", "New date: Town hall on buses, Friday, June 12", "en", "REQUEST",
         "2026-06-13 01:30"),
        ("caro@example.org", "Nueva fecha: Asamblea sobre autobuses, viernes, 12 de junio", "es",
         "REQUEST", "2026-06-13 01:30"),
        ("wen@example.org", "New date: Town hall on buses, Friday, June 12", "en", "REQUEST",
         "2026-06-13 00:30"),
        # Saturday: the reminder of a week; an hour later it is called off.
        ("ana@example.org", "Reminder: Town hall on buses, Friday, June 12", "en"),
        ("caro@example.org", "Recordatorio: Asamblea sobre autobuses, viernes, 12 de junio", "es"),
        ("wen@example.org", "Reminder of your shift: Greeter, Town hall on buses, Friday, June 12",
         "en"),
        ("ana@example.org", "Cancelled: Town hall on buses, Friday, June 12", "en", "CANCEL",
         "2026-06-13 01:30"),
        ("caro@example.org", "Cancelado: Asamblea sobre autobuses, viernes, 12 de junio", "es",
         "CANCEL", "2026-06-13 01:30"),
        ("wen@example.org", "Cancelled: Town hall on buses, Friday, June 12", "en", "CANCEL",
         "2026-06-13 00:30"),
    )
]  # fmt: skip
