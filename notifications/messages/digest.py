"""What a digest says. Whom it goes to and when: ``notifications.digests``."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from babel.lists import format_list
from django.db.models import Exists, OuterRef, Q
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from events import dates_text
from events.languages import language_in_use
from events.models import Event, Topic
from notifications import news
from notifications.delivery import words
from notifications.letters.words import letter_path, summary_of
from notifications.message import Recipient, Told
from notifications.messages import addresses, guards, occasions
from notifications.models import Delivery, Letter, Subscription
from notifications.news import Item, Window
from notifications.reminder_times import end_of_quiet_hours, is_quiet
from notifications.subscriptions import addresses as subscriptions
from volunteers.models import Shift

#: Of each kind; the rest is a number with a link.
MOST = 15
#: Characters of a title in the subject.
SUBJECT = 90
#: A digest with a letter whose mail is paused waits and asks again: a pause is mostly short.
#: From noon on it goes out without the letter, and the next digest tells that one.
ASKS_AGAIN = timedelta(minutes=15)
WAITS_UNTIL = time(12)


def key(recipient: Recipient, operation: UUID | None, message: str) -> str:
    """One a person, office and morning (DELIVERY.md, Design 1)."""
    day = recipient.context["date"]
    return f"digest:{recipient.person_id}:{recipient.office_id}:{day}"


def is_wanted() -> Q:
    """The person gets anything from that office."""
    rows = Subscription.objects.live().filter(
        person=OuterRef("person_id"), office=OuterRef("office_id")
    )
    return Q(Exists(rows))


def context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Return what is still news of what the digest was planned for; at most fifteen queries.

    Raises :class:`guards.NothingToTell` where all of it was taken back, cancelled, or is over, or
    its topics were given up since.
    """
    office, person_id = delivery.office, delivery.person_id
    assert office is not None
    assert person_id is not None
    if is_quiet(now, office.timezone):
        # It was tried in time, and comes back in the night.
        raise guards.TooEarly(end_of_quiet_hours(now, office.timezone))
    topics = _topics(delivery)
    windows = _windows(delivery, topics)
    items: list[Item] = []
    if windows:
        since = min(window.since for window in windows.values())
        until = _instant(delivery.context["until"])
        found = news.of_office(office, now=now, since=since, until=until)
        mailed = news.mailed_letters([person_id], found)
        items = news.of_reader(found, windows, without=mailed[person_id])
    also = _left_out_before(delivery, topics)
    if not items and not also:
        raise guards.NothingToTell(gettext_noop("nothing of it is news any more"))
    language = delivery.language
    posted = _standing({item.pk for item in items if item.kind == "letter"} | also)
    _wait_for_paused(delivery, posted, now)
    letters = [_letter(letter, language) for letter in posted if not letter.is_paused]
    events = _events([item.pk for item in items if item.kind == "event"], language, now)
    shifts = _shifts([item.pk for item in items if item.kind == "shift"], language)
    if not letters and not events and not shifts:
        raise guards.NothingToTell(words.PAUSED)
    titles = [one["title"] for one in (*letters, *events)]
    return {
        "office": office,
        "letters": letters,
        "events": events[:MOST],
        "more_events": max(len(events) - MOST, 0),
        "events_url": f"{addresses.page('events')}?office={office.slug}",
        "shifts": shifts[:MOST],
        "more_shifts": max(len(shifts) - MOST, 0),
        "shifts_url": f"{addresses.page('shifts')}?office={office.slug}",
        "title": Truncator(titles[0]).chars(SUBJECT) if titles else "",
        "others": len(titles) + len(shifts) - 1,
        "day": dates_text.date_text(
            date.fromisoformat(delivery.context["date"]), language_in_use(), year=False
        ),
        "reason": _("You get this because you signed up for news from %(office)s on: %(topics)s.")
        % {"office": office.name, "topics": _names(topics, language)},
        "unsubscribe_url": subscriptions.absolute(
            subscriptions.unsubscribe_path(person_id, office.pk, language)
        ),
        "preferences_url": subscriptions.absolute(
            subscriptions.preferences_path(person_id, office.pk, language)
        ),
        "told": Told(
            events={one["pk"]: one["sequence"] for one in events[:MOST]},
            shifts={one["pk"]: one["sequence"] for one in shifts[:MOST]},
            letters={letter.pk: letter.revision for letter in posted if not letter.is_paused},
            topics=frozenset(topic.pk for topic in topics),
            around=frozenset(one["event_id"] for one in shifts[:MOST] if one["event_id"]),
        ),
    }


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _windows(delivery: Delivery, topics: Sequence[Topic]) -> dict[int, Window]:
    """Return which news of ``topics`` the digest was planned for, by the topic's key."""
    since, left = delivery.context["topics"], delivery.context.get("left", {})
    return {
        topic.pk: Window(
            _instant(since[str(topic.pk)]),
            _instant(left[str(topic.pk)]) if str(topic.pk) in left else None,
        )
        for topic in topics
    }


