"""Bring an existing list of subscribers, with its proof of consent."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events import clock
from events.errors import Refused
from events.models import Office, Topic
from notifications.subscriptions.importing import Report, import_subscribers
from notifications.subscriptions.list_files import NotAList


class Command(BaseCommand):
    help = (
        "Subscribes the addresses in a CSV file, as Mailchimp, Constant Contact, listmonk, Google "
        "Contacts and Excel export it. Nobody is mailed. Whoever has unsubscribed, and addresses "
        "that must not be written to, stay out. The same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument("--office", metavar="SLUG", required=True, help="whose list it is")
        parser.add_argument(
            "--topics", metavar="SLUG,SLUG", required=True, help="what they are subscribed to"
        )
        parser.add_argument(
            "--consent", metavar="WORDS", required=True,
            help="how and when these people agreed; kept with each of them",
        )  # fmt: skip
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would happen, line by line"
        )

    def handle(
        self,
        *args: Any,
        file: str,
        office: str,
        topics: str,
        consent: str,
        dry_run: bool,
        **options: Any,
    ) -> None:
        path = Path(file)
        try:
            report = import_subscribers(
                data=path.read_bytes(),
                name=path.name,
                office=self._office(office),
                topics=self._topics(topics),
                consent=consent,
                rehearse=dry_run,
                now=clock.now(),
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        except NotAList as error:
            raise CommandError(f"{file}: {error}") from error
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        self._tell(report)

    def _office(self, slug: str) -> Office:
        office = Office.objects.filter(slug=slug).first()
        if office is None:
            known = ", ".join(Office.objects.in_order().values_list("slug", flat=True))
            raise CommandError(f"There is no office {slug!r}. There are: {known or 'none yet'}.")
        return office

    def _topics(self, text: str) -> list[Topic]:
        slugs = [slug.strip() for slug in text.split(",") if slug.strip()]
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        unknown = [slug for slug in slugs if slug not in topics]
        if unknown:
            raise CommandError(
                f"There is no topic {unknown[0]!r}. There are: {', '.join(topics) or 'none yet'}."
            )
        return [topics[slug] for slug in dict.fromkeys(slugs)]

    def _tell(self, report: Report) -> None:
        if report.is_rehearsal:
            self.stdout.write("Dry run: nothing was changed.")
        self.stdout.write(f"Lines: {report.rows}")
        self.stdout.write(f"Added: {report.added} ({report.new_people} of them new here)")
        self.stdout.write(f"On the list already: {report.unchanged}")
        self.stdout.write(f"Left out: {len(report.problems)}")
        for problem in report.problems:
            address = f"{problem.email}: " if problem.email else ""
            self.stdout.write(f"  line {problem.line}: {address}{problem.reason}")
