"""The start of the staff desk: what needs somebody today."""

from django.http import HttpResponse

from events import clock, extensions
from events.staff.access import StaffRequest, desk_page, staff_page


@staff_page("see_desk")
def today(request: StaffRequest) -> HttpResponse:
    """Show the cards of all apps."""
    now = clock.now()
    cards = []
    for card in extensions.desk_cards:
        context = card.load(request, request.offices, now)
        if context is not None:
            cards.append({"card": card, "context": context})
    return desk_page(request, "events/staff/today.html", {"cards": cards}, section="today")