def _topics(delivery: Delivery) -> list[Topic]:
    """Return the topics that the digest was planned for and the reader still gets."""
    live = Subscription.objects.live().filter(person=delivery.person_id, office=delivery.office_id)
    return list(
        Topic.objects.filter(
            pk__in=[int(pk) for pk in delivery.context["topics"]], subscriptions__in=live
        ).prefetch_related("translations")
    )


def _names(topics: Sequence[Topic], language: str) -> str:
    names = [topic.in_language(language).name for topic in topics]
    return format_list(names, locale=dates_text.babel_locale(language_in_use()))


def _left_out_before(delivery: Delivery, topics: Sequence[Topic]) -> set[int]:
    """Return the letters (keys) that an earlier digest left out, if they are still wanted."""
    keys = delivery.context.get("also", [])
    if not keys:
        return set()
    rows = Letter.objects.posted().standing().filter(pk__in=keys, topics__in=topics)
    return set(rows.values_list("pk", flat=True))


def _standing(keys: Collection[int]) -> list[Letter]:
    return list(
        Letter.objects.posted()
        .standing()
        .filter(pk__in=keys)
        .select_related("office")
        .prefetch_related("translations")
    )


def _wait_for_paused(delivery: Delivery, letters: Sequence[Letter], now: datetime) -> None:
    """Put the digest off while a letter's mail is paused; from noon on leave the letter out.

    What is left out is written down before the digest goes out: the next one reads it there.
    """
    assert delivery.office is not None
    paused = sorted(letter.pk for letter in letters if letter.is_paused)
    day = date.fromisoformat(delivery.context["date"])
    if paused and now < datetime.combine(day, WAITS_UNTIL, delivery.office.zone):
        raise guards.TooEarly(now + ASKS_AGAIN)
    if paused != delivery.context.get("left_out", []):
        delivery.context = delivery.context | {"left_out": paused}
        Delivery.objects.filter(pk=delivery.pk).update(context=delivery.context)


def _letter(letter: Letter, language: str) -> dict[str, Any]:
    return {
        "title": letter.in_language(language).title,
        "summary": summary_of(letter.in_language(language).body),
        "url": subscriptions.absolute(letter_path(letter, language)),
    }


def _events(keys: Sequence[int], language: str, now: datetime) -> list[dict[str, Any]]:
    """Return the events, soonest first; of a series the next date, with the number of others."""
    listed: dict[object, dict[str, Any]] = {}
    events = Event.objects.filter(pk__in=keys).for_cards().order_by("starts_at", "pk")
    for event in events:
        series = event.series_id or ("single", event.pk)
        if series in listed:
            listed[series]["dates"] += 1
            continue
        url = addresses.page("event", slug=event.slug)
        listed[series] = {
            "pk": event.pk,
            "sequence": event.sequence,
            "title": event.in_language(language).title,
            "when": occasions.when_words(event),
            "place": event.venue.name if event.venue is not None else _("Online"),
            "dates": 0,
            "takes_rsvps": event.accepts_rsvps(now),
            "url": f"{url}#rsvp" if event.accepts_rsvps(now) else url,
        }
    for shown in listed.values():
        others = shown.pop("dates")
        text = ngettext("and %(count)s more date", "and %(count)s more dates", others)
        shown["more"] = text % {"count": others} if others else ""
    return list(listed.values())


def _shifts(keys: Sequence[int], language: str) -> list[dict[str, Any]]:
    shifts = Shift.objects.filter(pk__in=keys).effective().with_all_shown()
    return [
        {
            "pk": shift.pk,
            "sequence": shift.sequence,
            "event_id": shift.event_id,
            "title": occasions.shift_title(shift, language),
            "when": occasions.when_words(shift),
            "url": addresses.page("shift", pk=shift.pk),
        }
        for shift in shifts.order_by("starts_at", "pk")  # type: ignore[misc]
    ]
