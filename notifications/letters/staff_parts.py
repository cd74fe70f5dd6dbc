"""What the desk's pages of letters share."""

from typing import Any

from django.http import HttpResponse

from events.models import Office
from events.staff.access import StaffRequest, desk_page, own_row
from notifications.models import Letter

SECTION = "letters"
FOLDER = "notifications/staff"


def letter_of(request: StaffRequest, pk: int) -> Letter:
    """Return a letter of one of this member's offices, with all that pages show; else 404."""
    return own_row(request, Letter.objects.with_all_shown().with_attachments(), pk=pk)


def may_post(request: StaffRequest, office: Office) -> bool:
    return office in request.grants.offices("post_letters")


def letter_page(
    request: StaffRequest, name: str, letter: Letter, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with a page about one letter."""
    return desk_page(
        request,
        f"{FOLDER}/{name}.html",
        {"letter": letter, **context},
        section=SECTION,
        office=letter.office,
        status=status,
    )
