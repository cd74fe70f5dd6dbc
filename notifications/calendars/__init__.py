"""Calendars: iCalendar feeds, invitations by mail, and the import of a calendar file."""
