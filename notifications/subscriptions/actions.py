"""Ask for letters, confirm it, choose, end it. The person's row is the one lock.

Double opt-in: a request is mailed to the address it names, and only a POST through that mail makes
it live. Consent is kept on each row: when, where, and the wording (DESIGN.md, Subscriptions).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from django.utils.translation import gettext_lazy as _

from events.actions.people import person_with_email
from events.audit import Operation, operation
from events.errors import Refused
from events.models import Office, Person, StaffUser, Topic
from events.proof import address_hashes
from notifications.models import Subscription, SubscriptionRequest, Suppression

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
    proven: bool = False,
    now: datetime,
) -> Outcome:
    """Ask for the letters of ``offices`` on ``topics``.

    ``proven``: the browser has shown that the address is its own, so nothing is mailed and the
    subscriptions are live at once. Otherwise the address gets one mail, which confirms this
    request and no other. Raises :class:`Refused` where the form asks for nothing, or for offices
    of two kinds: official offices, campaigns and civic groups never share a list.
    """
    check_wishes(topics, offices)
    with operation(at=now, by_person=True) as op:
        person = person_with_email(email, name=name, language=language, at=now)
        lock_person(person.pk)
        live = wishes_of(person)
        wanted = [
            (office.pk, topic.pk)
            for office, topic in product(offices, topics)
            if (office.pk, topic.pk) not in live
        ]
        if not wanted:
            if not proven:
                op.record(
                    "subscription.repeated", office=offices[0], person=person, language=language
                )
            return Outcome(person, "repeated")
        request = SubscriptionRequest.objects.create(
            person=person, office=offices[0], language=language, created_at=now
        )
        _insert(op, person, wanted, consent=consent, language=language, request=request)
        if proven:
            _confirm(op, request, person)
            return Outcome(person, "confirmed")
        op.record("subscription.requested", office=offices[0], person=person, request=request.pk)
        return Outcome(person, "requested")


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


def wishes_of(person: Person) -> set[Wish]:
    """Return what the person gets now, as (office, topic) keys; one query."""
    rows = Subscription.objects.live().filter(person=person)
    return set(rows.values_list("office_id", "topic_id"))


def _insert(
    op: Operation,
    person: Person,
    wanted: Iterable[Wish],
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
            created_at=op.at,
            confirmed_at=op.at if confirmed else None,
            consent_source=consent.source,
            consent_text=consent.text,
        )
        for office_id, topic_id in wanted
    )


def confirm_request(*, request_id: int, now: datetime) -> SubscriptionRequest:
    """Make a request's subscriptions live, through its mailed link; a second time is harmless.

    What the person has ended since they asked stays ended.
    """
    with operation(at=now, by_person=True) as op:
        request = SubscriptionRequest.objects.select_related("person").get(pk=request_id)
        person = lock_person(request.person_id)
        request.refresh_from_db(fields=["confirmed_at"])
        if request.confirmed_at is None:
            _confirm(op, request, person)
    return request


def _confirm(op: Operation, request: SubscriptionRequest, person: Person) -> None:
    live = wishes_of(person)
    pending = list(Subscription.objects.pending().filter(request=request))
    for subscription in pending:
        if (subscription.office_id, subscription.topic_id) in live:
            # Another request brought it in the meantime: this one is done with.
            subscription.ended_at = op.at
        else:
            subscription.confirmed_at = op.at
    Subscription.objects.bulk_update(pending, ["confirmed_at", "ended_at"])
    request.confirmed_at = op.at
    request.save(update_fields=["confirmed_at"])
    if person.email:
        _lift_suppression(person.email)
    for office_id in sorted({row.office_id for row in pending if row.confirmed_at}):
        op.record("subscription.confirmed", office=office_id, person=person, request=request.pk)


def _lift_suppression(email: str) -> None:
    """Let letters through again to an address that bounced or complained, and now opts in anew.

    Not where it must get no mail at all, nor where staff decided it.
    """
    Suppression.objects.filter(
        address_hash__in=address_hashes(email), scope="bulk", reason__in=["bounced", "complained"]
    ).delete()


def choose(
    *,
    person_id: int,
    offices: Sequence[Office],
    wishes: Iterable[Wish],
    language: str,
    consent: Consent,
    now: datetime,
    actor: StaffUser | None = None,
) -> None:
    """Make the person's subscriptions at ``offices`` exactly ``wishes``, in ``language``.

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
        _insert(
            op, person, sorted(wanted - had), consent=consent, language=language, confirmed=True
        )
        speaks_now = rows.live().exclude(language=language).update(language=language)
        for office in offices:
            before = {topic for office_id, topic in had if office_id == office.pk}
            after = {topic for office_id, topic in wanted if office_id == office.pk}
            if before and not after:
                op.record(
                    "subscription.ended", office=office, person=person, reason_code="preferences"
                )
            elif before != after or (before and speaks_now):
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
