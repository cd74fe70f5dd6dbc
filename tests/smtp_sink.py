# ruff: noqa: N802  (aiosmtpd finds commands by their names)
"""A real mail server that keeps what it takes, and misbehaves as a test tells it to.

    with SmtpSink() as sink:
        sink.answer("RCPT", "450 4.2.1 Come back later")
        ...
        assert [mail.key for mail in sink.taken] == [...]

What it has taken is what a receiving server has logged: the only judge of what was sent.
"""

import asyncio
import email
import email.policy
import logging
import threading
import time
import warnings
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

logging.getLogger("mail.log").setLevel(logging.CRITICAL)

#: Say nothing more, and leave the line open.
HANG = "hang"
#: Cut the line.
DROP = "drop"

#: Where a test may interfere: before the answer to that command; "content": after some of the
#: content; "dot": after the final dot, the message not taken; "taken": after it was taken.
PHASES = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "content", "dot", "taken", "RSET")


@dataclass(frozen=True)
class Taken:
    """One copy of a message that the server has taken."""

    sender: str
    recipient: str
    content: bytes
    #: When it was taken, by ``time.monotonic()``.
    at: float = field(default_factory=time.monotonic)

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def key(self) -> str:
        return str(self.message["X-Plazuela-Key"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


class SmtpSink:
    """A server in a thread of its own, at a free port of this machine."""

    def __init__(self, *, password: str = "") -> None:
        self.password = password
        self.taken: list[Taken] = []
        #: How often a phase was reached, misbehaviour included.
        self.reached: Counter[str] = Counter()
        self.connections = 0
        #: Seconds that it takes its time for each message.
        self.pause = 0.0
        #: Called, in a thread, with each message that it has taken and not said so yet.
        self.on_taken: Callable[[Taken], object] | None = None
        self._answers: defaultdict[str, deque[str]] = defaultdict(deque)
        self._always: dict[str, str] = {}
        self._for: dict[tuple[str, str], str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._up = threading.Event()
        self._sessions: list[_Session] = []
        self.port = 0

    # --- What a test tells it --------------------------------------------------------------------

    def answer(self, phase: str, *answers: str) -> None:
        """Give these answers in this phase, one a time, and then behave again."""
        assert phase in PHASES
        self._answers[phase].extend(answers)

    def always(self, phase: str, answer: str | None) -> None:
        """Give this answer in this phase from now on; None: behave again."""
        assert phase in PHASES
        if answer is None:
            self._always.pop(phase, None)
        else:
            self._always[phase] = answer

    def answer_for(self, recipient: str, answer: str | None, *, phase: str = "RCPT") -> None:
        """Give this answer whenever a message for this address reaches the phase; None: behave."""
        if answer is None:
            self._for.pop((phase, recipient), None)
        else:
            self._for[phase, recipient] = answer

    def next_answer(self, phase: str, recipient: str = "") -> str | None:
        self.reached[phase] += 1
        if self._answers[phase]:
            return self._answers[phase].popleft()
        return self._for.get((phase, recipient)) or self._always.get(phase)

    def not_given(self) -> dict[str, int]:
        """Return how many answers a test wanted in a phase that was not reached so often."""
        return {phase: len(answers) for phase, answers in self._answers.items() if answers}

    def go_away(self) -> None:
        """Refuse new connections and cut those that there are, as a server that is switched off."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)

    def come_back(self) -> None:
        """Listen again, at the same port."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    # --- What a test asks it ---------------------------------------------------------------------

    @property
    def url(self) -> str:
        login = f"sink:{self.password}@" if self.password else ""
        return f"smtp://{login}127.0.0.1:{self.port}"

    def copies(self) -> Counter[str]:
        """Return how many copies it has of each key."""
        return Counter(mail.key for mail in list(self.taken))

    def to(self, recipient: str) -> list[EmailMessage]:
        return [mail.message for mail in self.taken if mail.recipient == recipient]

    # --- The thread ------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._up.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._close())
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _session(self) -> "_Session":
        session = _Session(self, loop=self._loop)
        self._sessions.append(session)
        return session

    async def _close(self) -> None:
        self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()
        self._sessions.clear()


class _Session(SMTP):
    """One connection. A phase either answers as told, or does what a mail server does."""

    def __init__(self, sink: SmtpSink, **options: Any) -> None:
        self.sink = sink
        with warnings.catch_warnings():
            # That a password travels in the clear is all right on the way to ourselves.
            warnings.simplefilter("ignore")
            self._start(**options)

    def _start(self, **options: Any) -> None:
        sink = self.sink
        super().__init__(
            _Handler(sink),
            hostname="sink.example",
            authenticator=self._check_login if sink.password else None,
            auth_require_tls=False,
            auth_required=bool(sink.password),
            timeout=600,
            **options,
        )

    def _check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = data.password == self.sink.password.encode()
        return AuthResult(success=right, handled=False)

    async def _handle_client(self) -> None:
        self.sink.connections += 1
        if await self._as_told("connect"):
            return
        await super()._handle_client()

    async def _as_told(self, phase: str, recipient: str = "") -> bool:
        """Do what the test wants in this phase; returns whether it wanted anything."""
        answer = self.sink.next_answer(phase, recipient)
        if answer is None:
            return False
        if answer == HANG:
            await asyncio.sleep(3600)
        elif answer == DROP:
            self.transport.abort()
        else:
            await self.push(answer)
            if answer.startswith("421") or phase == "connect":
                self.transport.close()
        return True

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._as_told("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self._as_told("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_RSET(self, arg: str | None = None) -> None:
        if not await self._as_told("RSET"):
            await super().smtp_RSET(arg)

    async def smtp_MAIL(self, arg: str | None = None) -> None:
        if not await self._as_told("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None = None) -> None:
        address = str(arg).partition("<")[2].partition(">")[0]
        if not await self._as_told("RCPT", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str | None = None) -> None:
        recipient = next(iter(self.envelope.rcpt_tos), "")
        if await self._as_told("DATA", recipient):
            return
        answer = self.sink.next_answer("content", recipient)
        if answer is not None:
            await self.push("354 Go on")
            await self._reader.readuntil(b"\r\n")
            if answer == HANG:
                await asyncio.sleep(3600)
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    async def handle_DATA(self, server: _Session, session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        await asyncio.sleep(self.sink.pause)
        answer = self.sink.next_answer("dot", recipient)
        if answer is None:
            taken = Taken(envelope.mail_from, recipient, envelope.content)
            self.sink.taken.append(taken)
            if self.sink.on_taken is not None:
                await asyncio.to_thread(self.sink.on_taken, taken)
            answer = self.sink.next_answer("taken", recipient)
        if answer == HANG:
            await asyncio.sleep(3600)
        elif answer == DROP:
            server.transport.abort()
        elif answer is not None:
            return answer
        return "250 2.0.0 Taken"
