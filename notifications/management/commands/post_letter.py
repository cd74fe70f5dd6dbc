"""Post a letter from a Markdown file with front matter."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from events import clock
from notifications.letters.files import office_for, post_letter_file
from notifications.letters.front_matter import LetterFileError


class Command(BaseCommand):
    help = (
        "Posts a letter from a Markdown file with front matter "
        "(title, topics, signatories, addressees, dated, language)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.md")
        parser.add_argument("--office", metavar="SLUG", default="", help="who posts it")
        parser.add_argument(
            "--no-mail",
            action="store_true",
            help="post it without mailing anybody, as an old letter with its old date",
        )

        parser.add_argument(
            "--confirm-election",
            action="store_true",
            help="confirm that an official office may post it although an election is near",
        )

    def handle(
        self,
        *args: Any,
        file: str,
        office: str,
        no_mail: bool,
        confirm_election: bool = False,
        **options: Any,
    ) -> None:
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        try:
            posted = post_letter_file(
                content=content,
                name=file,
                office=office_for(office),
                mails=not no_mail,
                confirmed="--confirm-election" if confirm_election else "",
                now=clock.now(),
            )
        except LetterFileError as error:
            raise CommandError(str(error)) from error
        address = f"{settings.SITE_URL}{posted.letter.get_absolute_url()}"
        if posted.already:
            self.stdout.write(f"Already posted: {address} (nothing was changed)")
            return
        self.stdout.write(f"Posted: {address}")
        if no_mail:
            self.stdout.write("Readers: 0 (posted without mail)")
        else:
            self.stdout.write(f"Readers: {posted.readers}")
