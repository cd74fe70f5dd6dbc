"""What is said to whom: the one table of messages, and the facts that nobody is told.

A new kind of message is one row here, its templates, and no line in the code that causes it. What a
row names is in ``notifications.messages``, one file a noun; access, letters and sign-ups bring
their own rows.

The order is the order of precedence: of several messages that one operation has for a person, the
first one is sent and covers all (an event that moves into a larger room gives somebody a place: the
message that says so also says what moved).
"""

from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from notifications.letters.messages import MESSAGES as LETTERS
from notifications.letters.messages import SILENT as SILENT_ABOUT_LETTERS
from notifications.message import Message
from notifications.messages import (
    claims,
    digest,
    events,
    people,
    reminding,
    rsvps,
    several,
    shifts,
)
from notifications.messages.access import MESSAGES as ACCESS
from notifications.messages.access import SILENT as SILENT_ABOUT_ACCESS
from notifications.messages.afterwards import MESSAGES as AFTERWARDS
from notifications.messages.guards import Guard, holds
from notifications.messages.questions import MESSAGES as QUESTIONS
from notifications.messages.questions import SILENT as SILENT_ABOUT_QUESTIONS
from notifications.subscriptions.messages import MESSAGES as SIGN_UPS
from notifications.subscriptions.messages import SILENT as SILENT_ABOUT_SIGN_UPS


def _message(*, guard: Guard, **columns: Any) -> Message:
    """Return a row whose guard alone says whether it is still true."""
    return Message(guard=guard, still_true=holds(guard), **columns)


