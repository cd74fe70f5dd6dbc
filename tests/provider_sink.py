"""A mail provider's API that keeps what it takes, and misbehaves as a test tells it to.

    with ProviderSink() as sink:
        sink.answer((429, {"message": "Slow down"}))
        ...
        assert [request.path for request in sink.taken] == [...]

It answers as Postmark and Mailgun do, each at its own path.
"""

import base64
import json
import ssl
import threading
from collections import deque
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

#: Cut the line; before the body was read, or after all of it.
DROP_EARLY, DROP = "drop early", "drop"
#: Take the request, say nothing more, and leave the line open.
HANG = "hang"

#: An answer that says it is compressed, and is not.
SQUEEZED = b"this is no gzip"

Answer = str | tuple[int, Any]


@dataclass(frozen=True)
class Request:
    """A request of which the provider has read every byte."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def form(self) -> dict[str, bytes]:
        """The parts of a multipart form, by name."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parsed = BytesParser(policy=policy.HTTP).parsebytes(head + self.body)
        assert isinstance(parsed, EmailMessage)
        boundary = b"--" + str(parsed.get_boundary()).encode()
        found = {}
        for part in self.body.split(boundary)[1:-1]:
            names, _blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            name = names.decode().partition('name="')[2].partition('"')[0]
            found[name] = content.removesuffix(b"\r\n")
        return found

    @property
    def login(self) -> str:
        return base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of lines that break: tests break them."""


class ProviderSink:
    """An HTTP server in threads of its own, at a free port of this machine."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.taken: list[Request] = []
        self.connections = 0
        self.lock = threading.Lock()
        self.over = threading.Event()
        self._answers: deque[Answer] = deque()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def setup(self) -> None:
                super().setup()
                with sink.lock:
                    sink.connections += 1

            def do_POST(self) -> None:
                sink.serve(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/"

    def answer(self, *answers: Answer) -> None:
        """Give these answers, one a request, and then behave again."""
        self._answers.extend(answers)

    def not_given(self) -> int:
        return len(self._answers)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        with self.lock:
            told = self._answers.popleft() if self._answers else None
        if told == DROP_EARLY:
            handler.close_connection = True
            return
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        request = Request(handler.path, dict(handler.headers), body)
        if isinstance(told, tuple):
            status, content = told
            if 200 <= status <= 299:
                self.taken.append(request)
        else:
            self.taken.append(request)
            status, content = 200, self._usual(request)
        if told == HANG:
            self.over.wait(30)
        if told in (DROP, HANG):
            handler.close_connection = True
            return
        written = content if isinstance(content, bytes) else json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        if content == SQUEEZED:
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(written)))
        handler.end_headers()
        handler.wfile.write(written)

    @staticmethod
    def _usual(request: Request) -> dict[str, Any]:
        if request.path == "/email":
            to = request.json["To"]
            return {"To": to, "MessageID": "0a1b-2c3d", "ErrorCode": 0, "Message": "OK"}
        return {"id": "<20260602.1@mg.example.gov>", "message": "Queued. Thank you."}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
