"""One volunteer on a shift: written down, looked up, taken off, marked as come."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock, dates_text
from events.choices import offer
from events.errors import Refused
from events.languages import language_in_use, own_name
from events.models import AuditEntry, Office
from events.person_fields import their_email, their_name, their_phone
from events.staff.access import FORM, POST, StaffRequest, desk_page, staff_page
from events.token_pages import see_other
from volunteers.actions.claims import claim_shift, release_claim, set_attended
from volunteers.models import Shift, ShiftClaim
from volunteers.overlap import Clash, first_clash
from volunteers.queries import claim_state, positions_in_line, waiting_count
from volunteers.staff.roster import is_day_reached
from volunteers.staff.shift_edit import FOLDER, SECTION, own_shift, page_of


class VolunteerForm(forms.Form):
    """Somebody who calls or comes by. An e-mail address or a phone number is enough."""

    name = their_name(gettext_lazy("Enter the volunteer’s name."))
    phone = their_phone()
    email = their_email(
        gettext_lazy("With one, they get a confirmation and a link to give it back.")
    )
    language = forms.ChoiceField(label=gettext_lazy("Language they prefer"))

    def __init__(self, data: Any = None, *, office: Office) -> None:
        super().__init__(data, initial={"language": office.first_language})
        page = language_in_use()
        spoken = dict.fromkeys([*office.languages, page])
        offer(self, "language", [(code, own_name(code)) for code in spoken])
        for name in ("phone", "email"):
            # One of the two is enough.
            self.fields[name].sometimes_required = True  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone and sum(sign.isdigit() for sign in phone) < 7:
            raise forms.ValidationError(_("Enter a phone number with its area code."))
        return phone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        nothing_typed = not data.get("phone") and not data.get("email")
        if nothing_typed and not {"phone", "email"} & set(self.errors):
            self.add_error("phone", _("Enter a phone number or an email address."))
        return data


class TakeOffForm(forms.Form):
    """Why staff take a volunteer off a shift."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Only staff see it. For example: called and is ill."),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": gettext_lazy("Say why, for your colleagues.")},
    )


