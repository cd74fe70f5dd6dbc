"""Who may do what: one table, role × permission, asked per office."""

from dataclasses import dataclass

from events.models import Membership, Office, Role, StaffUser

#: Permissions in the order that the handbook explains them. A manager has every one.
TABLE: dict[str, frozenset[str]] = {
    "see_desk": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_events": frozenset({Role.EDITOR, Role.MANAGER}),
    "cancel_events": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_venues": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_shifts": frozenset({Role.EDITOR, Role.MANAGER}),
    "see_attendance": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_attendance": frozenset({Role.EDITOR, Role.MANAGER}),
    "write_letters": frozenset({Role.EDITOR, Role.MANAGER}),
    "post_letters": frozenset({Role.MANAGER}),
    "see_deliveries": frozenset({Role.EDITOR, Role.MANAGER}),
    "edit_suppressions": frozenset({Role.MANAGER}),
    "edit_office": frozenset({Role.MANAGER}),
    "edit_staff": frozenset({Role.MANAGER}),
}


@dataclass(frozen=True)
class Grants:
    """What one member of staff may do where, read once."""

    #: The offices, in order, each with the member's role there.
    roles: list[tuple[Office, str]]

    def offices(self, permission: str) -> list[Office]:
        """Return the offices, in order, for which ``permission`` is given."""
        granted = TABLE[permission]
        return [office for office, role in self.roles if role in granted]

    def permissions_in(self, *offices: Office) -> frozenset[str]:
        """Return what is allowed in any of ``offices``: for what a page offers."""
        roles = {role for office, role in self.roles if office in offices}
        return frozenset(name for name, granted in TABLE.items() if roles & granted)


def grants_of(user: StaffUser) -> Grants:
    """Return what ``user`` may do; one query. A superuser manages every office."""
    if not user.is_authenticated or not user.is_active:
        return Grants([])
    if user.is_superuser:
        return Grants([(office, Role.MANAGER.value) for office in Office.objects.in_order()])
    memberships = (
        Membership.objects.in_force()
        .filter(user=user)
        .select_related("office")
        .order_by("office__position", "office_id")
    )
    return Grants([(membership.office, membership.role) for membership in memberships])


def may(user: StaffUser, permission: str, office: Office) -> bool:
    """Whether ``user`` may do ``permission`` for ``office``. A superuser may do everything."""
    return office in offices_for(user, permission)


def offices_for(user: StaffUser, permission: str) -> list[Office]:
    """Return the offices, in order, for which ``user`` has ``permission``; one query."""
    return grants_of(user).offices(permission)
