"""A posted letter on the desk: who got it, who did not, and why; pause, take back, outcome."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events import clock
from events.errors import Refused
from events.form_parts import retype
from events.form_rendering import DateInput
from events.languages import own_name
from events.queries import read_page
from events.staff.access import FORM, POST, StaffRequest, staff_page
from events.token_pages import see_other
from notifications.delivery.resending import RESENDABLE, resend, to_resend
from notifications.letters import account
from notifications.letters.posted import (
    pause_letter,
    resume_letter,
    retract_letter,
    set_outcome,
)
from notifications.letters.staff_parts import letter_of, letter_page, may_post
from notifications.models import DeliveryState, Letter

PAGE_SIZE = 50
#: What the states are called, and what each means.
WORDS = {
    "waiting": (gettext_lazy("Waiting"), gettext_lazy("Their copy has still to go out.")),
    "accepted": (
        gettext_lazy("Accepted"),
        gettext_lazy("Their mail server has taken the letter. No more can be known."),
    ),
    "failed": (
        gettext_lazy("Failed"),
        gettext_lazy("Their mail server refused it for good, and said why."),
    ),
    "unknown": (
        gettext_lazy("Unknown"),
        gettext_lazy("The line broke in the last moment: they may have it or not."),
    ),
    "suppressed": (
        gettext_lazy("Not written to"),
        gettext_lazy("Their address does not exist, or they want no mail."),
    ),
    "superseded": (
        gettext_lazy("No longer wanted"),
        gettext_lazy("They had unsubscribed, or the letter was taken back, before it went out."),
    ),
    "expired": (
        gettext_lazy("Given up"),
        gettext_lazy("Their mail server put it off for days, until we stopped trying."),
    ),
    "bounced": (
        gettext_lazy("Came back later"),
        gettext_lazy("It was accepted first, and counts there, too; then it came back."),
    ),
    "complained": (
        gettext_lazy("Complaints"),
        gettext_lazy("They got it and reported it as spam. No more letters go to them."),
    ),
}


class Line(NamedTuple):
    """One state in the account."""

    state: str
    label: str
    meaning: str
    copies: int
    url: str
    reasons: list[tuple[account.Reason, str]]


def _page_of(letter: Letter) -> HttpResponse:
    return see_other(reverse("staff-letter-account", kwargs={"pk": letter.pk}))


def _people_url(letter: Letter, state: str, code: str = "") -> str:
    path = reverse("staff-letter-people", kwargs={"pk": letter.pk, "state": state})
    return path + (f"?{urlencode({'code': code})}" if code else "")


def _posted(request: StaffRequest, pk: int) -> Letter:
    """Return a posted letter of this member's offices that they may post; else 404 or 403."""
    letter = letter_of(request, pk)
    if not letter.is_posted:
        raise Http404
    if not may_post(request, letter.office):
        raise PermissionDenied
    return letter


