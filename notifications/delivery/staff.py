"""Addresses that get no mail, as the office that they belong to sees them on the desk."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.address_field import AddressField
from events.extensions import DeskGroup, DeskSection, address_proven, desk_sections
from events.models import Office, Person
from events.staff.access import FORM, POST, StaffRequest, chosen_office, desk_page, staff_page
from events.staff.tabs import Show, tabbed_list
from events.token_pages import see_other
from notifications import catalogue
from notifications.delivery import suppression
from notifications.delivery.actions import THEIRS, resume_mail, stop_mail
from notifications.known_people import NOBODY, known_to, person_of
from notifications.models import Delivery, Suppression, SuppressionReason

PAGE_SIZE = 50
SECTION = "no-mail"

_TAB_WORDS = {
    SuppressionReason.BOUNCED: gettext_lazy("No such mailbox"),
    SuppressionReason.SOFT_BOUNCES: gettext_lazy("Full mailboxes"),
    SuppressionReason.COMPLAINED: gettext_lazy("Complaints"),
    SuppressionReason.PERSON: gettext_lazy("Own wish"),
    SuppressionReason.STAFF: gettext_lazy("Stopped by the office"),
}


def _latest(rows: "QuerySet[Suppression]") -> "QuerySet[Suppression]":
    return rows.order_by("-created_at", "-pk")


def _for(reason: str) -> Any:
    return lambda rows: _latest(rows.filter(reason=reason))


SHOWS = [
    Show("", gettext_lazy("All"), _latest),
    *(
        Show(reason.value, words, _for(reason.value), rare=reason != SuppressionReason.BOUNCED)
        for reason, words in _TAB_WORDS.items()
    ),
]


class SearchForm(forms.Form):
    """The search above the list: by address alone. A name may have been given elsewhere."""

    mark_optional = False

    q = forms.CharField(
        label=gettext_lazy("Email address, or part of it"),
        required=False,
        widget=forms.TextInput({"type": "search"}),
    )
    show = forms.CharField(required=False, widget=forms.HiddenInput)


class StopForm(forms.Form):
    """Who shall get no mail any more, and who wants it so."""

    email = AddressField(
        label=gettext_lazy("Email address"),
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Enter an email address."),
            "invalid": gettext_lazy("Enter an email address in full, like name@example.org."),
        },
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why?"),
        choices=[
            (SuppressionReason.PERSON.value, gettext_lazy("The person has asked for it")),
            (SuppressionReason.STAFF.value, gettext_lazy("The office has decided it")),
            (
                SuppressionReason.BOUNCED.value,
                gettext_lazy("Our mail came back: there is no such mailbox"),
            ),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether the person asked for it.")},
    )


def _rows(offices: Sequence[Office]) -> "QuerySet[Suppression]":
    rows = Suppression.objects.filter(known_to(offices), person__email__isnull=False)
    return rows.select_related("person")


@staff_page("see_deliveries", methods=FORM)
def no_mail(request: StaffRequest) -> HttpResponse:
    """Show addresses that get no mail, and why; stop one more by POST."""
    office = chosen_office(request, request.GET.get("office")) or request.offices[0]
    form = StopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if "edit_suppressions" not in request.grants.permissions_in(office):
            raise PermissionDenied
        if form.is_valid() and _stop(request, office, form):
            return see_other(reverse("staff-no-mail"))

    def narrowed(words: str) -> "QuerySet[Suppression]":
        rows = _rows(request.offices)
        return rows.filter(person__email__icontains=words) if words else rows

    listed = tabbed_list(request, SHOWS, narrowed, usual=PAGE_SIZE)
    page = list(listed.rows[listed.offset : listed.offset + listed.limit])
    search = listed.context["form"].initial
    context = {
        **listed.context,
        "reason_tabs": listed.tabs,
        "entries": _entries(request, page),
        "search_form": SearchForm(initial=search),
        "form": form,
    }
    return desk_page(
        request, "notifications/staff/no_mail.html", context, section=SECTION,
        status=422 if form.errors else 200,
    )  # fmt: skip


def _entries(request: StaffRequest, rows: Sequence[Suppression]) -> list[dict[str, Any]]:
    """Return what the list shows of each row. Another office's message is not named."""
    mine = Delivery.objects.filter(office__in=request.offices)
    met = mine.in_bulk([row.delivery_id for row in rows if row.delivery_id is not None])
    titles = {message.name: message.title for message in catalogue.MESSAGES}
    return [
        {
            "row": row,
            "message": titles.get(met[row.delivery_id].message, "")
            if row.delivery_id in met
            else "",
            "is_theirs": row.reason in THEIRS,
        }
        for row in rows
    ]


def _stop(request: StaffRequest, office: Office, form: StopForm) -> bool:
    """Stop the mail that the form names; returns whether that was possible.

    Not where an office that this manager does not manage writes to the person, too: a campaign
    would else silence a public office.
    """
    person = person_of(form.cleaned_data["email"], request.offices)
    if person is None:
        form.add_error("email", str(NOBODY))
        return False
    managed = {one.pk for one in request.grants.offices("edit_suppressions")}
    others = list(Office.objects.exclude(pk__in=managed))
    if Person.objects.filter(known_to(others, "pk"), pk=person.pk).exists():
        form.add_error(
            "email",
            _(
                "Another office writes to this person, too, and you cannot stop its mail. Letters "
                "can be stopped with the link in each of them."
            ),
        )
        return False
    stop_mail(
        person_id=person.pk, office=office, reason=form.cleaned_data["reason"], now=clock.now(),
        actor=request.user,
    )  # fmt: skip
    messages.success(request, _("%(email)s gets no mail any more.") % {"email": person.email})
    return True


@staff_page("edit_suppressions", methods=POST)
def resume(request: StaffRequest, pk: int) -> HttpResponse:
    """Let mail through again to somebody of this office; what the person wanted, only as asked."""
    row = _rows(request.offices).filter(pk=pk).first()
    if row is None or row.person is None:
        raise Http404
    resume_mail(
        suppression_id=row.pk,
        office=next(one for one in request.offices if _rows([one]).filter(pk=pk).exists()),
        is_asked=request.POST.get("asked") == "yes",
        now=clock.now(),
        actor=request.user,
    )
    messages.success(request, _("%(email)s gets mail again.") % {"email": row.person.email})
    return see_other(reverse("staff-no-mail"))


def register() -> None:
    """Add the page to the desk, and a person's own way back. Called once, when the app is ready."""
    desk_sections.append(
        DeskSection(
            SECTION,
            gettext_lazy("Stopped mail"),
            "staff-no-mail",
            "see_deliveries",
            1,
            DeskGroup.PEOPLE,
        )
    )
    address_proven.append(suppression.lift_proven)
