"""The list on the staff desk: how many read what, who agreed to it, and bringing another one."""

import base64
import binascii
import zlib
from collections import Counter
from typing import Any

from django import forms
from django.db.models import Count
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.address_field import AddressField
from events.choices import offer
from events.errors import Refused
from events.extensions import DeskGroup, DeskSection, desk_sections
from events.languages import language_in_use
from events.models import Office, Topic
from events.staff.access import (
    FORM,
    POST,
    StaffRequest,
    chosen_office,
    desk_page,
    staff_page,
)
from events.staff.guest_files import csv_file
from notifications.models import Frequency, Subscription
from notifications.person_section import consents
from notifications.subscriptions.forms import topic_choices, topics_shown
from notifications.subscriptions.importing import Report, import_subscribers
from notifications.subscriptions.list_files import NotAList

SECTION = "subscribers"
#: A list of 50,000 people is smaller.
LARGEST = 3_000_000
#: Lines that the page names; all of them are in the file.
PROBLEMS_SHOWN = 50


# --- Who reads what, and why ---------------------------------------------------------------------


class SearchForm(forms.Form):
    """One address, whose consent somebody asks for."""

    email = AddressField(label=gettext_lazy("Email address"))


@staff_page("see_deliveries", methods=FORM)
def subscribers(request: StaffRequest) -> HttpResponse:
    """Show how many read what; by POST, what one address agreed to, at this member's offices."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    asked, found = "", []
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data["email"].lower()
        found = _consents_of(asked, request.offices)
    context = {
        "form": form,
        "asked": asked,
        "found": found,
        "counts": [(office, _counts(office)) for office in request.offices],
        "may_bring": bool(request.grants.offices("post_letters")),
    }
    return desk_page(
        request, "notifications/staff/subscribers.html", context, section=SECTION,
        status=422 if form.errors else 200,
    )  # fmt: skip


def _counts(office: Office) -> list[tuple[str, int, int]]:
    """Return the names of topics, with how many get each letter, and how many a digest."""
    rows = Subscription.objects.live().filter(office=office, person__email__isnull=False)
    counts: Counter[tuple[int, bool]] = Counter()
    grouped = rows.order_by().values_list("topic", "frequency").annotate(readers=Count("pk"))
    for topic, often, readers in grouped:
        counts[topic, often == Frequency.IMMEDIATE] += readers
    language = language_in_use()
    return [
        (topic.in_language(language).name, counts[topic.pk, True], counts[topic.pk, False])
        for topic in topics_shown()
    ]


def _consents_of(email: str, offices: list[Office]) -> list[tuple[Office, Any]]:
    rows = (
        Subscription.objects.filter(person__email=email, office__in=offices)
        .select_related("topic")
        .prefetch_related("topic__translations")
        .order_by("topic__position", "topic_id", "created_at")
    )
    language = language_in_use()
    found = []
    for office in offices:
        given = consents([row for row in rows if row.office_id == office.pk], language)
        if given:
            found.append((office, given))
    return found


# --- Bring a list --------------------------------------------------------------------------------


class ListForm(forms.Form):
    """A file, what its people get, and how they agreed."""

    office = forms.ChoiceField(label=gettext_lazy("For which office?"), required=False)
    file = forms.FileField(
        label=gettext_lazy("Your list, as a CSV file"),
        help_text=gettext_lazy(
            "As Mailchimp, Constant Contact, listmonk or Google Contacts export it. From Excel: "
            "save the sheet as CSV UTF-8. One column is named “Email”."
        ),
        widget=forms.FileInput({"accept": ".csv,text/csv,text/plain"}),
        required=False,
    )
    # Not in the step after, which carries it along.
    file.sometimes_required = True  # type: ignore[attr-defined]
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("What do these people get?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one topic.")},
    )
    consent = forms.CharField(
        label=gettext_lazy("How and when did they agree?"),
        help_text=gettext_lazy(
            "For example: “Signed up on our former site since 2021, with a confirmation by email.” "
            "It is kept with each of them, and each of them can read it."
        ),
        widget=forms.Textarea({"rows": 3}),
        max_length=2000,
        error_messages={
            "required": gettext_lazy("Say how and when these people agreed to get your mail.")
        },
    )
    #: The file from the step before, so that it is chosen once and nothing of it is stored.
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    filename = forms.CharField(required=False, max_length=150, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, files: Any = None, *, offices: list[Office], topics: list[Topic]
    ) -> None:
        super().__init__(data, files)
        self.known = {topic.slug: topic for topic in topics}
        offer(self, "topics", topic_choices(topics))
        offer(self, "office", [(one.slug, one.name) for one in offices])
        if len(offices) < 2:
            del self.fields["office"]

    def clean_topics(self) -> list[Topic]:
        return [self.known[slug] for slug in self.cleaned_data["topics"]]

    def clean(self) -> dict[str, Any]:
        """Give the content of the list as ``content``, from the file or from the step before."""
        data = self.cleaned_data
        file = data.get("file")
        if file is not None:
            if file.size > LARGEST:
                self.add_error("file", _("This file is larger than 3 MB. Bring it in parts."))
            data["content"] = file.read(LARGEST)
            data["filename"] = (file.name or "list.csv")[:150]
        elif data.get("kept"):
            data["content"] = _unpacked(data["kept"])
        if not data.get("content") and "file" not in self.errors:
            self.add_error("file", _("Choose the file."))
        return data


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def _unpacked(text: str) -> bytes:
    """Return what :func:`_packed` packed; nothing for what it has not."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), LARGEST)
    except (binascii.Error, zlib.error, ValueError):
        return b""