MESSAGES: list[Message] = [
    # --- A person's own page ---------------------------------------------------------------------
    _message(
        name="sign_in_link",
        title=_("Sign-in link"),
        description=_("The link to a person's own page. It works once, for 30 minutes."),
        recipients=_("Whoever asked for it, if the address is known here"),
        actions=("person.sign_in_requested",),
        audience=people.who_asked,
        guard=people.is_unused,
        context=people.context,
        answers_form=True,
    ),
    # --- RSVPs -----------------------------------------------------------------------------------
    _message(
        name="rsvp_promoted",
        called=True,
        title=_("A place came free"),
        description=_("Says that somebody who waited has a place now, with an invitation."),
        recipients=_("The guest who moved up from the waitlist"),
        actions=("rsvp.promoted",),
        audience=rsvps.whose,
        guard=rsvps.has_a_place,
        context=rsvps.context_promoted,
        calendar=rsvps.request,
    ),
    _message(
        name="rsvp_confirmed",
        title=_("RSVP: a place"),
        description=_("When and where, the access asked for, the link to change or cancel."),
        recipients=_("The guest who gets a place at once"),
        actions=("rsvp.confirmed",),
        audience=rsvps.whose,
        guard=rsvps.has_a_place,
        context=rsvps.context_confirmed,
        calendar=rsvps.request,
        answers_form=True,
    ),
    _message(
        name="rsvp_waitlisted",
        title=_("RSVP: on the waitlist"),
        description=_("The place in line, what must happen, and how to get in sooner."),
        recipients=_("The guest for whom there is no place yet"),
        actions=("rsvp.waitlisted",),
        audience=rsvps.whose,
        guard=rsvps.is_in_line,
        context=rsvps.context_waitlisted,
        answers_form=True,
    ),
    _message(
        name="rsvp_passed_over",
        called=True,
        title=_("RSVP: come with fewer now"),
        description=_("Says that some places are free, and how many people could have them now."),
        recipients=_("The guest who waits with more people than fit"),
        actions=("rsvp.passed_over",),
        audience=rsvps.whose,
        guard=rsvps.would_fit_with_fewer,
        context=rsvps.context_waitlisted,
    ),
    _message(
        name="rsvp_unproven",
        title=_("RSVP: please confirm"),
        description=_("Asks to confirm the address within 48 hours. No place is held until then."),
        recipients=_("The guest whose address is not confirmed, when few places are left for such"),
        actions=("rsvp.unproven",),
        audience=rsvps.whose,
        guard=rsvps.waits_for_proof,
        context=rsvps.context_unproven,
        answers_form=True,
    ),
    _message(
        name="rsvp_repeated",
        title=_("RSVP: there already"),
        description=_("Says what the address has already, with the link to change or cancel it."),
        recipients=_("The guest who sends the form a second time"),
        actions=("rsvp.repeated",),
        audience=rsvps.whose,
        guard=rsvps.is_active,
        context=rsvps.context_repeated,
    ),
    _message(
        name="rsvp_changed",
        title=_("RSVP changed"),
        description=_("The number of people, before and now."),
        recipients=_("The guest whose party grew or shrank"),
        actions=("rsvp.changed",),
        audience=rsvps.whose,
        guard=rsvps.is_active,
        context=rsvps.context_changed,
    ),
    _message(
        name="rsvp_cancelled",
        title=_("RSVP cancelled"),
        description=_(
            "Says that the place is given back, and takes the event out of the calendar."
        ),
        recipients=_("The guest whose RSVP was cancelled"),
        actions=("rsvp.cancelled",),
        audience=rsvps.whose,
        guard=rsvps.is_cancelled,
        context=rsvps.context_cancelled,
        calendar=rsvps.cancel,
    ),
    _message(
        name="rsvp_expired",
        title=_("RSVP ended"),
        description=_("Says that the address was not confirmed in time."),
        recipients=_("The guest who did not confirm within 48 hours"),
        actions=("rsvp.expired",),
        audience=rsvps.whose,
        guard=rsvps.has_expired,
        context=rsvps.context,
    ),
    *ACCESS,
    *AFTERWARDS,
    *QUESTIONS,
    # --- Shifts, one volunteer's -----------------------------------------------------------------
    _message(
        name="claim_promoted",
        called=True,
        title=_("A shift came free"),
        description=_("Says that somebody who waited has the shift now, with an invitation."),
        recipients=_("The volunteer who moved up from the waitlist"),
        actions=("claim.promoted",),
        audience=claims.whose,
        guard=claims.has_a_place,
        context=claims.context_confirmed,
        calendar=claims.request,
    ),
    _message(
        name="claim_confirmed",
        title=_("Shift taken"),
        description=_("When and where, what to know, the link to give the shift back."),
        recipients=_("The volunteer who gets a shift at once"),
        actions=("claim.confirmed",),
        audience=claims.whose,
        guard=claims.has_a_place,
        context=claims.context_confirmed,
        calendar=claims.request,
        answers_form=True,
    ),
    _message(
        name="claim_waitlisted",
        title=_("Shift: on the waitlist"),
        description=_("The place in line, and what must happen."),
        recipients=_("The volunteer for whom the shift has no place yet"),
        actions=("claim.waitlisted",),
        audience=claims.whose,
        guard=claims.is_in_line,
        context=claims.context,
        answers_form=True,
    ),
    _message(
        name="claim_repeated",
        title=_("Shift: there already"),
        description=_("Says what the address has already, with the link to give it back."),
        recipients=_("The volunteer who sends the form a second time"),
        actions=("claim.repeated",),
        audience=claims.whose,
        guard=claims.is_active,
        context=claims.context,
    ),
    _message(
        name="claim_refused",
        title=_("Shift not possible"),
        description=_("Says what the shift would overlap, and how to give that back."),
        recipients=_("The volunteer who is not free at that time"),
        actions=("claim.refused",),
        audience=claims.whose_request,
        guard=claims.is_refused,
        context=claims.context_refused,
    ),
    _message(
        name="claim_released",
        title=_("Shift given back"),
        description=_("Says that the shift is given back, and takes it out of the calendar."),
        recipients=_("The volunteer whose place was given back"),
        actions=("claim.released",),
        audience=claims.whose,
        guard=claims.is_released,
        context=claims.context_released,
        calendar=claims.cancel,
    ),
    # --- Events and shifts as such ---------------------------------------------------------------
    _message(
        name="dates_cancelled",
        called=True,
        title=_("Several dates cancelled"),
        description=_("The dates, the reason, and the end of the calendar entries."),
        recipients=_("Guests and volunteers of several dates of a series that ends"),
        actions=("series.ended",),
        audience=several.everyone,
        guard=several.are_cancelled,
        context=several.context_cancelled,
        calendar=events.calendar,
    ),
    _message(
        name="dates_changed",
        called=True,
        title=_("Several dates changed"),
        description=_("Each date with old and new time and place; the calendar entries follow."),
        recipients=_("Guests and volunteers of several dates of a series that change at once"),
        actions=("series.edited",),
        audience=several.everyone,
        guard=several.are_changed,
        context=several.context_dates,
        calendar=events.calendar,
    ),
    _message(
        name="place_changed",
        called=True,
        title=_("New address of a place"),
        description=_("The old and the new name or address, and what takes place there."),
        recipients=_("Who holds several places at events or on shifts there"),
        actions=("venue.moved",),
        audience=several.everyone,
        guard=several.are_elsewhere,
        context=several.context_elsewhere,
        calendar=events.calendar,
    ),
    _message(
        name="event_cancelled",
        called=True,
        title=_("Event cancelled"),
        description=_("The reason, and the end of the calendar entry. Shifts end with the event."),
        recipients=_("Guests and volunteers of the event, also those who wait"),
        actions=("event.cancelled",),
        audience=events.everyone,
        guard=events.is_cancelled,
        context=events.context_called_off,
        calendar=events.calendar,
    ),
    _message(
        name="event_postponed",
        called=True,
        title=_("Event postponed"),
        description=_("The reason. The calendar entry goes until there is a new date."),
        recipients=_("Guests and volunteers of the event, also those who wait"),
        actions=("event.postponed",),
        audience=events.everyone,
        guard=events.is_postponed,
        context=events.context_called_off,
        calendar=events.calendar,
    ),
    _message(
        name="event_changed",
        called=True,
        title=_("Event moved, or certain now"),
        description=_(
            "Old and new time and place in one message, or that it is certain now, or not yet, or "
            "takes place after all; the calendar entry follows."
        ),
        recipients=_("Guests and volunteers of the event, also those who wait"),
        actions=(
            "event.rescheduled",
            "event.moved",
            "event.resumed",
            "event.confirmed",
            "event.made_tentative",
        ),
        audience=events.everyone,
        guard=events.is_changed,
        context=events.context_changed,
        calendar=events.calendar,
    ),
    _message(
        name="shift_cancelled",
        called=True,
        title=_("Shift cancelled"),
        description=_("The reason, and the end of the calendar entry."),
        recipients=_("The volunteers of the shift, also those who wait"),
        actions=("shift.cancelled",),
        audience=shifts.everyone,
        guard=shifts.is_cancelled,
        context=shifts.context_cancelled,
        calendar=shifts.calendar,
    ),
    _message(
        name="shift_changed",
        called=True,
        title=_("Shift moved"),
        description=_("Old and new time and place; names what it overlaps now."),
        recipients=_("The volunteers of the shift, also those who wait"),
        actions=("shift.rescheduled", "shift.moved"),
        audience=shifts.everyone,
        guard=shifts.is_changed,
        context=shifts.context_changed,
        calendar=shifts.calendar,
    ),
    Message(
        name="calendar_update",
        title=_("Calendar entry"),
        description=_("A short message that moves or removes one entry in the calendar."),
        recipients=_("Who has several entries that change, beside the message that says why"),
        actions=(
            "event.rescheduled",
            "event.moved",
            "event.resumed",
            "event.confirmed",
            "event.made_tentative",
            "event.postponed",
            "event.cancelled",
            "shift.moved",
        ),
        audience=events.each_entry,
        summary=False,
        guard=events.is_in_calendar,
        still_true=events.calendar_still_true,
        context=events.context_calendar,
        calendar=events.calendar,
        key=events.invitation_key,
    ),
    # --- Reminders: planned by query, see notifications.reminders --------------------------------
    _message(
        name="rsvp_reminder",
        title=_("Reminder of an event"),
        description=_("When, where, how to get in, the access asked for; confirm or cancel."),
        recipients=_("Guests with a place, at the times that the office chooses"),
        guard=reminding.rsvp_is_still_due,
        context=reminding.rsvp_context,
        key=reminding.rsvp_key,
    ),
    _message(
        name="claim_reminder",
        title=_("Reminder of a shift"),
        description=_("When, where, how to get in, the event it belongs to; confirm or give back."),
        recipients=_("Volunteers with a place, at the times that the office chooses"),
        guard=reminding.claim_is_still_due,
        context=reminding.claim_context,
        key=reminding.claim_key,
    ),
    # --- Sign-ups and letters --------------------------------------------------------------------
    *SIGN_UPS,
    *LETTERS,
    # Planned by query, too: see notifications.digests.
    _message(
        name="digest",
        title=_("Digest"),
        description=_("New letters, new events with the link to RSVP, and shifts that need help."),
        recipients=_("Who chose one message a day or a week, if there is news on their topics"),
        bulk=True,
        again=False,
        guard=digest.is_wanted,
        context=digest.context,
        key=digest.key,
    ),
]

