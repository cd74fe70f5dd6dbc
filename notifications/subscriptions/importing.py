"""Bring an existing list with its proof of consent. Nobody is mailed because of it.

Who has said no stays out: addresses that must not be written to, and whoever has ended what they
got from this office. The same list again changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.audit import operation
from events.errors import Refused
from events.models import Office, Person, StaffUser, Topic
from events.proof import address_hashes
from notifications.known_people import known_to
from notifications.models import Subscription, Suppression
from notifications.subscriptions.actions import check_wishes
from notifications.subscriptions.list_files import Problem, Row, read_list

#: Rows that one round of queries looks at. SQLite reads at most 32,766 values in one statement.
CHUNK = 1000


@dataclass
class Report:
    """What became, or would become, of a list. ``added`` and the rest count people."""

    rows: int = 0
    #: Get something now that they did not get before; how many of them were unknown here.
    added: int = 0
    new_people: int = 0
    #: Get all of it already.
    unchanged: int = 0
    #: Lines that are left out, in the order of the file.
    problems: list[Problem] = field(default_factory=list)
    #: Nothing was written: this only says what would be.
    is_rehearsal: bool = False


def import_subscribers(
    *,
    data: bytes,
    name: str,
    office: Office,
    topics: Sequence[Topic],
    consent: str,
    rehearse: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> Report:
    """Subscribe the addresses in a CSV file to ``topics`` of ``office``, all or none.

    ``consent`` says how and when these people agreed; it is kept with each subscription beside the
    file's ``name``, and the time that a line gives for it. ``rehearse``: only say what would
    happen. Raises :class:`~notifications.subscriptions.list_files.NotAList`, and
    :class:`Refused` without topics or consent.
    """
    check_wishes(topics, [office])
    if not consent.strip():
        raise Refused(
            "consent_missing",
            gettext_lazy("Say how and when these people agreed to get your mail."),
            field="consent",
        )
    found = read_list(data)
    report = Report(rows=len(found.rows) + len(found.problems), is_rehearsal=rehearse)
    report.problems = list(found.problems)
    work = _Import(office, topics, f"import: {name}"[:200], consent.strip(), report, now)
    if rehearse:
        for chunk in _chunks(found.rows):
            work.look_at(chunk)
    else:
        with operation(at=now, actor=actor) as op:
            for chunk in _chunks(found.rows):
                work.bring(chunk)
            if report.added:
                op.record(
                    "subscription.imported", office=office, added=report.added,
                    new_people=report.new_people, left_out=len(report.problems),
                )  # fmt: skip
    report.problems.sort()
    return report


def _chunks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    # In the order of the addresses, so that two imports at once lock people in one order.
    ordered = iter(sorted(rows, key=lambda row: row.email))
    while chunk := list(islice(ordered, CHUNK)):
        yield chunk


@dataclass
class _Import:
    """One list on its way in."""

    office: Office
    topics: Sequence[Topic]
    source: str
    consent: str
    report: Report
    now: datetime

    def look_at(self, rows: Sequence[Row]) -> list[tuple[Row, list[Topic]]]:
        """Count what would become of the rows; return those that bring something, and what."""
        people = {
            person.email: person
            for person in Person.objects.filter(email__in=[row.email for row in rows])
        }
        suppressed = self._suppressed(rows)
        live, ended = self._wishes(person.pk for person in people.values())
        wanted = []
        for row in rows:
            person = people.get(row.email)
            key = person.pk if person is not None else 0
            if row.email in suppressed:
                self._leave_out(row, suppressed[row.email])
                continue
            if key in ended and key not in live:
                self._leave_out(row, _("They have unsubscribed from this office’s letters."))
                continue
            gone = ended.get(key, set())
            missing = [topic for topic in self.topics if topic.pk not in live.get(key, set())]
            brings = [topic for topic in missing if topic.pk not in gone]
            if not missing:
                self.report.unchanged += 1
            elif not brings:
                self._leave_out(row, _("They have unsubscribed from these topics."))
            else:
                self.report.added += 1
                self.report.new_people += person is None
                wanted.append((row, brings))
        return wanted

    def bring(self, rows: Sequence[Row]) -> None:
        """Write people and subscriptions. What is read is read under the people's locks."""
        known = Person.objects.filter(email__in=[row.email for row in rows]).order_by("email")
        list(known.select_for_update(no_key=True).values_list("pk", flat=True))
        wanted = self.look_at(rows)
        # Who signs up at this moment may be there already; they then keep what they gave.
        Person.objects.bulk_create(
            [
                Person(email=row.email, name=row.name, language=row.language, created_at=self.now)
                for row, _topics in wanted
            ],
            ignore_conflicts=True,
        )
        keys = dict(
            Person.objects.filter(email__in=[row.email for row, _topics in wanted]).values_list(
                "email", "pk"
            )
        )
        Subscription.objects.bulk_create(
            [
                Subscription(
                    person_id=keys[row.email],
                    topic=topic,
                    office=self.office,
                    language=row.language,
                    created_at=self._agreed_at(row),
                    confirmed_at=self.now,
                    consent_source=self.source,
                    consent_text=self.consent,
                )
                for row, topics in wanted
                for topic in topics
            ],
            ignore_conflicts=True,
            batch_size=CHUNK,
        )

    def _agreed_at(self, row: Row) -> datetime:
        return min(row.opted_in or self.now, self.now)

    def _leave_out(self, row: Row, reason: str) -> None:
        self.report.problems.append(Problem(row.line, row.email, reason))

    def _suppressed(self, rows: Sequence[Row]) -> dict[str, str]:
        """Return why which addresses must not be written to.

        The reason is said of people whom this office knows: it may be what they told another one.
        """
        hashes = {found: row.email for row in rows for found in address_hashes(row.email)}
        suppressions = Suppression.objects.filter(address_hash__in=hashes)
        known = set(suppressions.filter(known_to([self.office])).values_list("pk", flat=True))
        found = {}
        for suppression in suppressions:
            why = _("No mail may go to this address.")
            if suppression.pk in known:
                words = _("No mail may go to this address: %(reason)s.")
                why = words % {"reason": suppression.get_reason_display()}
            found[hashes[suppression.address_hash]] = why
        return found

    def _wishes(self, people: Iterable[int]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
        """Return the topics that people get from the office, and those that they have ended."""
        live: dict[int, set[int]] = {}
        ended: dict[int, set[int]] = {}
        rows = Subscription.objects.filter(office=self.office, person__in=list(people))
        for person, topic, confirmed, end in rows.values_list(
            "person", "topic", "confirmed_at", "ended_at"
        ):
            if end is not None:
                ended.setdefault(person, set()).add(topic)
            elif confirmed is not None:
                live.setdefault(person, set()).add(topic)
        return live, ended
