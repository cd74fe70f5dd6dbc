"""First start: `/setup/` on an empty database, opened by the code from the terminal.

Until there is an office, every other page leads here; from then on it is 404.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from config import setup_code
from events import clock, rate_limits
from events.actions.offices import open_first_office
from events.address_field import AddressField
from events.errors import Refused
from events.languages import own_name
from events.models import Office, OfficeKind, StaffUser
from events.staff.local_times import zone_choices

_GetResponse = Callable[[HttpRequest], HttpResponse]

#: What a new site offers subscribers: slug, name, what one gets. Staff may change them later.
FIRST_TOPICS = (
    ("legislation", gettext_lazy("Legislation news"),
     gettext_lazy("Bills, votes and what they change for you.")),
    ("town-halls", gettext_lazy("Town halls"),
     gettext_lazy("When and where you can ask in person.")),
    ("events", gettext_lazy("Community events"),
     gettext_lazy("Cleanups, fairs and open days near you.")),
    ("volunteer", gettext_lazy("Volunteer opportunities"),
     gettext_lazy("Shifts where a few more hands are needed.")),
)  # fmt: skip


class SetupMiddleware:
    """Leads every page of an empty site to `/setup/`. Asks the database until an office is seen."""

    #: Paths that work without an office: watching, styles and scripts, and the set-up itself.
    FREE = ("healthz", "readyz", "metrics", "static", "setup", "dev")
    #: Whether this process has seen an office; it then asks no more.
    has_office = False

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.has_office and not self._is_free(request.path_info):
            SetupMiddleware.has_office = Office.objects.exists()
            if not self.has_office:
                return redirect("setup")
        return self.get_response(request)

    def _is_free(self, path: str) -> bool:
        parts = path.strip("/").split("/")
        if parts[0] in dict(settings.LANGUAGES):
            parts = parts[1:]
        return bool(parts) and parts[0] in self.FREE


class SetupForm(forms.Form):
    """What an office must say before its first page; everything else can wait for the desk."""

    code = forms.CharField(
        label=_("Code from the terminal"),
        help_text=_("It was printed where this site was started. Dashes and case do not matter."),
        error_messages={"required": _("Enter the code that was printed in the terminal.")},
        widget=forms.TextInput({"autocomplete": "one-time-code"}),
    )
    name = forms.CharField(
        label=_("Name of the office"),
        max_length=200,
        help_text=_("As residents know it, such as “Office of Council Member Rivera”."),
        error_messages={"required": _("Enter the name of the office.")},
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    kind = forms.ChoiceField(
        label=_("What kind of office is it?"),
        help_text=_("Lists of an office, a campaign and a civic group never mix."),
        choices=OfficeKind.choices,
        initial=OfficeKind.OFFICIAL,
        widget=forms.RadioSelect,
    )
    jurisdiction = forms.CharField(
        label=_("City, district or county"), max_length=200, required=False
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), error_messages={"required": _("Choose the time zone.")}
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages of your pages"),
        help_text=_("You write in the first one ticked, and add the others where you can."),
        error_messages={"required": _("Choose at least one language.")},
        widget=forms.CheckboxSelectMultiple,
    )
    phone = forms.CharField(
        label=_("Phone number"),
        max_length=40,
        help_text=_("For people without email, and for those who ask for help to take part."),
        error_messages={"required": _("Enter a phone number.")},
        widget=forms.TextInput({"autocomplete": "tel", "type": "tel"}),
    )
    postal_address = forms.CharField(
        label=_("Postal address"),
        help_text=_("It stands below every letter by email, as the law asks."),
        error_messages={"required": _("Enter the postal address.")},
        widget=forms.Textarea({"rows": 3, "autocomplete": "street-address"}),
    )
    sender_address = AddressField(
        label=_("Email address that your mail comes from"),
        required=False,
        help_text=_("Your mail server must be allowed to send for it."),
    )
    manager_name = forms.CharField(
        label=_("Your own name"),
        max_length=150,
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    manager_email = AddressField(
        label=_("Your email address"),
        help_text=_("You sign in with it."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("A password for you"),
        help_text=_("At least 10 characters. Three or four words are easy to remember."),
        error_messages={"required": _("Enter a password.")},
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].choices = zone_choices(settings.TIME_ZONE)  # type: ignore[attr-defined]
        self.fields["timezone"].initial = settings.TIME_ZONE
        self.fields["languages"].choices = [  # type: ignore[attr-defined]
            (code, own_name(code)) for code, _name in settings.LANGUAGES
        ]
        self.fields["languages"].initial = [settings.LANGUAGE_CODE]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not setup_code.check_code(code):
            raise forms.ValidationError(
                _("This is not the code in force. Look for the last one in the terminal.")
            )
        return code

    def clean_manager_email(self) -> str:
        return str(self.cleaned_data["manager_email"]).lower()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("password"):
            user = StaffUser(
                email=values.get("manager_email", ""), name=values.get("manager_name", "")
            )
            try:
                validate_password(values["password"], user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return values


@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """Ask for the office and its first manager, and sign the manager in."""
    if Office.objects.exists():
        raise Http404
    now = clock.now()
    if request.method != "POST":
        form = SetupForm(initial={"code": request.GET.get("code", "")})
        return render(request, "setup.html", {"form": form})
    form = SetupForm(request.POST)
    try:
        if not setup_code.check_code(request.POST.get("code", "")):
            rate_limits.count(
                rate_limits.GUESSES,
                rate_limits.network_of(request.client_address),  # type: ignore[attr-defined]
                now=now,
            )
    except rate_limits.TooMany as error:
        # On the page itself, which keeps what was typed: a password must not be shown again.
        form.add_error(
            None,
            _(
                "Many forms have come from this connection in a short time. "
                "Try again in ten minutes."
            ),
        )
        response = render(request, "setup.html", {"form": form}, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    if form.is_valid():
        try:
            open_first_office(
                now=now, topics=_first_topics(form.cleaned_data["languages"]),
                **_office_columns(form.cleaned_data),
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field or None, refused.message)
        else:
            setup_code.spend()
            user = StaffUser.objects.get(email=form.cleaned_data["manager_email"])
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect(reverse("staff"))
    return render(request, "setup.html", {"form": form}, status=422)


def _office_columns(values: dict[str, Any]) -> dict[str, Any]:
    columns = {
        name: values[name]
        for name in (
            "name", "kind", "jurisdiction", "timezone", "languages", "phone", "postal_address",
            "sender_address", "manager_name", "manager_email", "password",
        )
    }  # fmt: skip
    return columns | {
        "slug": slugify(values["name"])[:80] or "office",
        "reply_to": values["sender_address"],
    }


def _first_topics(languages: list[str]) -> list[dict[str, Any]]:
    """Return the topics in the office's languages, the first one on the rows themselves."""

    def words(index: int, language: str) -> dict[str, str]:
        with override(language):
            _slug, name, description = FIRST_TOPICS[index]
            return {"name": str(name), "description": str(description)}

    first, *others = languages
    return [
        {
            "slug": FIRST_TOPICS[index][0],
            **words(index, first),
            "translations": {language: words(index, language) for language in others},
        }
        for index in range(len(FIRST_TOPICS))
    ]
