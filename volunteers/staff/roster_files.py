"""The roster of a shift on paper and as a file."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from events import clock, dates_text
from events.languages import language_in_use, own_name
from events.models import AttendanceStatus
from events.staff.access import StaffRequest, desk_page, staff_page
from events.staff.guest_files import csv_file
from volunteers.models import ShiftClaim
from volunteers.staff.roster import lines
from volunteers.staff.shift_edit import FOLDER, SECTION, own_shift

#: Empty lines on the sheet, for those who just come to help.
WALK_INS = 4


@staff_page("edit_shifts")
def roster_csv(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer the roster as a file for spreadsheets: who is on it, who waits, who gave it back."""
    shift = own_shift(request, pk)
    claims = ShiftClaim.objects.filter(shift=shift).select_related("person").order_by("name", "id")
    header = [
        _("Name"), _("Email"), _("Phone"), _("Status"), _("Place in line"), _("Address confirmed"),
        _("Overlaps something else"), _("Language"), _("Signed up on"), _("Came"),
        _("Why it was given back"),
    ]  # fmt: skip
    said = {True: _("yes"), False: _("no"), None: ""}
    rows = (
        [
            line.claim.name,
            email_of(line.claim),
            line.claim.phone,
            str(AttendanceStatus(line.claim.status).label),
            str(line.position or ""),
            said[line.claim.proven_at is not None],
            said[True] if line.clashes else "",
            own_name(line.claim.language) if line.claim.language else "",
            f"{dates_text.local(line.claim.created_at, shift.timezone):%Y-%m-%d %H:%M}",
            said[line.claim.attended],
            line.claim.release_reason,
        ]
        for line in lines(list(claims), shift)
    )
    day = dates_text.local(shift.starts_at, shift.timezone).date().isoformat()
    return csv_file(f"{shift.role.slug}-{day}-volunteers.csv", header, rows)


@staff_page("edit_shifts")
def roster_sheet(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the roster to print: names and phone numbers for whoever leads the shift."""
    shift = own_shift(request, pk)
    claims = ShiftClaim.objects.filter(shift=shift).select_related("person")
    language = language_in_use()
    context = {
        "shift": shift,
        "confirmed": claims.confirmed().order_by("name", "id"),
        "waiting": claims.in_line(),
        "walk_ins": range(WALK_INS),
        "printed": dates_text.moment_text(clock.now(), shift.timezone, language),
    }
    return desk_page(
        request, f"{FOLDER}/roster_sheet.html", context, section=SECTION, office=shift.office
    )


def email_of(claim: ShiftClaim) -> str:
    """Return the volunteer's address, empty for who has none."""
    return (claim.person.email or "") if claim.person is not None else ""
