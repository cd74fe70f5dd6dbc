"""Reports of providers that come twice, all at once, or before we know that a message was taken.

A real worker sends, a real mail server takes, and the reports come in between the two: after the
message was taken, and before the server says so.
"""

import base64
import json
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from notifications.models import Delivery, Suppression
from tests.faults.scene import Scene
from tests.notifications.delivery.provider_reports import SECRET, brevo, mailgun, postmark
from tests.smtp_sink import Taken

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.faults,
]

SEED = int(os.environ.get("SEED", "7"))
GUESTS = 12
#: What each kind looks like in the words of some provider.
KINDS: dict[str, tuple[str, Any]] = {
    "hard": ("postmark", postmark),
    "soft": ("brevo", lambda row: brevo(row, "soft_bounce", reason="452 4.2.2 mailbox full")),
    "complaint": ("mailgun", lambda row: mailgun(row, "complained")),
}
LOGIN = {"Authorization": "Basic " + base64.b64encode(f"plazuela:{SECRET}".encode()).decode()}


def report(kind: str, delivery: Delivery) -> int:
    """Send the report as the provider does; return how much of it was news."""
    provider, write = KINDS[kind]
    answer = Client().post(
        f"/mail/reports/{provider}/", json.dumps(write(delivery)),
        content_type="application/json", headers=LOGIN,
    )  # fmt: skip
    connections.close_all()
    assert answer.status_code == 200
    return int(answer.content.split()[-1])


def at_once(kind: str, delivery: Delivery, times: int) -> int:
    with ThreadPoolExecutor(times) as pool:
        return sum(pool.map(lambda _number: report(kind, delivery), range(times)))


def test_early_and_repeated_reports_are_written_once_and_change_no_state(
    scene: Scene, settings: Any
) -> None:
    """The worker dies, too, between the first answer and its record: that message is cut, and would
    go once more if its bounce had not come before."""
    print(f"seed {SEED}")
    settings.MAIL_WEBHOOK_SECRET = SECRET
    dice = random.Random(SEED)
    plans = {
        f"guest{number}@example.org": (dice.choice([*KINDS, ""]), dice.random() < 0.7)
        for number in range(GUESTS)
    }
    first = "guest0@example.org"
    plans |= {first: ("hard", True), "guest1@example.org": ("complaint", True)}
    states: Counter[str] = Counter()
    news: Counter[str] = Counter()

    def between(taken: Taken) -> None:
        kind, is_early = plans[taken.recipient]
        if kind and is_early:
            delivery = Delivery.objects.select_related("person").get(key=taken.key)
            states[delivery.state] += 1
            news[taken.recipient] += at_once(kind, delivery, dice.randint(2, 4))
        connections.close_all()

    scene.sink.on_taken = between
    scene.guests(GUESTS)
    scene.worker(fault="answered")
    scene.wait_for_the_fault()
    scene.let_time_pass()
    assert scene.sink.taken[0].recipient == first
    assert states.total() >= 2, "no report came early"
    assert set(states) == {"transmitting"}
    for delivery in Delivery.objects.select_related("person"):
        email = delivery.person.email if delivery.person else ""
        kind = plans[email or ""][0]
        if kind:
            # The late ones come now, and the early ones once more.
            news[email or ""] += at_once(kind, delivery, 3)

    scene.judge(cut=1, stopped=[first], faults=states.total() + 1)
    assert sorted(scene.sink.copies().values()) == [1] * GUESTS
    reported = {email: kind for email, (kind, _is_early) in plans.items() if kind}
    assert news == dict.fromkeys(reported, 1)
    found = {}
    for delivery in Delivery.objects.select_related("person").exclude(
        bounced_at=None, complained_at=None
    ):
        assert delivery.person is not None
        found[delivery.person.email] = delivery.bounce or "complaint"
    assert found == reported
    stopped = Suppression.objects.values_list("person__email", "reason")
    names = {"hard": "bounced", "complaint": "complained"}
    assert sorted(stopped) == sorted(
        (email, names[kind]) for email, kind in reported.items() if kind in names
    )
