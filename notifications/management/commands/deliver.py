"""`manage.py deliver`: one tick in the foreground, for tests and for who looks after the site."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from events import clock
from notifications.models import MailHold
from notifications.tick import drain, tick


class Command(BaseCommand):
    help = (
        "Does what a tick does (reminders, promotions, new dates of series) and then sends what "
        "is due until nothing is left, in this process and without Celery."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        tick()
        states = drain()
        if states:
            for state, number in sorted(states.items()):
                self.stdout.write(f"{state}: {number}")
        else:
            self.stdout.write("Nothing was due.")
        hold = MailHold.objects.filter(until__gt=clock.database_now()).first()
        if hold is not None:
            raise CommandError(f"Mail is held since {hold.since:%Y-%m-%d %H:%M} UTC: {hold.reason}")
