"""System checks of what is allowed, but what an operator should know about."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from config.demo import EDITOR_LOGIN, STAFF_LOGIN, STAFF_PASSWORD


@register()
def check_rate_limits(**kwargs: Any) -> list[CheckMessage]:
    """Warn while rate limits are off: they are the only bound on floods of mail and forms."""
    if settings.RATE_LIMITS:
        return []
    return [
        Warning(
            "Rate limits are off.",
            hint="RATE_LIMITS=off is for load tests; take it out before the public comes.",
            id="config.W001",
        )
    ]


@register(deploy=True)
def check_proxies(**kwargs: Any) -> list[CheckMessage]:
    """Warn when the site is https but no proxy is trusted to say so: nothing here speaks TLS."""
    if not settings.SITE_URL.startswith("https://") or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "SITE_URL is https, but TRUSTED_PROXIES is 0.",
            hint="Set TRUSTED_PROXIES to the number of proxies in front (1 for one nginx), so that "
            "the visitor's address and scheme are known.",
            id="config.W002",
        )
    ]


@register(Tags.database)
def check_demo_accounts(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn while a demo account opens a public site's desk with the password that all can read.

    Asks the database, so it runs where Django is told to: ``up``, ``migrate`` and ``check
    --database default``.
    """
    if settings.DEBUG or not databases:
        return []
    # When the checks are loaded, the models are not.
    from events.models import StaffUser

    accounts = StaffUser.objects.filter(email__in=[STAFF_LOGIN, EDITOR_LOGIN], is_active=True)
    try:
        hashes = dict(accounts.order_by("email").values_list("email", "password"))
    except DatabaseError:  # no tables yet, or no database: others say so
        return []
    known = [email for email, kept in hashes.items() if check_password(STAFF_PASSWORD, kept)]
    if not known:
        return []
    return [
        Warning(
            f"Anybody can sign in to the staff desk as {' or '.join(known)}: "
            "the demo's password is published.",
            hint="Give each of these accounts another password (/accounts/password/change/), "
            "or begin with an empty database.",
            id="config.W003",
        )
    ]
