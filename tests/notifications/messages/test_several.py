"""Several dates of a series that end or change at once: one summary, one entry each."""

from datetime import timedelta
from typing import Any

import pytest

from events.actions import events as actions
from events.actions import rsvps as rsvp_actions
from events.actions.calling_off import cancel_event
from events.actions.series import end_series
from events.actions.series_edit import edit_series
from events.models import AuditEntry, Event
from notifications import catalogue, rendering
from notifications.message import Superseded
from tests import factories as make
from tests.notifications import scenes
from tests.notifications.mailbox import ANA, names, new_mail, told
from tests.notifications.scenes import LATER, calendar_lines, plan, read, the_office

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def ten_dates() -> list[Event]:
    return list(scenes.office_hours(the_office()).events.order_by("starts_at")[:10])


def end(first: Event) -> None:
    end_series(event_id=first.pk, reason="The library has a water leak.", now=LATER)


# --- A series that ends --------------------------------------------------------------------------


def test_a_guest_of_ten_dates_hears_once_and_has_ten_entries_removed() -> None:
    dates = ten_dates()
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    end(dates[0])
    summary, *entries = new_mail()
    assert summary.message == "dates_cancelled"
    mail = read(summary)
    assert mail.subject == "Cancelled: Office hours, 10 dates"
    assert mail.calendar is None
    assert mail.text.count("\n- Wednesday, ") == 10
    assert "The reason: The library has a water leak." in mail.text
    person = summary.person_id
    assert [entry.key for entry in entries] == [
        f"invite:{date.uid}:1:CANCEL:{person}" for date in dates
    ]
    removed = [calendar_lines(read(entry)) for entry in entries]
    assert [(one["METHOD"], one["UID"]) for one in removed] == [
        ("CANCEL", date.uid) for date in dates
    ]


def test_a_series_ends_in_one_operation() -> None:
    dates = ten_dates()
    before = set(AuditEntry.objects.values_list("operation", flat=True))
    end(dates[2])
    new = AuditEntry.objects.exclude(operation__in=before)
    assert new.values("operation").distinct().count() == 1
    assert set(new.values_list("action", flat=True)) == {"series.ended", "event.cancelled"}


def test_who_holds_one_of_the_dates_is_told_as_of_any_other_event() -> None:
    dates = ten_dates()
    make.make_rsvp(dates[1], email=ANA)
    make.make_claim(make.make_shift(dates[2]), email="helps@example.org")
    told()
    end(dates[0])
    (mine,) = new_mail()
    assert (mine.message, calendar_lines(read(mine))["UID"]) == ("event_cancelled", dates[1].uid)
    (theirs,) = new_mail("helps@example.org")
    assert (theirs.message, theirs.event_id) == ("event_cancelled", dates[2].pk)


def test_who_waits_for_one_date_and_has_another_gets_its_entry_with_the_summary() -> None:
    dates = ten_dates()
    make.make_rsvp(dates[0], email=ANA)
    actions.edit_event(event_id=dates[1].pk, changes={"capacity": 1}, now=scenes.NOW)
    make.make_rsvp(dates[1])
    make.make_rsvp(dates[1], email=ANA)
    told()
    end(dates[0])
    (summary,) = new_mail()
    assert summary.message == "dates_cancelled"
    assert calendar_lines(read(summary))["UID"] == dates[0].uid


def test_what_was_given_back_before_it_is_told_is_left_out() -> None:
    dates = ten_dates()
    rsvps = [make.make_rsvp(date, email=ANA) for date in dates[:3]]
    told()
    end(dates[0])
    plan()
    rsvp_actions.cancel_rsvp(rsvp_id=rsvps[0].pk, now=LATER)
    summary = new_mail()[0]
    assert read(summary).subject == "Cancelled: Office hours, 2 dates"
    for rsvp in rsvps[1:]:
        rsvp_actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    assert names(new_mail()) == ["rsvp_cancelled"] * 3


