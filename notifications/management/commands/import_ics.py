"""Import a calendar file, or read it again and keep in step with it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events import clock
from events.models import Office
from notifications.calendars.ics_lines import NotACalendar
from notifications.calendars.imports import Report, import_calendar


class Command(BaseCommand):
    help = (
        "Imports an iCalendar file (.ics) as Google, Apple and Outlook export it. Run it again "
        "with a newer file to keep in step; what has not changed stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--office", metavar="SLUG", required=True, help="whose calendar it is")
        parser.add_argument(
            "--drafts", action="store_true", help="keep new events as drafts, to be posted by hand"
        )

    def handle(self, *args: Any, file: str, office: str, drafts: bool, **options: Any) -> None:
        owner = Office.objects.filter(slug=office).first()
        if owner is None:
            known = ", ".join(Office.objects.in_order().values_list("slug", flat=True))
            raise CommandError(f"There is no office {office!r}. There are: {known or 'none yet'}.")
        path = Path(file)
        try:
            report = import_calendar(
                data=path.read_bytes(),
                name=path.stem,
                office=owner,
                post=not drafts,
                now=clock.now(),
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        except NotACalendar as error:
            raise CommandError(f"{file}: {error}") from error
        self._tell(report, owner, all_of_them=options["verbosity"] > 1)

    def _tell(self, report: Report, office: Office, *, all_of_them: bool) -> None:
        self.stdout.write(f"{report.calendar}, into the calendar of {office.name}")
        for word, labels in (
            ("Added", report.added),
            ("Changed", report.changed),
            ("Unchanged", report.unchanged),
        ):
            self.stdout.write(f"{word}: {len(labels)}")
            if all_of_them or word == "Changed":
                self._list(labels)
        self.stdout.write(f"Skipped: {len(report.skipped)}")
        for problem in report.skipped:
            title = problem.title or problem.uid or "an event without a title"
            self.stdout.write(f"  line {problem.line}: {title}: {problem.reason}")
        if report.gone:
            self.stdout.write(
                f"No longer in the file: {len(report.gone)} (kept; cancel them if they are off)"
            )
            self._list(report.gone)

    def _list(self, labels: list[str]) -> None:
        for label in labels:
            self.stdout.write(f"  {label}")
