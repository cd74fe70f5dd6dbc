"""Who may do what: one table, role × permission, asked per office."""

from dataclasses import dataclass

from django.db.models import Subquery

from events.models import Membership, Office, Role, StaffUser

#: Permissions in the order that the handbook explains them. A manager has every one, but for
#: ``edit_topics``: of one kind of office alone (``OfficeQuerySet.topic_kind``).
TABLE: dict[str, frozenset[str]] = {
    "see_desk": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_events": frozenset({Role.EDITOR, Role.MANAGER}),
    "cancel_events": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_venues": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_shifts": frozenset({Role.EDITOR, Role.MANAGER}),
    "see_attendance": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_attendance": frozenset({Role.EDITOR, Role.MANAGER}),
    "arrange_access": frozenset({Role.EDITOR, Role.MANAGER}),
    #: What guests write of their needs, and what is arranged or refused in words.
    "see_access_words": frozenset({Role.EDITOR, Role.MANAGER}),
    #: Publish, decline, merge and answer what residents ask at events.
    "moderate_questions": frozenset({Role.EDITOR, Role.MANAGER}),
    "write_letters": frozenset({Role.EDITOR, Role.MANAGER}),
    "post_letters": frozenset({Role.MANAGER}),
    "see_deliveries": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_suppressions": frozenset({Role.MANAGER}),
    "edit_office": frozenset({Role.MANAGER}),
    "edit_topics": frozenset({Role.MANAGER}),
    "edit_staff": frozenset({Role.MANAGER}),
}


@dataclass(frozen=True)
class Grants:
    """What one member of staff may do where, read once."""

    #: The offices, in order, each with the member's role there.
    roles: list[tuple[Office, str]]
    #: The kind of office whose managers name the topics.
    topic_kind: str = ""

    def offices(self, permission: str) -> list[Office]:
        """Return the offices, in order, for which ``permission`` is given."""
        return [office for office, role in self.roles if self._gives(permission, office, role)]

    def permissions_in(self, *offices: Office) -> frozenset[str]:
        """Return what is allowed in any of ``offices``: for what a page offers."""
        roles = [(office, role) for office, role in self.roles if office in offices]
        return frozenset(
            name for name in TABLE if any(self._gives(name, office, role) for office, role in roles)
        )

    def _gives(self, permission: str, office: Office, role: str) -> bool:
        if permission == "edit_topics" and office.kind != self.topic_kind:
            return False
        return role in TABLE[permission]


def grants_of(user: StaffUser) -> Grants:
    """Return what ``user`` may do; one query. A superuser manages every office."""
    if not user.is_authenticated or not user.is_active:
        return Grants([])
    topic_kind = Subquery(Office.objects.topic_kind())
    if user.is_superuser:
        offices = list(Office.objects.in_order().annotate(topic_kind=topic_kind))
        kinds = [office.topic_kind for office in offices]
        return Grants([(office, Role.MANAGER.value) for office in offices], *kinds[:1])
    memberships = list(
        Membership.objects.in_force()
        .filter(user=user)
        .select_related("office")
        .annotate(topic_kind=topic_kind)
        .order_by("office__position", "office_id")
    )
    kinds = [membership.topic_kind for membership in memberships]
    return Grants([(membership.office, membership.role) for membership in memberships], *kinds[:1])


def may(user: StaffUser, permission: str, office: Office) -> bool:
    """Whether ``user`` may do ``permission`` for ``office``. A superuser may do everything."""
    return office in offices_for(user, permission)


def offices_for(user: StaffUser, permission: str) -> list[Office]:
    """Return the offices, in order, for which ``user`` has ``permission``; one query."""
    return grants_of(user).offices(permission)
