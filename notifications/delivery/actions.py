"""Stop all mail to a person who asks for it, and let it through again."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from events.audit import operation
from events.errors import Refused
from events.models import Office, Person, StaffUser
from notifications.delivery import suppression
from notifications.models import Suppression, SuppressionReason

#: Reasons that are the person's own: nobody else takes them back.
THEIRS = frozenset({SuppressionReason.COMPLAINED.value, SuppressionReason.PERSON.value})
#: Reasons that staff may write down.
BY_STAFF = frozenset(
    {
        SuppressionReason.PERSON.value,
        SuppressionReason.STAFF.value,
        SuppressionReason.BOUNCED.value,
    }
)


def stop_mail(
    *, person_id: int, office: Office, reason: str, now: datetime, actor: StaffUser | None = None
) -> None:
    """Send no mail to the person any more, of any kind and office.

    ``reason``: one of :data:`BY_STAFF`: the person has asked for it, the office decided, or a
    message came back to the office's own mailbox; then the person has the same way back as after
    any other bounce.
    """
    if reason not in BY_STAFF:
        raise Refused("unknown_reason", _("Say whether the person asked for it."), field="reason")
    with operation(at=now, actor=actor) as op:
        person = Person.objects.get(pk=person_id)
        if not person.email:
            raise Refused("no_address", _("This person has no email address."), field="email")
        suppression.write(email=person.email, scope="all", reason=reason, now=now)
        op.record("person.mail_stopped", office=office, person=person, reason_code=reason)


def resume_mail(
    *,
    suppression_id: int,
    office: Office,
    is_asked: bool = False,
    now: datetime,
    actor: StaffUser | None = None,
) -> None:
    """Take back one reason for which a person gets no mail; other reasons stay.

    ``is_asked``: the person has asked for it. Without that a complaint, and a person's own wish to
    get no mail, are refused ("not_asked"): they are not the office's to take back. Harmless where
    it was taken back meanwhile.
    """
    with operation(at=now, actor=actor) as op:
        row = Suppression.objects.select_for_update(no_key=True).filter(pk=suppression_id).first()
        if row is None or row.person_id is None:
            return
        if row.reason in THEIRS and not is_asked:
            raise Refused(
                "not_asked",
                _(
                    "This person wanted no mail. Let it through again only if they have asked you "
                    "for it, and say so."
                ),
                field="asked",
            )
        same = Suppression.objects.filter(person=row.person_id, scope=row.scope, reason=row.reason)
        same.delete()
        op.record(
            "person.mail_resumed", office=office, person=row.person_id, reason_code=row.reason,
            asked=is_asked or None,
        )  # fmt: skip
