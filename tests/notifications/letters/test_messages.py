"""The mail of a letter: who gets it, and what is in it."""

import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.actions.offices import save_topic
from events.models import AuditEntry, Office, Outbox, Person, Topic
from notifications import catalogue, planning, rendering
from notifications.delivery import sending
from notifications.delivery.channels import Mail
from notifications.delivery.channels import email as channel
from notifications.delivery.sending import send_batch
from notifications.letters.actions import edit_letter
from notifications.letters.messages import LETTER_POSTED, readers
from notifications.message import Rendered
from notifications.models import Delivery, Subscription
from notifications.subscriptions.actions import choose, unsubscribe
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import CONSENT, mailed, make_letter, make_reader, plan
from tests.notifications.scenes import read
from tests.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk")


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing", translations={"es": {"name": "Vivienda"}})


def the_delivery() -> Delivery:
    (delivery,) = [one for one in plan() if one.message == "letter_posted"]
    return delivery


def test_each_confirmed_reader_of_any_topic_gets_one_copy(office: Office, housing: Topic) -> None:
    topics = [housing, make_topic("trees"), make_topic("budget")]
    make_reader(office, topics, email="three@example.org")
    make_reader(office, topics[1:2], email="one@example.org")
    make_reader(office, [make_topic("other")], email="none@example.org")
    make_reader(office, topics, email="unconfirmed@example.org", proven=False)
    make_reader(make_office(), topics, email="elsewhere@example.org")
    gone = make_reader(office, topics, email="gone@example.org")
    unsubscribe(person_id=gone.pk, office_id=office.pk, now=NOW)
    letter = make_letter(office, topics=topics)
    assert mailed("letter_posted") == ["one@example.org", "three@example.org"]
    keys = set(Delivery.objects.filter(message="letter_posted").values_list("key", flat=True))
    people = Person.objects.filter(email__in=["one@example.org", "three@example.org"])
    assert keys == {f"letter:{letter.pk}:{person.pk}" for person in people}


def test_who_joins_after_it_was_posted_gets_the_next_one(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], email="before@example.org")
    make_letter(office, topics=[housing])
    make_reader(office, [housing], email="after@example.org", now=LATER)
    assert mailed("letter_posted") == ["before@example.org"]


def test_a_campaigns_letter_never_goes_to_the_readers_of_a_public_office(housing: Topic) -> None:
    official, campaign = make_office(), make_office(kind="campaign", paid_for_by="Friends of Ana")
    make_reader(official, [housing], email="citizen@example.org")
    make_reader(campaign, [housing], email="friend@example.org")
    make_letter(campaign, topics=[housing])
    assert mailed("letter_posted") == ["friend@example.org"]


def test_a_letter_without_mail_is_silent(office: Office, housing: Topic) -> None:
    make_reader(office, [housing])
    make_letter(office, topics=[housing], mails=False)
    assert mailed("letter_posted") == []
    assert Outbox.objects.count() == 0


def test_who_reads_in_two_languages_gets_the_one_chosen_last(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], email="ana@example.org", language="en")
    make_reader(office, [make_topic("trees")], email="ana@example.org", language="es", now=LATER)
    make_letter(office, topics=[housing])
    assert the_delivery().language == "es"


def test_what_a_copy_holds(office: Office, housing: Topic) -> None:
    make_reader(office, [housing])
    make_letter(office, topics=[housing], body="Dear Director,\n\nsee [it](/events/). *Count.*")
    mail = read(the_delivery())
    assert mail.subject == "Parking on Oak Avenue"
    assert "May 28, 2026" in mail.text
    assert "To: Director Helen Park" in mail.text
    assert "see it (http://testserver/events/). Count." in mail.text
    assert "Signed:\nAna Rivera, Council Member\nBen Ortiz" in mail.text
    assert "http://testserver/letters/parking-on-oak-avenue/" in mail.text
    assert "you signed up for letters from City Clerk on one of these topics: Housing." in mail.text
    assert "200 Main Street" in mail.text
    assert "<em>Count.</em>" in mail.html
    assert 'href="http://testserver/events/"' in mail.html
    assert "http://testserver/subscriptions/" in mail.html
    assert mail.unsubscribe_url.startswith("http://testserver/unsubscribe/")
    assert mail.unsubscribe_url in mail.text
    assert mail.unsubscribe_url in mail.html


