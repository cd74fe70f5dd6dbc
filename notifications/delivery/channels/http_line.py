"""HTTP, with an exact account of how far a request got (RFC 9112).

A request whose last byte is not sent is no request: the server has nothing to act on. So the last
byte goes alone, as the final dot does in SMTP, and whatever breaks before it is certain. From then
on only the answer says what became of it.

It stands in for the transport of the ``requests`` library, which does not tell the two apart.
"""

import http.client
import select
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from notifications.delivery import answers
from notifications.delivery.channels import Cut, MailRefused, ServerAway, TryLater

#: Seconds for each step up to the last byte, and for the answer to it.
STEP_TIMEOUT = 15
ANSWER_TIMEOUT = 90
#: Seconds after which a connection that was not used is opened anew: servers close idle ones, and
#: a request that meets the close would be one of which nobody can say what became of it.
IDLE = 2.0
#: The longest answer that is read.
LONGEST_ANSWER = 1_000_000


class OneRequest(Session):
    """A session that sends what it is told once, to where it is told, and nowhere else.

    A request that is redirected would be sent a second time; what the environment holds of
    passwords for that host would take the place of the key.
    """

    def __init__(self, line: "HttpLine") -> None:
        super().__init__()
        self.trust_env = False
        self.mount("https://", line)
        self.mount("http://", line)

    def get_redirect_target(self, resp: Response) -> None:
        return None


class HttpLine(BaseAdapter):
    """One connection to one server, for request after request."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.server = urlsplit(url)
        self._line: http.client.HTTPConnection | None = None
        self._used = 0.0
        #: Whether the last byte of the latest request went out.
        self.is_complete = False

    def open(self) -> None:
        """Make sure that there is a connection; may raise ServerAway or MailRefused."""
        if self._line is not None:
            if time.monotonic() - self._used < IDLE and not _has_spoken(self._line):
                return
            self.close()
        line = self._new()
        line.auto_open = 0
        try:
            line.connect()
        except ssl.SSLCertVerificationError as error:
            line.close()
            raise MailRefused(f"connect: {_words(error)}") from error
        except (OSError, http.client.HTTPException) as error:
            line.close()
            raise ServerAway(f"connect: {_words(error)}") from error
        self._line, self._used = line, time.monotonic()

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError):
                line.close()

    def _new(self) -> http.client.HTTPConnection:
        host = self.server.hostname or ""
        if self.server.scheme == "http":
            return http.client.HTTPConnection(host, self.server.port, timeout=STEP_TIMEOUT)
        context = ssl.create_default_context()
        through = "" if proxy_bypass(host) else getproxies().get("https", "")
        if not through:
            return http.client.HTTPSConnection(
                host, self.server.port, timeout=STEP_TIMEOUT, context=context
            )
        proxy = urlsplit(through if "//" in through else f"//{through}")
        line = http.client.HTTPSConnection(
            proxy.hostname or "", proxy.port or 3128, timeout=STEP_TIMEOUT, context=context
        )
        line.set_tunnel(host, self.server.port, _login(proxy))
        return line

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request over the connection that :meth:`open` has made ready.

        Raises TryLater while it is certain that it did not arrive, Cut where it may have.
        """
        line = self._line
        if line is None or line.sock is None:
            raise ServerAway("connect: no connection was prepared")
        body = request.body
        whole = body.encode() if isinstance(body, str) else body
        if not isinstance(whole, bytes) or not whole:
            raise ValueError("A request without a body has no last byte that could go alone.")
        try:
            line.sock.settimeout(STEP_TIMEOUT)
            line.putrequest(request.method or "POST", request.path_url, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in ("host", "connection", "accept-encoding"):
                    line.putheader(name, value)
            line.endheaders(whole[:-1])
            if _has_spoken(line):
                raise ConnectionAbortedError("the server ended it")
            line.send(whole[-1:])
            self.is_complete = True
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise TryLater(f"request: {_words(error)}") from error
        return self._answer(line, request)

    def _answer(self, line: http.client.HTTPConnection, request: PreparedRequest) -> Response:
        try:
            line.sock.settimeout(ANSWER_TIMEOUT)
            raw = line.getresponse()
            content = raw.read(LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Cut(f"after the request: {_words(error)}") from error
        if raw.will_close or not raw.isclosed():
            self.close()
        self._used = time.monotonic()
        copy = HTTPResponse(
            body=BytesIO(content), headers=dict(raw.getheaders()), status=raw.status,
            reason=raw.reason, preload_content=False, decode_content=False,
        )  # fmt: skip
        return HTTPAdapter().build_response(request, copy)


def _login(proxy: SplitResult) -> dict[str, str]:
    """Return the header with the name and the password of a proxy, where its address has them."""
    if not proxy.username:
        return {}
    credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(credentials.encode()).decode()}"}


def _has_spoken(line: http.client.HTTPConnection) -> bool:
    """Whether the server has said or ended anything; then the connection is of no use any more.

    TLS servers send session tickets after the handshake, which are read here and say nothing.
    """
    if line.sock is None:
        return True
    if not select.select([line.sock], [], [], 0)[0]:
        return False
    line.sock.settimeout(0)
    try:
        line.sock.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        line.sock.settimeout(STEP_TIMEOUT)
        return False
    except OSError:
        return True
    return True


def _words(error: Exception) -> str:
    return answers.without_addresses(str(error) or type(error).__name__)
