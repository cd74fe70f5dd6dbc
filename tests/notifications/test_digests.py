"""Who gets a digest, when, and what stands in it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.actions import events as event_actions
from events.actions.calling_off import cancel_event
from events.actions.series import create_series
from events.models import Event, Office, Person, Topic
from notifications import catalogue, digests, rendering
from notifications.delivery.sending import send_batch
from notifications.letters.posted import pause_letter, resume_letter, retract_letter
from notifications.message import NotYet, Rendered, Superseded
from notifications.models import Delivery, DigestRun, Letter, Subscription
from notifications.subscriptions.actions import _write_frequency, choose, unsubscribe
from notifications.tick import tick
from tests import factories as make
from tests.factories import NOW, make_event, make_office, make_shift, make_topic
from tests.notifications.delivery.kit import meanwhile
from tests.notifications.mailing import CONSENT, make_letter, make_reader
from tests.notifications.scenes import goes, read
from tests.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db

#: 08:00 in Los Angeles; NOW is Monday, June 1, 09:00.
TUESDAY = datetime(2026, 6, 2, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MONDAY = TUESDAY + 6 * DAY
HOUR = timedelta(hours=1)


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk")


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing", translations={"es": {"name": "Vivienda"}})


@pytest.fixture
def trees() -> Topic:
    return make_topic("trees")


def planned(now: datetime) -> list[Delivery]:
    """Plan, and return all digests so far, oldest first. The earlier ones have gone out by now."""
    earlier = Delivery.objects.filter(message="digest", planned_at__lt=now, state="due")
    earlier.update(state="accepted")
    digests.plan(now)
    rows = Delivery.objects.filter(message="digest").select_related("person", "office")
    return list(rows.order_by("pk"))


def dates(now: datetime) -> list[str]:
    return [delivery.context["date"] for delivery in planned(now)]


def the_words(now: datetime) -> str:
    """The text of the latest digest."""
    return read(planned(now)[-1], now).text


# --- When ----------------------------------------------------------------------------------------


def test_a_daily_reader_gets_it_the_next_morning_at_eight(office: Office, housing: Topic) -> None:
    ana = make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    assert dates(TUESDAY - timedelta(minutes=1)) == []
    (delivery,) = planned(TUESDAY)
    assert delivery.key == f"digest:{ana.pk}:{office.pk}:2026-06-02"
    assert (delivery.priority, delivery.expires_at) == (1, TUESDAY + 7 * DAY)


def test_a_weekly_reader_gets_it_on_monday(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="weekly")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    assert dates(TUESDAY) == []
    assert dates(MONDAY - HOUR) == []
    assert dates(MONDAY) == ["2026-06-08"]


def test_nothing_new_is_no_digest(office: Office, housing: Topic, trees: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[trees], now=NOW + HOUR)
    make_letter(make_office(), topics=[housing], now=NOW + HOUR)
    make_letter(office, topics=[housing], mails=False, now=NOW + HOUR)
    make_letter(office, topics=[housing], post=False, now=NOW + HOUR)
    assert dates(TUESDAY) == []


def test_planning_again_adds_nothing_and_asks_two_queries(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    assert len(planned(TUESDAY)) == 1
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert digests.plan(TUESDAY + HOUR) == 0
    assert len(queries) == 2
    assert len(planned(TUESDAY + HOUR)) == 1


def test_nobody_is_told_twice_and_the_next_morning_tells_the_next_news(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], title="First", now=NOW + HOUR)
    planned(TUESDAY)
    make_letter(office, topics=[housing], title="Second", now=TUESDAY + HOUR)
    assert dates(TUESDAY + DAY) == ["2026-06-02", "2026-06-03"]
    words = the_words(TUESDAY + DAY)
    assert "Second" in words
    assert "First" not in words
    assert dates(TUESDAY + 2 * DAY) == ["2026-06-02", "2026-06-03"]


def test_mornings_that_nothing_ran_on_come_in_one_digest(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    for number in range(3):
        make_letter(office, topics=[housing], title=f"Day {number}", now=NOW + HOUR + number * DAY)
    assert dates(TUESDAY + 2 * DAY + 3 * HOUR) == ["2026-06-04"]
    words = the_words(TUESDAY + 2 * DAY + 3 * HOUR)
    assert all(f"Day {number}" in words for number in range(3))


def test_a_late_digest_tells_only_what_was_there_in_the_morning(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], title="Before", now=TUESDAY)
    make_letter(office, topics=[housing], title="Afterwards", now=TUESDAY + HOUR)
    words = the_words(TUESDAY + 2 * HOUR)
    assert "Before" in words
    assert "Afterwards" not in words
    assert "Afterwards" in the_words(TUESDAY + DAY)


def test_a_monday_that_nothing_ran_on_is_made_up_for(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="weekly")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    assert dates(MONDAY + 3 * DAY) == ["2026-06-08"]


def test_nobody_is_written_to_in_the_night(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    night = TUESDAY + timedelta(hours=14)
    assert dates(night) == []
    (delivery,) = planned(TUESDAY + DAY)
    assert rendering.render(delivery, night + DAY) == NotYet(TUESDAY + 2 * DAY)


@pytest.mark.parametrize(
    ("posted", "morning", "day"),
    [
        # Clocks go back on November 1 and forward on March 14: 08:00 is 16:00 and 15:00 UTC.
        (datetime(2026, 10, 31, 20, tzinfo=UTC), datetime(2026, 11, 1, 16, tzinfo=UTC), 1),
        (datetime(2027, 3, 13, 20, tzinfo=UTC), datetime(2027, 3, 14, 15, tzinfo=UTC), 14),
    ],
)
def test_eight_is_eight_when_clocks_change(
    office: Office, housing: Topic, posted: datetime, morning: datetime, day: int
) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], now=posted)
    assert dates(morning - timedelta(seconds=1)) == []
    (delivery,) = planned(morning)
    assert date.fromisoformat(delivery.context["date"]).day == day
    make_letter(office, topics=[housing], now=morning + timedelta(seconds=1))
    next_morning = morning + DAY
    assert len(planned(next_morning - timedelta(seconds=1))) == 1
    assert len(planned(next_morning)) == 2


def test_each_office_has_the_morning_of_its_zone(housing: Topic) -> None:
    kolkata = make_office(timezone="Asia/Kolkata")
    make_reader(kolkata, [housing], frequency="daily")
    make_letter(kolkata, topics=[housing], now=NOW)
    assert dates(datetime(2026, 6, 2, 2, 29, tzinfo=UTC)) == []
    assert dates(datetime(2026, 6, 2, 2, 30, tzinfo=UTC)) == ["2026-06-02"]


# --- Whose ---------------------------------------------------------------------------------------


def test_only_those_who_chose_one(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], email="now@example.org")
    make_reader(office, [housing], email="daily@example.org", frequency="daily")
    make_reader(office, [housing], email="no@example.org", frequency="daily", proven=False)
    gone = make_reader(office, [housing], email="gone@example.org", frequency="daily")
    unsubscribe(person_id=gone.pk, office_id=office.pk, now=NOW)
    make_letter(office, topics=[housing], now=NOW + HOUR)
    assert [d.person and d.person.email for d in planned(TUESDAY)] == ["daily@example.org"]


def test_what_was_posted_before_one_signed_up_is_no_news(office: Office, housing: Topic) -> None:
    make_letter(office, topics=[housing], now=NOW + HOUR)
    make_reader(office, [housing], frequency="daily", now=NOW + 2 * HOUR)
    make_reader(office, [housing], frequency="daily", now=TUESDAY + HOUR)
    assert dates(TUESDAY + 2 * HOUR) == []


def _choose(person: Person, office: Office, topic: Topic, often: str, now: datetime) -> None:
    choose(
        person_id=person.pk, offices=[office], wishes={(office.pk, topic.pk)}, language="en",
        frequencies={office.pk: often}, consent=CONSENT, now=now,
    )  # fmt: skip


def test_a_letter_that_came_at_once_is_in_no_digest(office: Office, housing: Topic) -> None:
    from tests.notifications.mailing import plan

    ana = make_reader(office, [housing])
    make_letter(office, topics=[housing], now=NOW + HOUR)
    assert [delivery.message for delivery in plan(NOW + HOUR)] == ["letter_posted"]
    _choose(ana, office, housing, "daily", NOW + 2 * HOUR)
    assert dates(TUESDAY) == []


def test_who_goes_from_daily_to_weekly_misses_nothing_and_reads_nothing_twice(
    office: Office, housing: Topic
) -> None:
    ana = make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], title="First", now=NOW + HOUR)
    planned(TUESDAY)
    make_letter(office, topics=[housing], title="Second", now=TUESDAY + HOUR)
    _choose(ana, office, housing, "weekly", TUESDAY + 2 * HOUR)
    assert dates(TUESDAY + 3 * DAY) == ["2026-06-02"]
    assert dates(MONDAY) == ["2026-06-02", "2026-06-08"]
    words = the_words(MONDAY)
    assert "Second" in words
    assert "First" not in words


def test_who_goes_from_weekly_to_daily_misses_nothing(office: Office, housing: Topic) -> None:
    ana = make_reader(office, [housing], frequency="weekly")
    make_letter(office, topics=[housing], title="First", now=NOW + HOUR)
    _choose(ana, office, housing, "daily", TUESDAY + 2 * DAY + HOUR)
    # Not at once, but with the next morning.
    assert dates(TUESDAY + 2 * DAY + 2 * HOUR) == []
    assert dates(TUESDAY + 3 * DAY) == ["2026-06-05"]
    assert "First" in the_words(TUESDAY + 3 * DAY)


def test_topics_at_two_paces_meet_on_monday(office: Office, housing: Topic, trees: Topic) -> None:
    ana = make_reader(office, [housing], frequency="daily")
    make_reader(office, [trees], email=ana.email or "", frequency="weekly")
    make_letter(office, topics=[housing], title="Houses", now=NOW + HOUR)
    make_letter(office, topics=[trees], title="Trees", now=NOW + HOUR)
    assert dates(TUESDAY) == ["2026-06-02"]
    assert "Trees" not in the_words(TUESDAY)
    make_letter(office, topics=[housing], title="More houses", now=MONDAY - HOUR)
    assert dates(MONDAY) == ["2026-06-02", "2026-06-08"]
    words = the_words(MONDAY)
    assert "Trees" in words
    assert "More houses" in words
    assert "\nHouses" not in words


def test_who_goes_from_a_digest_to_letters_at_once_gets_what_was_gathered_once(
    office: Office, housing: Topic, trees: Topic
) -> None:
    from tests.notifications.mailing import plan

    ana = make_reader(office, [housing], frequency="weekly")
    other = make_office()
    make_reader(other, [trees], email=ana.email or "", frequency="weekly")
    make_letter(office, topics=[housing], title="First", now=NOW + HOUR)
    make_letter(other, topics=[trees], title="Trees", now=NOW + HOUR)
    plan(NOW + HOUR)
    _choose(ana, office, housing, "immediate", TUESDAY + HOUR)
    make_event(office, title="Afterwards", topics=[housing], now=TUESDAY + 2 * HOUR)
    make_letter(office, topics=[housing], title="Second", now=TUESDAY + 2 * HOUR)
    assert dates(TUESDAY + 3 * HOUR) == []
    # Not planned yet as a mail of its own, and all the same not in the digest.
    assert dates(TUESDAY + DAY) == ["2026-06-03"]
    words = the_words(TUESDAY + DAY)
    assert "First" in words
    assert "Second" not in words
    assert "Afterwards" not in words
    assert [d.message for d in plan(TUESDAY + DAY)].count("letter_posted") == 1
    assert dates(TUESDAY + 2 * DAY) == ["2026-06-03"]
    # The other office's is not touched by it.
    assert [d.office for d in planned(MONDAY)] == [office, other]
    # Back again, and nothing of it is told once more.
    _choose(ana, office, housing, "weekly", MONDAY + HOUR)
    make_letter(office, topics=[housing], title="Third", now=MONDAY + 2 * HOUR)
    assert dates(MONDAY + 7 * DAY)[2:] == ["2026-06-15"]
    words = the_words(MONDAY + 7 * DAY)
    assert "Third" in words
    assert "First" not in words
    assert "Second" not in words


def test_one_topic_at_once_leaves_the_others_for_monday(
    office: Office, housing: Topic, trees: Topic
) -> None:
    ana = make_reader(office, [housing, trees], frequency="weekly")
    make_letter(office, topics=[housing], title="Houses", now=NOW + HOUR)
    make_letter(office, topics=[trees], title="Oaks", now=NOW + HOUR)
    rows = Subscription.objects.filter(topic=housing)
    assert _write_frequency(rows, "immediate", TUESDAY + HOUR) == 1
    assert dates(TUESDAY + DAY) == ["2026-06-03"]
    words = the_words(TUESDAY + DAY)
    assert "Houses" in words
    assert "Oaks" not in words
    assert dates(MONDAY) == ["2026-06-03", "2026-06-08"]
    words = the_words(MONDAY)
    assert "Oaks" in words
    assert "Houses" not in words
    assert ana.subscriptions.live().count() == 2  # type: ignore[attr-defined]


def test_who_only_looks_at_digests_gets_nothing_from_before(office: Office, housing: Topic) -> None:
    ana = make_reader(office, [housing])
    make_event(office, topics=[housing], now=NOW + HOUR)
    _choose(ana, office, housing, "daily", TUESDAY + HOUR)
    _choose(ana, office, housing, "immediate", TUESDAY + 2 * HOUR)
    assert dates(TUESDAY + DAY) == []


def test_who_changed_to_at_once_long_ago_gets_no_digest_late(
    office: Office, housing: Topic
) -> None:
    ana = make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    _choose(ana, office, housing, "immediate", NOW + 2 * HOUR)
    assert dates(TUESDAY + 7 * DAY) == []
    assert dates(TUESDAY + 8 * DAY) == []


def test_a_reader_of_two_offices_gets_one_from_each(housing: Topic, office: Office) -> None:
    other = make_office(slug="mayor")
    make_reader(office, [housing], email="ana@example.org", frequency="daily")
    make_reader(other, [housing], email="ana@example.org", frequency="daily")
    for one in (office, other):
        make_letter(one, topics=[housing], now=NOW + HOUR)
    assert sorted(d.office_id or 0 for d in planned(TUESDAY)) == sorted([office.pk, other.pk])


# --- What ----------------------------------------------------------------------------------------


def test_letters_events_and_shifts_with_their_links(office: Office, housing: Topic) -> None:
    volunteer = make_topic("volunteer")
    make_reader(office, [housing, volunteer], frequency="daily", language="es")
    translations = {"es": {"title": "Estacionamiento", "body": "Estimada Directora:"}}
    letter = make_letter(office, topics=[housing], translations=translations, now=NOW + HOUR)
    hall = make_event(office, title="Hall", topics=[housing], now=NOW + HOUR)
    shift = make_shift(hall, now=NOW + HOUR)
    mail = read(planned(TUESDAY)[-1], TUESDAY)
    assert mail.subject == "Estacionamiento y 2 más"
    for words in (
        "Estacionamiento",
        "Estimada Directora:",
        f"http://testserver/es/letters/{letter.slug}/",
        "Hall",
        "Main Library, Community Room",
        f"http://testserver/es/events/{hall.slug}/#rsvp",
        f"http://testserver/es/volunteer/shifts/{shift.pk}/",
    ):
        assert words in mail.text
    assert mail.unsubscribe_url.startswith("http://testserver/unsubscribe/")
    assert "http://testserver/subscriptions/" in mail.text


def test_shifts_are_for_readers_of_the_volunteer_topic(office: Office, housing: Topic) -> None:
    make_topic("volunteer")
    make_reader(office, [housing], frequency="daily")
    make_shift(office=office, now=NOW + HOUR)
    assert dates(TUESDAY) == []


def test_a_series_is_one_line_and_its_later_dates_are_no_news(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], frequency="weekly")
    first = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)
    create_series(
        office=office, rule="FREQ=WEEKLY;COUNT=4", post=True, now=NOW + HOUR,
        draft=event_actions.EventDraft(
            title="Coffee", event_type="office_hours", starts_at=first, ends_at=first + HOUR,
            timezone=make.LOS_ANGELES, mode="in_person", venue=make.make_venue(office),
            topics=[housing],
        ),
    )  # fmt: skip
    words = the_words(MONDAY)
    assert words.count("Coffee") == 1
    assert "and 3 more dates" in words
    # What the tick adds to it weeks later.
    last = Event.objects.order_by("-starts_at").first()
    Event.objects.filter(pk=last and last.pk).update(posted_at=MONDAY + HOUR)
    assert dates(MONDAY + 7 * DAY) == ["2026-06-08"]


def test_a_long_list_of_events_ends_with_a_number(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    for number in range(17):
        make_event(office, title=f"Walk {number}", topics=[housing], now=NOW + HOUR)
    words = the_words(TUESDAY)
    assert words.count("\nWalk ") == 15
    assert "And 2 more events: http://testserver/events/?office=clerk" in words


# --- Until it goes out ---------------------------------------------------------------------------


def _two(office: Office, housing: Topic) -> tuple[Letter, Event, Delivery]:
    make_reader(office, [housing], email="ana@example.org", frequency="daily")
    letter = make_letter(office, topics=[housing], title="The letter", now=NOW + HOUR)
    hall = make_event(office, title="The hall", topics=[housing], now=NOW + HOUR)
    return letter, hall, planned(TUESDAY)[-1]


def test_what_is_cancelled_or_taken_back_is_left_out(office: Office, housing: Topic) -> None:
    letter, hall, delivery = _two(office, housing)
    cancel_event(event_id=hall.pk, reason="Water.", now=TUESDAY)
    words = read(delivery, TUESDAY).text
    assert "The letter" in words
    assert "The hall" not in words
    Letter.objects.filter(pk=letter.pk).update(retracted_at=TUESDAY, retraction_reason="Wrong.")
    assert rendering.render(delivery, TUESDAY) == Superseded("nothing of it is news any more")


def test_an_emptied_digest_is_superseded(office: Office, housing: Topic, settings: Any) -> None:
    letter, hall, delivery = _two(office, housing)
    cancel_event(event_id=hall.pk, reason="Water.", now=TUESDAY)
    Letter.objects.filter(pk=letter.pk).update(retracted_at=TUESDAY, retraction_reason="Wrong.")
    send_batch(now=TUESDAY)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("superseded", "nothing of it is news any more")


def test_a_letter_whose_mail_waits_makes_the_digest_wait(office: Office, housing: Topic) -> None:
    letter, _hall, delivery = _two(office, housing)
    Letter.objects.filter(pk=letter.pk).update(paused_at=TUESDAY)
    assert rendering.render(delivery, TUESDAY) == NotYet(TUESDAY + timedelta(minutes=15))


def test_from_noon_on_a_digest_goes_without_the_letter_and_the_next_one_tells_it(
    office: Office, housing: Topic
) -> None:
    letter, _hall, delivery = _two(office, housing)
    pause_letter(letter_id=letter.pk, now=TUESDAY)
    words = read(delivery, TUESDAY + 4 * HOUR).text
    assert "The hall" in words
    assert "The letter" not in words
    # As long as it is paused, no digest is written for it.
    assert dates(TUESDAY + DAY) == ["2026-06-02"]
    resume_letter(letter_id=letter.pk, now=TUESDAY + DAY + HOUR)
    assert dates(TUESDAY + 2 * DAY) == ["2026-06-02", "2026-06-04"]
    words = the_words(TUESDAY + 2 * DAY)
    assert "The letter" in words
    assert "The hall" not in words
    assert dates(TUESDAY + 3 * DAY) == ["2026-06-02", "2026-06-04"]


def test_a_digest_of_paused_letters_alone_is_told_on_another_morning(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], frequency="daily")
    letter = make_letter(office, topics=[housing], title="The letter", now=NOW + HOUR)
    (delivery,) = planned(TUESDAY)
    pause_letter(letter_id=letter.pk, now=TUESDAY)
    noon = TUESDAY + 4 * HOUR
    send_batch(now=noon)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (
        "superseded", "its letters are paused; a later digest tells them",
    )  # fmt: skip
    resume_letter(letter_id=letter.pk, now=noon + HOUR)
    assert dates(TUESDAY + DAY) == ["2026-06-02", "2026-06-03"]
    assert "The letter" in the_words(TUESDAY + DAY)


# --- While the mail server is away ---------------------------------------------------------------


def _mornings(office: Office, housing: Topic, count: int) -> list[Delivery]:
    """A letter a day and a morning after each, and nothing goes out."""
    for number in range(count):
        at = NOW + HOUR + number * DAY
        make_letter(office, topics=[housing], title=f"Day {number}", now=at)
        digests.plan(TUESDAY + number * DAY)
    return list(Delivery.objects.filter(message="digest").order_by("pk"))


def test_mornings_on_which_nothing_went_out_are_one_mail(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    *earlier, last = _mornings(office, housing, 3)
    assert [(one.state, one.error) for one in earlier] == [
        ("superseded", "the next digest tells it")
    ] * 2
    words = read(last, TUESDAY + 2 * DAY).text
    assert all(f"Day {number}" in words for number in range(3))


def test_nothing_is_lost_and_nothing_told_twice_when_the_server_was_away_for_ten_days(
    office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], frequency="daily")
    last = _mornings(office, housing, 10)[-1]
    assert last.state == "due"
    words = read(last, TUESDAY + 9 * DAY).text
    assert all(f"\nDay {number}\n" in words for number in range(10))
    make_letter(office, topics=[housing], title="Afterwards", now=TUESDAY + 9 * DAY + HOUR)
    words = the_words(TUESDAY + 10 * DAY)
    assert "Afterwards" in words
    assert "Day 9" not in words


def test_a_weekly_digest_that_did_not_go_out_comes_with_the_next(
    office: Office, housing: Topic, trees: Topic
) -> None:
    ana = make_reader(office, [housing], frequency="weekly")
    make_reader(office, [trees], email=ana.email or "", frequency="daily")
    make_letter(office, topics=[housing], title="Houses", now=NOW + HOUR)
    digests.plan(MONDAY)
    make_letter(office, topics=[trees], title="Oaks", now=MONDAY + HOUR)
    digests.plan(MONDAY + DAY)
    # Tuesday's tells nothing of the weekly topics: Monday's still waits for itself.
    monday, tuesday = Delivery.objects.filter(message="digest").order_by("pk")
    assert (monday.state, tuesday.state) == ("due", "due")
    make_letter(office, topics=[housing], title="More houses", now=MONDAY + 2 * DAY)
    digests.plan(MONDAY + 7 * DAY)
    last = Delivery.objects.filter(message="digest", state="due").latest("pk")
    words = read(last, MONDAY + 7 * DAY).text
    assert "More houses" in words
    assert "Oaks" in words


def test_what_a_worker_has_in_hand_is_not_taken_up(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], title="First", now=NOW + HOUR)
    digests.plan(TUESDAY)
    Delivery.objects.filter(message="digest").update(state="transmitting")
    make_letter(office, topics=[housing], title="Second", now=TUESDAY + HOUR)
    digests.plan(TUESDAY + DAY)
    first, second = Delivery.objects.filter(message="digest").order_by("pk")
    assert first.state == "transmitting"
    words = read(second, TUESDAY + DAY).text
    assert "Second" in words
    assert "First" not in words


def test_what_expired_unsent_is_news_still(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="weekly")
    make_letter(office, topics=[housing], title="First", now=NOW + HOUR)
    digests.plan(MONDAY)
    Delivery.objects.filter(message="digest").update(state="expired")
    assert "First" in the_words(MONDAY + 7 * DAY)


# --- What comes in between -----------------------------------------------------------------------


@pytest.mark.parametrize("what", ["cancelled", "moved", "retracted", "paused", "given up"])
def test_what_is_taken_back_in_between_does_not_go_out(
    office: Office, housing: Topic, trees: Topic, what: str, sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    letter, hall, delivery = _two(office, housing)
    ana = make_reader(office, [trees], email="ana@example.org", frequency="daily")
    make_letter(office, topics=[trees], title="Oaks", now=NOW + HOUR)
    digests.plan(TUESDAY + DAY)
    delivery = Delivery.objects.filter(message="digest", state="due").get()
    noon = TUESDAY + DAY + 4 * HOUR
    later = {"starts_at": hall.starts_at + DAY, "ends_at": hall.ends_at + DAY}
    act: dict[str, Callable[[], object]] = {
        "cancelled": lambda: cancel_event(event_id=hall.pk, reason="Storm.", now=noon),
        "moved": lambda: event_actions.reschedule_event(event_id=hall.pk, now=noon, **later),
        "retracted": lambda: retract_letter(letter_id=letter.pk, reason="Wrong.", now=noon),
        "paused": lambda: pause_letter(letter_id=letter.pk, now=noon),
        "given up": lambda: _choose(ana, office, trees, "daily", noon),
    }
    with meanwhile(monkeypatch, act[what]):
        send_batch(now=noon)
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    (mail,) = sink.taken
    said = str(mail.message)
    assert "Oaks" in said
    assert ("The hall" in said) == (what in ("moved", "retracted", "paused"))
    assert ("The letter" in said) == (what in ("moved", "cancelled"))
    if what == "moved":
        day = later["starts_at"].astimezone(hall.zone)
        assert f"{day:%A, %B} {day.day}," in said


def test_a_topic_that_was_given_up_since_is_left_out(
    office: Office, housing: Topic, trees: Topic
) -> None:
    ana = make_reader(office, [housing, trees], frequency="daily")
    make_letter(office, topics=[housing], title="Houses", now=NOW + HOUR)
    make_letter(office, topics=[trees], title="Trees", now=NOW + HOUR)
    (delivery,) = planned(TUESDAY)
    _choose(ana, office, trees, "daily", TUESDAY)
    words = read(delivery, TUESDAY).text
    assert "Houses" not in words
    assert "Trees" in words
    assert words.count("housing") == words.count("Housing") == 0


def test_who_unsubscribes_gets_none(office: Office, housing: Topic) -> None:
    _letter, _hall, delivery = _two(office, housing)
    assert goes(delivery, TUESDAY)
    assert delivery.person_id is not None
    unsubscribe(person_id=delivery.person_id, office_id=office.pk, now=TUESDAY)
    assert not goes(delivery, TUESDAY)


def test_one_that_was_cut_is_held(office: Office) -> None:
    message = catalogue.named("digest")
    assert (message.bulk, message.again) == (True, False)


# --- Size ----------------------------------------------------------------------------------------


def test_a_morning_is_planned_in_chunks_of_readers(
    office: Office, housing: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "CHUNK", 2)
    monkeypatch.setattr(digests, "CHUNKS_A_TICK", 2)
    for _number in range(5):
        make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    assert len(planned(TUESDAY)) == 4
    assert DigestRun.objects.get(date=date(2026, 6, 2)).finished_at is None
    assert len(planned(TUESDAY)) == 5
    assert DigestRun.objects.get(date=date(2026, 6, 2)).finished_at == TUESDAY
    assert Delivery.objects.values("person").distinct().count() == 5


def _queries_of_a_digest(letters: int, topics: int) -> int:
    office = make_office()
    about = [make_topic(f"topic-{letters}-{number}") for number in range(topics)]
    make_reader(office, [*about, make_topic("volunteer")], frequency="daily")
    for _number in range(letters):
        make_letter(office, topics=about, now=NOW + HOUR)
        hall = make_event(office, topics=about, now=NOW + HOUR)
        make_shift(hall, now=NOW + HOUR)
    delivery = planned(TUESDAY)[-1]
    with CaptureQueriesContext(connection) as queries:
        assert isinstance(rendering.render(delivery, TUESDAY), Rendered)
    return len(queries)


def test_a_digest_of_one_and_of_twenty_asks_the_same_queries() -> None:
    few = _queries_of_a_digest(1, 1)
    assert few == _queries_of_a_digest(20, 4)
    assert few == 15


def test_the_tick_plans_digests(office: Office, housing: Topic) -> None:
    make_reader(office, [housing], frequency="daily")
    make_letter(office, topics=[housing], now=NOW + HOUR)
    tick(now=TUESDAY)
    assert Delivery.objects.filter(message="digest").count() == 1