def test_a_topic_that_is_renamed_has_its_new_name_in_the_next_copies(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing])
    make_letter(office, topics=[housing])
    delivery = the_delivery()
    assert "one of these topics: Housing." in read(delivery).text
    save_topic(slug=housing.slug, name="Homes", now=NOW)
    assert "one of these topics: Homes." in read(delivery, LATER).text


def test_a_copy_in_the_readers_language(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], language="es")
    make_letter(
        office,
        topics=[housing],
        translations={"es": {"title": "Estacionamiento", "body": "Estimado director:"}},
    )
    mail = read(the_delivery())
    assert mail.subject == "Estacionamiento"
    assert "Estimado director:" in mail.text
    assert "28 de mayo de 2026" in mail.text
    assert "Vivienda" in mail.text
    assert "http://testserver/es/letters/parking-on-oak-avenue/" in mail.text
    assert mail.unsubscribe_url.endswith("?lang=es")


def test_a_letter_that_is_not_there_in_the_readers_language_comes_in_its_own(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], language="es")
    make_letter(office, topics=[housing])
    mail = read(the_delivery())
    assert mail.subject == "Parking on Oak Avenue"
    assert '<div lang="en"' in mail.html


def test_no_two_readers_share_a_link(office: Office, housing: Topic) -> None:
    make_reader(office, [housing])
    make_reader(office, [housing])
    make_letter(office, topics=[housing])
    first, second = (read(one) for one in plan() if one.message == "letter_posted")
    assert first.unsubscribe_url != second.unsubscribe_url
    assert first.unsubscribe_url not in second.html


def test_a_letter_corrected_before_it_goes_out_goes_out_corrected(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing])
    letter = make_letter(office, topics=[housing])
    delivery = the_delivery()
    assert "count the cars" in read(delivery).text
    edit_letter(letter_id=letter.pk, changes={"body": "Count the buses."}, now=LATER)
    assert "Count the buses." in read(delivery).text


