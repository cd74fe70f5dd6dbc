"""Who may do what: one table, role × permission, asked per office."""

from events.models import Office, Role, StaffUser

#: Permissions in the order that the handbook explains them.
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
    "edit_office": frozenset({Role.MANAGER}),
    "edit_staff": frozenset({Role.MANAGER}),
}


def may(user: StaffUser, permission: str, office: Office) -> bool:
    """Whether ``user`` may do ``permission`` for ``office``. A superuser may do everything."""
    return office in offices_for(user, permission)


def offices_for(user: StaffUser, permission: str) -> list[Office]:
    """Return the offices, in order, for which ``user`` has ``permission``; one query."""
    roles = TABLE[permission]
    if not user.is_authenticated or not user.is_active:
        return []
    if user.is_superuser:
        return list(Office.objects.in_order())
    return list(
        Office.objects.in_order().filter(memberships__user=user, memberships__role__in=roles)
    )