def test_a_date_of_another_name_is_named() -> None:
    dates = ten_dates()
    actions.edit_event(event_id=dates[1].pk, changes={"title": "Open house"}, now=scenes.NOW)
    for date in dates[:2]:
        make.make_rsvp(date, email=ANA)
    told()
    end(dates[0])
    text = read(new_mail()[0]).text
    assert "- Wednesday, June 3, 2026" in text
    assert "- Open house, Wednesday, June 10, 2026" in text


def test_a_large_audience_of_a_series_is_planned_in_pieces_and_nobody_twice() -> None:
    dates = ten_dates()
    often = [f"often{number}@example.org" for number in range(5)]
    for email in often:
        for date in dates[:2]:
            make.make_rsvp(date, email=email)
    for number in range(4):
        make.make_rsvp(dates[number], email=f"once{number}@example.org")
    told()
    end(dates[0])
    entries = list(AuditEntry.objects.filter(action__in=("series.ended", "event.cancelled")))
    heard: dict[str, list[int]] = {}
    for name in ("dates_cancelled", "event_cancelled"):
        cursor, rounds, heard[name] = "", 0, []
        while rounds == 0 or cursor:
            recipients, cursor = catalogue.named(name).audience(entries, cursor, 3)
            heard[name] += [recipient.person_id for recipient in recipients]
            rounds += 1
        assert rounds == 4
    everybody = [*heard["dates_cancelled"], *heard["event_cancelled"]]
    assert (len(heard["dates_cancelled"]), len(everybody), len(set(everybody))) == (5, 9, 9)


# --- Several dates of a series that change -------------------------------------------------------


def later(event: Event, **changes: object) -> None:
    """Let this date and all later ones be an hour later."""
    moved = {name: getattr(event, name) + HOUR for name in ("starts_at", "ends_at")}
    edit_series(event_id=event.pk, scope="following", changes=moved | changes, now=LATER)


def test_a_guest_of_ten_dates_hears_once_of_another_hour_and_has_ten_entries_moved() -> None:
    dates = ten_dates()
    for date in dates:
        make.make_rsvp(date, email=ANA)
    make.make_rsvp(dates[4], email="ben@example.org")
    make.make_rsvp(dates[0], email="luz@example.org")
    told()
    later(dates[2])
    summary, *entries = new_mail()
    assert (summary.message, names(entries)) == ("dates_changed", ["calendar_update"] * 8)
    mail = read(summary)
    assert mail.subject == "Changed: Office hours, 8 dates"
    assert mail.text.count("\n- Office hours, Wednesday, ") == 8
    assert mail.text.count("7:00") == mail.text.count("Before: Wednesday") == 8
    assert "please cancel, so that somebody else gets the place" in mail.text
    assert {calendar_lines(read(one))["METHOD"] for one in entries} == {"REQUEST"}
    assert names(new_mail("ben@example.org")) == ["event_changed"]
    assert new_mail("luz@example.org") == []


def test_dates_and_shifts_that_change_twice_before_the_mail_goes_are_entered_once() -> None:
    dates = ten_dates()[:3]
    for date in dates:
        make.make_rsvp(date, email=ANA)
    make.make_claim(make.make_shift(dates[2]), email=ANA)
    told()
    later(dates[0])
    assert names(new_mail()).count("calendar_update") == 4
    later(Event.objects.get(pk=dates[1].pk))
    entries = [one for one in new_mail() if one.message == "calendar_update"]
    # The first date has changed once, the others and the shift twice.
    assert [one.context["sequence"] for one in entries] == [1, 2, 2, 2]
    shown = [calendar_lines(read(one))["SEQUENCE"] for one in entries]
    assert shown == ["1", "2", "2", "2"]


