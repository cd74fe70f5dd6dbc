"""What volunteers of an office do: greeter, note taker, food sorter."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.models import Office
from events.queries import read_page
from events.staff.access import FORM, StaffRequest, chosen_office, desk_page, own_row, staff_page
from events.staff.stale import Conflict, SeenForm
from events.token_pages import see_other
from volunteers.actions.shifts import create_role, edit_role
from volunteers.models import Shift, VolunteerRole
from volunteers.staff.shift_edit import FOLDER, SECTION

PAGE_SIZE = 100


class RoleForm(SeenForm):
    """A role and what a volunteer does in it."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("For example: Greeter, Note taker, Food sorter."),
        max_length=100,
        error_messages={"required": gettext_lazy("Give the role a name.")},
    )
    description = forms.CharField(
        label=gettext_lazy("What a volunteer does in it"),
        help_text=gettext_lazy(
            "Volunteers read it before they take a shift. Say what is heavy, loud or long, too."
        ),
        max_length=10_000,
        required=False,
        widget=forms.Textarea({"rows": 6}),
    )

    def __init__(
        self, data: Any = None, *, office: Office, role: VolunteerRole | None = None
    ) -> None:
        initial = {"name": role.name, "description": role.description} if role is not None else {}
        super().__init__(data, initial=initial)
        self.office, self.role = office, role
        self.remember()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = VolunteerRole.objects.filter(office=self.office, name__iexact=name)
        if self.role is not None:
            others = others.exclude(pk=self.role.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a role with this name already."))
        return name

    def columns(self) -> dict[str, str]:
        """Return what the form says, as the actions want it."""
        text = self.cleaned_data["description"].replace("\r\n", "\n").strip()
        return {"name": self.cleaned_data["name"], "description": text}


@staff_page("edit_shifts")
def role_list(request: StaffRequest) -> HttpResponse:
    """Show the roles of this member's offices, with how many shifts of each are to come."""
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    now = clock.now()
    coming = Shift.objects.filter(office__in=request.offices).effective(now).upcoming(now)
    coming_ids = coming.posted().going_on().order_by().values("pk")
    roles = (
        VolunteerRole.objects.filter(office__in=request.offices)
        .select_related("office")
        .annotate(coming=Count("shifts", filter=Q(shifts__in=coming_ids)))
        .order_by("office__position", "office_id", "name", "id")
    )
    context = {
        "roles": roles[offset : offset + limit],
        "count": roles.count(),
        "offset": offset,
        "limit": limit,
    }
    return desk_page(request, f"{FOLDER}/roles.html", context, section=SECTION)


@staff_page("edit_shifts", methods=FORM)
def role_new(request: StaffRequest) -> HttpResponse:
    """Add a role. With several offices, first say whose."""
    office = chosen_office(request, request.GET.get("office"))
    if office is None:
        context = {"choices": request.offices}
        return desk_page(request, f"{FOLDER}/role_office.html", context, section=SECTION)
    form = RoleForm(request.POST if request.method == "POST" else None, office=office)
    if form.is_valid():
        create_role(office=office, now=clock.now(), actor=request.user, **form.columns())
        messages.success(request, _("The role is on the list."))
        return see_other(reverse("staff-roles"))
    return _form_page(request, office, form, role=None)


@staff_page("edit_shifts", methods=FORM)
def role_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a role's words everywhere they show. Nobody is mailed."""
    role = own_row(request, VolunteerRole.objects.all(), pk=pk)
    sent = request.POST if request.method == "POST" else None
    form = RoleForm(sent, office=role.office, role=role)
    if form.is_valid():
        if form.is_stale:
            conflict = Conflict(form.differences(), None)
            form.take_over()
            return _form_page(request, role.office, form, role=role, conflict=conflict)
        edit_role(role_id=role.pk, changes=form.columns(), now=clock.now(), actor=request.user)
        messages.success(request, _("Saved. Every shift of this role shows it."))
        return see_other(reverse("staff-roles"))
    return _form_page(request, role.office, form, role=role)


def _form_page(
    request: StaffRequest,
    office: Office,
    form: RoleForm,
    *,
    role: VolunteerRole | None,
    conflict: Conflict | None = None,
) -> HttpResponse:
    context = {"role": role, "form": form, "conflict": conflict}
    status = 409 if conflict else 422 if form.errors else 200
    return desk_page(
        request, f"{FOLDER}/role_form.html", context, section=SECTION, office=office, status=status
    )
