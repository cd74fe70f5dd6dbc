"""A wrong environment stops the start with one line, and says nothing secret."""

import os
import runpy
import subprocess
import sys
import zoneinfo
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SITE_URL": "https://calendar.example.gov",
    "SECRET_KEY": "a-long-secret-that-nobody-guesses-0123456789",
    "FIELD_KEYS": "kOZ2cLJXyDa5ZPNnlbZ0IeFGZQYs0SbHdhNzGbWaS3g=",
    "EMAIL_URL": "smtp://mail.example.gov",
}
DEVELOPMENT = {"DEBUG": "on"}


def load(folder: Path, environment: dict[str, str]) -> SimpleNamespace:
    """Return the settings that this environment, and nothing else, makes."""
    alone = {"DATA_DIR": str(folder / "var"), "ENV_FILE": os.devnull, **environment}
    with mock.patch.dict(os.environ, alone, clear=True):
        return SimpleNamespace(**runpy.run_path(str(ROOT / "config" / "settings.py")))


def complaint(folder: Path, environment: dict[str, str]) -> str:
    """Return what the refused start ends with."""
    with pytest.raises(SystemExit) as stopped:
        load(folder, environment)
    return str(stopped.value.code)


def test_a_refused_start_is_one_line_and_a_status(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            **PRODUCTION,
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(tmp_path),
            "RATE_LIMITS": "maybe",
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "Plazuela cannot start: RATE_LIMITS must be 'on' or 'off', not 'maybe'.\n",
    )


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("RATE_LIMITS", "maybe", "RATE_LIMITS must be 'on' or 'off', not 'maybe'."),
        ("DEBUG", "2", "DEBUG must be 'on' or 'off', not '2'."),
        ("PORT", "http", "PORT must be a whole number from 1 to 65535, not 'http'."),
        ("PORT", "65536", "PORT must be a whole number from 1 to 65535, not '65536'."),
        ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES must be a whole number from 0 to 10, not '-1'."),
        ("UNPROVEN_SHARE", "25%", "UNPROVEN_SHARE must be a number from 0 to 1, not '25%'."),
        ("UNPROVEN_SHARE", "nan", "UNPROVEN_SHARE must be a number from 0 to 1, not 'nan'."),
        ("TIME_ZONE", "PST", "TIME_ZONE must be a zone like 'America/Los_Angeles', not 'PST'."),
        (
            "LANGUAGES",
            "en,xx",
            "LANGUAGES names 'xx', which is not a language code that Django knows.",
        ),
        ("LANGUAGE_CODE", "fr", "LANGUAGE_CODE must be one of LANGUAGES (en, es), not 'fr'."),
        (
            "SITE_URL",
            "calendar.example.gov",
            "SITE_URL must look like 'https://calendar.example.gov', not 'calendar.example.gov'.",
        ),
        (
            "SITE_URL",
            "https://example.gov/events",
            "SITE_URL must look like 'https://calendar.example.gov', "
            "not 'https://example.gov/events'.",
        ),
        (
            "DATABASE_URL",
            "mysql://root:hunter2@db/plazuela",
            "DATABASE_URL must begin with postgresql:// or sqlite:///.",
        ),
        ("DATABASE_URL", "sqlite://:memory:", "DATABASE_URL names no database."),
        (
            "DATABASE_URL",
            "postgresql://ana:se/cret@db/x",
            "DATABASE_URL cannot be read. Its port must be a number, and signs like / # [ in its "
            "password are written as %2F %23 %5B.",
        ),
        (
            "REDIS_URL",
            "redis://:se[cret@h",
            "REDIS_URL cannot be read. Its port must be a number, and signs like / # [ in its "
            "password are written as %2F %23 %5B.",
        ),
        (
            "WEB_CONCURRENCY",
            "many",
            "WEB_CONCURRENCY must be a whole number from 1 to 256, not 'many'.",
        ),
        (
            "WORKER_CONCURRENCY",
            "0",
            "WORKER_CONCURRENCY must be a whole number from 1 to 256, not '0'.",
        ),
        ("REDIS_URL", "localhost", "REDIS_URL must begin with redis://, rediss:// or unix://."),
        (
            "EMAIL_URL",
            "imap://user:hunter2@mail",
            "EMAIL_URL must be smtp://user:password@host:port, smtps://…, console://, "
            "file://FOLDER or anymail+PROVIDER://KEY@.",
        ),
        (
            "EMAIL_URL",
            "smtp://user:hunter2@mail:smtp",
            "EMAIL_URL must be smtp://user:password@host:port, smtps://…, console://, "
            "file://FOLDER or anymail+PROVIDER://KEY@: its port is not a number.",
        ),
        (
            "EMAIL_URL",
            "anymail+pigeon://hunter2@",
            "EMAIL_URL must begin with anymail+mailgun:// or anymail+postmark://; 'pigeon' is not "
            "known.",
        ),
        (
            "EMAIL_URL",
            "anymail+postmark://",
            "EMAIL_URL must be anymail+postmark://KEY@, with the key that postmark gave you.",
        ),
        (
            "EMAIL_URL",
            "anymail+postmark://hunter2@mail.example.gov",
            "EMAIL_URL must be anymail+postmark://KEY@, with nothing after the @.",
        ),
        (
            "EMAIL_URL",
            "anymail+mailgun://hunter2@mg.example.gov?region=eu",
            "EMAIL_URL has a parameter 'region'; mailgun knows only: api.",
        ),
        (
            "EMAIL_URL",
            "anymail+mailgun://hunter2@mg.example.gov?api=http://api.eu.mailgun.net/v3",
            "EMAIL_URL: its 'api' must begin with https://.",
        ),
        (
            "MAIL_WEBHOOK_SECRET",
            "hunter2",
            "MAIL_WEBHOOK_SECRET must have at least 20 letters, digits, - or _.",
        ),
        (
            "DEFAULT_FROM_EMAIL",
            "The Clerk",
            "DEFAULT_FROM_EMAIL must be an address, or a name and an <address>.",
        ),
        (
            "FIELD_KEYS",
            PRODUCTION["FIELD_KEYS"] + ",hunter2",
            "key 2 of FIELD_KEYS is not a Fernet key. Make one with: python -c 'from "
            "cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
        ),
    ],
)
def test_a_bad_value_stops_the_start_with_one_line(
    tmp_path: Path, name: str, value: str, problem: str
) -> None:
    line = complaint(tmp_path, {**DEVELOPMENT, name: value})
    assert line == f"Plazuela cannot start: {problem}"
    assert "hunter2" not in line


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_a_public_site_must_be_told_what_a_developer_is_not(tmp_path: Path, name: str) -> None:
    left = {key: value for key, value in PRODUCTION.items() if key != name}
    assert complaint(tmp_path, left) == (
        f"Plazuela cannot start: {name} is not set (it is only made up for you when DEBUG is on)."
    )


