"""Post, cancel or throw away a shift."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.staff.access import FORM, POST, StaffRequest, desk_page, staff_page
from events.token_pages import see_other
from volunteers.actions.shifts import cancel_shift, delete_draft, post_shift
from volunteers.staff.shift_edit import FOLDER, SECTION, own_shift, page_of, posted_message
from volunteers.staff.told import done_message, who_is_told


class ReasonForm(forms.Form):
    """Why a shift does not take place."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Everybody reads this: in the mail, on the page, in calendars."),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Say why; everyone who hears of it asks.")},
    )


@staff_page("edit_shifts", methods=POST)
def shift_post(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a draft public: on the board, in the feeds, in the API. Nobody is mailed."""
    shift = own_shift(request, pk)
    post_shift(shift_id=shift.pk, now=clock.now(), actor=request.user)
    messages.success(request, posted_message(shift))
    return see_other(page_of(shift))


@staff_page("edit_shifts", methods=FORM)
def shift_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Cancel a public shift, with a reason, after saying who will be told. It stays visible."""
    shift = own_shift(request, pk)
    now = clock.now()
    is_over = shift.ends_at <= now and shift.is_on
    if shift.is_cancelled or not shift.is_posted or is_over:
        return redirect("staff-shift", pk=shift.pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    told = who_is_told(shift, now=now)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        cancel_shift(shift_id=shift.pk, reason=reason, now=now, actor=request.user)
        messages.success(request, done_message(told, _("The shift is cancelled.")))
        return see_other(page_of(shift))
    context = {"shift": shift, "form": form, "told": told}
    return desk_page(
        request, f"{FOLDER}/shift_cancel.html", context, section=SECTION, office=shift.office,
        status=422 if form.errors else 200,
    )  # fmt: skip


@staff_page("edit_shifts", methods=FORM)
def shift_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away, after one question."""
    shift = own_shift(request, pk)
    if shift.is_posted:
        return redirect("staff-shift", pk=shift.pk)
    if request.method == "POST":
        delete_draft(shift_id=shift.pk, now=clock.now(), actor=request.user)
        messages.success(request, _("The draft is gone."))
        return see_other(reverse("staff-shifts") + "?view=drafts")
    context = {"shift": shift}
    return desk_page(
        request, f"{FOLDER}/shift_delete.html", context, section=SECTION, office=shift.office
    )
