"""Offices, their staff, venues and topics: each raises the revision of what shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events import extensions
from events.actions.events import raise_revisions, search_text_of
from events.audit import operation
from events.errors import Refused
from events.models import (
    Body,
    Event,
    EventStatus,
    Membership,
    Office,
    Role,
    Speaker,
    StaffUser,
    Topic,
    TopicTranslation,
    Venue,
)
from events.notice import check_line, needs_office_line
from events.permissions import offices_for
from events.translations import write_translations

#: Venue fields that stand in a calendar entry and in the words that the search looks through.
ADDRESS_FIELDS = frozenset({"name", "street", "locality", "region", "postal_code"})


def create_office(*, now: datetime, actor: StaffUser | None = None, **columns: Any) -> Office:
    """Add an office; ``columns`` are fields of :class:`Office`."""
    with operation(at=now, actor=actor) as op:
        office = Office.objects.create(created_at=now, updated_at=now, **columns)
        op.record("office.created", office=office)
    return office


def open_first_office(
    *,
    manager_email: str,
    manager_name: str,
    password: str,
    topics: list[dict[str, Any]],
    now: datetime,
    **columns: Any,
) -> Office:
    """Set the site up: the first office, its manager and the topics, all or nothing.

    ``topics`` are arguments of :class:`Topic` each, with ``translations`` (language → name,
    description). Raises :class:`Refused` if there is an office already, or an account with the
    manager's address.
    """
    try:
        with operation(at=now) as op:
            if Office.objects.exists():
                raise _office_exists()
            if StaffUser.objects.filter(email=manager_email.strip().lower()).exists():
                raise Refused(
                    "account_exists",
                    _("There is a staff account with this address already. Use another one."),
                    field="manager_email",
                )
            office = Office.objects.create(created_at=now, updated_at=now, **columns)
            op.record("office.created", office=office)
            user = StaffUser.objects.create_user(manager_email, password, name=manager_name)
            Membership.objects.create(user=user, office=office, role=Role.MANAGER)
            op.record("membership.created", office=office, staff_user=user)
            for position, given in enumerate(topics):
                texts = {name: value for name, value in given.items() if name != "translations"}
                topic = Topic.objects.create(position=position, **texts)
                for language, words in given.get("translations", {}).items():
                    TopicTranslation.objects.create(topic=topic, language=language, **words)
                op.record("topic.created", topic=topic)
    except IntegrityError as error:
        # Two hands at once: the first one has the topics.
        raise _office_exists() from error
    return office


def _office_exists() -> Refused:
    return Refused("office_exists", _("This site has an office already. Sign in instead."))


def edit_office(
    *, office_id: int, changes: dict[str, Any], now: datetime, actor: StaffUser | None = None
) -> Office:
    """Change fields of an office, and the revision of every event that shows its name."""
    with operation(at=now, actor=actor) as op:
        office = Office.objects.select_for_update(no_key=True).get(pk=office_id)
        changed = {
            name: (getattr(office, name), value)
            for name, value in changes.items()
            if getattr(office, name) != value
        }
        if not changed:
            return office
        if "accommodation" in changed:
            _keep_an_access_line(office, changes["accommodation"])
        for name, (_old, new) in changed.items():
            setattr(office, name, new)
        office.revision += 1
        office.updated_at = now
        office.save()
        op.record("office.edited", office=office, changes=changed)
        showing = Event.objects.filter(Q(office=office) | Q(cohosts=office))
        raise_revisions(op, showing.values_list("pk", flat=True))
    return office


def _keep_an_access_line(office: Office, lines: dict[str, str]) -> None:
    """Refuse to take away the line that the notice of public events rests on."""
    line = lines.get(office.first_language, "")
    if line or needs_office_line(office):
        check_line(line)


@dataclass(frozen=True)
class BodyDraft:
    """A body with a quorum; ``pk`` where it is there already."""

    name: str
    quorum: int
    pk: int | None = None


def set_bodies(
    *, office_id: int, bodies: Sequence[BodyDraft], now: datetime, actor: StaffUser | None = None
) -> None:
    """Make the bodies of an office these. Speakers of one that goes are members of none then."""
    with operation(at=now, actor=actor) as op:
        office = Office.objects.select_for_update(no_key=True).get(pk=office_id)
        had = {body.pk: body for body in Body.objects.filter(office=office)}
        gone = set(had) - {body.pk for body in bodies}
        Speaker.objects.filter(body__in=gone).update(body=None)
        Body.objects.filter(pk__in=gone).delete()
        changed = bool(gone)
        for draft in bodies:
            body = had.get(draft.pk or 0) or Body(office=office)
            if (body.name, body.quorum) != (draft.name, draft.quorum):
                body.name, body.quorum, changed = draft.name, draft.quorum, True
                body.save()
        if changed:
            op.record("office.edited", office=office, changes={"bodies": (None, None)})


def add_staff(
    *,
    office: Office,
    email: str,
    role: str,
    name: str = "",
    password: str | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> Membership:
    """Give somebody a role in an office, with an account if they have none.

    An account that is there keeps its name and password. If ``actor`` does not know it from an
    office that they manage, that password may be somebody else's: the role waits until the address
    is proven. Refused for who is a member already.
    """
    there = Refused("member_already", _("They work for this office already."), field="email")
    try:
        with operation(at=now, actor=actor) as op:
            email = email.strip().lower()
            user = StaffUser.objects.filter(email=email).first()
            waits = False
            if user is None:
                user = StaffUser.objects.create_user(email, password, name=name)
            elif Membership.objects.filter(user=user, office=office).exists():
                raise there
            elif not user.has_usable_password() and not user.memberships.exists():
                # Nobody's by now. A link that was handed over before chooses no password any more.
                user.set_unusable_password()
                user.save(update_fields=["password"])
            else:
                waits = actor is not None and not _is_known_to(actor, user)
            membership = Membership.objects.create(
                user=user, office=office, role=role, waits_for_proof=waits
            )
            op.record(
                "membership.created", office=office, staff_user=user, changes={"role": (None, role)}
            )
    except IntegrityError as error:
        # Somebody else added them at the same moment.
        raise there from error
    return membership


def _is_known_to(actor: StaffUser, user: StaffUser) -> bool:
    managed = Membership.objects.in_force().filter(user=actor, role=Role.MANAGER)
    return (
        Membership.objects.in_force()
        .filter(user=user, office__in=managed.values("office"))
        .exists()
    )


def prove_address(*, user_id: int, now: datetime) -> None:
    """Let the roles of an account count that waited until its address was proven."""
    with operation(at=now) as op:
        waiting = Membership.objects.select_for_update(no_key=True).filter(
            user_id=user_id, waits_for_proof=True
        )
        for membership in waiting.order_by("pk"):
            membership.waits_for_proof = False
            membership.save(update_fields=["waits_for_proof"])
            op.record(
                "membership.changed", office=membership.office_id, staff_user=user_id,
                changes={"waits_for_proof": (True, False)},
            )  # fmt: skip


def change_role(
    *, membership_id: int, role: str, now: datetime, actor: StaffUser | None = None
) -> Membership:
    """Give a member of the office another role; the last manager stays one."""
    with operation(at=now, actor=actor) as op:
        membership = Membership.objects.select_related("office", "user").get(pk=membership_id)
        if membership.role == role:
            return membership
        _keep_a_manager(membership)
        changes = {"role": (membership.role, role)}
        membership.role = role
        membership.save(update_fields=["role"])
        op.record(
            "membership.changed", office=membership.office, staff_user=membership.user,
            changes=changes,
        )  # fmt: skip
    return membership


def remove_staff(*, membership_id: int, now: datetime, actor: StaffUser | None = None) -> None:
    """End somebody's role in an office; the last manager cannot go."""
    with operation(at=now, actor=actor) as op:
        membership = Membership.objects.select_related("office", "user").get(pk=membership_id)
        _keep_a_manager(membership)
        op.record("membership.ended", office=membership.office, staff_user=membership.user)
        membership.delete()


