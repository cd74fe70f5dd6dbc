"""Forms as HTML: labels, hints, errors and what a screen reader is told of them."""

import re

import pytest
from django import forms
from django.template.loader import render_to_string

from events.form_rendering import DateInput, DateTimeInput, TimeInput
from tests.valid_html import html_faults


class Sample(forms.Form):
    name = forms.CharField(
        label="Your name", widget=forms.TextInput({"autocomplete": "name", "placeholder": "Ana"})
    )
    email = forms.EmailField(label="Email", help_text="We write here.")
    mode = forms.ChoiceField(
        label="How", choices=[("room", "In the room"), ("remote", "Online")],
        widget=forms.RadioSelect,
    )  # fmt: skip
    needs = forms.MultipleChoiceField(
        label="Needs", choices=[("asl", "ASL"), ("captions", "Captions")], required=False,
        widget=forms.CheckboxSelectMultiple, help_text="As many as you like.",
    )  # fmt: skip
    topic = forms.ChoiceField(label="Topic", choices=[("a", "A")], required=False)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="I agree", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def tag(html: str, pattern: str) -> str:
    """Return the one tag that matches."""
    found = re.findall(pattern, html)
    assert len(found) == 1, found
    return str(found[0])


def test_each_control_has_its_class_and_label() -> None:
    html = str(Sample())
    assert 'class="usa-input"' in tag(html, r'<input[^>]*name="email"[^>]*>')
    assert 'class="usa-select"' in tag(html, r'<select[^>]*name="topic"[^>]*>')
    assert 'class="usa-textarea"' in tag(html, r'<textarea[^>]*name="note"[^>]*>')
    assert 'class="usa-checkbox__input"' in tag(html, r'<input[^>]*name="agree"[^>]*>')
    assert '<label class="usa-checkbox__label" for="id_agree">I agree</label>' in html
    assert "class" not in tag(html, r'<input[^>]*name="token"[^>]*>')
    assert '<label class="usa-label" for="id_name">Your name</label>' in html
    assert re.search(r'for="id_note">Note\s*<span class="field__optional">\(optional\)', html)


def test_autocomplete_stays_and_placeholders_go() -> None:
    name = tag(str(Sample()), r'<input[^>]*name="name"[^>]*>')
    assert 'autocomplete="name"' in name
    assert "placeholder" not in name


def test_groups_of_choices_are_fieldsets_with_labelled_inputs() -> None:
    html = str(Sample())
    assert re.findall(r'<legend class="usa-legend">(\w+)', html) == ["How", "Needs"]
    assert re.findall(r'<input class="usa-radio__input"[^>]*id="(\w+)"', html) == [
        "id_mode_0",
        "id_mode_1",
    ]
    assert '<label class="usa-checkbox__label" for="id_needs_1">Captions</label>' in html


def test_hints_and_errors_are_what_aria_describedby_names() -> None:
    form = Sample({"email": "not an address", "needs": ["unknown"]})
    html = str(form)
    described = re.findall(r'aria-describedby="([^"]+)"', html)
    assert described == [
        "id_name_error",
        "id_email_helptext id_email_error",
        "id_mode_error",
        "id_needs_helptext id_needs_error",
    ]
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for name in " ".join(described).split():
        assert name in ids
    assert 'aria-invalid="true"' in tag(html, r'<input[^>]*name="email"[^>]*>')
    assert 'value="not an address"' in html


def test_the_summary_links_each_error_to_its_field() -> None:
    form = Sample({"email": "not an address"})
    form.add_error(None, "The event is over.")
    html = render_to_string("components/error_summary.html", {"form": form})
    links = re.findall(r'<a href="#(\w+)">([^<]+)</a>', html)
    assert links == [
        ("id_name", "Your name – This field is required."),
        ("id_email", "Email – Enter a valid email address."),
        ("id_mode_0", "How – This field is required."),
    ]
    assert "<li>The event is over.</li>" in html
    ids = re.findall(r'\bid="([^"]+)"', str(form))
    for target, _text in links:
        assert target in ids


def test_without_errors_there_is_no_summary() -> None:
    assert render_to_string("components/error_summary.html", {"form": Sample()}).strip() == ""


def test_filters_do_not_say_optional() -> None:
    class Filters(Sample):
        mark_optional = False

    assert "(optional)" not in str(Filters())


@pytest.mark.parametrize(
    ("field", "widget", "value", "expected"),
    [
        (forms.DateField, DateInput, "2026-06-11", 'type="date"'),
        (forms.TimeField, TimeInput, "18:30", 'type="time"'),
        (forms.DateTimeField, DateTimeInput, "2026-06-11T18:30", 'type="datetime-local"'),
    ],
)
def test_dates_use_the_browsers_own_fields_and_come_back(
    field: type[forms.Field], widget: type[forms.Widget], value: str, expected: str
) -> None:
    form_class = type("Dated", (forms.Form,), {"at": field(widget=widget)})
    form = form_class({"at": value})
    assert form.is_valid(), form.errors
    shown = str(form_class(initial={"at": form.cleaned_data["at"]}))
    assert expected in shown
    assert f'value="{value}"' in shown


def test_a_group_of_choices_with_a_class_writes_it_once() -> None:
    choices = [("asl", "ASL"), ("captions", "Captions")]
    widget = forms.CheckboxSelectMultiple({"class": "choices--columns"})
    needs = forms.MultipleChoiceField(choices=choices, widget=widget)
    html = str(type("Needs", (forms.Form,), {"needs": needs})({"needs": ["asl"]}))
    assert html_faults(f"<!doctype html><title>Needs</title><form>{html}</form>") == []
    assert re.findall(r'class="(choices[^"]*)"', html) == ["choices choices--columns"]
    assert "checked" in tag(html, r'<input[^>]*value="asl"[^>]*>')
    assert "checked" not in tag(html, r'<input[^>]*value="captions"[^>]*>')


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (forms.DateField(widget=DateInput), "June 31"),
        (forms.DateField(widget=DateInput), "2026-06-31"),
        (forms.TimeField(widget=TimeInput), "half past six"),
        (forms.TimeField(widget=TimeInput), "25:00"),
        (forms.DateTimeField(widget=DateTimeInput), "tomorrow"),
        (forms.IntegerField(min_value=1, max_value=9), "two"),
        (forms.IntegerField(min_value=1, max_value=9, step_size=2), "1,5"),
        (forms.URLField(assume_scheme="https"), "meet.example.org/x"),
    ],
)
def test_what_a_browser_cannot_read_in_its_own_field_is_shown_as_text(
    field: forms.Field, typed: str
) -> None:
    """A field of type ``number`` or ``date`` would be empty: its browser drops such a value."""
    control = tag(str(type("One", (forms.Form,), {"one": field})({"one": typed})), r"<input[^>]*>")
    assert 'type="text"' in control
    assert f'value="{typed}"' in control
    assert not re.search(r" (min|max|step)=", control)


@pytest.mark.parametrize(
    ("field", "typed", "kind"),
    [
        (forms.IntegerField(min_value=1), "0", "number"),
        (forms.IntegerField(), "-3", "number"),
        (forms.URLField(assume_scheme="https"), "https://meet.example.org/x", "url"),
        (forms.DateField(widget=DateInput), "", "date"),
    ],
)
def test_what_a_browser_can_read_stays_in_its_own_field(
    field: forms.Field, typed: str, kind: str
) -> None:
    html = str(type("One", (forms.Form,), {"one": field})({"one": typed}))
    assert f'type="{kind}"' in tag(html, r"<input[^>]*>")
