"""A mail provider's API, by django-anymail: the request it writes, over a line of our own.

Where a provider takes a message as it is (RFC 5322), it gets the very bytes that a mail server
would get. Elsewhere it puts the message together itself, from the same words; the Message-ID and
the delivery's key are in it all the same, and the Message-ID goes along as metadata, so that the
provider's reports name the delivery (``notifications.delivery.webhooks``).
"""

import email
import email.policy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Protocol

from anymail.backends import mailgun, postmark
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives

from notifications.delivery import answers
from notifications.delivery.channels import (
    REFERENCE,
    Cut,
    Mail,
    MailRefused,
    NotSent,
    Rejected,
    ServerAway,
    TryLater,
)
from notifications.delivery.channels.http_line import HttpLine, OneRequest

#: Headers that a provider writes itself, or that are given to it by other names.
_ITS_OWN = {
    "from", "to", "subject", "date", "reply-to", "mime-version", "content-type",
    "content-transfer-encoding",
}  # fmt: skip


class ProviderSettings(Protocol):
    """What :data:`settings.MAIL_TRANSPORT` holds of a provider."""

    @property
    def provider(self) -> str: ...
    @property
    def options(self) -> Mapping[str, str]: ...


class ProviderApi:
    """One connection to the provider's API, used for message after message."""

    def __init__(self, chosen: ProviderSettings) -> None:
        self.provider = PROVIDERS[chosen.provider]
        self.options = chosen.options
        self.backend = self.provider.backend(**chosen.options)
        self.line = HttpLine(self.backend.api_url)
        self.backend.session = OneRequest(self.line)
        self._lost = ""

    def prepare(self) -> None:
        """Open the connection, or keep it. An answer that got lost ends the run.

        A server that answers nobody would else make an *unknown* of every message of a letter.
        """
        if self._lost:
            raise ServerAway(self._lost)
        self.line.open()

    def close(self) -> None:
        self.line.close()

    def send(self, mail: Mail) -> None:
        message = _readable(mail)
        self.provider.address(message, self.options)
        self.line.is_complete = False
        try:
            self.backend.send_messages([message])
        except Cut as cut:
            self._lost = str(cut)
            raise
        except AnymailRecipientsRefused as error:
            raise _refused_recipient(error) from error
        except AnymailAPIError as error:
            raise self._without_yes(error) from error
        except AnymailError as error:
            # It could not be written in the provider's terms: no request was made.
            raise Rejected(f"provider: {_words(str(error))}") from error
        answer = message.anymail_status.esp_response  # type: ignore[attr-defined]
        if not 200 <= answer.status_code <= 299:
            # A refusal in words that django-anymail does not know is no yes.
            raise self._meaning(answer)

    def _without_yes(self, error: AnymailAPIError) -> NotSent | Cut:
        """Return what it means that there is no answer, or none that says yes."""
        if error.response is None:
            # Its words may hold the key.
            said = f"request: {type(error.__cause__ or error).__name__}"
            if not self.line.is_complete:
                # Our own key or address cannot even be written into a request.
                return MailRefused(said)
            self._lost = said
            return Cut(f"after the {said}")
        return self._meaning(error.response)

    def _meaning(self, answer: Any) -> NotSent | Cut:
        """Return what the provider's answer means (see the module's table of statuses)."""
        status = int(answer.status_code)
        said = f"answer: {status} {_words(answer.text)}"
        if 200 <= status <= 299 or status in UNANSWERED:
            # It has taken it, or may have: what it said about that got lost on the way.
            self._lost = said
            return Cut(f"after the request: {said}")
        if status in LATER or status >= 500:
            return TryLater(said)
        if status in REFUSED or 300 <= status <= 399:
            return MailRefused(said)
        return self.provider.refusal(said, answer)


#: A gateway did not hear what became of the request.
UNANSWERED = {408, 502, 504}
#: Too fast, or not now. So are the other statuses from 500 on: the provider says that it failed.
LATER = {409, 425, 429}
#: The key, the account or the address of the API is wrong: nothing else would fare better.
REFUSED = {401, 402, 403, 404, 405, 410}


def _refused_recipient(error: AnymailRecipientsRefused) -> NotSent:
    """It keeps a list of addresses to which it sends nothing more, or cannot read this one."""
    statuses = error.email_message.anymail_status.status or set()
    said = f"answer: {error.status_code or ''} {_words(error.response.text)}"
    return Rejected(said, bad_address="invalid" in statuses)


def _words(text: str) -> str:
    return answers.without_addresses(text)


# --- What the providers are given ----------------------------------------------------------------