def test_the_words_of_a_letter_are_made_once_and_not_for_every_reader(
    office: Office, housing: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reader's copy has its own links in it, and reads as if it were written alone."""
    for _ in range(5):
        make_reader(office, [housing])
    make_letter(office, topics=[housing], body="Trees & *shade*.")
    letters = [one for one in plan() if one.message == "letter_posted"]
    message = catalogue.named("letter_posted")
    alone = [read(one) for one in letters]
    shared = rendering.render_for_many(letters[0], NOW)
    assert isinstance(shared, Rendered)
    assert message.own is not None
    assert [shared.for_reader(message.own(one)) for one in letters] == alone
    assert len({words.unsubscribe_url for words in alone}) == 5
    for words in alone:
        assert words.unsubscribe_url in words.text
        assert words.unsubscribe_url in words.html
        assert "\ue000" not in words.text + words.html


def test_a_further_reader_costs_two_updates_in_one_transaction(
    office: Office,
    housing: Topic,
    sink: SmtpSink,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The record of the last message and the step of the next, however many readers there are."""
    # Once a second it looks whether anything urgent has come in: that is not by the reader.
    monkeypatch.setattr(sending, "LOOK_UP", math.inf)
    for language in ("en", "es"):
        make_reader(office, [housing], language=language)
    make_letter(office, topics=[housing])
    plan()
    with CaptureQueriesContext(connection) as for_two:
        send_batch(now=NOW)
    for number in range(40):
        make_reader(office, [housing], language="en" if number % 2 else "es")
    make_letter(office, topics=[housing])
    plan()
    # Where others write meanwhile, the person and the letter are locked, in one statement.
    further = 5 if connection.features.has_select_for_update else 4
    with django_assert_num_queries(len(for_two) + further * 40):
        send_batch(now=NOW)
    assert len(sink.taken) == 2 + 42


def test_a_letter_that_is_edited_while_it_goes_out_reaches_the_rest_as_it_is_then(
    office: Office, housing: Topic, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make_reader(office, [housing])
    letter = make_letter(office, topics=[housing], body="Count the trees.")
    plan()
    real = channel.Smtp.send

    def send(self: channel.Smtp, mail: Mail) -> None:
        real(self, mail)
        if len(sink.taken) == 2:
            edit_letter(letter_id=letter.pk, changes={"body": "Count the buses."}, now=LATER)

    monkeypatch.setattr(channel.Smtp, "send", send)
    send_batch(now=NOW)
    told = [str(taken.message.get_body(("plain",))) for taken in sink.taken]
    assert [("trees" in text, "buses" in text) for text in told] == [
        (True, False), (True, False), (False, True), (False, True),
    ]  # fmt: skip


def test_it_is_no_longer_wanted_once_every_topic_of_it_is_given_up(
    office: Office, housing: Topic
) -> None:
    trees = make_topic("trees")
    reader = make_reader(office, [housing, trees])
    make_letter(office, topics=[housing, trees])
    delivery = the_delivery()
    assert sending_allowed(delivery)
    keep(reader, office, [trees])
    assert sending_allowed(delivery)
    keep(reader, office, [])
    assert not sending_allowed(delivery)
    make_reader(office, [housing], email=reader.email or "", now=LATER)
    assert sending_allowed(delivery)


def keep(reader: Person, office: Office, topics: list[Topic]) -> None:
    choose(
        person_id=reader.pk,
        offices=[office],
        wishes={(office.pk, topic.pk) for topic in topics},
        language="en",
        consent=CONSENT,
        now=LATER,
    )


def sending_allowed(delivery: Delivery) -> bool:
    """Whether the letter's own test and the database's condition, which must agree, let it go."""
    assert LETTER_POSTED.guard is not None
    by_row = Delivery.objects.filter(LETTER_POSTED.guard(), pk=delivery.pk).exists()
    assert by_row == LETTER_POSTED.still_true(delivery, NOW)
    return by_row


def crowd(office: Office, topics: list[Topic], size: int) -> None:
    """Subscribers of all of ``topics``, written at once."""
    Person.objects.bulk_create(
        Person(email=f"crowd{n}@example.org", created_at=NOW) for n in range(size)
    )
    people = Person.objects.filter(email__startswith="crowd").order_by("pk")
    Subscription.objects.bulk_create(
        Subscription(
            person=person, topic=topic, office=office, created_at=NOW, confirmed_at=NOW,
            consent_source="test", consent_text="test",
        )
        for person in people
        for topic in topics
    )  # fmt: skip


def test_ten_thousand_readers_are_planned_in_chunks(office: Office, housing: Topic) -> None:
    """A constant number of queries a chunk, first and last alike, and everybody once."""
    topics = [housing, make_topic("trees")]
    crowd(office, topics, 10_000)
    plan()
    make_letter(office, topics=topics)
    queries: list[int] = []
    planned = 0
    while Outbox.objects.exists():
        with CaptureQueriesContext(connection) as chunk:
            assert planning.plan_outbox(now=NOW, most=1) == 1
        queries.append(len(chunk))
        before, planned = planned, Delivery.objects.count()
        assert planned - before <= planning.CHUNK
    assert len(queries) == 10_000 // planning.CHUNK + 1
    assert len(set(queries[:-1])) == 1, queries
    assert Delivery.objects.filter(message="letter_posted").count() == 10_000
    assert Delivery.objects.values("person").distinct().count() == 10_000


def test_a_chunk_of_an_audience_takes_three_queries_whatever_its_size(
    office: Office, housing: Topic
) -> None:
    crowd(office, [housing], 120)
    make_letter(office, topics=[housing])
    entries = [AuditEntry.objects.get(action="letter.posted")]
    for limit in (10, 100):
        with CaptureQueriesContext(connection) as queries:
            found, cursor = readers(entries, "", limit)
        assert (len(queries), len(found)) == (3, limit)
        assert cursor == str(found[-1].person_id)
    rest, cursor = readers(entries, cursor, 100)
    assert (len(rest), cursor) == (20, "")


def test_the_styles_of_the_mail_touch_tags_and_no_words(office: Office, housing: Topic) -> None:
    make_reader(office, [housing])
    make_letter(office, topics=[housing], body="# A <p b>\n\nWrite `<a href=x>` or <h2 x>.")
    html = read(the_delivery()).html
    assert "<code>&lt;a href=x&gt;</code> or &lt;h2 x&gt;." in html
    assert '<h2 style="margin' in html
    assert "{" not in html.split("</style>")[1]


def test_who_gets_a_digest_gets_no_copy(office: Office, housing: Topic) -> None:
    trees = make_topic("trees")
    make_reader(office, [housing], email="now@example.org")
    make_reader(office, [housing], email="later@example.org", frequency="weekly")
    both = make_reader(office, [trees], email="both@example.org")
    make_reader(office, [housing], email=both.email or "", frequency="daily")
    make_letter(office, topics=[housing, trees])
    assert mailed("letter_posted") == ["both@example.org", "now@example.org"]