#: Facts that nobody is told of, each with the reason.
SILENT: dict[str, str] = {
    "person.sign_in_unknown": "nobody is known under the address that was typed",
    "event.created": "a draft is for staff alone",
    "event.posted": "nobody has a place yet; subscribers get letters and feeds",
    "event.edited": "neither time nor place changed; page, feeds and reminders show it",
    "event.deleted": "a draft that nobody but staff has seen",
    "rsvp.proven": "the page after the button says it; what it led to is a fact of its own",
    "rsvp.affirmed": "the page after the button says it",
    "rsvp.attended": "staff wrote down who came; it changes nothing for the guest",
    "entry.checked_in": "the guest stands at the door",
    "entry.walked_in": "whoever came in stands at the door",
    "entry.undone": "a slip of the door, mended there",
    "checklist.edited": "a list for staff alone",
    "task.added": "the desk reminds staff when it is due",
    "task.changed": "the desk reminds staff when it is due",
    "task.done": "work of staff, which changes nothing for guests",
    "task.reopened": "the desk reminds staff again",
    "task.removed": "work of staff, which changes nothing for guests",
    "follow_up.noted": "a note for staff alone, of which the desk reminds them",
    "follow_up.changed": "a note for staff alone, of which the desk reminds them",
    "follow_up.removed": "a note for staff alone, written down by mistake",
    "follow_up.done": "somebody has just answered the guest",
    "follow_up.reopened": "a note for staff alone, of which the desk reminds them",
    "minutes.edited": "the page shows what is posted; a correction is not mailed",
    "promise.made": "the event’s page shows it, and the desk reminds its owner",
    "promise.changed": "the event’s page shows it",
    "promise.withdrawn": "the event’s page says why",
    "promise.reopened": "a slip of the desk, mended there",
    "call.noted": "somebody has just spoken to them, or tried to",
    "rsvp.ended": "what became of the guest’s other row is the fact that is told",
    "rsvp.needs_changed": "the page says it at once, and the reminder repeats it",
    "claim.proven": "the page after the button says it",
    "claim.attended": "staff wrote down who came; it changes nothing for the volunteer",
    "shift.created": "nobody has a claim yet",
    "shift.posted": "nobody has a claim yet; the board and the feeds show it",
    "shift.edited": "neither time nor place changed; the reminder shows what to know",
    "shift.deleted": "a draft that nobody but staff has seen",
    "role.created": "wording for staff to choose from",
    "role.edited": "the pages show it",
    "person.signed_in": "it was they who did it",
    "person.feed_renewed": "the page shows the new address",
    "person.mail_stopped": "who wants no mail gets none about it",
    "person.mail_resumed": "the page says it, or what they asked for comes now",
    "office.created": "it has no people yet",
    "office.edited": "the pages show it, and the next message is sent under it",
    "venue.created": "no event is there yet",
    "venue.edited": "name and address are the same; pages, feeds and reminders show the rest",
    "topic.created": "the sign-up form shows it",
    "topic.edited": "the pages show it",
    "membership.created": "staff are told by whoever adds them",
    "membership.changed": "staff are told by whoever changes it",
    "membership.ended": "staff are told by whoever ends it",
    **SILENT_ABOUT_ACCESS,
    **SILENT_ABOUT_QUESTIONS,
    **SILENT_ABOUT_SIGN_UPS,
    **SILENT_ABOUT_LETTERS,
}


@cache
def _by_name() -> dict[str, Message]:
    return {message.name: message for message in MESSAGES}


def named(name: str) -> Message:
    """Return the message of that name; raises KeyError for one that this version does not know."""
    return _by_name()[name]