def _readable(mail: Mail) -> EmailMultiAlternatives:
    """Return the message in the terms of Django; ``raw`` is the message itself."""
    parsed = email.message_from_bytes(mail.content, policy=email.policy.SMTP)
    assert isinstance(parsed, EmailMessage)
    parts = list(parsed.walk())
    texts = [part for part in parts if part.get_content_maintype() == "text"]
    by_type = {part.get_content_type(): part.get_content() for part in texts}
    message = EmailMultiAlternatives(
        subject=str(parsed["Subject"]),
        body=by_type["text/plain"],
        from_email=str(parsed["From"]),
        to=[mail.recipient],
        reply_to=[str(parsed["Reply-To"])] if parsed["Reply-To"] else None,
        headers={
            name: str(value) for name, value in parsed.items() if name.lower() not in _ITS_OWN
        },
    )
    message.attach_alternative(by_type["text/html"], "text/html")
    for part in texts:
        if part.get_content_type() == "text/calendar":
            # No provider takes a third alternative; mail programs read it from a file, too.
            kind = f"text/calendar; method={part.get_param('method')}"
            message.attach("invite.ics", part.get_content(), kind)
    own_id = str(parsed["Message-ID"]).strip("<>")
    message.metadata = {REFERENCE: own_id}  # type: ignore[attr-defined]
    # Links hold tokens, and who opened what is nobody's business.
    message.track_opens = message.track_clicks = False  # type: ignore[attr-defined]
    message.raw = mail.content  # type: ignore[attr-defined]
    return message


class _RawMailgunPayload(mailgun.MailgunPayload):
    """The message as it is, beside the address and what concerns tracking."""

    def get_api_endpoint(self) -> str:
        return f"{super().get_api_endpoint()}.mime"

    def serialize_data(self) -> dict[str, Any]:
        self.files = [("message", ("message.eml", self.message.raw, "message/rfc822"))]
        data: dict[str, Any] = super().serialize_data()
        return {
            name: value
            for name, value in data.items()
            if name == "to" or name.startswith(("o:", "v:"))
        }


class _Mailgun(mailgun.EmailBackend):
    def build_message_payload(self, message: Any, defaults: Any) -> _RawMailgunPayload:
        return _RawMailgunPayload(message, defaults, self)


class _PostmarkPayload(postmark.PostmarkPayload):
    def set_extra_headers(self, headers: Any) -> None:
        """Keep our Message-ID: Postmark writes its own unless it is asked not to."""
        super().set_extra_headers(headers)
        self.data["Headers"].append({"Name": "X-PM-KeepID", "Value": "true"})


class _Postmark(postmark.EmailBackend):
    def build_message_payload(self, message: Any, defaults: Any) -> _PostmarkPayload:
        return _PostmarkPayload(message, defaults, self)


# --- What their refusals mean --------------------------------------------------------------------


def _mailgun_refusal(said: str, response: Any) -> NotSent:
    """400 names the field that it does not like."""
    words = said.lower()
    if "'from'" in words or "from parameter" in words:
        return MailRefused(said, sender_only=True)
    bad = "'to'" in words or "to parameter" in words
    return Rejected(said, bad_address=bad and "not a valid" in words)


#: Error codes of Postmark: the sender's address is not one of the account's; the account may not
#: send, or not now; it may send to its own domain alone; the stream does not exist.
_POSTMARK_SENDER = {400, 401}
_POSTMARK_ACCOUNT = {10, 405, 413, 1226, 1235, 1236}
_POSTMARK_NOT_TO_OTHERS = {412}


def _postmark_refusal(said: str, response: Any) -> NotSent:
    """422 comes with a code of Postmark's own."""
    try:
        code = int(response.json()["ErrorCode"])
    except (ValueError, KeyError, TypeError):
        return Rejected(said)
    if code in _POSTMARK_SENDER:
        return MailRefused(said, sender_only=True)
    if code in _POSTMARK_NOT_TO_OTHERS:
        return MailRefused(said, at_recipient=True)
    if code in _POSTMARK_ACCOUNT:
        return MailRefused(said)
    return Rejected(said)


def _choose_stream(message: Any, options: Mapping[str, str]) -> None:
    """Postmark wants mail to many in a stream of its own; ours has a way to unsubscribe."""
    if "letter_stream" in options and "List-Unsubscribe" in message.extra_headers:
        message.esp_extra = {"MessageStream": options["letter_stream"]}


@dataclass(frozen=True)
class Provider:
    """How one provider is spoken to, and what its refusal of a message (4xx) means.

    ``address`` adds to a message what it needs beside its own words.
    """

    backend: Callable[..., Any]
    refusal: Callable[[str, Any], NotSent]
    address: Callable[[Any, Mapping[str, str]], None] = lambda message, options: None


#: Those that leave our Message-ID and our headers as they are. The names are those of EMAIL_URL.
PROVIDERS = {
    "mailgun": Provider(_Mailgun, _mailgun_refusal),
    "postmark": Provider(_Postmark, _postmark_refusal, _choose_stream),
}
