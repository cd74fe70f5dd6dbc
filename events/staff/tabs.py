"""A list of people in tabs with a search: the guests of an event, the volunteers of a shift."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from events.queries import read_page
from events.staff.access import StaffRequest


class Show(NamedTuple):
    """One tab of a list: which rows, in which order."""

    name: str
    label: Any
    rows: Callable[[Any], Any]
    #: Left out where it is empty.
    rare: bool = False


class SearchForm(forms.Form):
    """The search above the tabs."""

    mark_optional = False

    q = forms.CharField(
        label=_("Name, email or phone"),
        required=False,
        widget=forms.TextInput({"type": "search"}),
    )
    show = forms.CharField(required=False, widget=forms.HiddenInput)


class TabbedList(NamedTuple):
    """All rows of the chosen tab, and what the template shows around a page of them."""

    rows: Any
    tabs: list[dict[str, Any]]
    offset: int
    limit: int
    context: dict[str, Any]


def tabbed_list(
    request: StaffRequest,
    shows: Sequence[Show],
    found: Callable[[str], Any],
    *,
    usual: int,
) -> TabbedList:
    """Read tab, search and page out of the query; one query a tab, for its number.

    ``found(words)`` returns the rows that the search leaves. Raises ``Refused`` as
    ``read_page`` does.
    """
    limit, offset = read_page(request.GET, usual=usual)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    chosen = next((s for s in shows if s.name == request.GET.get("show", "")), shows[0])
    all_rows = found(words)
    tabs: list[dict[str, Any]] = []
    page, count = all_rows.none(), 0
    for show in shows:
        shown = show.rows(all_rows)
        number = shown.count()
        if show is chosen:
            page, count = shown, number
        elif show.rare and not number:
            continue
        query = {"show": show.name, "q": words}
        url = "?" + urlencode({name: value for name, value in query.items() if value})
        tabs.append({"label": show.label, "url": url, "count": number, "current": show is chosen})
    context = {
        "show": chosen.name,
        "form": SearchForm(initial={"q": words, "show": chosen.name}),
        "is_narrowed": bool(words),
        "here": request.get_full_path(),
        "offset": offset,
        "limit": limit,
        "count": count,
    }
    return TabbedList(page, tabs, offset, limit, context)
