"""What an office says of public notice once: the usual class, the access line, its bodies."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events import clock
from events.actions.offices import BodyDraft, edit_office, set_bodies
from events.errors import Refused
from events.models import Body, Office
from events.staff.access import FORM, StaffRequest, chosen_office, desk_page, staff_page
from events.staff.notice_form import AccessLines, NoticeClassForm, initial_class, office_hint
from events.staff.stale import SeenForm, status_of
from events.token_pages import see_other

#: Empty rows for further bodies.
SPARE_ROWS = 2


class OfficeNoticeForm(NoticeClassForm, SeenForm):
    """The class that new events start from, the accommodation line, bodies with their quorum.

    A body ``7`` is ``body_7_name`` and ``body_7_quorum``; a new one has "new0" for its number. One
    without a name is none.
    """

    def __init__(self, data: Any = None, *, office: Office, bodies: Sequence[Body]) -> None:
        initial = initial_class(office.notice_hours)
        own = office.first_language
        others = [code for code in office.languages if code != own]
        for code in [own, *others]:
            name = "accommodation" if code == own else f"accommodation_{code}"
            initial[name] = office.accommodation.get(code, "")
        for body in bodies:
            initial |= {f"body_{body.pk}_name": body.name, f"body_{body.pk}_quorum": body.quorum}
        super().__init__(data, initial=initial)
        self.access_lines = AccessLines(self, own, others, office_hint(office))
        self.kept = {key for key in office.accommodation if key not in (own, *others)}
        self.rows = [str(body.pk) for body in bodies]
        self.rows += [f"new{number}" for number in range(SPARE_ROWS)]
        for row in self.rows:
            self.fields[f"body_{row}_name"] = forms.CharField(
                label=_("Name"), max_length=200, required=False
            )
            self.fields[f"body_{row}_quorum"] = forms.IntegerField(
                label=_("Members that make a quorum"),
                min_value=1,
                max_value=1000,
                required=False,
                error_messages={
                    "invalid": _("Enter a whole number."),
                    "min_value": _("Enter 1 or more."),
                    "max_value": _("Enter a smaller number."),
                },
            )
        for row in self.rows:
            for part in ("name", "quorum"):
                # Empty rows are there to be left so.
                self.fields[f"body_{row}_{part}"].sometimes_required = True  # type: ignore[attr-defined]
        self.remember()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.access_lines.check(data)
        seen: set[str] = set()
        for row in self.rows:
            name, quorum = data.get(f"body_{row}_name"), data.get(f"body_{row}_quorum")
            if name and quorum is None and f"body_{row}_quorum" not in self.errors:
                self.add_error(f"body_{row}_quorum", _("Enter how many members are a quorum."))
            if name and name in seen:
                self.add_error(f"body_{row}_name", _("This name is there already."))
            seen.add(name or "")
        return data

    def bodies(self) -> list[BodyDraft]:
        """Return the bodies, as ``set_bodies`` wants them."""
        data = self.cleaned_data
        return [
            BodyDraft(
                data[f"body_{row}_name"],
                data[f"body_{row}_quorum"],
                int(row) if row.isdigit() else None,
            )
            for row in self.rows
            if data[f"body_{row}_name"]
        ]

    @property
    def access_line_fields(self) -> list[Any]:
        """The accommodation line in each language."""
        return [self[name] for name in self.access_lines.names]

    @property
    def body_rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"body_{row}_name"], self[f"body_{row}_quorum"]) for row in self.rows]


@staff_page("edit_office", methods=FORM)
def edit(request: StaffRequest, slug: str) -> HttpResponse:
    """Change what an office says of public notice."""
    office = chosen_office(request, slug)
    assert office is not None
    bodies = list(Body.objects.filter(office=office))
    sent = request.POST if request.method == "POST" else None
    form = OfficeNoticeForm(sent, office=office, bodies=bodies)
    conflict = None
    if form.is_valid() and form.is_stale:
        conflict = form.beside_what_is_saved()
    elif form.is_valid():
        # A line in a language that the office has given up stays until it is written anew.
        kept = {code: office.accommodation[code] for code in form.kept}
        changes = {
            "notice_hours": form.hours(),
            "accommodation": kept | form.access_lines.read(form.cleaned_data),
        }
        by: dict[str, Any] = {"office_id": office.pk, "now": clock.now(), "actor": request.user}
        try:
            edit_office(changes=changes, **by)
            set_bodies(bodies=form.bodies(), **by)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            messages.success(request, now_in_language("Saved."))
            return see_other(reverse("staff-office-notice", kwargs={"slug": slug}))
    return desk_page(
        request, "events/staff/office_notice.html", {"form": form, "conflict": conflict},
        section="office", office=office, status=status_of(form, conflict),
    )  # fmt: skip
