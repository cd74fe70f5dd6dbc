"""The guest list on paper and as a file."""

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils.translation import gettext as _

from events import clock, dates_text
from events.languages import language_in_use, own_name
from events.models import RSVP, AttendanceStatus, Event, Mode
from events.staff.access import StaffRequest, desk_page, own_row, staff_page

#: Empty lines on the sign-in sheet, for those who just come.
WALK_INS = 15


def plain_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula (OWASP, "CSV Injection")."""
    return (
        f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠") else text
    )


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """Answer a table as the file ``name`` for spreadsheets."""
    text = io.StringIO()
    # Excel takes a file for UTF-8 by its first character alone.
    text.write("\ufeff")
    sheet = csv.writer(text)
    sheet.writerow(header)
    for row in rows:
        sheet.writerow([plain_cell(cell) for cell in row])
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@staff_page("see_attendance")
def guests_csv(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer the guest list as a file for spreadsheets: who comes, who waits, who cancelled."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    rows = (
        RSVP.objects.filter(event=event)
        .select_related("person")
        .prefetch_related("access_requests")
        .order_by("name", "id")
    )
    header = [
        _("Name"), _("Email"), _("Phone"), _("People"), _("Takes part"), _("Status"), _("Language"),
        _("Access needs"), _("In their own words"), _("Asked on"), _("Came"),
    ]  # fmt: skip
    may = request.grants.permissions_in(event.office)
    came = {True: _("yes"), False: _("no"), None: ""}
    cells = (
        [
            row.name,
            row.person.email or "",
            row.phone,
            str(row.party_size),
            str(Mode(row.mode).label),
            str(AttendanceStatus(row.status).label),
            own_name(row.language) if row.language else "",
            ", ".join(str(request.get_kind_display()) for request in row.needs),
            row.access_note if "see_access_words" in may else "",
            f"{dates_text.local(row.created_at, event.timezone):%Y-%m-%d %H:%M}",
            came[row.attended],
        ]
        for row in rows
    )
    return csv_file(f"{event.slug}-guests.csv", header, cells)


@staff_page("see_attendance")
def sign_in_sheet(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the sheet for the door: names in large print, nothing that others should not read."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    rows = RSVP.objects.confirmed().filter(event=event, mode=Mode.IN_PERSON)
    language = language_in_use()
    context = {
        "event": event,
        "guests": rows.order_by("name", "id"),
        "walk_ins": range(WALK_INS),
        "printed": dates_text.moment_text(clock.now(), event.timezone, language),
    }
    return desk_page(
        request, "events/staff/sign_in_sheet.html", context, section="events", office=event.office
    )
