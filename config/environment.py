"""Reads the environment strictly: a value is right, or the start stops with one plain line.

Messages never repeat a value that may hold a secret.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from dotenv import load_dotenv

_ON = ("1", "on", "true", "yes")
_OFF = ("0", "off", "false", "no")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def stop(problem: str) -> NoReturn:
    """End the process with status 1 and one line on stderr; no traceback."""
    sys.exit(f"Plazuela cannot start: {problem}")


@dataclass(frozen=True)
class MailTransport:
    """Where mail goes, from EMAIL_URL.

    `scheme` is smtp, console, file or anymail. `tls` is none, starttls (required, or nothing is
    sent) or implicit (TLS from the first byte, RFC 8314). `path` is the folder of the file scheme.
    `provider` is whose API the anymail scheme names, `options` what django-anymail calls its key,
    its address and the like.
    """

    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    tls: str = "none"
    path: Path | None = None
    provider: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Provider:
    """How django-anymail names the parts of a provider's EMAIL_URL; "" where it has no such part.

    `key`: the user. `domain`: the host. `more`: parameters beside `api`, the API's own address.
    """

    key: str
    domain: str = ""
    more: tuple[str, ...] = ()


PROVIDERS = {
    "mailgun": Provider("api_key", domain="sender_domain"),
    "postmark": Provider("server_token", more=("message_stream", "letter_stream")),
}


class Environment:
    """The process's environment, completed by a `.env` file. An empty value counts as not set."""

    def __init__(self, file: Path) -> None:
        if file.is_file():
            load_dotenv(file)

    def text(self, name: str, default: str | None = None, *, why: str = "") -> str:
        """Return the value; without a default it is required, and `why` ends the complaint."""
        value = os.environ.get(name, "").strip()
        if value:
            return value
        if default is None:
            stop(f"{name} is not set{why}.")
        return default

    def items(self, name: str, default: str | None = None, *, why: str = "") -> list[str]:
        """Return the parts of a comma-separated value."""
        text = self.text(name, default, why=why)
        return [part.strip() for part in text.split(",") if part.strip()]

    def switch(self, name: str, default: str) -> bool:
        """Return whether the value says on."""
        value = self.text(name, default)
        if value.lower() in _ON:
            return True
        if value.lower() in _OFF:
            return False
        stop(f"{name} must be 'on' or 'off', not '{value}'.")

    def whole(self, name: str, default: str, low: int, high: int) -> int:
        """Return a whole number between two bounds, both included."""
        value = self.text(name, default)
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            stop(f"{name} must be a whole number from {low} to {high}, not '{value}'.")
        return int(value)

    def share(self, name: str, default: str) -> Decimal:
        """Return a number from 0 to 1, exact: a float's ceiling of 0.1 x 30 would be 4."""
        value = self.text(name, default)
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not (number.is_finite() and 0 <= number <= 1):
            stop(f"{name} must be a number from 0 to 1, not '{value}'.")
        return number

    def server(self, name: str, default: str) -> str:
        """Return the address of a server, which is never repeated: it may hold a password."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            # A database in a file has no port; what stands there is part of its name.
            readable = parts.scheme == "sqlite" or parts.port != 0
        except ValueError:
            readable = False
        if not readable:
            stop(
                f"{name} cannot be read. Its port must be a number, and signs like / # [ in its "
                "password are written as %2F %23 %5B."
            )
        return value

    def site(self, name: str, default: str | None, *, why: str = "") -> str:
        """Return an http(s) address of a site without its trailing slash."""
        value = self.text(name, default, why=why)
        try:
            parts = urlsplit(value)
            port_is_right = parts.port != 0
        except ValueError:
            port_is_right = False
        if (
            not port_is_right
            or parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.path.strip("/")
            or parts.query
            or parts.fragment
        ):
            stop(f"{name} must look like 'https://calendar.example.gov', not '{value}'.")
        return f"{parts.scheme}://{parts.netloc}"

    def mail(self, name: str, default: str | None, base: Path, *, why: str = "") -> MailTransport:
        """Return the transport that a mail address names; folders are relative to `base`."""
        value = self.text(name, default, why=why)
        wrong = (
            f"{name} must be smtp://user:password@host:port, smtps://…, console://, file://FOLDER "
            "or anymail+PROVIDER://KEY@"
        )
        if value == "console://":
            return MailTransport("console")
        if value.startswith("file://") and len(value) > len("file://"):
            return MailTransport("file", path=base / value.removeprefix("file://"))
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            stop(f"{wrong}: its port is not a number.")
        if parts.scheme.startswith("anymail+"):
            return self._provider(name, parts)
        if parts.scheme not in ("smtp", "smtps"):
            stop(f"{wrong}.")
        if not parts.hostname:
            stop(f"{wrong}: it names no host.")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if parts.scheme == "smtps":
            tls, usual_port = "implicit", 465
        else:
            # A password never crosses a network in the clear.
            must_hide = bool(user) and parts.hostname not in _LOOPBACK
            tls, usual_port = ("starttls" if must_hide or port == 587 else "none"), 25
            tls = parse_qs(parts.query).get("tls", [tls])[-1]
            if tls not in ("none", "starttls"):
                stop(f"{wrong}; its 'tls' is 'none' or 'starttls', not '{tls}'.")
        return MailTransport("smtp", parts.hostname, port or usual_port, user, password, tls)

    @staticmethod
    def _provider(name: str, parts: SplitResult) -> MailTransport:
        """Return the provider's API that a mail address names. Its key is never repeated."""
        provider = parts.scheme.removeprefix("anymail+")
        known = PROVIDERS.get(provider)
        if known is None:
            names = " or ".join(f"anymail+{one}://" for one in PROVIDERS)
            stop(f"{name} must begin with {names}; '{provider}' is not known.")
        wrong = f"{name} must be anymail+{provider}://KEY@{'DOMAIN' if known.domain else ''}"
        if not parts.username or parts.password or parts.path.strip("/") or parts.port:
            stop(f"{wrong}, with the key that {provider} gave you.")
        if parts.hostname and not known.domain:
            stop(f"{wrong}, with nothing after the @.")
        options = {known.key: unquote(parts.username)}
        if known.domain and parts.hostname:
            options[known.domain] = parts.hostname
        for key, values in parse_qs(parts.query).items():
            if key != "api" and key not in known.more:
                allowed = ", ".join(("api", *known.more))
                stop(f"{name} has a parameter '{key}'; {provider} knows only: {allowed}.")
            options["api_url" if key == "api" else key] = values[-1]
        api = urlsplit(options.get("api_url", "https://its.own"))
        if api.scheme != "https" and not (api.scheme == "http" and api.hostname in _LOOPBACK):
            # A key never crosses a network in the clear.
            stop(f"{name}: its 'api' must begin with https://.")
        if find_spec("anymail") is None:
            stop(
                f"{name} names the API of {provider}, which needs a package that is not there. "
                "Install it with: python3 tools/setup.py anymail"
            )
        return MailTransport("anymail", provider=provider, options=options)


def kept_secret(file: Path, make: Callable[[], str]) -> str:
    """Return the secret in this file, made on first use; several processes agree on one."""
    if not file.exists():
        handle, draft = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="ascii") as new:
            new.write(make())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return file.read_text(encoding="ascii").strip()
