"""A test of a letter to oneself, and the preview beside the text."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from config.environment import MailTransport
from events.models import AuditEntry, Office, Person, StaffUser
from notifications.letters.trial import TRIALS
from notifications.models import Delivery, Letter
from tests.factories import make_office, make_staff, make_topic
from tests.notifications.letters.test_staff import typed
from tests.notifications.mailing import make_letter, make_reader
from tests.pages import page
from tests.smtp_sink import DROP, SmtpSink
from tests.stories.street import words_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings: Settings) -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        settings.MAIL_TRANSPORT = MailTransport(scheme="smtp", host="127.0.0.1", port=running.port)
        yield running


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def sam(office: Office) -> StaffUser:
    return make_staff(office, role="editor", email="sam@example.org")


@pytest.fixture
def desk(client: Client, sam: StaffUser) -> Client:
    client.force_login(sam)
    return client


@pytest.fixture
def draft(office: Office) -> Letter:
    """A draft in two languages, on a topic with a reader."""
    topic = make_topic("housing")
    make_reader(office, [topic], email="ana@example.org")
    return make_letter(
        office, topics=[topic], post=False,
        translations={"es": {"title": "Autos en la calle", "body": "Estimada directora:"}},
    )  # fmt: skip


def test_only_who_asks_gets_it_once_in_each_language(
    desk: Client, draft: Letter, sink: SmtpSink
) -> None:
    answer = desk.post(f"/staff/letters/{draft.pk}/test/")
    told = page(desk.get(answer["Location"])).text
    assert "A test in each language is on its way to sam@example.org" in told
    assert [(taken.recipient, str(taken.message["Subject"])) for taken in sink.taken] == [
        ("sam@example.org", "[Test] Parking on Oak Avenue"),
        ("sam@example.org", "[Test] Autos en la calle"),
    ]
    text = words_of(sink.taken[0].message)
    assert "please count the cars" in text
    assert "/unsubscribe/" not in text
    assert sink.taken[0].message["List-Unsubscribe"] is None


def test_a_test_leaves_no_delivery_and_no_person_and_posts_nothing(
    desk: Client, draft: Letter, sink: SmtpSink
) -> None:
    deliveries, people = Delivery.objects.count(), Person.objects.count()
    desk.post(f"/staff/letters/{draft.pk}/test/")
    assert (Delivery.objects.count(), Person.objects.count()) == (deliveries, people)
    assert not Letter.objects.posted().exists()
    assert AuditEntry.objects.filter(action="letter.tested").count() == 1


def test_what_is_typed_is_saved_and_tested(desk: Client, office: Office, sink: SmtpSink) -> None:
    desk.post("/staff/letters/new/", typed(do="test", topics=[]))
    assert Letter.objects.get().title == "Trees on Park Street"
    assert [str(taken.message["Subject"]) for taken in sink.taken] == [
        "[Test] Trees on Park Street"
    ]


def test_what_the_server_says_is_said_at_once(desk: Client, draft: Letter, sink: SmtpSink) -> None:
    sink.answer("RCPT", "550 5.7.1 We know nobody here")
    answer = desk.post(f"/staff/letters/{draft.pk}/test/")
    told = page(desk.get(answer["Location"])).text
    assert "The test did not go out. The mail server: RCPT: 550 5.7.1 We know nobody here" in told
    sink.answer("taken", DROP)
    answer = desk.post(f"/staff/letters/{draft.pk}/test/")
    assert "after the final dot" in page(desk.get(answer["Location"])).text
    assert AuditEntry.objects.filter(action="letter.tested").count() == 0


def test_tests_are_limited(desk: Client, draft: Letter, sink: SmtpSink, settings: Settings) -> None:
    settings.RATE_LIMITS = True
    for _ in range(TRIALS.most):
        desk.post(f"/staff/letters/{draft.pk}/test/")
    taken = len(sink.taken)
    answer = desk.post(f"/staff/letters/{draft.pk}/test/")
    assert "You have had many tests" in page(desk.get(answer["Location"])).text
    assert len(sink.taken) == taken == 2 * TRIALS.most


def test_others_letters_and_gets_send_nothing(desk: Client, draft: Letter, sink: SmtpSink) -> None:
    theirs = make_letter(make_office(), post=False)
    assert desk.get(f"/staff/letters/{draft.pk}/test/").status_code == 405
    assert desk.post(f"/staff/letters/{theirs.pk}/test/").status_code == 404
    assert sink.taken == []
