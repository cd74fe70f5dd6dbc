"""How forms become HTML: our templates around USWDS's controls.

Set as ``FORM_RENDERER``, so that ``{{ form }}`` and ``{{ form.email.as_field_group }}`` give the
same markup for our forms and for allauth's. Label, hint, error and ``aria-describedby`` are in
``config/templates/forms/field.html``; the error summary is shown by ``base.html``.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest

INPUT_CLASSES = {"checkbox": "usa-checkbox__input", "hidden": "", "file": "usa-input field__file"}
CLASSES = {
    "django/forms/widgets/select.html": "usa-select",
    "django/forms/widgets/textarea.html": "usa-textarea",
}
OWN_TEMPLATES = {
    "django/forms/widgets/radio.html": "forms/choices.html",
    "django/forms/widgets/checkbox_select.html": "forms/choices.html",
    "django/forms/widgets/clearable_file_input.html": "forms/file.html",
}


class PlazuelaRenderer(TemplatesSetting):
    """Gives each control its USWDS class, and groups of choices and files their own template."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        if widget := context.get("widget"):
            # A placeholder is no label: it is gone when one types. allauth writes them anyway.
            attributes = {k: v for k, v in widget["attrs"].items() if k != "placeholder"}
            added, given = _css_class(template_name, widget), attributes.get("class", "")
            if added and added not in given:
                attributes["class"] = f"{added} {given}".strip()
            widget["attrs"] = attributes
            if not _fits(widget):
                widget |= _as_text(widget)
        return super().render(OWN_TEMPLATES.get(template_name, template_name), context, request)


def _css_class(template_name: str, widget: dict[str, Any]) -> str:
    if "type" in widget:
        return INPUT_CLASSES.get(widget["type"], "usa-input")
    return CLASSES.get(template_name, "")


#: What a browser can read in a control of a type (HTML, 4.10.5.1). Anything else it drops.
READABLE = {
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"\d\d:\d\d(:\d\d)?",
    "datetime-local": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?",
    "number": r"-?\d+(\.\d+)?",
    "url": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
}
PARSERS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "datetime-local": datetime.fromisoformat,
}
#: Attributes that a plain text field may not have.
OF_NUMBERS_AND_TIMES = ("min", "max", "step")
#: What a phone's keyboard should offer instead of what the type would have said.
KEYBOARDS = {"number": "numeric", "url": "url"}


def _fits(widget: dict[str, Any]) -> bool:
    """Whether a browser shows the value of the control."""
    kind, value = widget.get("type", ""), widget.get("value")
    if kind not in READABLE or not value:
        return True
    if not re.fullmatch(READABLE[kind], str(value)):
        return False
    try:
        PARSERS.get(kind, str)(str(value))
    except ValueError:
        return False
    return True


def _as_text(widget: dict[str, Any]) -> dict[str, Any]:
    """Return the control as a plain text field, so that what was typed is still to be seen."""
    kept = {k: v for k, v in widget["attrs"].items() if k not in OF_NUMBERS_AND_TIMES}
    keyboard = KEYBOARDS.get(widget["type"])
    return {"type": "text", "attrs": kept | ({"inputmode": keyboard} if keyboard else {})}


class DateInput(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own field for a time of day."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class DateTimeInput(forms.DateTimeInput):
    """The browser's own field for a local date and time."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")