def test_a_public_site_starts_with_the_four_settings_it_needs(tmp_path: Path) -> None:
    made = load(tmp_path, {**PRODUCTION, "TRUSTED_PROXIES": "1"})
    assert made.DEBUG is False
    assert made.ALLOWED_HOSTS == ["calendar.example.gov"]
    assert (made.SESSION_COOKIE_SECURE, made.CSRF_COOKIE_SECURE) == (True, True)
    assert made.SECURE_SSL_REDIRECT is True


def test_without_a_trusted_proxy_nothing_is_sent_round_and_round(tmp_path: Path) -> None:
    assert load(tmp_path, PRODUCTION).SECURE_SSL_REDIRECT is False


def test_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    made = load(tmp_path, {**DEVELOPMENT, "PORT": "", "RATE_LIMITS": ""})
    assert (made.PORT, made.PORT_IS_GIVEN, made.RATE_LIMITS) == (8000, False, True)


def test_a_developers_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first, second = load(tmp_path, DEVELOPMENT), load(tmp_path, DEVELOPMENT)
    assert (first.SECRET_KEY, first.FIELD_KEYS) == (second.SECRET_KEY, second.FIELD_KEYS)
    assert len(first.SECRET_KEY) >= 50
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_dotenv_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("DEBUG=on\nPORT=8100\nTIME_ZONE=America/Denver\n")
    made = load(tmp_path, {"ENV_FILE": str(tmp_path / "env"), "PORT": "8200"})
    assert (made.DEBUG, made.PORT, made.TIME_ZONE) == (True, 8200, "America/Denver")


