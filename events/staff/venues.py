"""The places of an office: where events happen, and what visitors need to know to get in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.actions.offices import create_venue, edit_venue
from events.models import Event, Office, Venue
from events.queries import read_page
from events.staff.access import FORM, StaffRequest, chosen_office, desk_page, own_row, staff_page
from events.staff.concerned import Told, who_is_told_of_venue
from events.staff.stale import Conflict, SeenForm, status_of
from events.token_pages import see_other

PAGE_SIZE = 100


def _known(label: Any) -> forms.TypedChoiceField:
    """Return a field for an access fact: yes, no, or that nobody has said."""
    return forms.TypedChoiceField(
        label=label,
        choices=[
            ("", gettext_lazy("Nobody has said")),
            ("yes", gettext_lazy("Yes")),
            ("no", gettext_lazy("No")),
        ],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
    )


def _count(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=30_000,
        required=False,
        error_messages={
            "invalid": gettext_lazy("Enter a whole number."),
            "min_value": gettext_lazy("Enter 0 or more."),
            "max_value": gettext_lazy("Enter a smaller number."),
        },
    )


ACCESS = ("step_free", "accessible_restroom", "accessible_parking", "hearing_loop")


class VenueForm(SeenForm):
    """A place, its address and its access facts."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("With the room, like “Main Library, Community Room”."),
        max_length=200,
        error_messages={"required": gettext_lazy("Give the place a name.")},
    )
    street = forms.CharField(label=gettext_lazy("Street address"), max_length=200, required=False)
    locality = forms.CharField(label=gettext_lazy("City"), max_length=100, required=False)
    region = forms.CharField(label=gettext_lazy("State"), max_length=50, required=False)
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), max_length=20, required=False)
    entrance = forms.CharField(
        label=gettext_lazy("How to get in"),
        help_text=gettext_lazy("Which door, which floor, whom to ask. The reminder says it, too."),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    transit = forms.CharField(
        label=gettext_lazy("Public transit and parking"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    step_free = _known(gettext_lazy("Step-free from the street to a seat"))
    accessible_restroom = _known(gettext_lazy("Accessible restroom"))
    accessible_parking = _known(gettext_lazy("Accessible parking"))
    hearing_loop = _known(gettext_lazy("Hearing loop"))
    wheelchair_spaces = _count(gettext_lazy("Wheelchair spaces"))
    posted_occupancy = _count(gettext_lazy("Posted occupancy: the number on the sign by the door"))

    def __init__(self, data: Any = None, *, venue: Venue | None = None) -> None:
        super().__init__(data, initial=initial_of(venue) if venue is not None else {})
        self.remember()

    def columns(self) -> dict[str, Any]:
        """Return what the form says, as the actions want it."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        data["transit"] = data["transit"].replace("\r\n", "\n")
        return data


def initial_of(venue: Venue) -> dict[str, Any]:
    """Return what the form shows of a place."""
    answers = {True: "yes", False: "no", None: ""}
    initial = {name: getattr(venue, name) for name in VenueForm.base_fields if hasattr(venue, name)}
    return initial | {name: answers[initial[name]] for name in ACCESS}


@staff_page("edit_venues")
def venue_list(request: StaffRequest) -> HttpResponse:
    """Show the places of this member's offices, with what is still to come there."""
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    coming = Q(events__ends_at__gt=clock.now(), events__posted_at__isnull=False)
    venues = (
        Venue.objects.filter(office__in=request.offices)
        .select_related("office")
        .annotate(coming=Count("events", filter=coming))
        .order_by("office__position", "office_id", "name", "id")
    )
    context = {
        "venues": venues[offset : offset + limit],
        "count": venues.count(),
        "offset": offset,
        "limit": limit,
    }
    return desk_page(request, "events/staff/venues.html", context, section="venues")


@staff_page("edit_venues", methods=FORM)
def venue_new(request: StaffRequest) -> HttpResponse:
    """Add a place. With several offices, first say whose."""
    office = chosen_office(request, request.GET.get("office"))
    if office is None:
        context = {"choices": request.offices}
        return desk_page(request, "events/staff/venue_office.html", context, section="venues")
    form = VenueForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        create_venue(office=office, now=clock.now(), actor=request.user, **form.columns())
        messages.success(request, _("The place is on the list."))
        return see_other(reverse("staff-venues"))
    return _form_page(request, office, form, venue=None)


@staff_page("edit_venues", methods=FORM)
def venue_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Correct a place everywhere it shows. An event that goes elsewhere is changed itself.

    Another name or address is shown first, with who will be told; the confirmed POST saves.
    """
    venue = own_row(request, Venue.objects.all(), pk=pk)
    form = VenueForm(request.POST if request.method == "POST" else None, venue=venue)
    if form.is_valid():
        if form.is_stale:
            conflict = form.beside_what_is_saved()
            return _form_page(request, venue.office, form, venue=venue, conflict=conflict)
        now, do = clock.now(), request.POST.get("do")
        after = Venue(office=venue.office, **form.columns())
        told = Told([])
        if after.location != venue.location:
            told = who_is_told_of_venue(venue, now=now)
        if do == "change":
            return _form_page(request, venue.office, form, venue=venue)
        if (told.by_mail or told.without_mail) and do != "confirm":
            context = {"venue": venue, "after": after, "form": form, "told": told}
            return desk_page(
                request, "events/staff/venue_review.html", context, section="venues",
                office=venue.office,
            )  # fmt: skip
        edit_venue(venue_id=venue.pk, changes=form.columns(), now=now, actor=request.user)
        said = _("Saved. Every event that takes place there shows it.")
        if told.by_mail:
            said = _("Saved. %(people)s will get a message with old and new.") % {
                "people": told.words
            }
        messages.success(request, said)
        return see_other(reverse("staff-venues"))
    return _form_page(request, venue.office, form, venue=venue)


def _form_page(
    request: StaffRequest,
    office: Office,
    form: VenueForm,
    *,
    venue: Venue | None,
    conflict: Conflict | None = None,
) -> HttpResponse:
    coming = 0
    if venue is not None:
        coming = Event.objects.posted().upcoming(clock.now()).filter(venue=venue).count()
    context = {"venue": venue, "form": form, "coming": coming, "conflict": conflict}
    return desk_page(
        request, "events/staff/venue_form.html", context, section="venues", office=office,
        status=status_of(form, conflict),
    )  # fmt: skip
