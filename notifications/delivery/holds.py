"""Mail that is held because the server refuses our login or our mail as such."""

from datetime import datetime, timedelta

from notifications.models import MailHold

#: How long nothing is sent before the server is asked once more. Asking often with a wrong
#: password gets an account locked.
PAUSE = timedelta(minutes=5)


def hold(*, office_id: int | None, reason: str, now: datetime) -> None:
    """Stop all mail, or that of one office, for :data:`PAUSE`. Who held it first stays the start.

    Staff see the reason on their desk until a message is accepted again.
    """
    until = now + PAUSE
    values = {"reason": reason[:300], "until": until}
    if not MailHold.objects.filter(office_id=office_id).update(**values):  # type: ignore[misc]
        MailHold.objects.bulk_create(
            [MailHold(office_id=office_id, since=now, **values)], ignore_conflicts=True
        )


def holds() -> list[MailHold]:
    """Return every hold, also those whose time has come to ask the server once more."""
    return list(MailHold.objects.all())


def lift(held: list[MailHold], *, office_id: int | None, now: datetime) -> list[MailHold]:
    """Remove the holds that an accepted message of this office has shown to be over.

    Returns those that are left. One that was set or renewed meanwhile is somebody else's later
    finding, and stays.
    """
    over = [hold for hold in held if hold.office_id in (None, office_id)]
    if over:
        MailHold.objects.filter(pk__in=[hold.pk for hold in over], until__lte=now).delete()
    return [hold for hold in held if hold not in over]
