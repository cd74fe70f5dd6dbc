"""The address at which mail providers report what came back and who complained.

Its authority is a secret that only the provider knows, as the password of HTTP Basic: so it needs
no CSRF token, and another site's page is refused as everywhere. django-anymail reads what each
provider writes; what that means for us is decided here.
"""

import logging
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from events import clock
from events.public_post import comes_from_elsewhere
from notifications.delivery import answers, reports
from notifications.delivery.channels import REFERENCE
from notifications.models import Bounce

logger = logging.getLogger(__name__)

#: The name that goes with the secret. It is no secret.
USER = "plazuela"

Event = Any

#: What comes of a report that is not in the provider's form; JSON within JSON within JSON, too.
_UNREADABLE = (
    ValueError, KeyError, TypeError, AttributeError, RecursionError, ImproperlyConfigured,
)  # fmt: skip


@dataclass(frozen=True)
class Reporter:
    """A provider whose reports are understood: who reads them, and what it calls final."""

    view: str
    is_hard: Callable[[Any], bool]

    def events(self, request: HttpRequest) -> list[Event]:
        """Return the provider's events in django-anymail's words.

        Whose they are has been checked: what it would check itself gets stand-ins.
        """
        view = import_string(f"anymail.webhooks.{self.view}")
        stand_ins = {"webhook_secret": "checked:before"}
        if hasattr(view, "webhook_signing_key"):
            stand_ins["webhook_signing_key"] = "not used"
        found: list[Event] = view(**stand_ins).parse_events(request)
        return found


def _is_permanent(event: Any) -> bool:
    return bool(event.get("event-data", {}).get("severity") == "permanent")


REPORTERS = {
    "brevo": Reporter(
        "brevo.BrevoTrackingWebhookView", lambda event: event.get("event") == "hard_bounce"
    ),
    "mailgun": Reporter("mailgun.MailgunTrackingWebhookView", _is_permanent),
    "postmark": Reporter(
        "postmark.PostmarkTrackingWebhookView", lambda event: event.get("Type") == "HardBounce"
    ),
}


def for_providers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make ``view`` a target for mail providers alone.

    POST alone (405); 403 for another site's page; 404 where no secret is set; 401 for whoever does
    not know it. There is no bound on how often: a letter may bring thousands of reports.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if comes_from_elsewhere(request):
            return _plain("Not from a page of another site", 403)
        if not settings.MAIL_WEBHOOK_SECRET:
            return _plain("Not set up: MAIL_WEBHOOK_SECRET is empty", 404)
        if not constant_time_compare(_sent(request), f"{USER}:{settings.MAIL_WEBHOOK_SECRET}"):
            refusal = _plain("Name and password are needed", 401)
            refusal["WWW-Authenticate"] = 'Basic realm="mail reports"'
            return refusal
        return view(request, *args, **kwargs)

    return csrf_exempt(require_POST(guarded))


def _sent(request: HttpRequest) -> str:
    """Return the name and password that came with the request (RFC 7617)."""
    scheme, _space, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials.strip(), validate=True).decode()
    except (NotBase64, ValueError):
        return ""


@for_providers
def mail_reports(request: HttpRequest, provider: str) -> HttpResponse:
    """Take what a provider reports. 200 also for what we do not know, or know already.

    400 for what cannot be read; 500 where it could not be written: the provider sends it again.
    """
    reporter = REPORTERS.get(provider)
    if reporter is None:
        return _plain(f"Known are: {', '.join(sorted(REPORTERS))}", 404)
    try:
        found = list(_reports(reporter, reporter.events(request)))
    except ImportError:
        logger.error("Reports need django-anymail: python3 tools/setup.py anymail")
        return _plain("django-anymail is not installed", 501)
    except _UNREADABLE as error:
        # The text of the error may hold an address.
        logger.warning("A report of %s cannot be read: %s", provider, type(error).__name__)
        return _plain("It cannot be read", 400)
    now = clock.database_now()
    news = sum(reports.take(report, now=now) for report in found)
    return _plain(f"Taken: {news}", 200)


def _plain(text: str, status: int) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


# --- What it means -------------------------------------------------------------------------------


def _reports(reporter: Reporter, events: Iterable[Event]) -> Iterable[reports.Report]:
    for event in events:
        kind = _kind(reporter, event)
        own = event.metadata.get(REFERENCE) if isinstance(event.metadata, dict) else None
        message_id = own or event.message_id
        if kind and message_id:
            yield reports.Report(
                message_id=str(message_id),
                kind=kind,
                recipient=_storable(event.recipient),
                words=_words(event),
            )


def _words(event: Event) -> str:
    return _storable(event.mta_response or event.description)


def _storable(value: Any) -> str:
    """Return the text without what no database takes: NUL, halves of a surrogate pair.

    The words are a stranger's server's. What could not be written would be reported for ever.
    """
    return str(value or "").replace("\0", "").encode(errors="replace").decode()


def _kind(reporter: Reporter, event: Event) -> str:
    """Return what a report says, or nothing: what is only late, opened or arrived is no news."""
    if event.event_type == "complained":
        return reports.COMPLAINT
    if event.event_type not in ("bounced", "rejected", "failed"):
        return ""
    reason = event.reject_reason
    if reason == "unsubscribed":
        return ""
    if reason == "invalid":
        says = Bounce.HARD
    elif reason == "bounced":
        says = Bounce.HARD if reporter.is_hard(event.esp_event) else Bounce.SOFT
    elif reason == "timed_out":
        says = Bounce.SOFT
    else:
        says = Bounce.REFUSED
    return str(_by_words(says, _words(event)).value)


def _by_words(says: Bounce, words: str) -> Bounce:
    """Correct a provider by the receiving server's own words.

    Who is refused for what we are, or for today's mail, has a mailbox: to suppress the address
    would mean that they never hear of us again.
    """
    answer = re.sub(r"^.*?\b[245]\d\d[ -]+", "", words, count=1, flags=re.DOTALL)
    if answers.code_says_no_mailbox(answer):
        return Bounce.HARD
    if answers.is_full(answer):
        return Bounce.SOFT
    if answers.enhanced(answer) is None and answers.words_say_no_mailbox(answer):
        return Bounce.HARD
    if says == Bounce.HARD and answers.is_about_us(answer):
        return Bounce.REFUSED
    return says
