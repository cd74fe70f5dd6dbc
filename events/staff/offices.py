"""The settings of an office."""

import hashlib
from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from events import clock
from events.actions.offices import edit_office
from events.models import Office
from events.staff.access import FORM, StaffRequest, chosen_office, desk_page, staff_page
from events.staff.office_form import OfficeForm
from events.staff.stale import Conflict, status_of
from events.token_pages import see_other


@staff_page("edit_office")
def office_list(request: StaffRequest) -> HttpResponse:
    """Show the offices that this member manages; the only one opens at once."""
    if len(request.offices) == 1:
        return redirect("staff-office", slug=request.offices[0].slug)
    context = {"choices": request.offices}
    return desk_page(request, "events/staff/offices.html", context, section="office")


@staff_page("edit_office", methods=FORM)
def office_edit(request: StaffRequest, slug: str) -> HttpResponse:
    """Change an office. Its address, its kind and its first language stay."""
    office = chosen_office(request, slug)
    assert office is not None
    form = OfficeForm(request.POST or None, request.FILES or None, office=office)
    if request.method == "POST" and form.is_valid():
        if form.is_stale:
            conflict = form.beside_what_is_saved()
            return _form_page(request, office, form, conflict=conflict)
        _save(request, office, form)
        messages.success(request, _("Saved. The public pages show it."))
        return see_other(reverse("staff-office", kwargs={"slug": office.slug}))
    return _form_page(request, office, form)


def _save(request: StaffRequest, office: Office, form: OfficeForm) -> None:
    """Store the file first and commit then: a row never names a file that is not there."""
    old, changes = office.logo.name or "", form.changes()
    file = form.cleaned_data.get("logo")
    if file and form.logo_format is not None:
        digest = hashlib.sha256(file.read()).hexdigest()[:16]
        file.seek(0)
        name = f"logos/{office.slug}-{digest}.{form.logo_format.ending}"
        changes["logo"] = name if default_storage.exists(name) else default_storage.save(name, file)
    elif form.cleaned_data.get("drop_logo"):
        changes["logo"] = ""
    edit_office(office_id=office.pk, changes=changes, now=clock.now(), actor=request.user)
    if old and "logo" in changes and changes["logo"] != old:
        default_storage.delete(old)


def _form_page(
    request: StaffRequest, office: Office, form: OfficeForm, *, conflict: Conflict | None = None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "conflict": conflict}
    return desk_page(
        request, "events/staff/office_form.html", context, section="office", office=office,
        status=status_of(form, conflict),
    )  # fmt: skip
