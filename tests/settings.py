"""The settings that tests run with: the site's own, on a database and a broker of their own.

TEST_DATABASE_URL and TEST_REDIS_URL choose real servers; without them SQLite and files are used.
A process that a test starts gets TEST_DIR and TEST_DATABASE_NAME, and so shares the test's own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_given = os.environ.get("TEST_DIR")
TEST_DIR = Path(_given or tempfile.mkdtemp(prefix="plazuela-test-"))
if not _given:
    _owner = os.getpid()
    # Only the process that made it: a forked child runs this, too.
    atexit.register(lambda: os.getpid() == _owner and shutil.rmtree(TEST_DIR, ignore_errors=True))
    _choices = """
        SECRET_KEY SECRET_KEY_FALLBACKS FIELD_KEYS ALLOWED_HOSTS MEDIA_ROOT LANGUAGE_CODE LANGUAGES
        TRUSTED_PROXIES METRICS_TOKEN MAIL_WEBHOOK_SECRET RATE_LIMITS UNPROVEN_SHARE TIME_ZONE PORT
    """
    for _name in _choices.split():
        # A developer's own choices must not decide whether a test passes. What a test chooses for
        # a process that it starts, stays.
        os.environ.pop(_name, None)

os.environ |= {
    "ENV_FILE": os.devnull,
    "DEBUG": "on",
    "DATA_DIR": str(TEST_DIR),
    "SITE_URL": "http://testserver",
    "DEFAULT_FROM_EMAIL": "Plazuela <no-reply@example.org>",
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", ""),
    "REDIS_URL": os.environ.get("TEST_REDIS_URL", ""),
    "EMAIL_URL": os.environ.get("TEST_EMAIL_URL", ""),
}

from config.settings import *  # noqa: E402, F403
from config.settings import (  # noqa: E402
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    REDIS_URL,
)

_database = DATABASES["default"]
# A thread that a test starts must not leave a connection behind.
_database["CONN_MAX_AGE"] = 0
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since threads share one in-memory database badly; without waiting for the disk.
    _database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
elif not os.environ.get("TEST_DURABLE"):
    # No test cuts the power: commits need not wait for the disk here either. What is measured does.
    _database.setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
if "TEST_DATABASE_NAME" in os.environ:
    _database["NAME"] = os.environ["TEST_DATABASE_NAME"]

# In memory: the table would be seen in query counts, and Redis would outlive the test.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{TEST_DIR.name}:"
