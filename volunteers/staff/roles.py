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
from events.languages import other_languages, own_name
from events.models import Office
from events.queries import read_page
from events.staff.access import FORM, StaffRequest, chosen_office, desk_page, own_row, staff_page
from events.staff.stale import Conflict, SeenForm, status_of
from events.token_pages import see_other
from volunteers.actions.shifts import create_role, edit_role
from volunteers.models import Shift, VolunteerRole
from volunteers.staff.shift_edit import FOLDER, SECTION

PAGE_SIZE = 100
#: More than anybody reads before a shift.
LONGEST_TEXT = 10_000


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
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 6}),
    )

    def __init__(
        self, data: Any = None, *, office: Office, role: VolunteerRole | None = None
    ) -> None:
        super().__init__(data, initial=initial_of(role) if role is not None else {})
        self.office, self.role = office, role
        has = [row.language for row in role.translations.all()] if role is not None else []
        self.languages = other_languages(office.first_language, office.languages, has)
        for code in self.languages:
            self._add_version(code)
        if self.languages:
            self._name_language("", office.first_language)
        self.remember()

    def _add_version(self, code: str) -> None:
        self.fields[f"name_{code}"] = forms.CharField(max_length=100, required=False)
        self.fields[f"description_{code}"] = forms.CharField(
            max_length=LONGEST_TEXT, required=False, widget=forms.Textarea({"rows": 4})
        )
        self._name_language(f"_{code}", code)

    def _name_language(self, end: str, code: str) -> None:
        name, text = self.fields[f"name{end}"], self.fields[f"description{end}"]
        named = {"language": own_name(code)}
        name.label = _("Name (%(language)s)") % named
        text.label = _("What a volunteer does in it (%(language)s)") % named
        for field in (name, text):
            field.widget.attrs["lang"] = code

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = VolunteerRole.objects.filter(office=self.office, name__iexact=name)
        if self.role is not None:
            others = others.exclude(pk=self.role.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a role with this name already."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for code in self.languages:
            name, text = data.get(f"name_{code}"), data.get(f"description_{code}")
            if text and not name:
                self.add_error(f"name_{code}", _("Give this version a name, too."))
            elif name and not text and data.get("description"):
                self.add_error(
                    f"description_{code}", _("Say in this language what a volunteer does, too.")
                )
        return data

    def facts(self) -> dict[str, Any]:
        """Return what the form says, as the actions want it."""
        versions = {code: self._words(f"_{code}") for code in self.languages}
        return {
            **self._words(""),
            "translations": {code: words for code, words in versions.items() if words["name"]},
        }

    def _words(self, end: str) -> dict[str, str]:
        text = self.cleaned_data[f"description{end}"].replace("\r\n", "\n").strip()
        return {"name": self.cleaned_data[f"name{end}"], "description": text}


def initial_of(role: VolunteerRole) -> dict[str, Any]:
    """Return what the form shows of a role (uses its prefetched translations)."""
    initial = {"name": role.name, "description": role.description}
    for row in role.translations.all():
        initial |= {
            f"name_{row.language}": row.name,
            f"description_{row.language}": row.description,
        }
    return initial


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
        .prefetch_related("translations")
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
        create_role(office=office, now=clock.now(), actor=request.user, **form.facts())
        messages.success(request, _("The role is on the list."))
        return see_other(reverse("staff-roles"))
    return _form_page(request, office, form, role=None)


@staff_page("edit_shifts", methods=FORM)
def role_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a role's words everywhere they show. Nobody is mailed."""
    role = own_row(request, VolunteerRole.objects.prefetch_related("translations"), pk=pk)
    sent = request.POST if request.method == "POST" else None
    form = RoleForm(sent, office=role.office, role=role)
    if form.is_valid():
        if form.is_stale:
            conflict = form.beside_what_is_saved()
            return _form_page(request, role.office, form, role=role, conflict=conflict)
        edit_role(role_id=role.pk, changes=form.facts(), now=clock.now(), actor=request.user)
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
    return desk_page(
        request,
        f"{FOLDER}/role_form.html",
        context,
        section=SECTION,
        office=office,
        status=status_of(form, conflict),
    )
