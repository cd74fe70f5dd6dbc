"""A provider's API that answers in every way there is. Judged by what the provider has."""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from config.environment import MailTransport
from notifications.delivery.channels import http_line
from notifications.delivery.sending import send_batch
from notifications.models import Delivery, MailHold
from notifications.models.delivery import OPEN
from tests.factories import make_office
from tests.notifications.delivery import kit
from tests.provider_sink import DROP, DROP_EARLY, HANG, ProviderSink

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

SEED = int(os.environ.get("SEED", "7"))
#: Whatever these leave behind, the provider may have the message: a short one is with it as a whole
#: before anybody can see that it hung up early.
LEAVE_IT_OPEN = [DROP, DROP_EARLY, HANG, (502, b"bad gateway"), (504, b"gateway timed out")]
CERTAIN = [
    (429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}),
    (500, {"ErrorCode": 0, "Message": "Internal error"}),
    (503, b"down for repairs"),
    (401, {"ErrorCode": 10, "Message": "Bad token"}),
    (422, {"ErrorCode": 405, "Message": "Not allowed to send"}),
]
REFUSALS = [
    (422, {"ErrorCode": 406, "Message": "Inactive recipient"}),
    (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'x'."}),
    (413, b"too large"),
]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ProviderSink]:
    kit.use_catalogue(monkeypatch, kit.NOTE, kit.LETTER)
    monkeypatch.setattr(http_line, "ANSWER_TIMEOUT", 0.2)
    with ProviderSink() as running:
        settings.MAIL_TRANSPORT = MailTransport(
            "anymail", provider="postmark",
            options={"server_token": "t0k", "api_url": running.url},
        )  # fmt: skip
        yield running


def test_a_provider_that_answers_in_every_way_loses_and_doubles_nothing(
    provider: ProviderSink,
) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    office = make_office()
    for number in range(20):
        kit.make_delivery(email=f"guest{number}@example.org")
        kit.make_delivery(kit.LETTER, email=f"reader{number}@example.org", office=office)
    open_ones = [dice.choice(LEAVE_IT_OPEN) for _ in range(5)]
    refusals = [dice.choice(REFUSALS) for _ in range(4)]
    trouble = [*open_ones, *refusals, *(dice.choice(CERTAIN) for _ in range(20))]
    trouble += [None] * 20
    dice.shuffle(trouble)
    provider.answer(*trouble)

    now = kit.THEN
    for _ in range(400):
        send_batch(now=now)
        now += timedelta(minutes=5)
        if not Delivery.objects.filter(state__in=OPEN).exists():
            break
    assert provider.not_given() == 0, "some trouble never came"
    assert not MailHold.objects.exists()

    copies: defaultdict[str, list[str]] = defaultdict(list)
    for request in provider.taken:
        headers = {row["Name"]: row["Value"] for row in request.json["Headers"]}
        copies[headers["X-Plazuela-Key"]].append(headers["Message-ID"])
    rows = list(Delivery.objects.all())
    states = Counter(row.state for row in rows)
    assert set(states) <= {"accepted", "failed", "unknown"}, states
    assert states["failed"] == len(refusals)
    assert states["unknown"] <= len(open_ones)
    # A note only when it was cut a second time.
    assert all(row.message == "letter" or row.resends for row in rows if row.state == "unknown")
    # Nothing lost, and nothing twice but what was cut and goes again under the same Message-ID.
    for row in rows:
        got = copies[row.key]
        assert len(set(got)) <= 1
        if row.state == "accepted":
            assert len(got) == 1 if row.resends == 0 else len(got) in (1, 2)
        elif row.state == "failed":
            assert len(got) <= row.resends
        else:
            assert len(got) <= 1 + row.resends
    doubled = sum(len(got) == 2 for got in copies.values())
    cut = sum(row.resends for row in rows) + states["unknown"]
    assert doubled <= cut <= len(open_ones)
    assert cut > 0, "nothing was left open"