@staff_page("edit_shifts", methods=FORM)
def volunteer_new(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down a volunteer who calls. No e-mail address is needed; an overlap is told."""
    shift = own_shift(request, pk)
    now = clock.now()
    if not shift.accepts_claims(now):
        messages.warning(request, _("This shift takes no volunteers now."))
        return see_other(page_of(shift))
    sent = request.POST if request.method == "POST" else None
    form = VolunteerForm(sent, office=shift.office)
    if form.is_valid():
        try:
            outcome = claim_shift(shift_id=shift.pk, now=now, actor=request.user, **_facts(form))
        except Refused as refused:
            form.add_error(refused.field or None, refused.message)
        else:
            if outcome.claim is not None:
                said = {
                    "confirmed": _("%(name)s is on the shift."),
                    "waitlisted": _("%(name)s is on the waitlist."),
                    "repeated": _("%(name)s is on the list already. Nothing was changed."),
                }[outcome.result]
                messages.success(request, said % {"name": outcome.claim.name})
                return see_other(_back_to(shift, outcome.claim))
            assert outcome.clash is not None
            form.add_error(None, overlap_message(request, outcome.clash))
    context = {
        "shift": shift,
        "form": form,
        "waiting": waiting_count(shift) if shift.is_full else 0,
    }
    status = 422 if form.errors else 200
    return _answer(request, "volunteer_new", shift, context, status=status)


def _facts(form: VolunteerForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "email", "phone", "language")}


def overlap_message(request: StaffRequest, clash: Clash) -> str:
    """Say what the volunteer does at that time, as far as it is this member's to know.

    What somebody does for an office of others, or of another kind, is not told here.
    """
    language = language_in_use()
    holder = clash.shift or clash.event
    assert holder is not None
    facts = {
        "name": clash.name(language),
        "when": dates_text.when_text(clash.starts_at, clash.ends_at, clash.timezone, language),
    }
    if holder.office_id not in {office.pk for office in request.offices}:
        return _("They have taken on something else at that time. Nothing was changed.")
    if clash.shift is not None:
        return _("They have a shift at that time: %(name)s, %(when)s. Nothing was changed.") % facts
    return (
        _("They have a place at an event at that time: %(name)s, %(when)s. Nothing was changed.")
        % facts
    )


@staff_page("edit_shifts")
def volunteer_page(request: StaffRequest, shift_pk: int, pk: int) -> HttpResponse:
    """Show one volunteer's claim: how to reach them, what became of it, what overlaps it."""
    shift, claim = _own(request, shift_pk, pk)
    return _show(request, shift, claim, TakeOffForm())


@staff_page("edit_shifts", methods=POST)
def volunteer_release(request: StaffRequest, shift_pk: int, pk: int) -> HttpResponse:
    """Take a volunteer off the shift, with a reason; whoever waits and is free moves up at once."""
    shift, claim = _own(request, shift_pk, pk)
    now = clock.now()
    if not _may_take_off(claim, shift, now):
        messages.warning(request, _("There is no place to give back. Nothing was changed."))
        return see_other(_address(shift, claim))
    form = TakeOffForm(request.POST)
    if not form.is_valid():
        return _show(request, shift, claim, form)
    release_claim(
        claim_id=claim.pk, reason=form.cleaned_data["reason"], now=now, actor=request.user
    )
    messages.success(request, _("%(name)s is off the shift.") % {"name": claim.name})
    for name in _moved_up(shift, now):
        messages.success(request, _("%(name)s moved up from the waitlist.") % {"name": name})
    return see_other(page_of(shift))


def _may_take_off(claim: ShiftClaim, shift: Shift, now: datetime) -> bool:
    """Whether there is a place, or a place in line, and the work is still to be done."""
    return claim.is_active and (shift.ends_at > now or not shift.is_on)


def _moved_up(shift: Shift, now: datetime) -> list[str]:
    """Return the names of those who waited and have a place since ``now``."""
    claims = ShiftClaim.objects.confirmed().filter(
        shift=shift, confirmed_at=now, waitlisted_at__lt=now
    )
    return list(claims.order_by("waitlisted_at", "id").values_list("name", flat=True))


@staff_page("edit_shifts", methods=POST)
def volunteer_attended(request: StaffRequest, shift_pk: int, pk: int) -> HttpResponse:
    """Write down whether a volunteer came: ``attended`` is "yes", "no" or empty."""
    shift, claim = _own(request, shift_pk, pk)
    values = {"yes": True, "no": False, "": None}
    typed = request.POST.get("attended", "")
    if typed not in values:
        raise Http404
    set_attended(claim_id=claim.pk, attended=values[typed], now=clock.now(), actor=request.user)
    return see_other(_back_to(shift, claim, request.POST.get("back", "")))


def _back_to(shift: Shift, claim: ShiftClaim, back: str = "") -> str:
    """Return the line of the claim on the roster: as it was narrowed, or on the tab it is on."""
    listed = page_of(shift)
    # Only to a page of this very roster; anything else is somebody else's address.
    if back.partition("?")[0] == listed:
        return f"{back}#volunteer-{claim.pk}"
    tab = "?show=waiting" if claim.is_waitlisted else ""
    return f"{listed}{tab}#volunteer-{claim.pk}"


def _address(shift: Shift, claim: ShiftClaim) -> str:
    return reverse("staff-volunteer", kwargs={"shift_pk": shift.pk, "pk": claim.pk})


def _own(request: StaffRequest, shift_pk: int, pk: int) -> tuple[Shift, ShiftClaim]:
    shift = own_shift(request, shift_pk)
    claim = ShiftClaim.objects.filter(shift=shift, pk=pk).select_related("person").first()
    if claim is None:
        raise Http404
    return shift, claim


def _show(
    request: StaffRequest, shift: Shift, claim: ShiftClaim, form: TakeOffForm
) -> HttpResponse:
    now = clock.now()
    clash = None
    if claim.is_active and claim.person_id is not None and shift.is_on and shift.ends_at > now:
        clash = first_clash(person_id=claim.person_id, shift=shift)
    context = {
        "shift": shift,
        "claim": claim,
        "state": claim_state(claim, shift, now),
        "position": positions_in_line([claim]).get(claim.pk) if claim.is_waitlisted else None,
        "clash": _clash_words(request, clash) if clash is not None else "",
        "released_by": _released_by(claim) if claim.is_cancelled else "",
        "form": form,
        "may_take_off": _may_take_off(claim, shift, now),
        "marks_attendance": claim.is_confirmed and shift.is_on and is_day_reached(shift, now),
    }
    status = 422 if form.errors else 200
    return _answer(request, "volunteer", shift, context, status=status)


def _clash_words(request: StaffRequest, clash: Clash) -> str:
    """Name what overlaps the claim, as far as it is this member's to know."""
    language = language_in_use()
    holder = clash.shift or clash.event
    assert holder is not None
    if holder.office_id not in {office.pk for office in request.offices}:
        return _("something else that they have taken on")
    when = dates_text.when_text(clash.starts_at, clash.ends_at, clash.timezone, language)
    return f"{clash.name(language)}, {when}"


def _released_by(claim: ShiftClaim) -> str:
    """Return which member of staff took the volunteer off; empty if they gave it back."""
    entry = (
        AuditEntry.objects.filter(
            person_id=claim.person_id, action="claim.released", subjects__claim=claim.pk
        )
        .select_related("staff")
        .first()
    )
    if entry is None or entry.actor_kind != "staff":
        return ""
    return str(entry.staff) if entry.staff is not None else _("Somebody who left")


def _answer(
    request: StaffRequest, name: str, shift: Shift, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return desk_page(
        request, f"{FOLDER}/{name}.html", context, section=SECTION, office=shift.office,
        status=status,
    )  # fmt: skip
