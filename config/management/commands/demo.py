"""Loads the demo data: a made-up city, its office, events, shifts and letters."""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand

from config.demo import OFFICE_SLUG, STAFF_LOGIN, STAFF_PASSWORD
from config.demo.access import arrange_access
from config.demo.afterwards import keep_promises
from config.demo.calendar import ZONE, fill_calendar, found_town
from config.demo.dates import Days
from config.demo.letters import post_letters
from config.demo.preparation import prepare
from config.demo.programme import set_programmes
from config.demo.questions import ask_on_housing, ask_questions
from config.demo.shifts import staff_shifts
from events import clock
from events.models import Office, Outbox


class Command(BaseCommand):
    help = "Loads the demo data once; a second run changes nothing."

    def handle(self, *args: Any, verbosity: int = 1, **options: Any) -> None:
        if Office.objects.filter(slug=OFFICE_SLUG).exists():
            if verbosity:
                self.stdout.write("The demo is already there.")
            return
        if Office.objects.exists():
            self.stderr.write("This database holds an office of your own; the demo stays out.")
            raise SystemExit(1)
        say = self.stdout.write if verbosity else (lambda text: None)
        days = Days(clock.now(), ZoneInfo(ZONE))
        say("  The office, its topics and places …")
        town = found_town(days)
        say("  Events and RSVPs …")
        events = fill_calendar(town)
        set_programmes(town, events)
        arrange_access(events)
        prepare(town, events)
        keep_promises(town, events)
        ask_questions(events)
        ask_on_housing(events)
        say("  Shifts and claims …")
        staff_shifts(town, events)
        say("  Letters and readers …")
        post_letters(town)
        # These facts are history: nobody is told of them today.
        Outbox.objects.all().delete()
        if verbosity:
            self.stdout.write(f"Demo loaded. Staff login: {STAFF_LOGIN} / {STAFF_PASSWORD}")
