"""How fast a letter goes out, beside what the same mail server takes from bare smtplib.

    python -m tests.speed [READERS]

Two real Celery workers with one process each, on real PostgreSQL and Redis, every message recorded
and every commit on the disk. The mail server is Debian's smtp-sink if it is installed (package
postfix), else one of our own. Prints one line a figure: `name: value unit (limit >= X)`.
"""

import asyncio
import os
import pwd
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import Process
from typing import Any

from tests import servers

READERS = 10_000
#: Messages a second, as a share of what one bare connection reaches.
LIMIT = 0.12
#: Seconds for which bare smtplib sends.
RAW_SECONDS = 4.0
#: About the size of a letter of a page, HTML and plain text together.
RAW_CONTENT = b"Subject: Raw\r\n\r\n" + (b"x" * 70 + b"\r\n") * 150


class FastSink(asyncio.Protocol):
    """A mail server that takes everything and keeps nothing, as fast as Python can."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer, self.in_content = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.in_content else b"\r\n"
            line, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            if self.in_content:
                self.in_content = False
                self.transport.write(b"250 2.0.0 Taken\r\n")
            elif line[:4].upper() == b"DATA":
                self.in_content = True
                self.transport.write(b"354 Go on\r\n")
            elif line[:4].upper() == b"QUIT":
                self.transport.write(b"221 Bye\r\n")
                self.transport.close()
            else:
                self.transport.write(b"250 OK\r\n")


def _serve(port: int) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(FastSink, servers.HOST, port)
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def mail_server(port: int) -> Iterator[str]:
    """Run a mail server that is not itself the limit; yield its name."""
    sbin = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])
    binary = shutil.which("smtp-sink", path=sbin)
    if binary is not None:
        as_user = (
            ["-u", "nobody"] if os.getuid() == 0 else ["-u", pwd.getpwuid(os.getuid()).pw_name]
        )
        sink = subprocess.Popen([binary, *as_user, "-c", f"{servers.HOST}:{port}", "200"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    else:
        own = Process(target=_serve, args=(port,), daemon=True)
        own.start()
    try:
        _wait_until_it_answers(port)
        yield "smtp-sink" if binary else "a sink of our own"
    finally:
        (sink if binary else own).terminate()


def _wait_until_it_answers(port: int) -> None:
    for _ in range(100):
        try:
            smtplib.SMTP(servers.HOST, port, local_hostname="localhost", timeout=5).quit()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The mail server does not answer.")


def raw_rate(port: int) -> float:
    """Return how many messages a second one reused connection of smtplib hands over."""
    line = smtplib.SMTP(servers.HOST, port, local_hostname="localhost")
    sent, started = 0, time.monotonic()
    while time.monotonic() < started + RAW_SECONDS:
        line.sendmail("office@example.org", ["reader@example.org"], RAW_CONTENT)
        sent += 1
    rate = sent / (time.monotonic() - started)
    line.quit()
    return rate


def main() -> int:
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    with ExitStack() as stack:
        database = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(servers.postgres())
        broker = os.environ.get("TEST_REDIS_URL") or stack.enter_context(servers.redis_server())
        if not database or not broker:
            print("NOT RUN: there is no PostgreSQL or no Redis, and none can be started.")
            return 1
        port = servers.free_port()
        name = stack.enter_context(mail_server(port))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "TEST_DATABASE_URL": database,
            "TEST_REDIS_URL": broker,
            "TEST_EMAIL_URL": f"smtp://{servers.HOST}:{port}",
            "TEST_DURABLE": "1",
        }
        raw = raw_rate(port)
        planned, sent = _letter_rates(readers)
    print(f"raw smtplib, one connection, {name}: {raw:.0f} messages/s")
    print(f"letter, planned: {planned:.0f} messages/s")
    print(f"letter, two workers: {sent:.0f} messages/s (limit >= {LIMIT * raw:.0f})")
    print(f"letter, share of raw: {sent / raw:.1%} (limit >= {LIMIT:.0%})")
    return 0 if sent >= LIMIT * raw else 1


def _letter_rates(readers: int) -> tuple[float, float]:
    """Return how many messages a second were planned, and how many two workers sent."""
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from notifications import planning
    from notifications.doorbell import ring
    from notifications.models import Delivery
    from notifications.models.delivery import OPEN
    from tests.factories import make_office, make_topic
    from tests.faults.scene import many_readers
    from tests.notifications.mailing import make_letter
    from tests.processes import Processes, wait_for

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        with Processes() as processes:
            office, topic = make_office(), make_topic()
            many_readers(office, topic, [f"reader{n}@example.org" for n in range(readers)])
            paragraph = "A *few* words on the budget, and [a link](https://example.org/a) in it. "
            make_letter(office, topics=[topic], body=f"{paragraph * 3}\n\n" * 12)
            started = time.monotonic()
            while planning.plan_outbox():
                pass
            planned = readers / (time.monotonic() - started)

            with connection.cursor() as cursor:
                # As PostgreSQL's own autovacuum does within a minute.
                cursor.execute("ANALYZE")
            for _ in range(2):
                processes.worker()
            started = time.monotonic()
            for _ in range(2):
                ring()
            wait_for(
                lambda: not Delivery.objects.filter(state__in=OPEN).exists(),
                seconds=1200,
                what="the letter",
            )
            return planned, readers / (time.monotonic() - started)
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
