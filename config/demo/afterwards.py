"""What was promised at a town hall of the demo that is over: kept, withdrawn, late and open."""

from datetime import timedelta

from config.demo import EDITOR_LOGIN, STAFF_LOGIN
from config.demo.calendar import Town
from events.actions.promises import keep_promise, make_promise, withdraw_promise
from events.models import Event, StaffUser


def keep_promises(town: Town, events: dict[str, Event]) -> None:
    """Give the town hall on housing four promises, one of each kind."""
    event, now = events["housing"], town.days.now
    rosa = StaffUser.objects.get(email=STAFF_LOGIN)
    tom = StaffUser.objects.get(email=EDITOR_LOGIN)
    begun = event.ends_at + timedelta(hours=15)
    day = event.ends_at.astimezone(event.zone).date()

    def promised(text: str, days: int, owner: StaffUser | None) -> int:
        due = day + timedelta(days=days)
        made = make_promise(
            event_id=event.pk, text=text, due=due, owner=owner, now=begun, actor=rosa
        )
        return made.pk

    waiting_list = promised(
        "Put the rules of the housing waiting list on one page, in English and Spanish.", 10, tom
    )
    lots = promised("Ask the county for a list of its empty lots in District 4.", 14, rosa)
    promised("Invite the Housing Authority to the next office hours.", 20, tom)
    promised("Report on the apartments at Cedar and 4th when the permit is decided.", 60, None)
    keep_promise(
        promise_id=waiting_list,
        outcome="The page is out in both languages. Paper copies are at the library.",
        now=now - timedelta(days=12), actor=tom,
    )  # fmt: skip
    withdraw_promise(
        promise_id=lots,
        outcome="The county sells its lots by auction from now on and publishes each one itself.",
        now=now - timedelta(days=8), actor=rosa,
    )  # fmt: skip
