"""How staff accounts differ from allauth's own: nobody signs up, and addresses come from us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Staff are invited by a manager; there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that TRUSTED_PROXIES decided on, for allauth's own rate limits."""
        return str(request.client_address)  # type: ignore[attr-defined]
