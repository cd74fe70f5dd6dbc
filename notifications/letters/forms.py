"""Narrow the list of letters; write a letter on the staff desk."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from events.choices import offer, offer_filter
from events.file_field import FilesField
from events.form_parts import retype
from events.form_rendering import DateInput
from events.languages import language_in_use, own_name
from events.models import Office, Topic
from notifications.letters.attaching import MOST
from notifications.models import Letter

#: More than any letter needs: a book of 60 pages.
LONGEST_BODY = 200_000


class LetterFilterForm(forms.Form):
    """The filters above the letters. Shows what was asked for; ``queries`` reads it."""

    mark_optional = False

    topic = forms.ChoiceField(label=_("Topic"), required=False)
    office = forms.ChoiceField(label=_("Office"), required=False)

    def __init__(
        self, asked: Mapping[str, str], *, topics: Iterable[Topic], offices: Sequence[Office]
    ) -> None:
        super().__init__(initial=dict(asked))
        language = language_in_use()
        named = [(topic.slug, topic.in_language(language).name) for topic in topics]
        offer_filter(self, "topic", _("All topics"), named)
        offer_filter(
            self, "office", _("All offices"), [(office.slug, office.name) for office in offices]
        )
        if not named:
            del self.fields["topic"]
        if len(offices) < 2:
            del self.fields["office"]


class LetterForm(forms.Form):
    """Write or edit a letter: its words in every language of the office, and its facts.

    ``title`` and ``body`` are in the letter's own language; those of another language ``es`` are
    ``title_es`` and ``body_es``. Both of a pair are given, or none.
    """

    title = forms.CharField(
        max_length=200,
        widget=forms.TextInput({"class": "letter-title"}),
        error_messages={"required": _("Give the letter a title.")},
    )
    body = forms.CharField(
        max_length=LONGEST_BODY,
        strip=False,
        widget=forms.Textarea({"rows": 20, "class": "letter-text"}),
        error_messages={"required": _("Write the letter.")},
    )
    dated = forms.DateField(
        label=_("Date of the letter"),
        help_text=_("The date that stands on it. The page also shows when it was posted."),
        widget=DateInput,
        error_messages={"required": _("Give the letter a date.")},
    )
    addressees = forms.CharField(
        label=_("Addressed to"),
        help_text=_("One name a line. Leave this empty for a letter to everybody."),
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    signatories = forms.CharField(
        label=_("Signed by"),
        help_text=_("One name a line, with the title: “Ana Rivera, Council Member”."),
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics"),
        help_text=_("Whoever subscribes to one of them gets the letter, once."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    attachments = FilesField(
        label=_("Files"),
        help_text=_(
            "PDF, pictures, ODT, DOCX, TXT or CSV; at most 10 MB each and 10 in all. They stand on "
            "the page; mail links to them."
        ),
        required=False,
    )
    drop_files = forms.TypedMultipleChoiceField(
        label=_("Take files away"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        office: Office,
        letter: Letter | None,
        topics: Sequence[Topic],
        readers: Mapping[int, int],
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(data, files, initial=dict(initial))
        self.office, self.letter = office, letter
        self.offer_files()
        self.all_topics = {topic.slug: topic for topic in topics}
        self.own_language = letter.own_language if letter else office.first_language
        languages = [code for code in office.languages if code != self.own_language]
        if letter is not None:
            has = [row.language for row in letter.translations.all()]
            languages += [code for code in has if code not in languages]
        self.other_languages = languages
        for code in languages:
            self.fields[f"title_{code}"] = forms.CharField(
                max_length=200, required=False, widget=forms.TextInput({"class": "letter-title"})
            )
            self.fields[f"body_{code}"] = forms.CharField(
                max_length=LONGEST_BODY,
                strip=False,
                required=False,
                widget=forms.Textarea({"rows": 20, "class": "letter-text"}),
            )
        self._label()
        offer(
            self,
            "topics",
            [(topic.slug, _with_readers(topic, readers.get(topic.pk, 0))) for topic in topics],
        )

    def offer_files(self) -> None:
        """List the files that the letter has; without any, there is nothing to take away."""
        rows = list(self.letter.attachments.all()) if self.letter else []
        offer(self, "drop_files", [(row.pk, row.name) for row in rows])
        self.attached = rows

    def _label(self) -> None:
        """Name title and text, with their language where there are several."""
        for code in [self.own_language, *self.other_languages]:
            end = "" if code == self.own_language else f"_{code}"
            title, body = self.fields[f"title{end}"], self.fields[f"body{end}"]
            if self.other_languages:
                named = {"language": own_name(code)}
                title.label = now_in_language("Title (%(language)s)") % named
                body.label = now_in_language("Text (%(language)s)") % named
            else:
                title.label, body.label = _("Title"), _("Text")
            title.widget.attrs["lang"] = body.widget.attrs["lang"] = code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for code in self.other_languages:
            title, body = data.get(f"title_{code}", ""), (data.get(f"body_{code}") or "").strip()
            if body and not title:
                self.add_error(f"title_{code}", _("Give this version a title, too."))
            if title and not body:
                self.add_error(f"body_{code}", _("Write the text of this version, too."))
        kept = len(self.attached) - len(data.get("drop_files") or [])
        if kept + len(data.get("attachments") or []) > MOST:
            self.add_error(
                "attachments",
                now_in_language("A letter has at most %(most)s files.") % {"most": MOST},
            )
        return data

    def ask_again_for_files(self) -> None:
        """Say which files were chosen: a browser does not send them again by itself."""
        if names := ", ".join(
            file.given_name for file in self.cleaned_data.get("attachments") or []
        ):
            words = now_in_language("Choose these files again: %(names)s") % {"names": names}
            self.add_error("attachments", words)

    def see_kept_files(self, letter: Letter) -> None:
        """Show files that were kept although something else was wrong."""
        seen = self.data.get("revision")
        if self.letter is not None and seen == str(self.letter.revision):
            retype(self, "revision", letter.revision)
        self.letter = letter
        self.offer_files()

    def changes(self) -> dict[str, Any]:
        """Return what the form says, as ``edit_letter`` wants it."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "body": _text(data["body"]),
            "dated": data["dated"],
            "signatories": _text(data["signatories"]),
            "addressees": _text(data["addressees"]),
            "topics": [self.all_topics[slug] for slug in data["topics"]],
            "translations": {
                code: {"title": data[f"title_{code}"], "body": _text(data[f"body_{code}"])}
                for code in self.other_languages
                if data[f"title_{code}"]
            },
        }

    @property
    def versions(self) -> list[tuple[str, str, Any, Any]]:
        """The other languages: code, own name, and the two fields."""
        return [
            (code, own_name(code), self[f"title_{code}"], self[f"body_{code}"])
            for code in self.other_languages
        ]


def initial_of(letter: Letter) -> dict[str, Any]:
    """Return what the form shows of a letter (uses its prefetched topics and translations)."""
    initial = {
        "title": letter.title,
        "body": letter.body,
        "dated": letter.dated,
        "signatories": letter.signatories,
        "addressees": letter.addressees,
        "topics": [topic.slug for topic in letter.topics.all()],
        "revision": letter.revision,
    }
    for row in letter.translations.all():
        initial[f"title_{row.language}"] = row.title
        initial[f"body_{row.language}"] = row.body
    return initial


def _text(typed: str) -> str:
    """Browsers send CR LF."""
    return typed.replace("\r\n", "\n").strip("\n").rstrip()


def _with_readers(topic: Topic, readers: int) -> str:
    counted = ngettext("%(count)s reader", "%(count)s readers", readers) % {"count": readers}
    return f"{topic.in_language(language_in_use()).name}: {counted}"
