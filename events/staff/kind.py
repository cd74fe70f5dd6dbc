"""For which kind of office a member of staff works now."""

from django.http import HttpResponse
from django.shortcuts import redirect

from events.staff.access import KIND, POST, StaffRequest, kinds_of, staff_page


@staff_page("see_desk", methods=POST)
def choose_kind(request: StaffRequest) -> HttpResponse:
    """Change to the offices of another kind, for the rest of the session."""
    chosen = request.POST.get("kind", "")
    if chosen in kinds_of(request.grants):
        request.session[KIND] = chosen
    return redirect("staff")