def test_who_has_said_of_each_date_that_they_still_come_is_not_asked_again() -> None:
    dates = ten_dates()[:2]
    places = [make.make_rsvp(date, email=ANA, proven=True) for date in dates]
    told()
    later(dates[0])
    (summary,) = (one for one in new_mail() if one.message == "dates_changed")
    question = "Please tell us on the page of each date whether you still come."
    assert question in read(summary).text
    rsvp_actions.affirm_rsvp(rsvp_id=places[0].pk, now=LATER + HOUR)
    assert question in read(summary).text
    rsvp_actions.affirm_rsvp(rsvp_id=places[1].pk, now=LATER + HOUR)
    assert question not in read(summary).text


def test_what_changes_and_is_told_to_nobody_makes_no_mail() -> None:
    dates = ten_dates()
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    edit_series(event_id=dates[0].pk, scope="unedited", changes={"title": "Hours"}, now=LATER)
    assert new_mail() == []


def test_of_dates_that_are_called_off_meanwhile_nothing_new_is_told() -> None:
    dates = ten_dates()
    for date in dates[:2]:
        make.make_rsvp(date, email=ANA)
    told()
    later(dates[0])
    cancel_event(event_id=dates[1].pk, reason="Storm.", now=LATER)
    mail = {one.message: read(one) for one in new_mail() if one.message != "calendar_update"}
    assert mail["dates_changed"].subject == "Changed: Office hours, 1 date"
    cancel_event(event_id=dates[0].pk, reason="Storm.", now=LATER)
    assert set(names(new_mail())) == {"event_cancelled", "calendar_update"}


def test_who_moves_up_at_two_dates_that_change_hears_of_both_places_and_of_the_change() -> None:
    dates = ten_dates()[:3]
    Event.objects.update(capacity=1)
    for date in dates[:2]:
        make.make_rsvp(date, email="sam@example.org")
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    later(dates[0], capacity=2)
    heard = names(new_mail())
    assert sorted(set(heard)) == ["calendar_update", "dates_changed", "rsvp_promoted"]
    assert (heard.count("dates_changed"), heard.count("rsvp_promoted")) == (1, 2)


def test_a_second_change_before_the_first_is_told_is_one_message_from_what_was_known() -> None:
    dates = ten_dates()[:3]
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    # One by itself, then all, then those from the second on.
    first = dates[0]
    actions.reschedule_event(event_id=first.pk, now=LATER, **_at(first, 1))
    edit_series(event_id=first.pk, scope="following", changes=_at(first, 2), now=LATER)
    edit_series(event_id=dates[1].pk, scope="following", changes=_at(dates[1], 3), now=LATER)
    mail = [one for one in new_mail() if one.message not in ("calendar_update", "event_changed")]
    said = [read(one) for one in mail]
    assert [one.subject for one in said] == [
        "Changed: Office hours, 1 date", "Changed: Office hours, 2 dates",
    ]  # fmt: skip
    assert "June 3, 2026, 8:00–10:00 p.m. PDT. Before: Wednesday, June 3" in said[0].text
    for words in said:
        assert words.text.count("6:00–8:00 p.m. PDT") == words.text.count("Before:")
    assert said[1].text.count("9:00–11:00 p.m.") == 2


def test_a_change_of_all_that_is_taken_back_before_it_is_told_is_not_told() -> None:
    dates = ten_dates()[:3]
    for date in dates:
        make.make_rsvp(date, email=ANA)
    told()
    edit_series(event_id=dates[0].pk, scope="following", changes=_at(dates[0], 1), now=LATER)
    edit_series(event_id=dates[0].pk, scope="following", changes=_at(dates[0], 0), now=LATER)
    batches = [one for one in new_mail() if one.message == "dates_changed"]
    assert len(batches) == 2
    for one in batches:
        assert isinstance(rendering.render(one, LATER), Superseded)


def _at(event: Event, hours: int) -> dict[str, Any]:
    return {name: getattr(event, name) + hours * HOUR for name in ("starts_at", "ends_at")}
