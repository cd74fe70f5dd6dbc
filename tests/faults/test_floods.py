"""Somebody signs up a stranger's address again and again, from everywhere at once."""

import os
import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from events.models import Office, Topic
from events.rate_limits import MAILS
from notifications.models import Delivery, Subscription
from notifications.tick import drain
from tests.clock import at
from tests.factories import NOW, make_office, make_topic
from tests.notifications.delivery import kit
from tests.smtp_sink import SmtpSink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

SEED = int(os.environ.get("SEED", "7"))
FLOOD = int(os.environ.get("FLOOD", "60"))
VICTIM = "Victim@example.org"


def sign_up(email: str, topic: Topic, office: Office, address: str) -> tuple[str, int, str]:
    """Send the form as a browser does; return whose it was, the status and Retry-After."""
    form = {"email": email, "topics": topic.slug, "office": office.slug}
    answer = Client(REMOTE_ADDR=address).post("/subscribe/", form)
    connections.close_all()
    return email.lower(), answer.status_code, answer.headers.get("Retry-After", "")


def test_a_flood_of_sign_ups_of_one_address_is_a_few_mails_and_then_it_works_again(
    sink: SmtpSink, settings: Any
) -> None:
    print(f"seed {SEED}")
    kit.use_sink(settings, sink)
    dice = random.Random(SEED)
    office, topic = make_office(), make_topic()
    neighbours = [f"neighbour{number}@example.org" for number in range(10)]
    # The same address in other spellings, each from a network of its own, neighbours in between.
    emails = [*neighbours, *(dice.choice([VICTIM, VICTIM.lower(), VICTIM.upper()])
                             for _ in range(FLOOD))]  # fmt: skip
    dice.shuffle(emails)
    with at(NOW), ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda pair: sign_up(
                    pair[1], topic, office, f"198.51.{pair[0] // 250}.{pair[0] % 250}"
                ),
                enumerate(emails),
            )
        )
        drain()
    statuses = Counter(status for email, status, _wait in answers if email == VICTIM.lower())
    assert statuses == {303: MAILS.most, 429: FLOOD - MAILS.most}, "the flood was not stopped"
    waits = {int(wait) for _email, status, wait in answers if status == 429}
    assert max(waits) <= MAILS.window.total_seconds()
    assert {status for email, status, _wait in answers if email in neighbours} == {303}

    received = Counter(mail.recipient for mail in sink.taken)
    assert 1 <= received.pop(VICTIM.lower()) <= MAILS.most
    assert received == dict.fromkeys(neighbours, 1)
    assert set(sink.copies().values()) == {1}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}
    assert not Subscription.objects.live().exists()

    # An hour later the person wants it after all.
    later = NOW + MAILS.window
    with at(later):
        assert sign_up(VICTIM, topic, office, "203.0.113.1")[1] == 303
        drain()
        body = sink.to(VICTIM.lower())[-1].get_body(("plain",))
        assert body is not None
        (link,) = set(re.findall(r"/subscribe/confirm/[^\s\"?]+", body.get_content()))
        assert Client().post(link).status_code == 303
    assert [row.person.email for row in Subscription.objects.live()] == [VICTIM.lower()]
    with at(later + timedelta(minutes=1)):
        drain()
    assert Counter(mail.recipient for mail in sink.taken)[VICTIM.lower()] <= MAILS.most + 1
