"""The form of an event on the desk: every fact that staff may write."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events.actions.events import EventDraft
from events.choices import offer
from events.languages import ASK_LINES, language_in_use, other_languages, own_name
from events.models import Event, EventStatus, EventType, Mode, Office, Topic, Venue
from events.staff.local_times import WhenForm, initial_when
from events.staff.new_venue import NewVenueForm
from events.staff.notice_form import (
    AccessLines,
    NoticeClassForm,
    event_hint,
    initial_class,
    initial_notice,
)
from events.staff.stale import SeenForm

#: More than any event needs: a book of 15 pages.
LONGEST_TEXT = 50_000
MOST_PLACES = 1_000_000

#: What "repeats" may be. The day of a monthly rule is taken from the first date.
REPEATS = [
    ("", _("Does not repeat")),
    ("weekly", _("Every week")),
    ("biweekly", _("Every two weeks")),
    ("monthly", _("Every month on the same weekday, like the second Tuesday")),
]

_whole = {
    "invalid": _("Enter a whole number."),
    "min_value": _("Enter 1 or more, or leave it empty for no limit."),
    "max_value": _("Enter a smaller number."),
}


class EventForm(NoticeClassForm, NewVenueForm, WhenForm, SeenForm):
    """Write or edit an event. Drafts may lack a place; what is public may not (``public``).

    ``title`` and ``description`` are in the office's first language; those of another language
    ``es`` are ``title_es`` and ``description_es``. A new place that is filled in wins over the
    list.
    """

    title = forms.CharField(
        max_length=200, error_messages={"required": _("Give the event a title.")}
    )
    event_type = forms.ChoiceField(label=_("Type"), choices=EventType.choices)
    description = forms.CharField(
        max_length=LONGEST_TEXT, required=False, widget=forms.Textarea({"rows": 10})
    )
    tentative = forms.BooleanField(label=_("Not yet certain: it is shown as such"), required=False)
    repeats = forms.ChoiceField(
        label=_("Repeats"),
        help_text=_("Each date can be changed by itself later. New ones are added for a year."),
        choices=REPEATS,
        required=False,
    )
    mode = forms.ChoiceField(
        label=_("How can people take part?"), choices=Mode.choices, widget=forms.RadioSelect
    )
    venue = forms.ChoiceField(label=_("Place"), required=False)
    remote_url = forms.URLField(
        label=_("Link to join online"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": _("Enter the whole address, like https://meet.example.org/x.")},
    )
    dial_in = forms.CharField(
        label=_("Phone number to join, with its code"), max_length=200, required=False
    )
    takes_rsvps = forms.BooleanField(
        label=_("Take RSVPs. The doors are open to all in any case."), required=False
    )
    capacity = forms.IntegerField(
        label=_("Places in the room"),
        help_text=_("Leave it empty for no limit."),
        min_value=1,
        max_value=MOST_PLACES,
        required=False,
        error_messages=_whole,
    )
    remote_capacity = forms.IntegerField(
        label=_("Places online and by phone"),
        help_text=_("Leave it empty for no limit. With a limit, only guests get the link."),
        min_value=1,
        max_value=MOST_PLACES,
        required=False,
        error_messages=_whole,
    )
    spoken_languages = forms.MultipleChoiceField(
        label=_("Languages spoken or interpreted"),
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices--columns"}),
    )
    access_services = forms.CharField(
        label=_("Access services on offer"),
        help_text=_("For example: live captions, Spanish interpreter."),
        max_length=300,
        required=False,
    )
    notice_excuse = forms.CharField(
        label=_("Why it is posted later than that"),
        help_text=_("Only if it is. Everybody can read it in the notice receipt, for ever."),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics"), required=False, widget=forms.CheckboxSelectMultiple
    )
    cohosts = forms.MultipleChoiceField(
        label=_("Together with"),
        help_text=_("Their names stand on the page. They cannot change the event."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        office: Office,
        event: Event | None,
        venues: Sequence[Venue],
        topics: Sequence[Topic],
        offices: Sequence[Office],
        initial: Mapping[str, Any],
        public: bool = False,
    ) -> None:
        """``public``: what is saved is seen by everybody, so that nothing may be missing."""
        super().__init__(data, initial=dict(initial), near=[office.timezone])
        self.event, self.public = event, public
        self.all_venues = {str(venue.pk): venue for venue in venues}
        self.all_topics = {topic.slug: topic for topic in topics}
        self.all_offices = {other.slug: other for other in offices if other.pk != office.pk}
        self.own_language = office.first_language
        has = [row.language for row in event.translations.all()] if event is not None else []
        self.other_languages = other_languages(self.own_language, office.languages, has)
        for code in self.other_languages:
            self.fields[f"title_{code}"] = forms.CharField(max_length=200, required=False)
            self.fields[f"description_{code}"] = forms.CharField(
                max_length=LONGEST_TEXT, required=False, widget=forms.Textarea({"rows": 8})
            )
        self.access_lines = AccessLines(
            self, self.own_language, self.other_languages, event_hint(office)
        )
        self._name_languages()
        for name in ("venue", "remote_url", "dial_in"):
            # Which of them is needed depends on how people can take part.
            self.fields[name].sometimes_required = True  # type: ignore[attr-defined]
        none = now_in_language("Choose a place")
        if not venues:
            none = now_in_language("No place is on the list yet")
        offer(
            self, "venue", [("", none), *((pk, _in_list(v)) for pk, v in self.all_venues.items())]
        )
        offer(self, "spoken_languages", _spoken(office, self.initial.get("spoken_languages", [])))
        language = language_in_use()
        named = [(slug, row.in_language(language).name) for slug, row in self.all_topics.items()]
        offer(self, "topics", named)
        offer(self, "cohosts", [(slug, other.name) for slug, other in self.all_offices.items()])
        if not self.all_offices:
            del self.fields["cohosts"]
        if event is not None:
            del self.fields["repeats"]
        if event is not None and not event.is_on:
            # Postponed: a new date makes it certain again.
            del self.fields["tentative"]
        # As they stand on the page, so that errors are summed up in its order.
        other = [
            f"{part}_{code}" for code in self.other_languages for part in ("title", "description")
        ]
        self.order_fields(["title", "event_type", "description", *other, "topics", "cohosts"])
        self.order_new_venue()
        self.remember()

    def _name_languages(self) -> None:
        """Name title and description, with their language where there are several."""
        for code in [self.own_language, *self.other_languages]:
            end = "" if code == self.own_language else f"_{code}"
            title, text = self.fields[f"title{end}"], self.fields[f"description{end}"]
            title.label, text.label = _("Title"), _("Description")
            if self.other_languages:
                named = {"language": own_name(code)}
                title.label = now_in_language("Title (%(language)s)") % named
                text.label = now_in_language("Description (%(language)s)") % named
            title.widget.attrs |= {"lang": code, "class": "wide-text"}
            text.widget.attrs |= {"lang": code, "class": "wide-text"}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for code in self.other_languages:
            texts = [data.get(f"{part}_{code}") for part in ("description", "accommodation")]
            if any(texts) and not data.get(f"title_{code}"):
                self.add_error(f"title_{code}", _("Give this version a title, too."))
        self.access_lines.check(data)
        if self.public:
            self._miss_nothing(data)
        return data

    def _miss_nothing(self, data: dict[str, Any]) -> None:
        mode = data.get("mode")
        has_place = data.get("venue") or data.get("venue_name")
        if mode in (Mode.IN_PERSON, Mode.BOTH) and not has_place and "venue" not in self.errors:
            self.add_error("venue", _("Say where it takes place before it is public."))
        joining = data.get("remote_url") or data.get("dial_in") or "remote_url" in self.errors
        if mode in (Mode.REMOTE, Mode.BOTH) and not joining:
            self.add_error("remote_url", _("Give a link or a phone number before it is public."))

    def changes(self, venue: Venue | None = None) -> dict[str, Any]:
        """Return what the form says, as ``edit_event`` wants it; ``venue`` is the new place."""
        data = self.cleaned_data
        place = venue or self.all_venues.get(data["venue"])
        facts: dict[str, Any] = {
            name: data[name]
            for name in (
                "title", "event_type", "starts_at", "ends_at", "timezone", "all_day", "mode",
                "remote_url", "dial_in", "takes_rsvps", "capacity", "remote_capacity",
                "spoken_languages", "access_services",
            )
        }  # fmt: skip
        facts["description"] = _text(data["description"])
        lines = self.access_lines.read(data)
        facts["accommodation"] = lines.get(self.own_language, "")
        facts["notice_hours"] = self.hours()
        facts["notice_excuse"] = " ".join(data["notice_excuse"].split())
        facts["venue"] = place if data["mode"] != Mode.REMOTE else None
        facts["topics"] = [self.all_topics[slug] for slug in data["topics"]]
        facts["translations"] = {
            code: {
                "title": data[f"title_{code}"],
                "description": _text(data[f"description_{code}"]),
                "accommodation": lines.get(code, ""),
            }
            for code in self.other_languages
            if data[f"title_{code}"]
        }
        if "cohosts" in self.fields:
            facts["cohosts"] = [self.all_offices[slug] for slug in data["cohosts"]]
        if "tentative" in self.fields:
            status = EventStatus.TENTATIVE if data["tentative"] else EventStatus.CONFIRMED
            facts["status"] = status
        return facts

    def draft(self, venue: Venue | None = None) -> EventDraft:
        """Return what the form says, as ``create_event`` wants it."""
        return EventDraft(**self.changes(venue))

    def rule(self) -> str:
        """Return the RRULE of the chosen repetition, empty for none."""
        first = self.cleaned_data["starts_on"]
        if self.cleaned_data.get("repeats") == "monthly":
            # The fifth of a weekday is not in every month; the last one is.
            number = (first.day - 1) // 7 + 1
            day = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[first.weekday()]
            return f"FREQ=MONTHLY;BYDAY={number if number < 5 else -1}{day}"
        weekly = {"weekly": "FREQ=WEEKLY", "biweekly": "FREQ=WEEKLY;INTERVAL=2"}
        return weekly.get(self.cleaned_data.get("repeats", ""), "")

    @property
    def access_line_fields(self) -> list[Any]:
        """The accommodation line in each language."""
        return [self[name] for name in self.access_lines.names]

    @property
    def versions(self) -> "list[Version]":
        """The other languages of the form."""
        return [
            Version(code, own_name(code), self[f"title_{code}"], self[f"description_{code}"])
            for code in self.other_languages
        ]

    @property
    def new_venue_is_open(self) -> bool:
        """Whether the fields of a new place are to be seen at once."""
        return not self.all_venues or super().new_venue_is_open


class Version(NamedTuple):
    """Title and description in one of the other languages."""

    code: str
    name: str
    title: Any
    description: Any


def initial_of(event: Event) -> dict[str, Any]:
    """Return what the form shows of an event (uses its prefetched relations)."""
    initial = {
        "title": event.title,
        "event_type": event.event_type,
        "description": event.description,
        "tentative": event.status == EventStatus.TENTATIVE,
        "mode": event.mode,
        "venue": str(event.venue_id) if event.venue_id else "",
        "remote_url": event.remote_url,
        "dial_in": event.dial_in,
        "takes_rsvps": event.takes_rsvps,
        "capacity": event.capacity,
        "remote_capacity": event.remote_capacity,
        "spoken_languages": list(event.spoken_languages),
        "access_services": event.access_services,
        "topics": sorted(topic.slug for topic in event.topics.all()),
        "cohosts": sorted(office.slug for office in event.cohosts.all()),
        **initial_notice(event),
        **initial_when(event.starts_at, event.ends_at, event.timezone, all_day=event.all_day),
    }
    for row in event.translations.all():
        initial[f"title_{row.language}"] = row.title
        initial[f"description_{row.language}"] = row.description
    return initial


def initial_new(office: Office) -> dict[str, Any]:
    """Return what the form of a new event proposes."""
    return {
        "event_type": EventType.TOWN_HALL.value,
        "mode": Mode.IN_PERSON.value,
        "takes_rsvps": True,
        "spoken_languages": [office.first_language],
        **initial_class(office.notice_hours),
    }


def initial_copy(event: Event) -> dict[str, Any]:
    """Return what the form of a copy proposes: everything but the day."""
    initial = initial_of(event) | {"tentative": False, "notice_excuse": ""}
    return {name: value for name, value in initial.items() if name not in ("starts_on", "ends_on")}


def _spoken(office: Office, chosen: Sequence[str]) -> list[tuple[str, str]]:
    """Return the languages that an event can be in: the office's first, then by name."""
    others = sorted(ASK_LINES, key=lambda code: own_name(code).casefold())
    codes = dict.fromkeys([*office.languages, "asl", *chosen, *others])
    return [(code, own_name(code)) for code in codes]


def _in_list(venue: Venue) -> str:
    return ", ".join(part for part in (venue.name, venue.street) if part)


def _text(typed: str) -> str:
    """Browsers send CR LF."""
    return typed.replace("\r\n", "\n").strip()