@staff_page("see_deliveries")
def letter_account(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what became of the letter's copies, while they go out and ever after."""
    letter = letter_of(request, pk)
    if not letter.is_posted:
        return redirect("staff-letter", pk=letter.pk)
    found = account.account_of(letter, clock.now()) if letter.mails else None
    context: dict[str, Any] = {"account": found, "may_post": may_post(request, letter.office)}
    if found is not None:
        context["lines"] = [
            _line(letter, str(state.value), found.counts[state])
            for state in account.ENDS
            if found.counts[state] or state == DeliveryState.ACCEPTED
        ]
        context["lines"] += [
            _line(letter, name, count)
            for name, count in (("bounced", found.bounced), ("complained", found.complained))
            if count
        ]
        context["retries"] = account.reasons(letter, "retry", "due") if found.left else []
        context["waiting_url"] = _people_url(letter, "waiting")
    return letter_page(request, "letter_account", letter, context)


def _line(letter: Letter, state: str, count: int) -> Line:
    label, meaning = WORDS[state]
    reasons = []
    if state not in ("accepted", "suppressed", "superseded", *account.LATER) and count:
        reasons = [
            (reason, _people_url(letter, state, reason.code))
            for reason in account.reasons(letter, state)
        ]
    return Line(state, str(label), str(meaning), count, _people_url(letter, state), reasons)


@staff_page("see_deliveries")
def letter_people(request: StaffRequest, pk: int, state: str) -> HttpResponse:
    """List the people whose copies ended in one state, or with one class of error."""
    letter = letter_of(request, pk)
    if state not in WORDS or not letter.is_posted:
        raise Http404
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    code = request.GET.get("code", "").replace("\0", "")
    found = account.people(letter, state, code=code)
    label, meaning = WORDS[state]
    context = {
        "label": label,
        "meaning": meaning,
        "code": code,
        "copies": found[offset : offset + limit],
        "offset": offset,
        "limit": limit,
        "count": found.count(),
    }
    return letter_page(request, "letter_people", letter, context)


# --- While it goes out ---------------------------------------------------------------------------


@staff_page("see_deliveries", methods=POST)
def letter_pause(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the rest of the letter's mail wait."""
    letter = _posted(request, pk)
    if pause_letter(letter_id=letter.pk, now=clock.now(), actor=request.user).is_paused:
        messages.success(request, _("The rest of its mail waits until you resume it."))
    return _page_of(letter)


@staff_page("see_deliveries", methods=POST)
def letter_resume(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the rest of the letter's mail go out."""
    letter = _posted(request, pk)
    resume_letter(letter_id=letter.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("Its mail goes out again."))
    return _page_of(letter)


# --- Afterwards ----------------------------------------------------------------------------------


@staff_page("see_deliveries", methods=FORM)
def letter_resend(request: StaffRequest, pk: int, state: str) -> HttpResponse:
    """Say how many get the letter again and what that means; order it by POST."""
    letter = _posted(request, pk)
    if state not in RESENDABLE or letter.is_retracted:
        raise Http404
    count = to_resend(letter, [state]).count()
    if not count:
        messages.info(
            request,
            _(
                "There is nobody to whom it could be sent again: their addresses get no mail, or "
                "they have unsubscribed."
            )
            if account.people(letter, state).exists()
            else _("There is nobody left to whom it could be sent again."),
        )
        return _page_of(letter)
    if request.method == "POST":
        sent = resend(
            letter_id=letter.pk, states=(state,), ordered_by=request.user, now=clock.now()
        )
        told = ngettext(
            "It goes out again to %(count)s person, and to nobody else.",
            "It goes out again to %(count)s people, and to nobody else.",
            sent,
        )
        messages.success(request, told % {"count": sent})
        return _page_of(letter)
    context = {
        "state": state,
        "count": count,
        "left_out": account.people(letter, state).count() - count,
        "reasons": account.reasons(letter, state),
    }
    return letter_page(request, "letter_resend", letter, context)


class RetractForm(forms.Form):
    """Take a letter back."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Everybody reads it, on the page and in feeds, for good."),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Say why it is taken back.")},
    )


@staff_page("see_deliveries", methods=FORM)
def letter_retract(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then take the letter back."""
    letter = _posted(request, pk)
    if letter.is_retracted:
        return _page_of(letter)
    form = RetractForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        retract_letter(
            letter_id=letter.pk,
            reason=form.cleaned_data["reason"].replace("\r\n", "\n"),
            now=clock.now(),
            actor=request.user,
        )
        messages.success(request, _("Taken back. Its page gives the reason."))
        return _page_of(letter)
    found = account.account_of(letter, clock.now())
    context = {"form": form, "account": found, "accepted": found.counts[DeliveryState.ACCEPTED]}
    status = 422 if form.errors else 200
    return letter_page(request, "letter_retract", letter, context, status=status)


class OutcomeForm(forms.Form):
    """What came of a letter, in every language that it has a version in."""

    on = forms.DateField(
        label=gettext_lazy("Date of the outcome"),
        widget=DateInput,
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a date, like 2026-06-11.")},
    )
    on.sometimes_required = True  # type: ignore[attr-defined]
    outcome = forms.CharField(
        max_length=5000, required=False, widget=forms.Textarea({"rows": 4, "class": "letter-line"})
    )
    outcome.sometimes_required = True  # type: ignore[attr-defined]
    #: Of the letter as it was when the page was opened.
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, letter: Letter) -> None:
        initial: dict[str, Any] = {
            "on": letter.outcome_on, "outcome": letter.outcome, "revision": letter.revision,
        }  # fmt: skip
        others = list(letter.translations.all())
        initial |= {f"outcome_{row.language}": row.outcome for row in others}
        super().__init__(data, initial=initial)
        self.languages = [row.language for row in others]
        own = self.fields["outcome"]
        own.label = self._label(letter.own_language) if others else _("What came of it")
        own.help_text = _("For example: “Reply received.” Empty both fields to take it away.")
        own.widget.attrs["lang"] = letter.own_language
        for code in self.languages:
            self.fields[f"outcome_{code}"] = forms.CharField(
                label=self._label(code),
                max_length=5000,
                required=False,
                widget=forms.Textarea({"rows": 4, "lang": code}),
            )

    @staticmethod
    def _label(code: str) -> str:
        return _("What came of it (%(language)s)") % {"language": own_name(code)}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        on, outcome = data.get("on"), data.get("outcome")
        if outcome and not on and "on" not in self.errors:
            self.add_error("on", _("Give the day of the outcome."))
        if not outcome and (on or any(data.get(f"outcome_{code}") for code in self.languages)):
            self.add_error("outcome", _("Say what came of it."))
        return data

    def see_now(self, letter: Letter) -> None:
        """Take it that the letter was read as it is now: saving once more is a decision."""
        retype(self, "revision", letter.revision)


@staff_page("see_deliveries", methods=FORM)
def letter_outcome(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what came of the letter. Nobody is mailed; page, list and feed show it."""
    letter = _posted(request, pk)
    if letter.is_retracted and request.method != "POST":
        return _page_of(letter)
    form = OutcomeForm(request.POST if request.method == "POST" else None, letter=letter)
    if form.is_valid():
        data = form.cleaned_data
        try:
            set_outcome(
                letter_id=letter.pk,
                outcome=data["outcome"].replace("\r\n", "\n"),
                on=data["on"],
                translations={
                    code: data[f"outcome_{code}"].replace("\r\n", "\n") for code in form.languages
                },
                revision=data["revision"],
                now=clock.now(),
                actor=request.user,
            )
        except Refused as refused:
            form.add_error(None, refused.message)
            form.see_now(letter)
        else:
            said = _("Saved. The page shows it.") if data["outcome"] else _("Taken away.")
            messages.success(request, said)
            return _page_of(letter)
    status = 422 if form.errors else 200
    return letter_page(request, "letter_outcome", letter, {"form": form}, status=status)
