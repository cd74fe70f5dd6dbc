"""Write the minutes of an event with a link to its recording, and post them once.

The event is locked first. What is posted may be corrected on the page; who took part is told once,
and of no correction.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from events.actions.events import event_is_cancelled
from events.actions.line import lock_event
from events.audit import operation
from events.errors import Refused
from events.models import Event, Minutes, StaffUser
from events.translations import Versions, write_translations

#: Longer ones belong into a document beside the agenda.
LONGEST_MINUTES = 100_000


def write_minutes(
    *,
    event_id: int,
    text: str,
    recording_url: str = "",
    translations: Mapping[str, str] | None = None,
    now: datetime,
    actor: StaffUser,
) -> Minutes:
    """Save text (Markdown), versions in other languages and recording: a draft until it is posted.

    Refused before the event begins, for a cancelled one, and where nothing would be left of what
    is posted.
    """
    versions: Versions = {code: {"text": said} for code, said in (translations or {}).items()}
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        _check_begun(event, now)
        minutes = Minutes.objects.filter(event=event).first() or Minutes(event=event)
        minutes.event = event
        if minutes.posted_at is not None and not text.strip() and not recording_url:
            raise _is_empty()
        has_changed = (minutes.text, minutes.recording_url) != (text, recording_url)
        if minutes.pk is None or has_changed:
            minutes.text, minutes.recording_url = text, recording_url
            minutes.save()
        if write_translations(minutes.translations, versions, "text") or has_changed:
            if minutes.posted_at is not None:
                op.revise(event)
                event.save()
            op.record("minutes.edited", event=event)
    return minutes


def post_minutes(*, event_id: int, now: datetime, actor: StaffUser) -> Minutes:
    """Show them on the event's page, and let who took part know. A second time changes nothing.

    Refused before the event is over, for a draft, and for minutes without a word or a recording.
    """
    with operation(at=now, actor=actor) as op:
        event = lock_event(event_id)
        _check_begun(event, now)
        if not event.is_posted:
            raise Refused("not_public", _("The event is a draft: nobody can read its minutes."))
        if not event.is_over(now):
            raise Refused("too_early", _("The event is not over yet."))
        minutes = Minutes.objects.filter(event=event).first()
        if minutes is None or not (minutes.text.strip() or minutes.recording_url):
            raise _is_empty()
        if minutes.posted_at is None:
            minutes.posted_at = now
            minutes.save(update_fields=["posted_at"])
            op.revise(event)
            event.save()
            op.record("minutes.posted", event=event)
    return minutes


def _check_begun(event: Event, now: datetime) -> None:
    if event.is_cancelled:
        raise event_is_cancelled()
    if event.starts_at > now:
        raise Refused("too_early", _("The event has not begun yet."))


def _is_empty() -> Refused:
    return Refused("nothing_to_post", _("Write minutes, or give the link to the recording."))