@pytest.mark.parametrize(
    ("url", "transport"),
    [
        ("smtp://localhost:1025", ("smtp", "localhost", 1025, "", "none")),
        ("smtp://mail.example.gov", ("smtp", "mail.example.gov", 25, "", "none")),
        ("smtp://mail.example.gov:587", ("smtp", "mail.example.gov", 587, "", "starttls")),
        # A password crosses the network only under TLS, unless that is asked for.
        ("smtp://me%40x:p%2Fw@mail:25", ("smtp", "mail", 25, "me@x", "starttls")),
        ("smtp://me:pw@mail:25?tls=none", ("smtp", "mail", 25, "me", "none")),
        ("smtp://me:pw@localhost:25", ("smtp", "localhost", 25, "me", "none")),
        ("smtps://me:pw@mail", ("smtp", "mail", 465, "me", "implicit")),
        ("console://", ("console", "", 0, "", "none")),
        ("file://var/outbox", ("file", "", 0, "", "none")),
    ],
)
def test_mail_goes_where_its_address_says(
    tmp_path: Path, url: str, transport: tuple[object, ...]
) -> None:
    made = load(tmp_path, {**DEVELOPMENT, "EMAIL_URL": url}).MAIL_TRANSPORT
    assert (made.scheme, made.host, made.port, made.user, made.tls) == transport


@pytest.mark.parametrize(
    ("url", "options", "settings"),
    [
        (
            "anymail+postmark://t0k@",
            {"server_token": "t0k"},
            {"POSTMARK_SERVER_TOKEN": "t0k"},
        ),
        (
            "anymail+postmark://t0k@?message_stream=office&letter_stream=broadcast",
            {"server_token": "t0k", "message_stream": "office", "letter_stream": "broadcast"},
            {
                "POSTMARK_SERVER_TOKEN": "t0k",
                "POSTMARK_MESSAGE_STREAM": "office",
                "POSTMARK_LETTER_STREAM": "broadcast",
            },
        ),
        (
            "anymail+mailgun://k3y%2F@mg.example.gov?api=https://api.eu.mailgun.net/v3",
            {
                "api_key": "k3y/",
                "sender_domain": "mg.example.gov",
                "api_url": "https://api.eu.mailgun.net/v3",
            },
            {
                "MAILGUN_API_KEY": "k3y/",
                "MAILGUN_SENDER_DOMAIN": "mg.example.gov",
                "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3",
            },
        ),
    ],
)
def test_a_providers_api_has_its_key_and_the_few_other_mails_go_the_same_way(
    tmp_path: Path, url: str, options: dict[str, str], settings: dict[str, str]
) -> None:
    made = load(tmp_path, {**DEVELOPMENT, "EMAIL_URL": url})
    assert made.MAIL_TRANSPORT.scheme == "anymail"
    assert made.MAIL_TRANSPORT.options == options
    untracked = {"SEND_DEFAULTS": {"track_opens": False, "track_clicks": False}}
    assert settings | untracked == made.ANYMAIL
    name = made.MAIL_TRANSPORT.provider
    assert f"anymail.backends.{name}.EmailBackend" == made.EMAIL_BACKEND


def test_a_provider_without_its_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.environment.find_spec", lambda name: None)
    said = complaint(tmp_path, {**DEVELOPMENT, "EMAIL_URL": "anymail+postmark://hunter2@"})
    assert said == (
        "Plazuela cannot start: EMAIL_URL names the API of postmark, which needs a package that "
        "is not there. Install it with: python3 tools/setup.py anymail"
    )


def test_a_password_may_hold_any_sign_when_it_is_quoted(tmp_path: Path) -> None:
    made = load(tmp_path, {**DEVELOPMENT, "EMAIL_URL": "smtp://me:p%2Fw%40@mail:25"})
    assert (made.MAIL_TRANSPORT.password, made.EMAIL_HOST_PASSWORD) == ("p/w@", "p/w@")


def test_a_mail_folder_is_taken_from_the_project(tmp_path: Path) -> None:
    made = load(tmp_path, {**DEVELOPMENT, "EMAIL_URL": "file://var/outbox"})
    assert made.MAIL_TRANSPORT.path == ROOT / "var" / "outbox"


def test_zones_come_from_the_locked_package_alone(tmp_path: Path) -> None:
    load(tmp_path, DEVELOPMENT)
    assert zoneinfo.TZPATH == ()


def test_a_data_folder_that_cannot_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Asked of the system, and not tried: whoever runs the tests as root may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / "var")
    assert complaint(tmp_path, DEVELOPMENT) == (
        f"Plazuela cannot start: the folder of DATA_DIR, {tmp_path / 'var'}, cannot be written to."
    )
