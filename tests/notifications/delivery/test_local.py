"""Mail that stays here."""

import io
from pathlib import Path

import pytest

from notifications.delivery.channels import Mail, ServerAway
from notifications.delivery.channels.local import Console, Folder


def mail(key: str, content: bytes = b"Subject: Hi\r\n\r\nHello\r\n") -> Mail:
    return Mail(key, "office@example.org", "ana@example.org", content)


def test_each_message_is_a_file_and_a_copy_overwrites_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "mail")
    folder.prepare()
    folder.send(mail("a", b"first"))
    folder.send(mail("b", b"second"))
    folder.send(mail("a", b"once more"))
    files = sorted(path.read_bytes() for path in (tmp_path / "mail").iterdir())
    assert files == [b"once more", b"second"]


def test_a_folder_that_cannot_be_written_is_a_server_away(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file is in the way")
    with pytest.raises(ServerAway):
        Folder(tmp_path / "mail").prepare()
    with pytest.raises(ServerAway):
        Folder(tmp_path / "gone").send(mail("a"))


def test_the_console_shows_the_message() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.prepare()
    console.send(mail("a"))
    assert stream.getvalue().startswith("Subject: Hi\n\nHello\n")
