"""Who may own a piece of work: somebody who works for the office."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from events.errors import Refused
from events.models import Membership, StaffUser


def owners_among(people: Iterable[StaffUser | None], office_id: int) -> set[StaffUser]:
    """Return those who work for the office; one query, none if there is nobody."""
    asked = {person for person in people if person is not None}
    members = Membership.objects.in_force().filter(office=office_id, user__in=asked)
    keys = set(members.values_list("user_id", flat=True)) if asked else set()
    return {person for person in asked if person.is_superuser or person.pk in keys}


def check_owner(owner: StaffUser | None, office_id: int) -> None:
    """Refuse an owner who does not work for the office; ``None`` is nobody yet."""
    if owner is not None and not owners_among([owner], office_id):
        raise Refused(
            "not_of_the_office", _("Choose somebody who works for this office."), field="owner"
        )
