"""Ask for letters, confirm it, choose, end it. The person's row is the one lock.

Double opt-in: a request is mailed to the address it names, and only a POST through that mail makes
it live. Consent is kept on each row: when, where, and the wording (DESIGN.md, Subscriptions).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from django.utils.translation import gettext_lazy as _

from events.actions.people import person_with_email, tell_proof
from events.audit import Operation, operation
from events.errors import Refused
from events.models import AuditEntry, Office, Person, StaffUser, Topic
from events.proof import address_hashes
from notifications.models import Frequency, Subscription, SubscriptionRequest, Suppression
from notifications.models.subscription import SubscriptionQuerySet

#: Between two mails that ask one address to confirm; four times as long with each one that nobody
#: has answered, so that whoever sends the form over and over sends few mails.
COOLDOWN = timedelta(minutes=5)
LONGEST_COOLDOWN = timedelta(days=1)

#: An office and a topic of it, by their keys.
Wish = tuple[int, int]


@dataclass(frozen=True)
class Consent:
    """Where a person agreed, and to which words."""

    source: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What became of a sign-up.

    "requested" (a mail asks to confirm it), "confirmed" (the browser had proven the address) or
    "repeated" (there was nothing new in it).
    """

    person: Person
    result: str


def lock_person(person_id: int) -> Person:
    """Lock and return the person: whoever changes their subscriptions does so one at a time."""
    return Person.objects.select_for_update(no_key=True).get(pk=person_id)


def subscribe(
    *,
    email: str,
    topics: Sequence[Topic],
    offices: Sequence[Office],
    consent: Consent,
    name: str = "",
    language: str = "",
    frequency: str = Frequency.IMMEDIATE,
    proven: bool = False,
    now: datetime,
) -> Outcome:
    """Ask for the letters of ``offices`` on ``topics``.

    What the person gets already, they can ask for as a digest; nobody's digests end by a form that
    says nothing of them.

    ``proven``: the browser has shown that the address is its own, so nothing is mailed and the
    subscriptions are live at once. Otherwise the address gets one mail, which confirms this
    request and no other, within :data:`REQUEST_TTL`. In the :data:`COOLDOWN` after such a mail the
    same form makes no second one, and another form's mail comes when it is over.

    Raises :class:`Refused` where the form asks for nothing, or for offices of two kinds: official
    offices, campaigns and civic groups never share a list.
    """
    check_wishes(topics, offices)
    with operation(at=now, by_person=True) as op:
        person = person_with_email(email, name=name, language=language, at=now)
        lock_person(person.pk)
        live = frequencies_of(person)
        wanted = [
            (office.pk, topic.pk)
            for office, topic in product(offices, topics)
            if _is_new(frequency, live.get((office.pk, topic.pk)))
        ]
        if not wanted:
            if not proven and not _was_told(person, now):
                op.record(
                    "subscription.repeated", office=offices[0], person=person, language=language
                )
            return Outcome(person, "repeated")
        asked = [] if proven else _waiting_requests(person, now)
        pause_until = _cooldown_until(asked)
        if pause_until > now and any(_asks_for_all(one, wanted, frequency) for one in asked):
            return Outcome(person, "requested")
        request = SubscriptionRequest.objects.create(
            person=person, office=offices[0], language=language, created_at=now
        )
        _insert(
            op, person, dict.fromkeys(wanted, frequency), consent=consent, language=language,
            request=request,
        )  # fmt: skip
        if proven:
            _confirm(op, request, person)
            return Outcome(person, "confirmed")
        op.record(
            "subscription.requested", office=offices[0], person=person, request=request.pk,
            not_before=pause_until.isoformat() if pause_until > now else None,
        )  # fmt: skip
        return Outcome(person, "requested")


def _was_told(person: Person, now: datetime) -> bool:
    """Whether somebody signed the person up a moment ago for what they get, and they heard so."""
    told = AuditEntry.objects.filter(
        person_id=person.pk, action="subscription.repeated", at__gt=now - COOLDOWN
    )
    return told.exists()


def _waiting_requests(person: Person, now: datetime) -> list[SubscriptionRequest]:
    """Return the requests that the person has not confirmed and still can, oldest first."""
    return list(
        SubscriptionRequest.objects.waiting(now)
        .filter(person=person)
        .prefetch_related("subscriptions")
        .order_by("created_at", "pk")
    )


