"""The form of an event's programme: agenda, speakers, documents."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events.actions.agenda import MOST_DOCUMENTS, MOST_ROWS, ItemDraft, SpeakerDraft
from events.agenda_text import Line, read_agenda, written, written_in
from events.choices import offer
from events.file_field import FilesField
from events.languages import other_languages, own_name
from events.models import Body, Event
from events.staff.stale import Difference, SeenForm

#: Empty rows for further speakers.
SPARE_ROWS = 3
LONGEST_TEXT = 50_000
LONGEST_LINE = 300


class Row(NamedTuple):
    """The fields of one speaker."""

    number: int
    fields: list[Any]


class ProgrammeForm(SeenForm):
    """Agenda, speakers, papers and whether the event is recorded.

    An agenda is typed one item a line. In another language ``es`` it is ``agenda_es``, item by item
    as in the first; a speaker's role is ``speaker_0_role_es``. A row without a name is none.
    """

    agenda = forms.CharField(
        max_length=LONGEST_TEXT, required=False, widget=forms.Textarea({"rows": 8})
    )
    is_recorded = forms.BooleanField(
        label=_("The event is recorded. Its page and the RSVP form say so."), required=False
    )
    documents = FilesField(
        label=_("Add documents"),
        help_text=_("PDF, pictures, ODT, DOCX, TXT or CSV; at most 10 MB each and 20 in all."),
        required=False,
    )
    drop_documents = forms.TypedMultipleChoiceField(
        label=_("Take documents away"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, event: Event, bodies: Sequence[Body]
    ) -> None:
        """``event`` comes with its programme and its translations."""
        self.event = event
        self.bodies = {str(body.pk): body for body in bodies}
        self.own_language = event.office.first_language
        has = [row.language for row in event.translations.all()]
        self.other_languages = other_languages(self.own_language, event.office.languages, has)
        super().__init__(data, files, initial=initial_of(event, self.other_languages))
        for code in [self.own_language, *self.other_languages]:
            self._add_agenda(code)
        rows = len(event.speakers.all()) + SPARE_ROWS
        if data is not None:
            sent = sum(1 for name in data if name.startswith("speaker_") and name.endswith("_name"))
            rows = min(max(rows, sent), MOST_ROWS)
        self.rows = [self._add_row(number) for number in range(rows)]
        self.attached = list(event.documents.all())
        offer(self, "drop_documents", [(row.pk, row.name) for row in self.attached])
        if not self.attached:
            del self.fields["drop_documents"]
        agendas = ["agenda", *(f"agenda_{code}" for code in self.other_languages)]
        speakers = [name for row in self.rows for name in row]
        self.order_fields([*agendas, *speakers, "drop_documents", "documents", "is_recorded"])
        self.remember()

    def _add_agenda(self, code: str) -> None:
        own = code == self.own_language
        name = "agenda" if own else f"agenda_{code}"
        if not own:
            self.fields[name] = forms.CharField(
                max_length=LONGEST_TEXT, required=False, widget=forms.Textarea({"rows": 8})
            )
        field = self.fields[name]
        assert isinstance(field, forms.CharField)
        # What is indented belongs to the item above, the first line too.
        field.strip = False
        field.label = _("Agenda")
        if self.other_languages:
            named = {"language": own_name(code)}
            field.label = now_in_language("Agenda (%(language)s)") % named
        if own:
            field.help_text = _(
                "One item a line, its time first, like “6:30 p.m. Welcome”. What belongs to an "
                "item stands below it, indented by spaces."
            )
        else:
            field.help_text = _("The same items in the same order, without times.")
        field.widget.attrs |= {"lang": code, "class": "wide-text"}

    def _add_row(self, number: int) -> list[str]:
        """Add the fields of one speaker; return their names."""
        stem = f"speaker_{number}"
        self.fields[f"{stem}_name"] = forms.CharField(
            label=_("Name"), max_length=200, required=False
        )
        codes = [self.own_language, *self.other_languages]
        for code in codes:
            name = f"{stem}_role" if code == self.own_language else f"{stem}_role_{code}"
            label: Any = _("Role")
            if self.other_languages:
                label = now_in_language("Role (%(language)s)") % {"language": own_name(code)}
            self.fields[name] = forms.CharField(label=label, max_length=200, required=False)
            self.fields[name].widget.attrs["lang"] = code
        names = [name for name in self.fields if name.startswith(f"{stem}_")]
        if self.bodies:
            self.fields[f"{stem}_body"] = forms.ChoiceField(
                label=_("Member of"),
                choices=[("", _("no body")), *((pk, b.name) for pk, b in self.bodies.items())],
                required=False,
            )
            names.append(f"{stem}_body")
        for name in names:
            # Empty rows are there to be left so.
            self.fields[name].sometimes_required = True  # type: ignore[attr-defined]
        return names

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        items = self._read("agenda")
        for code in self.other_languages:
            version = self._read(f"agenda_{code}")
            if version and len(version) != len(items):
                words = now_in_language(
                    "This version has %(these)s items, the first one has %(those)s. Write one "
                    "line for each."
                )
                self.add_error(
                    f"agenda_{code}", words % {"these": len(version), "those": len(items)}
                )
        for number in range(len(self.rows)):
            texts = [name for name in self.rows[number] if data.get(name)]
            if texts and not data.get(f"speaker_{number}_name"):
                self.add_error(f"speaker_{number}_name", _("Give the speaker a name."))
        kept = len(self.attached) - len(data.get("drop_documents") or [])
        if kept + len(data.get("documents") or []) > MOST_DOCUMENTS:
            words = now_in_language("An event has at most %(most)s documents.")
            self.add_error("documents", words % {"most": MOST_DOCUMENTS})
        if self.errors and (names := ", ".join(f.given_name for f in data.get("documents") or [])):
            # A browser does not send them again by itself.
            words = now_in_language("Choose these files again: %(names)s") % {"names": names}
            self.add_error("documents", words)
        return data

    def _read(self, name: str) -> list[Line]:
        """Return the items of a typed agenda, each short enough; adds an error otherwise."""
        text = self.cleaned_data.get(name) or ""
        lines = read_agenda(text, self.event.starts_at, self.event.timezone)
        if any(len(line.title) > LONGEST_LINE for line in lines):
            words = now_in_language("An item has at most %(most)s letters in its line.")
            self.add_error(name, words % {"most": LONGEST_LINE})
        if len(lines) > MOST_ROWS:
            words = now_in_language("At most %(most)s are possible.")
            self.add_error(name, words % {"most": MOST_ROWS})
        return lines

    def agenda_drafts(self) -> list[ItemDraft]:
        """Return the items, as ``set_programme`` wants them."""
        versions = {code: self._read(f"agenda_{code}") for code in self.other_languages}
        return [
            ItemDraft(
                line.title,
                line.notes,
                line.minutes,
                {
                    code: {"title": lines[n].title, "notes": lines[n].notes}
                    for code, lines in versions.items()
                    if lines
                },
            )
            for n, line in enumerate(self._read("agenda"))
        ]

    def speaker_drafts(self) -> list[SpeakerDraft]:
        """Return who is expected, as ``set_programme`` wants it."""
        data = self.cleaned_data
        found = []
        for stem in (f"speaker_{number}" for number in range(len(self.rows))):
            if not data[f"{stem}_name"]:
                continue
            roles = {
                code: {"role": data[f"{stem}_role_{code}"]}
                for code in self.other_languages
                if data[f"{stem}_role_{code}"]
            }
            body = self.bodies.get(data.get(f"{stem}_body") or "")
            found.append(SpeakerDraft(data[f"{stem}_name"], data[f"{stem}_role"], body, roles))
        return found

    def differences(self) -> list[Difference]:
        """Leave out the files that are sent: nobody else has saved those."""
        return [
            difference for difference in super().differences() if difference.name != "documents"
        ]

    @property
    def versions(self) -> list[Any]:
        """The agenda in the other languages."""
        return [self[f"agenda_{code}"] for code in self.other_languages]

    @property
    def speaker_rows(self) -> list[Row]:
        return [
            Row(number, [self[name] for name in names]) for number, names in enumerate(self.rows, 1)
        ]


def initial_of(event: Event, languages: Sequence[str]) -> dict[str, Any]:
    """Return what the form shows of an event (uses its prefetched programme)."""
    items = list(event.agenda.all())
    initial: dict[str, Any] = {"agenda": written(items), "is_recorded": event.is_recorded}
    for code in languages:
        initial[f"agenda_{code}"] = written_in(items, code)
    for number, speaker in enumerate(event.speakers.all()):
        stem = f"speaker_{number}"
        initial |= {f"{stem}_name": speaker.name, f"{stem}_role": speaker.role}
        initial[f"{stem}_body"] = str(speaker.body_id or "")
        for row in speaker.translations.all():
            initial[f"{stem}_role_{row.language}"] = row.role
    return initial