@staff_page("post_letters", methods=FORM)
def subscribers_import(request: StaffRequest) -> HttpResponse:
    """Read a list and say what would happen; with ``do=bring``, do it. Nobody is mailed."""
    form = _list_form(request)
    report: Report | None = None
    if request.method == "POST" and form.is_valid():
        report = _read(request, form, rehearse=request.POST.get("do") != "bring")
    context: dict[str, Any] = {"form": form, "report": report}
    if report is not None:
        context |= {
            "reasons": Counter(problem.reason for problem in report.problems).most_common(10),
            "problems": report.problems[:PROBLEMS_SHOWN],
            "more": max(len(report.problems) - PROBLEMS_SHOWN, 0),
            "carried": _carried(form),
        }
    return desk_page(
        request, "notifications/staff/subscribers_import.html", context, section=SECTION,
        status=422 if form.errors else 200,
    )  # fmt: skip


@staff_page("post_letters", methods=POST)
def subscribers_problems(request: StaffRequest) -> HttpResponse:
    """Answer the lines that are left out as a file, to be put right and brought again."""
    form = _list_form(request)
    report = _read(request, form, rehearse=True) if form.is_valid() else None
    if report is None:
        raise Refused("not_a_list", _("Choose the file again."))
    rows = ([str(one.line), one.email, one.reason] for one in report.problems)
    return csv_file("left-out.csv", [_("Line"), _("Email address"), _("Why")], rows)


def _list_form(request: StaffRequest) -> ListForm:
    sent = request.method == "POST"
    return ListForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        offices=request.offices,
        topics=topics_shown(),
    )


def _read(request: StaffRequest, form: ListForm, *, rehearse: bool) -> Report | None:
    data = form.cleaned_data
    office = chosen_office(request, data.get("office")) or request.offices[0]
    try:
        return import_subscribers(
            data=data["content"],
            name=data["filename"] or "list.csv",
            office=office,
            topics=data["topics"],
            consent=data["consent"],
            rehearse=rehearse,
            now=clock.now(),
            actor=request.user,
        )
    except NotAList as error:
        form.add_error("file", str(error))
        return None


def _carried(form: ListForm) -> list[tuple[str, str]]:
    """Return what the next step's form carries along, as names and values."""
    data = form.cleaned_data
    carried = [("topics", topic.slug) for topic in data["topics"]]
    carried += [("consent", data["consent"]), ("filename", data["filename"])]
    if data.get("office"):
        carried.append(("office", data["office"]))
    return [*carried, ("kept", _packed(data["content"]))]


def register() -> None:
    """Add the pages to the desk. Called once, when the app is ready."""
    desk_sections.append(
        DeskSection(
            SECTION,
            gettext_lazy("Subscribers"),
            "staff-subscribers",
            "see_deliveries",
            0,
            DeskGroup.PEOPLE,
        )
    )
