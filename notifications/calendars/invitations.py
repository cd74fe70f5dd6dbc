"""Invitations by mail that enter a date into the recipient's calendar, move it and remove it.

RFC 5546 says what such an object holds, RFC 6047 how it travels. The mail's sender is the organizer
and the recipient the one attendee. Same facts, same bytes: nothing here asks the time. Words are in
the active language.
"""

from dataclasses import replace

from events.models import RSVP, Attendance, Event, Office, Person
from notifications.calendars.entries import claim_entry, rsvp_entry
from notifications.calendars.vevent import Entry, Method, Party, invitation
from notifications.delivery.mime import ascii_address, sender
from notifications.message import CalendarPart
from volunteers.models import Shift, ShiftClaim


def rsvp_invitation(rsvp: RSVP, event: Event, *, method: Method) -> CalendarPart:
    """The calendar part for somebody's place at an event.

    REQUEST for a confirmed place and after each move; CANCEL when the event or the RSVP is off.
    `event` is read through `with_all_shown()`; the person has an e-mail address.
    """
    return _part(rsvp_entry(rsvp, event), rsvp, rsvp.person, event.office, method)


def claim_invitation(claim: ShiftClaim, shift: Shift, *, method: Method) -> CalendarPart:
    """The calendar part for a volunteer's shift, read through `effective().with_all_shown()`."""
    if claim.person is None:
        raise ValueError("A place in a group that nobody is named for has no invitation.")
    return _part(claim_entry(claim, shift), claim, claim.person, shift.office, method)


def _part(
    entry: Entry, attendance: Attendance, person: Person, office: Office, method: Method
) -> CalendarPart:
    if person.email is None:
        raise ValueError("A person without an e-mail address has no invitation.")
    origin = sender(office)
    entry = replace(entry, organizer=Party(origin.display_name, origin.addr_spec))
    # Until the address is proven, the name may be anybody's words: they are not passed on.
    name = attendance.name if attendance.proven_at is not None else ""
    attendee = Party(name, ascii_address(person.email))
    return CalendarPart(invitation(entry, attendee=attendee, method=method), method)
