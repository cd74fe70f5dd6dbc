"""System checks of settings that are allowed, but that an operator should know about."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


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
