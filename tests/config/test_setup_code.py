"""The code that opens `/setup/`."""

from pathlib import Path

import pytest
from pytest_django import Settings

from config import setup_code


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_a_code_opens_however_it_is_typed_until_it_is_spent() -> None:
    code = setup_code.issue_code()
    typed = (code, code.lower(), code.replace("-", " "), code.replace("-", ""))
    assert [setup_code.check_code(way) for way in typed] == [True, True, True, True]
    setup_code.spend()
    assert setup_code.check_code(code) is False


def test_a_wrong_code_opens_nothing() -> None:
    assert setup_code.check_code("") is False
    setup_code.issue_code()
    assert [setup_code.check_code(wrong) for wrong in ("", "----", "AAAA-AAAA-AAAA")] == [False] * 3


def test_a_new_code_makes_the_old_one_void() -> None:
    old, new = setup_code.issue_code(), setup_code.issue_code()
    assert (setup_code.check_code(old), setup_code.check_code(new)) == (False, True)


def test_the_code_itself_is_kept_nowhere(own_folder: Path) -> None:
    code = setup_code.issue_code()
    (file,) = own_folder.iterdir()
    assert code.replace("-", "") not in file.read_text().upper()
    assert file.stat().st_mode & 0o777 == 0o600
