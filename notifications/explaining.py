"""Why somebody got a message, and why somebody did not: read from the facts, never guessed.

Every answer has a code, words for staff in the language of the page, and the delivery that it is
about, if there is one. Where the facts do not say, the answer says that.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import extensions
from events.languages import language_in_use
from events.models import RSVP, AuditEntry, Event, Outbox, Person
from events.models.attendance import Attendance
from notifications import catalogue
from notifications.delivery.folding import KEPT
from notifications.known_people import NOBODY
from notifications.letters.account import MESSAGE as LETTER_POSTED
from notifications.letters.account import is_being_planned
from notifications.messages.events import KNEW_AFTER, OF_EVENTS
from notifications.models import Delivery, Frequency, Letter, Subscription
from notifications.outcomes import Answer, moment, outcome, title_of
from notifications.reminder_times import known_leads, lead_words
from volunteers.models import Shift, ShiftClaim


class Told(NamedTuple):
    """One thing that happened, and what the person heard of it."""

    what: str
    at: datetime
    answer: Answer


# --- Why it was sent -----------------------------------------------------------------------------


def why_got(delivery: Delivery, *, timezone: str) -> list[str]:
    """Say because of what a delivery was planned: its facts, and what the person had to do with
    them. Four queries at most."""
    found = [_because(entry, timezone) for entry in facts_of(delivery)]
    if lead := delivery.context.get("lead"):
        known = known_leads([lead])
        words = lead_words(known[0], language_in_use()) if known else lead
        found.append(_("It was time for the reminder: %(lead)s.") % {"lead": words})
    if delivery.letter_id is not None and delivery.person_id is not None:
        letter = Letter.objects.filter(pk=delivery.letter_id).first()
        if letter is not None:
            found += [_subscribed(row, timezone) for row in _because_of(delivery, letter)]
    elif delivery.message == "digest":
        rows = _live_then(delivery.person_id, delivery.office_id, delivery.planned_at)
        found += [_subscribed(row, timezone) for row in rows.in_digests()]
    if delivery.resend_ordered_by is not None:
        found.append(
            _("%(who)s had it sent again.") % {"who": delivery.resend_ordered_by.name or "–"}
        )
    return found


def facts_of(delivery: Delivery) -> list[AuditEntry]:
    """Return the facts that the delivery tells to its person, in order; one query."""
    if delivery.operation is None:
        return []
    try:
        actions: Sequence[str] = catalogue.named(delivery.message).actions
    except KeyError:
        actions = ()
    entries = AuditEntry.objects.filter(operation=delivery.operation, action__in=actions)
    own = Q(person_id=None) | Q(person_id=delivery.person_id)
    if delivery.event_id is not None:
        own &= Q(event_id=None) | Q(event_id=delivery.event_id)
    return list(entries.filter(own).select_related("staff").order_by("pk"))


def _because(entry: AuditEntry, timezone: str) -> str:
    if entry.actor_kind == "staff":
        by = entry.staff.name or str(entry.staff) if entry.staff else _("somebody who left")
    elif entry.actor_kind == "person":
        by = _("the person")
    else:
        by = _("the program itself")
    return _("%(fact)s, %(when)s, by %(who)s.") % {
        "fact": fact_words(entry.action),
        "when": moment(entry.at, timezone),
        "who": by,
    }


def fact_words(action: str) -> str:
    """Return what a fact is called; its bare name where it has no words."""
    return str(extensions.history_words.get(action) or MORE_WORDS.get(action) or action)


#: Facts that no history shows.
MORE_WORDS = {
    "letter.posted": gettext_lazy("Letter posted"),
    "subscription.requested": gettext_lazy("Sign-up asked for"),
    "subscription.repeated": gettext_lazy("Sign-up asked for once more"),
    "person.sign_in_requested": gettext_lazy("Sign-in link asked for"),
    "series.edited": gettext_lazy("Several dates changed"),
    "series.ended": gettext_lazy("Series ended"),
    "venue.moved": gettext_lazy("Place moved"),
}


def _subscribed(row: Subscription, timezone: str) -> str:
    assert row.confirmed_at is not None
    return _("The person signed up for “%(topic)s” at %(where)s and confirmed it %(when)s.") % {
        "topic": row.topic.in_language(language_in_use()).name,
        "where": row.consent_source or "–",
        "when": moment(row.confirmed_at, timezone),
    }


def _live_then(person_id: int | None, office_id: int | None, at: datetime) -> Any:
    """Return the subscriptions that a person had at an office at that moment."""
    return (
        Subscription.objects.filter(person=person_id, office=office_id, confirmed_at__lte=at)
        .filter(Q(ended_at=None) | Q(ended_at__gt=at))
        .select_related("topic")
        .order_by("confirmed_at", "pk")
    )


def _because_of(delivery: Delivery, letter: Letter) -> Iterable[Subscription]:
    if letter.posted_at is None:
        return []
    rows = _live_then(delivery.person_id, letter.office_id, letter.posted_at)
    return rows.filter(topic__letters=letter)


# --- Why it was not sent -------------------------------------------------------------------------


def why_not_letter(
    *, person: Person | None, letter: Letter, now: datetime, timezone: str
) -> Answer:
    """Say why ``person`` has not got a letter, or that they have. Ten queries at most.

    ``None``: nobody whom the office knows has the address that was asked for.
    """
    if person is None:
        return nobody()
    delivery = (
        Delivery.objects.filter(person=person, letter_id=letter.pk, message=LETTER_POSTED)
        .select_related("person")
        .first()
    )
    if delivery is not None:
        return outcome(delivery, now=now, timezone=timezone)
    if letter.posted_at is None:
        return Answer("not_posted", _("The letter is not posted yet."))
    if not letter.mails:
        return Answer("without_mail", _("The letter was posted without mail: nobody got it."))
    if not person.email:
        return _no_address()
    rows = Subscription.objects.filter(person=person, office=letter.office_id)
    on_topic = rows.filter(topic__letters=letter)
    reason = _why_not_a_reader(letter, rows, on_topic, timezone)
    if reason is not None:
        return reason
    if is_being_planned(letter):
        return _not_planned()
    if letter.posted_at < now - KEPT:
        return _too_old()
    return _unexplained()


def _why_not_a_reader(letter: Letter, rows: Any, on_topic: Any, timezone: str) -> Answer | None:
    """Say why somebody was no reader of the letter when it was posted; None if they were one."""
    posted = letter.posted_at
    assert posted is not None
    when = {"posted": moment(posted, timezone)}
    then = on_topic.filter(confirmed_at__lte=posted).filter(
        Q(ended_at=None) | Q(ended_at__gt=posted)
    )
    if then.immediate().exists():
        return None
    if digest := then.first():
        return Answer(
            "in_digest",
            _("The person gets digests (%(often)s), and reads of the letter there.")
            % {"often": Frequency(digest.frequency).label},
        )
    ended = on_topic.filter(confirmed_at__lte=posted, ended_at__lte=posted)
    if row := ended.order_by("-ended_at").first():
        return Answer(
            "unsubscribed",
            _("The person stopped these letters %(when)s, before it was posted %(posted)s.")
            % {"when": moment(row.ended_at, timezone), **when},
        )
    if row := on_topic.filter(confirmed_at__gt=posted).order_by("confirmed_at").first():
        return Answer(
            "subscribed_later",
            _("The person signed up %(when)s, after it was posted %(posted)s.")
            % {"when": moment(row.confirmed_at, timezone), **when},
        )
    if row := on_topic.filter(confirmed_at=None).order_by("-created_at").first():
        return Answer(
            "unconfirmed",
            _("The person asked for these letters %(when)s and never pressed the button in our "
              "mail.")
            % {"when": moment(row.created_at, timezone)},
        )  # fmt: skip
    if rows.exclude(confirmed_at=None).exists():
        return Answer("other_topics", _("The person chose other topics than those of this letter."))
    return Answer("not_subscribed", _("The person never signed up for letters of this office."))


def why_not_event(
    *, person: Person | None, event: Event, now: datetime, timezone: str
) -> list[Told]:
    """Say of everything that was told about an event what ``person`` heard, or why not.

    Changes of the event as a whole, what happened to the person's own places there, and reminders;
    latest first. ``None``: nobody whom the office knows has the address that was asked for.
    """
    if person is None:
        return [Told("", now, nobody())]
    held: list[Attendance] = [
        *RSVP.objects.filter(person=person, event=event),
        *ShiftClaim.objects.filter(person=person, shift__event=event),
    ]
    told = _told_facts()
    about = Q(action__in=OF_EVENTS & told, person_id=None) | Q(action__in=told, person_id=person.pk)
    entries = AuditEntry.objects.filter(about, event_id=event.pk)
    if event.posted_at is not None:
        entries = entries.filter(at__gte=event.posted_at)
    asked = _Question(person, held, now, timezone)
    return asked.answers(entries, Q(event_id=event.pk), lambda one: event.pk in one.event_ids)


def why_not_shift(
    *, person: Person | None, shift: Shift, now: datetime, timezone: str
) -> list[Told]:
    """Say the same of a shift that is at no event."""
    if person is None:
        return [Told("", now, nobody())]
    held: list[Attendance] = [*ShiftClaim.objects.filter(person=person, shift=shift)]
    told = _told_facts()
    of_shifts = {action for action in told if action.startswith("shift.")}
    about = Q(action__in=of_shifts, person_id=None) | Q(action__in=told, person_id=person.pk)
    entries = AuditEntry.objects.filter(about, office_id=shift.office_id, subjects__shift=shift.pk)
    asked = _Question(person, held, now, timezone)
    return asked.answers(entries, Q(shift_id=shift.pk), lambda one: shift.pk in one.shift_ids)


def _told_facts() -> set[str]:
    return {action for message in catalogue.MESSAGES for action in message.actions}


@dataclass(frozen=True)
class _Question:
    """What a person heard of an event or a shift; ``held`` are all places they ever had there."""

    person: Person
    held: Sequence[Attendance]
    now: datetime
    timezone: str

    def answers(
        self, entries: QuerySet[AuditEntry], own: Q, is_about: Callable[[Delivery], bool]
    ) -> list[Told]:
        """Return what the person heard of these facts, and of what no fact but the time brought.

        A fact may have been told in a message about several dates, which stands under another one
        of them: so all that tells of these operations is looked at.
        """
        groups = _by_operation(entries.order_by("pk"))
        rows = Delivery.objects.filter(
            own | Q(operation__in=[operation for operation, _facts in groups]), person=self.person
        )
        deliveries = [one for one in rows.select_related("person").order_by("pk") if is_about(one)]
        found = []
        for operation, facts in groups:
            mine = [one for one in deliveries if one.operation == operation]
            what = ", ".join(dict.fromkeys(fact_words(fact.action) for fact in facts))
            found += [Told(what, facts[0].at, self._outcome(one)) for one in mine]
            if not mine:
                answer = _why_not_told(
                    self.person, facts, self.held, now=self.now, timezone=self.timezone
                )
                found.append(Told(what, facts[0].at, answer))
        found += [
            Told(title_of(one), one.planned_at, self._outcome(one))
            for one in deliveries
            if one.operation is None
        ]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def _outcome(self, delivery: Delivery) -> Answer:
        return outcome(delivery, now=self.now, timezone=self.timezone)


def _by_operation(entries: Iterable[AuditEntry]) -> list[tuple[UUID, list[AuditEntry]]]:
    groups: dict[UUID, list[AuditEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.operation, []).append(entry)
    return list(groups.items())


def _why_not_told(
    person: Person,
    facts: Sequence[AuditEntry],
    held: Sequence[Attendance],
    *,
    now: datetime,
    timezone: str,
) -> Answer:
    """Say why there is no delivery of these facts of one operation to the person."""
    at = facts[0].at
    if not person.email:
        return _no_address()
    if all(fact.person_id is None for fact in facts):
        if not held:
            return Answer("no_place", _("The person never had a place, or a place in line, there."))
        if all(one.created_at >= at + KNEW_AFTER for one in held):
            first = min(one.created_at for one in held)
            return Answer(
                "came_later",
                _("The person came onto the list %(when)s, and saw it as it was by then.")
                % {"when": moment(first, timezone)},
            )
        before = [one for one in held if one.created_at < at + KNEW_AFTER]
        if all(one.cancelled_at is not None and one.cancelled_at <= at for one in before):
            last = max(one.cancelled_at for one in before if one.cancelled_at is not None)
            return Answer(
                "place_given_back",
                _("The person’s place had ended by then, %(when)s.")
                % {"when": moment(last, timezone)},
            )
    if Outbox.objects.filter(operation=facts[0].operation).exists():
        return _not_planned()
    if at < now - KEPT:
        return _too_old()
    return _unexplained()


def nobody() -> Answer:
    """Say that the office knows nobody of an address; the same if only others know them."""
    return Answer("nobody", str(NOBODY))


def _no_address() -> Answer:
    return Answer("no_address", _("The person has no email address. They have to be called."))


def _not_planned() -> Answer:
    return Answer(
        "not_planned",
        _("The program has not got round to it yet. It does so by itself, mostly in a minute."),
    )


def _too_old() -> Answer:
    return Answer(
        "too_old", _("That is more than 90 days ago: who got what is no longer kept, only counts.")
    )


def _unexplained() -> Answer:
    return Answer(
        "unexplained",
        _("The facts do not say. The person should have been told, or heard of it in a message "
          "about something else."),
    )  # fmt: skip
