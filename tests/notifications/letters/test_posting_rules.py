"""When a letter may go up: an election is near, a campaign has to say who pays, clocks change."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from events.actions.offices import edit_office
from events.errors import Refused
from events.models import AuditEntry, Office
from notifications.letters.actions import post_letter, post_scheduled, schedule_letter
from notifications.models import Letter
from tests import clock
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff, make_topic
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.notifications.scenes import read
from tests.pages import page

pytestmark = pytest.mark.django_db

#: NOW is June 1, 2026.
NEAR, FAR = "2026-06-30", "2026-11-03"


@pytest.fixture
def office() -> Office:
    return make_office(slug="district-4", election_dates=[NEAR])


@pytest.fixture
def draft(office: Office) -> Letter:
    return make_letter(office, post=False)


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    client.force_login(make_staff(office))
    return client


def send(desk: Client, letter: Letter, **typed: Any) -> Any:
    with clock.at(NOW):
        return desk.post(f"/staff/letters/{letter.pk}/post/", {"mails": "no", **typed})


# --- Elections -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_before", "is_near"), [(61, False), (60, True), (1, True), (0, True), (-1, False)]
)
def test_an_election_is_near_for_sixty_days_and_over_on_the_day_after(
    days_before: int, is_near: bool
) -> None:
    # 23:59 in Los Angeles, when it is tomorrow already in UTC.
    late = datetime(2026, 11, 4, 7, 59, tzinfo=UTC) - timedelta(days=days_before)
    if days_before >= 3:
        late -= timedelta(hours=1)  # daylight saving time ended on November 1
    soon = make_office(election_dates=[FAR]).election_soon(late)
    assert (soon is not None) is is_near


def test_the_days_are_the_offices_own_and_other_kinds_confirm_nothing() -> None:
    for columns in ({"election_notice_days": 10}, {"kind": "campaign"}, {"kind": "civic"}):
        assert make_office(election_dates=[NEAR], **columns).election_soon(NOW) is None


def test_nothing_goes_up_unconfirmed_before_an_election(draft: Letter) -> None:
    with pytest.raises(Refused, match="An election is near"):
        post_letter(letter_id=draft.pk, mails=False, now=NOW)
    post_letter(letter_id=draft.pk, mails=False, confirmed="I confirm.", now=NOW)
    assert AuditEntry.objects.get(action="letter.posted").subjects["confirmed"] == "I confirm."


def test_the_desk_asks_and_keeps_the_words_that_were_confirmed(desk: Client, draft: Letter) -> None:
    with clock.at(NOW):
        asked = page(desk.get(f"/staff/letters/{draft.pk}/post/"))
    assert "The election of Tuesday, June 30, 2026 is at most 60 days away." in asked.text
    assert asked.fields["confirmed"] == []
    refused = send(desk, draft)
    assert refused.status_code == 422
    assert "Confirm that the letter may be posted then." in page(refused).text
    send(desk, draft, confirmed="on")
    words = AuditEntry.objects.get(action="letter.posted").subjects["confirmed"]
    assert words.startswith(
        "The election of Tuesday, June 30, 2026 is at most 60 days away. I conf"
    )


def test_far_from_an_election_the_desk_asks_nothing(desk: Client, draft: Letter) -> None:
    Office.objects.update(election_dates=[FAR])
    with clock.at(NOW):
        assert "confirmed" not in page(desk.get(f"/staff/letters/{draft.pk}/post/")).fields
    send(desk, draft)
    assert "confirmed" not in AuditEntry.objects.get(action="letter.posted").subjects


def test_the_time_that_counts_is_when_it_goes_up(desk: Client, draft: Letter) -> None:
    Office.objects.update(election_dates=[FAR])
    autumn = {"when": "later", "on": "2026-10-01", "at": "09:00"}
    refused = send(desk, draft, **autumn)
    assert refused.status_code == 422
    asked = page(refused)
    assert "The election of Tuesday, November 3, 2026" in asked.text
    assert asked.fields["on"] == "2026-10-01"
    send(desk, draft, confirmed="on", **autumn)
    draft.refresh_from_db()
    assert draft.scheduled_for == datetime(2026, 10, 1, 16, tzinfo=UTC)
    assert post_scheduled(now=draft.scheduled_for) == 1
    posted = AuditEntry.objects.get(action="letter.posted")
    assert "November 3, 2026" in posted.subjects["confirmed"]


def test_what_goes_up_after_the_election_needs_no_confirmation(desk: Client, draft: Letter) -> None:
    answer = send(desk, draft, when="later", on="2026-07-01", at="09:00")
    assert answer.status_code == 302
    assert Letter.objects.scheduled().exists()


def test_an_election_that_is_entered_later_makes_a_draft_of_what_nobody_confirmed(
    office: Office, draft: Letter
) -> None:
    Office.objects.update(election_dates=[])
    tomorrow = NOW + timedelta(days=1)
    schedule_letter(letter_id=draft.pk, at=tomorrow, mails=True, now=NOW)
    edit_office(office_id=office.pk, changes={"election_dates": [NEAR]}, now=NOW)
    assert post_scheduled(now=tomorrow) == 0
    assert list(Letter.objects.drafts()) == [draft]
    fact = AuditEntry.objects.get(action="letter.unscheduled")
    assert fact.subjects["reason"] == "election_unconfirmed"


def test_staff_see_that_a_letter_did_not_go_up_and_why(
    desk: Client, office: Office, draft: Letter
) -> None:
    test_an_election_that_is_entered_later_makes_a_draft_of_what_nobody_confirmed(office, draft)
    why = "An election is near, and nobody has confirmed that the letter may be posted then."
    path = f"/staff/letters/{draft.pk}/post/"
    assert f"did not go up {why}" in page(desk.get("/staff/")).text
    assert "did not go up" in page(desk.get("/staff/letters/")).text
    assert (
        f"It did not go up at its time, Tuesday, June 2, 2026, 9:00 a.m. PDT . {why}"
        in page(desk.get(path)).text
    )
    schedule_letter(
        letter_id=draft.pk, at=NOW + timedelta(days=2), mails=True, confirmed="Yes.", now=NOW
    )
    assert "did not go up" not in page(desk.get(path)).text


def test_the_command_asks_for_a_flag(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "letter.md"
    file.write_text("---\ntitle: Trees\n---\nPlant trees.\n")
    with clock.at(NOW):
        with pytest.raises(CommandError, match="--confirm-election"):
            call_command("post_letter", str(file), stdout=StringIO())
        assert Letter.objects.count() == 0
        call_command("post_letter", str(file), "--confirm-election", stdout=StringIO())
    assert Letter.objects.posted().count() == 1


# --- Who pays ------------------------------------------------------------------------------------


def test_a_campaign_posts_nothing_before_it_says_who_pays(client: Client) -> None:
    campaign = make_office(kind="campaign", slug="friends")
    client.force_login(make_staff(campaign))
    draft = make_letter(campaign, post=False)
    shown = page(client.get(f"/staff/letters/{draft.pk}/post/"))
    assert "Campaign mail has to say who paid for it." in shown.text
    assert "mails" not in shown.fields
    assert send(client, draft).status_code == 422
    assert not Letter.objects.posted().exists()
    edit_office(office_id=campaign.pk, changes={"paid_for_by": "Friends of Ana"}, now=NOW)
    send(client, draft)
    assert Letter.objects.posted().exists()
    assert "Paid for by Friends of Ana" in page(client.get(draft.get_absolute_url())).text
    assert "Pagado por Friends of Ana" in page(client.get(f"/es{draft.get_absolute_url()}")).text


def test_all_mail_of_a_campaign_says_who_paid() -> None:
    campaign = make_office(kind="campaign", paid_for_by="Friends of Ana")
    topic = make_topic("housing")
    make_reader(campaign, [topic])
    make_letter(campaign, topics=[topic])
    make_rsvp(make_event(campaign))
    messages = [read(delivery, NOW) for delivery in plan()]
    assert len(messages) == 2
    for message in messages:
        assert "Paid for by Friends of Ana" in message.text
        assert "Paid for by Friends of Ana" in message.html


def test_the_mail_of_other_offices_does_not() -> None:
    make_rsvp(make_event(make_office(paid_for_by="Nobody")))
    (message,) = [read(delivery, NOW) for delivery in plan()]
    assert "Paid for by" not in message.text + message.html


# --- The office's wall clock ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "at", "instant"),
    [
        ("2026-06-02", "09:00", datetime(2026, 6, 2, 16, tzinfo=UTC)),
        # The Mondays after the clocks went back and forward.
        ("2026-11-02", "09:00", datetime(2026, 11, 2, 17, tzinfo=UTC)),
        ("2027-03-15", "09:00", datetime(2027, 3, 15, 16, tzinfo=UTC)),
    ],
)
def test_nine_in_the_morning_is_nine_in_the_morning(
    desk: Client, draft: Letter, on: str, at: str, instant: datetime
) -> None:
    Office.objects.update(election_dates=[])
    answer = send(desk, draft, when="later", on=on, at=at)
    draft.refresh_from_db()
    assert draft.scheduled_for == instant
    shown = page(desk.get(answer["Location"]))
    assert "9:00 a.m." in shown.text
    assert (shown.fields["on"], shown.fields["at"], shown.fields["when"]) == (on, at, ["later"])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"on": "2027-03-14", "at": "02:30"}, "Clocks change then"),
        ({"on": "2026-11-01", "at": "01:30"}, "Clocks change then"),
        ({"on": "2026-05-31", "at": "09:00"}, "still to come"),
        ({"on": "", "at": ""}, "Enter the day."),
        ({"on": "2026-06-02", "at": ""}, "Enter the time."),
        ({"on": "soon", "at": "9"}, "Enter a date, like 2026-06-11."),
        ({"on": "9999-12-31", "at": "23:59"}, "Enter a year from 1900 to 2199."),
    ],
)
def test_a_time_that_cannot_be_meant_is_said_and_stays_typed(
    desk: Client, draft: Letter, typed: dict[str, str], said: str
) -> None:
    Office.objects.update(election_dates=[])
    answer = send(desk, draft, when="later", **typed)
    assert answer.status_code == 422
    shown = page(answer)
    assert said in shown.text
    assert shown.fields["on"] == typed["on"]
    assert Letter.objects.drafts().exists()


def test_a_schedule_is_called_off_on_the_desk(desk: Client, draft: Letter) -> None:
    Office.objects.update(election_dates=[])
    send(desk, draft, when="later", on="2026-06-02", at="09:00")
    with clock.at(NOW):
        listed = page(desk.get("/staff/letters/?view=scheduled")).text
        assert "Parking on Oak Avenue" in listed
        assert "Tuesday, June 2, 2026, 9:00 a.m." in listed
        assert desk.get(f"/staff/letters/{draft.pk}/unschedule/").status_code == 405
        desk.post(f"/staff/letters/{draft.pk}/unschedule/")
    assert list(Letter.objects.drafts()) == [draft]


def test_an_editor_changes_nothing_that_goes_up_by_itself(
    client: Client, office: Office, draft: Letter
) -> None:
    Office.objects.update(election_dates=[])
    schedule_letter(letter_id=draft.pk, at=NOW + timedelta(days=1), mails=True, now=NOW)
    client.force_login(make_staff(office, role="editor"))
    path = f"/staff/letters/{draft.pk}/"
    assert "This letter goes up by itself." in page(client.get(path)).text
    assert client.post(path, {"title": "Mine"}).status_code == 403
    assert client.post(f"{path}unschedule/").status_code in (403, 404)
    assert Letter.objects.scheduled().exists()