def _cooldown_until(asked: Sequence[SubscriptionRequest]) -> datetime:
    """Return until when no further mail asks the person to confirm something."""
    if not asked:
        return datetime.min.replace(tzinfo=UTC)
    pause: timedelta = COOLDOWN * 4 ** min(len(asked) - 1, 8)
    return asked[-1].created_at + min(pause, LONGEST_COOLDOWN)


def _asks_for_all(request: SubscriptionRequest, wanted: Iterable[Wish], frequency: str) -> bool:
    """Whether the request, whose mail is on its way, asks for all of it (uses a prefetch)."""
    asked_for = {
        (row.office_id, row.topic_id)
        for row in request.subscriptions.all()
        if row.ended_at is None and row.frequency == frequency
    }
    return set(wanted) <= asked_for


def check_wishes(topics: Sequence[Topic], offices: Sequence[Office]) -> None:
    """Raise :class:`Refused` unless the wishes name topics, and offices of one kind."""
    if not topics:
        raise Refused("no_topics", _("Choose at least one topic."), field="topics")
    if not offices:
        raise Refused("no_office", _("Choose whose letters you want."), field="office")
    if len({office.kind for office in offices}) > 1:
        raise Refused(
            "mixed_kinds",
            _("Public offices, campaigns and civic groups keep separate lists. Sign up for one."),
            field="office",
        )


def _is_new(wanted: str, live: str | None) -> bool:
    """Whether a wish is more than what the person gets, whose ``live`` frequency is given."""
    return live is None or (wanted != live and wanted != Frequency.IMMEDIATE)


def frequencies_of(person: Person) -> dict[Wish, str]:
    """Return what the person gets now: (office, topic) keys with the frequency; one query."""
    rows = Subscription.objects.live().filter(person=person)
    return {
        (office_id, topic_id): frequency
        for office_id, topic_id, frequency in rows.values_list("office_id", "topic_id", "frequency")
    }


def wishes_of(person: Person) -> set[Wish]:
    """Return what the person gets now, as (office, topic) keys; one query."""
    return set(frequencies_of(person))


def _insert(
    op: Operation,
    person: Person,
    wanted: Mapping[Wish, str],
    *,
    consent: Consent,
    language: str,
    request: SubscriptionRequest | None = None,
    confirmed: bool = False,
) -> None:
    Subscription.objects.bulk_create(
        Subscription(
            person=person,
            office_id=office_id,
            topic_id=topic_id,
            request=request,
            language=language,
            frequency=frequency,
            created_at=op.at,
            confirmed_at=op.at if confirmed else None,
            consent_source=consent.source,
            consent_text=consent.text,
        )
        for (office_id, topic_id), frequency in wanted.items()
    )


def confirm_request(*, request_id: int, now: datetime) -> SubscriptionRequest:
    """Make a request's subscriptions live, through its mailed link; a second time is harmless.

    What the person has ended since they asked stays ended. After :data:`REQUEST_TTL` nothing
    happens: who signed up so long ago is asked to do it again.
    """
    with operation(at=now, by_person=True) as op:
        request = SubscriptionRequest.objects.select_related("person").get(pk=request_id)
        person = lock_person(request.person_id)
        request.refresh_from_db(fields=["confirmed_at"])
        tell_proof(op, person.pk)
        if request.is_waiting(now):
            _confirm(op, request, person)
    return request


def _confirm(op: Operation, request: SubscriptionRequest, person: Person) -> None:
    live = frequencies_of(person)
    pending = list(Subscription.objects.pending().filter(request=request))
    changed = set()
    for subscription in pending:
        wish = (subscription.office_id, subscription.topic_id)
        if wish not in live:
            subscription.confirmed_at = op.at
            continue
        # The person has it already, or another request brought it in the meantime.
        subscription.ended_at = op.at
        if _is_new(subscription.frequency, live[wish]):
            changed.add(subscription.office_id)
            rows = Subscription.objects.live().filter(
                person=person, office=subscription.office_id, topic=subscription.topic_id
            )
            _write_frequency(rows, subscription.frequency, op.at)
    Subscription.objects.bulk_update(pending, ["confirmed_at", "ended_at"])
    request.confirmed_at = op.at
    request.save(update_fields=["confirmed_at"])
    if person.email:
        _lift_suppression(op, person.pk, person.email)
    confirmed = {row.office_id for row in pending if row.confirmed_at}
    for office_id in sorted(confirmed):
        op.record("subscription.confirmed", office=office_id, person=person, request=request.pk)
    for office_id in sorted(changed - confirmed):
        op.record("subscription.changed", office=office_id, person=person)


