"""What is done with a letter after it went up: pause its mail, take it back, say what came of it.

What has been mailed stays as it was: nobody is mailed about any of it.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from events.audit import operation
from events.errors import Refused
from events.models import StaffUser
from notifications.letters.actions import lock_letter
from notifications.models import Letter, LetterTranslation


def pause_letter(*, letter_id: int, now: datetime, actor: StaffUser | None = None) -> Letter:
    """Let the mail that has not gone out wait; the page stays public. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if not letter.is_posted or letter.is_retracted or letter.is_paused or not letter.mails:
            return letter
        letter.paused_at = now
        letter.save(update_fields=["paused_at"])
        op.record("letter.paused", office=letter.office_id, letter=letter)
    return letter


def resume_letter(*, letter_id: int, now: datetime, actor: StaffUser | None = None) -> Letter:
    """Let the mail that waits go out. Twice is harmless."""
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if not letter.is_paused:
            return letter
        letter.paused_at = None
        letter.save(update_fields=["paused_at"])
        op.record("letter.resumed", office=letter.office_id, letter=letter)
    return letter


def retract_letter(
    *, letter_id: int, reason: str, now: datetime, actor: StaffUser | None = None
) -> Letter:
    """Take a posted letter back: page, feed and API give the reason instead of the text.

    What has not been mailed yet is not sent. Refused without a reason ("reason_missing") and for
    what was never public ("not_posted"); a second time changes nothing.
    """
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if not letter.is_posted:
            raise Refused("not_posted", _("This letter is not public."))
        if letter.is_retracted:
            return letter
        if not reason.strip():
            raise Refused("reason_missing", _("Say why it is taken back."), field="reason")
        letter.retracted_at = letter.updated_at = now
        letter.retraction_reason = reason.strip()
        # Or its mail would wait for ever for an end of the pause.
        letter.paused_at = None
        letter.revision += 1
        letter.save()
        op.record(
            "letter.retracted", office=letter.office_id, letter=letter,
            changes={"retraction_reason": ("", letter.retraction_reason)},
        )  # fmt: skip
    return letter


def set_outcome(
    *,
    letter_id: int,
    outcome: str,
    on: date | None,
    translations: Mapping[str, str] | None = None,
    revision: int | None = None,
    now: datetime,
    actor: StaffUser | None = None,
) -> Letter:
    """Say what came of a letter, and on which day; an empty ``outcome`` takes it away.

    ``translations``: language → text, for languages that the letter has a version in. ``revision``
    is the one that was read before. Refused for what is not public or was taken back
    ("not_posted"); for a text without a day ("on_missing"); for one that takes the place of another
    which nobody has read ("changed_meanwhile").
    """
    with operation(at=now, actor=actor) as op:
        letter = lock_letter(letter_id)
        if not letter.is_posted or letter.is_retracted:
            raise Refused("not_posted", _("This letter is not public."))
        outcome = outcome.strip()
        if outcome and on is None:
            raise Refused("on_missing", _("Give the day of the outcome."), field="on")
        before = (letter.outcome, letter.outcome_on)
        after = (outcome, on if outcome else None)
        others = _other_outcomes(letter, dict(translations or {}) if outcome else {})
        if not others and before == after:
            return letter
        if revision is not None and revision != letter.revision:
            raise Refused(
                "changed_meanwhile",
                _(
                    "This letter was changed while you were writing. What came of it, as it stands "
                    "now: “%(outcome)s”. Your text is still here. Save it again, and it takes the "
                    "place of that."
                ),
                outcome=letter.outcome or "–",
            )
        letter.outcome, letter.outcome_on = after
        for row in others:
            row.save(update_fields=["outcome"])
        letter.revision += 1
        letter.updated_at = now
        letter.save()
        op.record(
            "letter.outcome_set", office=letter.office_id, letter=letter,
            changes={"outcome": (before[0], outcome)},
        )  # fmt: skip
    return letter


def _other_outcomes(letter: Letter, texts: Mapping[str, str]) -> list[LetterTranslation]:
    """Return the letter's versions whose outcome is not that of ``texts``, with it set."""
    changed = []
    for row in LetterTranslation.objects.filter(letter=letter):
        wanted = texts.get(row.language, "").strip()
        if row.outcome != wanted:
            row.outcome = wanted
            changed.append(row)
    return changed