def _keep_a_manager(membership: Membership) -> None:
    """Refuse to take the role of the office's last manager.

    All managers of the office are locked, so that two cannot leave at once. Who only waits to be
    one cannot manage yet.
    """
    managers = (
        Membership.objects.in_force()
        .select_for_update(no_key=True)
        .filter(office=membership.office, role=Role.MANAGER)
    )
    if list(managers.order_by("pk")) == [membership]:
        raise Refused("last_manager", _("Name another manager first."))


def create_venue(
    *, office: Office, now: datetime, actor: StaffUser | None = None, **columns: Any
) -> Venue:
    """Add a place; ``columns`` are fields of :class:`Venue`."""
    with operation(at=now, actor=actor) as op:
        venue = Venue.objects.create(office=office, created_at=now, updated_at=now, **columns)
        op.record("venue.created", office=office, venue=venue)
    return venue


def edit_venue(
    *, venue_id: int, changes: dict[str, Any], now: datetime, actor: StaffUser | None = None
) -> Venue:
    """Correct a venue's facts everywhere they show.

    A changed name or address (``venue.moved``) also raises SEQUENCE of what takes place there, so
    that calendars take it over; of what is public and still to come it is a fact (``event.moved``),
    so that everyone concerned hears of old and new. The rest is ``venue.edited``.
    """
    with operation(at=now, actor=actor) as op:
        venue = Venue.objects.select_for_update(no_key=True).get(pk=venue_id)
        changed = {
            name: (getattr(venue, name), value)
            for name, value in changes.items()
            if getattr(venue, name) != value
        }
        if not changed:
            return venue
        before = venue.location
        for name, (_old, new) in changed.items():
            setattr(venue, name, new)
        venue.updated_at = now
        venue.save()
        # What is public and stays the same to the eye is no move.
        location = {"location": (before, venue.location)} if venue.location != before else {}
        op.record(
            "venue.moved" if location else "venue.edited",
            office=venue.office_id, venue=venue, changes=changed | location,
        )  # fmt: skip
        raise_revisions(op, Event.objects.filter(venue=venue).values_list("pk", flat=True))
        # Read again, now that they are locked: one may have gone elsewhere meanwhile.
        there = (
            Event.objects.filter(venue=venue)
            .select_related("venue")
            .prefetch_related("translations", "agenda__translations")
        )
        if ADDRESS_FIELDS & set(changed):
            for event in there:
                Event.objects.filter(pk=event.pk).update(search_text=search_text_of(event))
        if location:
            Event.objects.visited_at(venue).update(sequence=F("sequence") + 1)
            coming = Event.objects.posted().upcoming(now).visited_at(venue)
            for event in coming.exclude(status=EventStatus.CANCELLED).order_by("pk"):
                op.record("event.moved", event=event, changes=location)
        for also_shown in extensions.venue_edited:
            also_shown(op, venue, before)
    return venue


def save_topic(
    *,
    slug: str,
    name: str,
    description: str = "",
    position: int = 0,
    translations: dict[str, dict[str, str]] | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> Topic:
    """Make or change the topic with this slug. ``translations``: language → name, description.

    They become the topic's only ones; ``None`` leaves them as they are. Refused where ``actor``
    works for no office whose managers name the topics (``OfficeQuerySet.topic_kind``).
    """
    with operation(at=now, actor=actor) as op:
        if actor is not None and not offices_for(actor, "edit_topics"):
            raise Refused("topics_of_others", _("Other managers name the topics of this site."))
        texts = {"name": name, "description": description, "position": position}
        topic, created = Topic.objects.get_or_create(slug=slug, defaults=texts)
        # Not update_or_create(), which locks the key: whoever tags an event would wait for us, and
        # we for them.
        Topic.objects.select_for_update(no_key=True).get(pk=topic.pk)
        Topic.objects.filter(pk=topic.pk).update(**texts)
        topic.refresh_from_db()
        if translations is not None:
            write_translations(topic.translations, translations, "name", "description")
        op.record("topic.created" if created else "topic.edited", topic=topic)
        raise_revisions(op, Event.objects.filter(topics=topic).values_list("pk", flat=True))
    return topic
