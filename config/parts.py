"""Every part of the pages on one page, with made-up facts: for those who design the next one.

Served at ``/dev/parts/`` while DEBUG is on. ``?staff`` shows the parts of the desk, ``?errors`` the
form refused, ``?colour=`` the palette of that name.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from events import clock
from events.form_rendering import DateTimeInput
from events.models import EventType, Mode
from events.models.office import Palette
from events.month_table import month_table

ZONE = "America/Los_Angeles"


@dataclass
class SampleEvent:
    """As much of an event as its card shows."""

    title: str
    starts_at: datetime
    ends_at: datetime
    status: str = "confirmed"
    mode: str = Mode.IN_PERSON
    event_type: str = EventType.TOWN_HALL
    is_full: bool = False
    all_day: bool = False
    timezone: str = ZONE
    venue: Any = field(
        default_factory=lambda: SimpleNamespace(name="Alder Branch Library, Community Room")
    )

    @property
    def is_cancelled(self) -> bool:
        return self.status == "cancelled"

    @property
    def is_postponed(self) -> bool:
        return self.status == "postponed"

    @property
    def is_on(self) -> bool:
        return not (self.is_cancelled or self.is_postponed)

    def in_language(self, language: str) -> "SampleEvent":
        return self

    def shown_language(self, language: str) -> str:
        return "en"

    def get_event_type_display(self) -> str:
        return str(EventType(self.event_type).label)

    def get_absolute_url(self) -> str:
        return "#main"


@dataclass
class SampleRole:
    """As much of a role as a card of a shift shows."""

    name: str

    def in_language(self, language: str) -> "SampleRole":
        return self

    def shown_language(self, language: str) -> str:
        return "en"


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Your name", widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label="Email address",
        help_text="We send the confirmation and the link to change or cancel here.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    party_size = forms.IntegerField(label="How many people come?", min_value=1, max_value=10)
    mode = forms.ChoiceField(
        label="How will you take part?",
        help_text="45 places are free in the room, and any number online.",
        choices=[("in_person", "In the room"), ("remote", "Online or by phone")],
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(
        label="Language you prefer", choices=[("en", "English"), ("es", "Español")], required=False
    )
    access_needs = forms.MultipleChoiceField(
        label="What do you need to take part?",
        help_text="Tell us by Tuesday, June 9, so that we can arrange it.",
        choices=[
            ("asl", "American Sign Language"),
            ("captions", "Live captions"),
            ("wheelchair", "Wheelchair space"),
            ("other", "Something else"),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    access_note = forms.CharField(
        label="Anything more about that", widget=forms.Textarea({"rows": 3}), required=False
    )
    starts = forms.DateTimeField(label="Starts", widget=DateTimeInput, required=False)
    logo = forms.FileField(label="Logo", required=False)
    agree = forms.BooleanField(label="I have read the waiver and accept it")


class SampleFilters(forms.Form):
    """Filters of a list: everything may be left out."""

    mark_optional = False
    q = forms.CharField(label="Words", required=False)
    type = forms.ChoiceField(label="Kind", required=False, choices=[("", "All kinds")])
    topic = forms.ChoiceField(label="Topic", required=False, choices=[("", "All topics")])


def parts(request: HttpRequest) -> HttpResponse:
    """Show every part."""
    now = clock.now().replace(minute=30, second=0, microsecond=0)
    refused = {"email": "rosa at example", "party_size": "0"} if "errors" in request.GET else None

    def event(days: float, title: str, hours: float = 1.5, **facts: Any) -> SampleEvent:
        begins = now + timedelta(days=days)
        return SampleEvent(title, begins, begins + timedelta(hours=hours), **facts)

    events = [
        event(3, "Town hall on the budget"),
        event(8, "Housing and rent: questions to the council", mode=Mode.BOTH, is_full=True),
        event(
            9,
            "Reunión comunitaria sobre la rehabilitación de los parques, las bibliotecas y el "
            "mantenimiento de infraestructuras intermunicipales",
            mode=Mode.REMOTE,
        ),
        event(10, "Office hours at the market", status="cancelled", hours=60, all_day=True),
        event(14, "Hearing on the noise rule", status="postponed", event_type=EventType.HEARING),
    ]

    def shift(minimum: int, capacity: int | None, taken: int, **facts: Any) -> SimpleNamespace:
        begins = now + timedelta(days=3)
        given = {
            "status": "confirmed",
            "event": events[0],
            "role": SampleRole("Greeter at the door"),
        } | facts
        return SimpleNamespace(
            starts_at=begins,
            ends_at=begins + timedelta(hours=3),
            timezone=ZONE,
            minimum=minimum,
            capacity=capacity,
            taken=taken,
            get_absolute_url="#main",
            **given,
        )

    colour = request.GET.get("colour", Palette.BLUE)
    office = SimpleNamespace(
        name="Office of Council Member Rosa Alvarez",
        jurisdiction="City of Alder, District 4",
        palette=colour if colour in Palette.values else Palette.BLUE,
        languages=["en", "es", "vi", "zh-hant", "ar"],
        postal_address="200 Main Street, Room 310\nAlder, CA 94000",
        phone="(510) 555-0142",
        reply_to="office@alder.example",
    )
    today = now.date()
    context = {
        "office": office,
        "events": events,
        "shifts": [
            shift(4, 6, 1),
            shift(2, 6, 3, role=SampleRole("Interpreter (Spanish)")),
            shift(2, None, 2),
            shift(2, 4, 4),
            shift(2, 4, 1, status="cancelled"),
        ],
        "month": month_table(today.year, today.month, events, today, get_language() or "en"),
        "now": now,
        "zone": ZONE,
        "form": SampleForm(refused),
        "filters": SampleFilters(),
        "palettes": Palette.choices,
        "tabs": [
            {"label": "Coming", "url": "#main", "current": True, "count": 42},
            {"label": "Waiting", "url": "#main", "current": False, "count": 3},
            {"label": "Cancelled", "url": "#main", "current": False, "count": 0},
        ],
        "text": "## What it is about\n\nThe council votes on *June 18*. **Come and ask.**\n\n"
        "- Parks and libraries\n- Streets\n\n> “Nothing about us without us.”\n\n"
        "Read [the draft budget](https://example.org/budget).",
    }
    template = "dev/staff_parts.html" if "staff" in request.GET else "dev/parts.html"
    return render(request, template, context | {"desk_section": "events"})
