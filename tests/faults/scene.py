"""What the tests of faults share: people who are waiting for mail, a worker, time, and a judge."""

import os
import signal
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import Popen

from celery import current_app
from django.conf import settings
from django.db.models import F

from config.celery import TICK
from events import clock
from events.models import ClockOffset, Event, Office, Outbox, Person, Topic
from notifications import planning, reminders
from notifications.delivery.claiming import LEASE, due
from notifications.delivery.retry import LONGEST_PAUSE
from notifications.models import Delivery, MailHold, Subscription, Tick
from notifications.models.delivery import OPEN
from tests.factories import NOW, make_event, make_office, make_rsvp, make_topic
from tests.faults import tally
from tests.notifications.mailing import make_letter
from tests.processes import Processes, wait_for
from tests.smtp_sink import SmtpSink, Taken


def stand_at(moment: datetime) -> None:
    """Set the database's clock; it runs on from there. A worker sees the old time or the new."""
    ClockOffset.objects.get_or_create(defaults={"seconds": 0})
    ahead = (moment - clock.database_now()).total_seconds()
    ClockOffset.objects.update(seconds=F("seconds") + ahead)


def many_readers(office: Office, topic: Topic, emails: Sequence[str]) -> None:
    """Subscribe these addresses in bulk, as if each had confirmed it."""
    Person.objects.bulk_create(
        [Person(email=email, language="en", created_at=NOW) for email in emails], batch_size=1000
    )
    people = Person.objects.filter(email__startswith="reader", subscriptions=None)
    Subscription.objects.bulk_create(
        [
            Subscription(
                person=person, topic=topic, office=office, language="en", created_at=NOW,
                confirmed_at=NOW, consent_source="/subscribe/", consent_text="Letters by mail",
            )
            for person in people
        ],
        batch_size=1000,
    )  # fmt: skip


