"""What waits for one person, as the tests of messages read it."""

from notifications.models import Delivery, DeliveryState
from tests.notifications.scenes import goes, plan

#: Whose mail is read, where the test names nobody else.
ANA = "ana@example.org"


def told() -> None:
    """Count everything planned so far as read."""
    plan()
    Delivery.objects.update(state=DeliveryState.ACCEPTED)


def new_mail(email: str = ANA) -> list[Delivery]:
    """What waits for this address since :func:`told`, and is true."""
    return [
        delivery
        for delivery in plan()
        if delivery.state == DeliveryState.DUE
        and delivery.person
        and delivery.person.email == email
        and goes(delivery)
    ]


def names(deliveries: list[Delivery]) -> list[str]:
    return [delivery.message for delivery in deliveries]
