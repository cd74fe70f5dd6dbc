"""What the staff desk's first page shows of mail and letters, and what a new office does first."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from events import extensions
from events.extensions import DeskCard, FirstStep
from events.models import Event, Office
from notifications import watch
from notifications.models import Delivery, Letter, MailHold, Subscription

DRAFTS = 5


def mail_banner(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """Say that mail is not going out, since when and why; nothing while it does.

    A hold (the server refuses our login or our mail), else the oldest message that should have
    gone, else that the program's own minute has not come round.
    """
    own = Q(office=None) | Q(office__in=offices)
    hold = MailHold.objects.filter(own).select_related("office").order_by("since").first()
    due = Delivery.objects.filter(own, state__in=["due", "retry"], priority=0)
    waits = (watch.oldest_due(now, priority=0, whose=own), watch.oldest_unplanned())
    since = min((moment for moment in waits if moment is not None), default=None)
    tick = watch.last_tick()
    if hold is not None:
        return {"hold": hold, "since": hold.since, "waiting": due.count()}
    if since is not None and now - since > watch.OLDEST_DUE:
        return {"since": since, "waiting": due.count()}
    if tick is not None and now - tick > watch.OLDEST_TICK:
        return {"since": tick, "is_standing": True, "waiting": due.count()}
    return None


def letters_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """Letters that are begun and not posted, those first that did not go up at their time."""
    drafts = Letter.objects.filter(office__in=offices).drafts()
    count = drafts.count()
    if not count:
        return None
    first = drafts.order_by(F("sent_back_at").desc(nulls_last=True), "-updated_at", "-id")
    return {"letters": first[:DRAFTS], "count": count}


def _has_letter(offices: list[Office]) -> bool:
    return Letter.objects.filter(office__in=offices).exists()


def _has_calendar(offices: list[Office]) -> bool:
    return Event.objects.filter(office__in=offices).exclude(source="").exists()


def _has_readers(offices: list[Office]) -> bool:
    return Subscription.objects.live().filter(office__in=offices).exists()


def register() -> None:
    """Add the cards and the steps. Called once, when the app is ready."""
    from notifications.delivery import staff
    from notifications.subscriptions import staff as subscribers

    staff.register()
    subscribers.register()
    extensions.desk_cards.extend(
        [
            DeskCard("mail", "notifications/staff/card_mail.html", mail_banner, "banner", 0),
            DeskCard("letters", "notifications/staff/card_letters.html", letters_card, "card", 5),
        ]
    )
    extensions.first_steps.extend(
        [
            FirstStep(
                _("Bring your calendar"),
                _("From a file of Google, Apple or Outlook."),
                "staff-calendar-import",
                "edit_events",
                _has_calendar,
                3,
                optional=True,
            ),
            FirstStep(
                _("Bring your list"),
                _("From Mailchimp, a spreadsheet or any other list. Nobody is mailed."),
                "staff-subscribers-import",
                "post_letters",
                _has_readers,
                3,
                optional=True,
            ),
            FirstStep(
                _("Bring in old letters, or write the first"),
                _("Old ones keep their old date, and go up without mail if you say so."),
                "staff-letter-new",
                "write_letters",
                _has_letter,
                4,
            ),
        ]
    )