def _write_frequency(rows: SubscriptionQuerySet, often: str, now: datetime) -> int:
    """Write how often ``rows`` write; return for how many that is new."""
    begun = 0
    if often != Frequency.IMMEDIATE:
        begun = rows.immediate().update(frequency=often, frequency_at=now, digests_since=now)
    return begun + rows.exclude(frequency=often).update(frequency=often, frequency_at=now)


def _lift_suppression(op: Operation, person_id: int, email: str) -> None:
    """Let letters through again to an address that bounced or complained, and now opts in anew.

    Not where it must get no mail at all, nor where staff decided it.
    """
    lifted, _rows = Suppression.objects.filter(
        address_hash__in=address_hashes(email),
        scope="bulk",
        reason__in=["bounced", "soft_bounces", "complained"],
    ).delete()
    if lifted:
        op.record("person.mail_resumed", person=person_id, reason_code="opted_in")


def choose(
    *,
    person_id: int,
    offices: Sequence[Office],
    wishes: Iterable[Wish],
    language: str,
    consent: Consent,
    frequencies: Mapping[int, str] | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> None:
    """Make the person's subscriptions at ``offices`` exactly ``wishes``, in ``language``.

    ``frequencies``: how often each of the offices writes, by its key. Where it says nothing, what
    there is keeps its frequency, and what is new comes at once.

    The preferences page: its link proves the address, so what is new is live at once. Requests
    that still wait for their confirmation end, since this says what the person wants now.
    """
    shown = {office.pk for office in offices}
    wanted = {wish for wish in wishes if wish[0] in shown}
    with operation(at=now, actor=actor, by_person=actor is None) as op:
        person = lock_person(person_id)
        had = {wish for wish in wishes_of(person) if wish[0] in shown}
        ended = had - wanted
        rows = Subscription.objects.filter(person=person, office__in=shown)
        over = [
            pk
            for pk, *wish in rows.live().values_list("pk", "office_id", "topic_id")
            if tuple(wish) in ended
        ]
        rows.filter(pk__in=over).update(ended_at=now)
        rows.pending().update(ended_at=now)
        chosen = {pk: often for pk, often in (frequencies or {}).items() if pk in shown}
        new = {
            wish: chosen.get(wish[0], Frequency.IMMEDIATE.value) for wish in sorted(wanted - had)
        }
        _insert(op, person, new, consent=consent, language=language, confirmed=True)
        often_now = {
            pk: _write_frequency(rows.live().filter(office=pk), often, now)
            for pk, often in chosen.items()
        }
        speaks_now = rows.live().exclude(language=language).update(language=language)
        for office in offices:
            before = {topic for office_id, topic in had if office_id == office.pk}
            after = {topic for office_id, topic in wanted if office_id == office.pk}
            if before and not after:
                op.record(
                    "subscription.ended", office=office, person=person, reason_code="preferences"
                )
            elif before != after or (before and (speaks_now or often_now.get(office.pk))):
                op.record("subscription.changed", office=office, person=person)


def unsubscribe(*, person_id: int, office_id: int, now: datetime) -> int:
    """End all bulk mail from an office to a person; return how many subscriptions ended.

    Also what waits for its confirmation. A second time changes nothing and records nothing.
    """
    with operation(at=now, by_person=True) as op:
        person = lock_person(person_id)
        rows = Subscription.objects.filter(person=person, office=office_id)
        ended = rows.live().update(ended_at=now)
        ended += rows.pending().update(ended_at=now)
        if ended:
            op.record(
                "subscription.ended", office=office_id, person=person, reason_code="unsubscribed"
            )
    return ended
