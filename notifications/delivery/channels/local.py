"""Mail that stays here: in a folder, or on the terminal."""

import os
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from notifications.delivery.channels import Mail, ServerAway


class Folder:
    """Writes each message to a file of its own, named after its key: a resend overwrites it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ServerAway(f"mail folder: {error.strerror}") from error

    def send(self, mail: Mail) -> None:
        # Whoever reads the folder meanwhile sees the whole message or none.
        draft = None
        try:
            handle, draft = tempfile.mkstemp(dir=self.path, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(mail.content)
            os.replace(draft, self.path / file_name(mail.key))
        except OSError as error:
            if draft is not None:
                Path(draft).unlink(missing_ok=True)
            raise ServerAway(f"mail folder: {error.strerror}") from error

    def close(self) -> None:
        pass


class Console:
    """Prints messages, for whoever tries Plazuela out without a mail server."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def prepare(self) -> None:
        pass

    def send(self, mail: Mail) -> None:
        stream = self.stream or sys.stdout
        stream.write(mail.content.decode("utf-8", "replace").replace("\r\n", "\n"))
        stream.write("-" * 72 + "\n")
        stream.flush()

    def close(self) -> None:
        pass


def file_name(key: str) -> str:
    """Return the name of the file that the message with this key is written to."""
    return f"{sha256(key.encode()).hexdigest()[:40]}.eml"
