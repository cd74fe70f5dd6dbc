"""How staff accounts differ from allauth's own: nobody signs up, and addresses come from us."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordKeyForm
from django.http import Http404, HttpRequest, HttpResponse

from events import clock
from events.actions.offices import prove_address
from events.password_links import PasswordLinks


class AccountAdapter(DefaultAccountAdapter):
    """Staff are invited by a manager; there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that TRUSTED_PROXIES decided on, for allauth's own rate limits."""
        return str(request.client_address)  # type: ignore[attr-defined]


class ChoosePasswordForm(ResetPasswordKeyForm):
    """Chooses a password through a link. One that came by mail proves the account's address."""

    def save(self) -> None:
        # Before the new password, which spends the link.
        was_mailed = PasswordLinks().was_mailed(self.user, self.temp_key)
        super().save()
        if was_mailed:
            prove_address(user_id=self.user.pk, now=clock.now())


def closed(request: HttpRequest) -> HttpResponse:
    """Answer 404 where allauth lets people add addresses to their own account.

    A manager gives a role to an address. Whoever could take an address that is not theirs would be
    given what a colleague of that address was meant to get, in whichever office.
    """
    raise Http404
