"""Who may own a piece of work: somebody who works for the office."""

from django.utils.translation import gettext_lazy as _

from events.errors import Refused
from events.models import Membership, StaffUser


def check_owner(owner: StaffUser | None, office_id: int) -> None:
    """Refuse an owner who does not work for the office; ``None`` is nobody yet."""
    works_there = Membership.objects.in_force().filter(office=office_id, user=owner)
    if owner is not None and not (owner.is_superuser or works_there.exists()):
        raise Refused(
            "not_of_the_office", _("Choose somebody who works for this office."), field="owner"
        )