class Scene:
    """A town hall with guests, an office with readers, and the mail server that serves them."""

    def __init__(self, processes: Processes, sink: SmtpSink) -> None:
        self.processes = processes
        self.sink = sink
        self.mark = Path(settings.TEST_DIR) / f"mark-{uuid.uuid4()}"
        #: Message name by address: everything that somebody is waiting for.
        self.expected: dict[str, str] = {}
        stand_at(NOW)
        self.office = make_office()
        self.topic = make_topic()
        self.event: Event = make_event(self.office, capacity=None)

    # --- What people do --------------------------------------------------------------------------

    def guests(self, number: int, *, prefix: str = "guest") -> list[str]:
        """Let guests take places; each waits for a confirmation from then on."""
        emails = [f"{prefix}{i}@example.org" for i in range(number)]
        for email in emails:
            make_rsvp(self.event, email=email)
            self.expected[email] = "rsvp_confirmed"
        return emails

    def letter_to_readers(self, number: int) -> list[str]:
        """Post a letter that so many readers are waiting for; another one is for others."""
        first = sum(message == "letter" for message in self.expected.values())
        emails = [f"reader{i}@example.org" for i in range(first, first + number)]
        topic = make_topic(f"topic-{first}") if first else self.topic
        many_readers(self.office, topic, emails)
        self.expected |= dict.fromkeys(emails, "letter")
        make_letter(self.office, topics=[topic])
        return emails

    # --- Workers and time ------------------------------------------------------------------------

    def worker(self, *, fault: str = "", who: str = "child", **more: str) -> Popen[bytes]:
        """Start a worker with one process in its pool, which dies at the point named."""
        process = self.processes.start(
            "-m", "celery", "-A", "tests.faults.worker", "worker", "--pool", "prefork",
            "--concurrency", "1", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
            TEST_EMAIL_URL=self.sink.url, FAULT=fault, FAULT_WHO=who, FAULT_MARK=str(self.mark),
            **more,
        )  # fmt: skip
        wait_for(
            lambda: " ready." in self.processes.log(process) or process.poll() is not None,
            seconds=60,
            what="a Celery worker",
        )
        assert process.poll() is None or self.fired(), self.processes.log(process)
        return process

    def fired(self) -> bool:
        return self.mark.exists()

    @staticmethod
    def kill(pid: int) -> bool:
        """Kill a process without a word; returns whether there was one to kill."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    @staticmethod
    def kill_group(worker: Popen[bytes]) -> None:
        """Kill a worker with all that it has started, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def wait_for_the_fault(self) -> None:
        wait_for(self.fired, seconds=60, what="the fault")

    @staticmethod
    def tick() -> None:
        """What beat does once a minute."""
        current_app.send_task(TICK)

    @staticmethod
    def now() -> datetime:
        return clock.database_now()

    @staticmethod
    def advance(by: timedelta) -> None:
        stand_at(clock.database_now() + by)

    @staticmethod
    def quiet() -> bool:
        """Whether nothing is under way, and nothing is due that may go now."""
        now = clock.database_now()
        if Delivery.objects.filter(state__in=("claimed", "transmitting")).exists():
            return False
        if Outbox.objects.filter(not_before=None).exists():
            return False
        held = MailHold.objects.filter(until__gt=now).exists()
        return held or not Delivery.objects.filter(due(now)).exists()

    @staticmethod
    def has_ticked(moment: datetime) -> bool:
        """Whether a tick has come round since then."""
        return Tick.objects.filter(at__gte=moment).exists()

    @staticmethod
    def nothing_open() -> bool:
        """Whether every message has come to its end, and no fact is waiting to be told."""
        return not (Delivery.objects.filter(state__in=OPEN).exists() or Outbox.objects.exists())

    def told(self) -> str:
        """Say how things stand, for whoever looks at a failure."""
        states = Counter(Delivery.objects.values_list("state", flat=True))
        copies = Counter(Counter(mail.recipient for mail in list(self.sink.taken)).values())
        return f"states {dict(states)}, copies {dict(copies)}"

    def let_time_pass(self) -> None:
        """Let the time that the promise allows go by: a lease, the longest backoff, two ticks."""
        for step in (LEASE + timedelta(seconds=1), LONGEST_PAUSE, timedelta(minutes=1)):
            self.advance(step)
            self.tick()
            wait_for(self.quiet, seconds=60, what="quiet")
        self.tick()
        wait_for(self.quiet, seconds=60, what="quiet")

    # --- The judge -------------------------------------------------------------------------------

    def judge(
        self,
        *,
        cut: int = 0,
        refused: Iterable[str] = (),
        stopped: Iterable[str] = (),
        held: tuple[str, ...] = ("letter",),
        faults: int = 1,
    ) -> None:
        """Judge by what the mail server has (DELIVERY.md, Definition).

        ``cut``: sending slots that were cut while transmitting. ``refused``: addresses to which
        the server gave a 5xx. ``stopped``: whose copy bounced before we knew that it was taken,
        so that they get no second one. ``held``: messages that are not sent again after a cut.
        ``faults``: how many there were, for the tally.
        """
        copies: defaultdict[str, list[Taken]] = defaultdict(list)
        for taken in list(self.sink.taken):
            copies[taken.recipient].append(taken)
        rows = {row.person.email: row for row in Delivery.objects.select_related("person")}
        told = self.told()
        missing = set(self.expected) - set(copies) - set(refused)
        unknown = {email for email, row in rows.items() if row.state == "unknown"}
        doubled = {email: mails for email, mails in copies.items() if len(mails) > 1}
        tally.note(
            intents=len(self.expected),
            copies=sum(len(mails) for mails in copies.values()),
            lost=len(missing - unknown),
            doubled=len(doubled),
            unknown=len(unknown),
            refused=len(set(refused)),
            faults=faults,
        )

        # Nothing lost.
        assert missing <= unknown, f"lost: {sorted(missing - unknown)}; {told}"
        assert len(unknown) <= cut, told
        assert all(self.expected[email] in held for email in unknown), told
        failed = {email for email, row in rows.items() if row.state == "failed"}
        assert failed == set(refused), told
        suppressed = {email for email, row in rows.items() if row.state == "suppressed"}
        assert suppressed == set(stopped), told
        rest = set(self.expected) - unknown - failed - suppressed
        assert {rows[email].state for email in rest} <= {"accepted"}, told
        assert planning.plan_outbox() == 0
        reminders.plan(clock.database_now())
        assert Delivery.objects.count() == len(self.expected), "the planner found something to add"

        # Nothing twice.
        assert set(copies) <= set(self.expected)
        assert len(doubled) <= cut, told
        for email, mails in doubled.items():
            assert len(mails) == 2, told
            assert self.expected[email] not in held, told
            assert len({(mail.key, mail.message_id) for mail in mails}) == 1, told
        for mails in copies.values():
            assert len({mail.key for mail in mails}) == 1, told
