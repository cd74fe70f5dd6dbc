"""Every setting of Plazuela, in one file. What an operator may choose comes from the environment.

The names are a contract (see "Settings" in the README). A bad value stops the start with one line.
"""

import os
import re
import secrets
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from config.environment import Environment, kept_secret, stop
from config.logs import to_console

BASE_DIR = Path(__file__).resolve().parent.parent

# One source of zones: the tzdata package, at the locked version, never the system's. They
# disagree, and a feed's VTIMEZONE must agree with the instants beside it.
zoneinfo.reset_tzpath(to=())

# --- What kind of place this is ------------------------------------------------------------------

_dotenv = Environment(BASE_DIR / "no such file").text("ENV_FILE", str(BASE_DIR / ".env"))
env = Environment(BASE_DIR / _dotenv)

DEBUG = env.switch("DEBUG", "off")
_unless_debug = " (it is only made up for you when DEBUG is on)"

# The folder of everything that Plazuela writes itself: database, broker, media, mail, keys.
DATA_DIR = BASE_DIR / env.text("DATA_DIR", "var")
try:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    stop(f"the folder of DATA_DIR, {DATA_DIR}, cannot be made: {error.strerror}.")
if not os.access(DATA_DIR, os.W_OK | os.X_OK):
    stop(f"the folder of DATA_DIR, {DATA_DIR}, cannot be written to.")

PORT = env.whole("PORT", "8000", 1, 65535)
PORT_IS_GIVEN = bool(env.text("PORT", ""))
SITE_URL = env.site("SITE_URL", f"http://localhost:{PORT}" if DEBUG else None, why=_unless_debug)
_site = urlsplit(SITE_URL)
_https = _site.scheme == "https"

ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", _site.hostname)
if DEBUG:
    ALLOWED_HOSTS += [".localhost", "127.0.0.1", "[::1]"]

# --- Secrets -------------------------------------------------------------------------------------


def _secret(name: str, make: Any) -> str:
    """Return a secret; while developing, one made on first use and kept in the data folder."""
    default = kept_secret(DATA_DIR / name.lower(), make) if DEBUG else None
    return env.text(name, default, why=_unless_debug)


SECRET_KEY = _secret("SECRET_KEY", lambda: secrets.token_urlsafe(50))
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS", "")

# Fernet keys of encrypted columns: the first one encrypts, all of them decrypt.
FIELD_KEYS = [
    key.strip()
    for key in _secret("FIELD_KEYS", lambda: Fernet.generate_key().decode()).split(",")
    if key.strip()
]
for _place, _key in enumerate(FIELD_KEYS, start=1):
    try:
        Fernet(_key)
    except ValueError:
        stop(
            f"key {_place} of FIELD_KEYS is not a Fernet key. Make one with: python -c "
            "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        )

# --- Parts ---------------------------------------------------------------------------------------

# The order in which templates and commands are looked up: ours win.
INSTALLED_APPS = [
    "config",
    "notifications",
    "volunteers",
    "events",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
]

MIDDLEWARE = [
    "events.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "events.middleware.LanguageMiddleware",
    "config.setup.SetupMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "events.context_processors.site",
            ],
        },
    }
]
FORM_RENDERER = "events.form_rendering.PlazuelaRenderer"

# --- Database ------------------------------------------------------------------------------------

_database_url = env.server("DATABASE_URL", f"sqlite:///{DATA_DIR / 'plazuela.sqlite3'}")
if urlsplit(_database_url).scheme not in ("sqlite", "postgres", "postgresql"):
    stop("DATABASE_URL must begin with postgresql:// or sqlite:///.")
try:
    _database: dict[str, Any] = dict(dj_database_url.parse(_database_url))
except ValueError:  # Its text may hold a part of the password.
    stop("DATABASE_URL cannot be read.")
if not _database["NAME"] or _database["NAME"] == ":memory:":
    stop("DATABASE_URL names no database.")

if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["NAME"] = BASE_DIR / _database["NAME"]
    _database["OPTIONS"] = {
        # A transaction that reads before it writes must hold the lock from its start, since
        # SQLite answers a later upgrade with "locked" at once, whatever the timeout.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: in WAL mode NORMAL may lose the last commits at a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    _database["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    # Persistent connections and not psycopg's pool: gunicorn's threads live as long as their
    # process, so each keeps its own, and a pool's helper threads would not survive Celery's fork.
    _database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DATABASES = {"default": _database}

# --- Redis, or files and a table in its place ----------------------------------------------------

REDIS_URL = env.server("REDIS_URL", "")
if REDIS_URL and urlsplit(REDIS_URL).scheme not in ("redis", "rediss", "unix"):
    stop("REDIS_URL must begin with redis://, rediss:// or unix://.")

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}
if REDIS_URL:
    CACHES["default"] = {
        "BACKEND": "config.caches.PatientRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "plazuela",
        "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 2},
    }

# The rows are the messages (see notifications/delivery); Celery only hurries them. So a hint that
# cannot be sent is dropped at once, and one that is lost is made up for by the next tick.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Acknowledged before it runs: a late one is given again after Redis's visibility timeout to a
# second worker, while the first may still be at work.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "plazuela"
# In memory: the one schedule is a tick that makes up for any that did not fire, so there is nothing
# to remember, and no file that two beats could quarrel over.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "global_keyprefix": "plazuela:",
        # Whoever rings the doorbell of a broker that is away waits this long at most.
        "socket_connect_timeout": 0.3,
        "max_retries": 0,
        # A worker whose connection is dead without a word (a failover, a firewall, a frozen Redis)
        # would wait on it for ever: kombu can only look after the connection on which it waits for
        # work (every 10 s, and it drops it once an answer is 10 s late) while no other command
        # hangs. So no answer may take longer than 5 s; that is more than the one second for which
        # BRPOP itself lets the server wait. Nothing is sent again on a time-out: a hint that came
        # late is not worth a second one, and the next tick makes up for it.
        "socket_timeout": 5,
        "health_check_interval": 10,
        "socket_keepalive": True,
        "retry_on_timeout": False,
    }
else:
    CELERY_BROKER_URL = "filesystem://"
    _broker = {name: DATA_DIR / "broker" / name for name in ("queue", "processed", "control")}
    for _folder in _broker.values():
        _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker["queue"]),
        "data_folder_out": str(_broker["queue"]),
        "processed_folder": str(_broker["processed"]),
        "control_folder": str(_broker["control"]),
        "store_processed": False,
        "polling_interval": 0.1,
    }

# --- Processes -----------------------------------------------------------------------------------

# Read by config/deploy/gunicorn.conf.py and by `manage.py up`; a slip is told here, once.
env.whole("WEB_CONCURRENCY", "2", 1, 256)
env.whole("WEB_THREADS", "4", 1, 256)
WORKER_CONCURRENCY = env.whole("WORKER_CONCURRENCY", "2", 1, 256)

# --- Mail ----------------------------------------------------------------------------------------

MAIL_TRANSPORT = env.mail(
    "EMAIL_URL",
    f"file://{DATA_DIR / 'mail'}" if DEBUG else None,
    BASE_DIR,
    why=_unless_debug,
)


def _is_address(text: str) -> bool:
    try:
        validate_email(text.rpartition("<")[2].removesuffix(">"))
    except ValidationError:
        return False
    return True


# A site without a name of its own (an IP address, a bare host name) still has a sender.
_mail_host = _site.hostname if _is_address(f"no-reply@{_site.hostname}") else "localhost"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"Plazuela <no-reply@{_mail_host}>")
if not _is_address(DEFAULT_FROM_EMAIL):
    stop("DEFAULT_FROM_EMAIL must be an address, or a name and an <address>.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Messages a minute that one sender's address may send, as agreed with the provider; 0: no limit.
MAIL_RATE = env.whole("MAIL_RATE", "0", 0, 1_000_000)

# The same transport for the few messages that Django and allauth send themselves.
EMAIL_BACKEND = {
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "console": "django.core.mail.backends.console.EmailBackend",
    "file": "django.core.mail.backends.filebased.EmailBackend",
    "anymail": f"anymail.backends.{MAIL_TRANSPORT.provider}.EmailBackend",
}[MAIL_TRANSPORT.scheme]
EMAIL_HOST = MAIL_TRANSPORT.host
EMAIL_PORT = MAIL_TRANSPORT.port
EMAIL_HOST_USER = MAIL_TRANSPORT.user
EMAIL_HOST_PASSWORD = MAIL_TRANSPORT.password
EMAIL_USE_TLS = MAIL_TRANSPORT.tls == "starttls"
EMAIL_USE_SSL = MAIL_TRANSPORT.tls == "implicit"
EMAIL_TIMEOUT = 30
EMAIL_FILE_PATH = MAIL_TRANSPORT.path
EMAIL_SUBJECT_PREFIX = ""
ANYMAIL: dict[str, Any] = {
    f"{MAIL_TRANSPORT.provider}_{name}".upper(): value
    for name, value in MAIL_TRANSPORT.options.items()
}
# Links to a new password are nobody's business either.
ANYMAIL["SEND_DEFAULTS"] = {"track_opens": False, "track_clicks": False}

# What a mail provider sends with its reports of what came back; empty: none are taken.
MAIL_WEBHOOK_SECRET = env.text("MAIL_WEBHOOK_SECRET", "")
if MAIL_WEBHOOK_SECRET and not re.fullmatch(r"[A-Za-z0-9_-]{20,}", MAIL_WEBHOOK_SECRET):
    stop("MAIL_WEBHOOK_SECRET must have at least 20 letters, digits, - or _.")

# --- Languages and time --------------------------------------------------------------------------

LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en")
_codes = env.items("LANGUAGES", "en,es")
for _code in _codes:
    if "name_local" not in LANG_INFO.get(_code, {}):
        stop(f"LANGUAGES names '{_code}', which is not a language code that Django knows.")
if LANGUAGE_CODE not in _codes:
    stop(f"LANGUAGE_CODE must be one of LANGUAGES ({', '.join(_codes)}), not '{LANGUAGE_CODE}'.")
LANGUAGES = [(code, LANG_INFO[code]["name_local"].capitalize()) for code in _codes]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True

USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "America/Los_Angeles")
if TIME_ZONE not in zoneinfo.available_timezones():
    stop(f"TIME_ZONE must be a zone like 'America/Los_Angeles', not '{TIME_ZONE}'.")

# --- Files ---------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Fonts of the documents that are made here, beside those that the system has.
DOCUMENT_FONTS = BASE_DIR / "config" / "fonts"
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / env.text("MEDIA_ROOT", str(DATA_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# While developing, files are served from the apps' folders, with nothing collected.
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- Staff accounts ------------------------------------------------------------------------------

AUTH_USER_MODEL = "events.StaffUser"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}", "OPTIONS": options}
    for validator, options in (
        ("UserAttributeSimilarityValidator", {}),
        # As /setup/ says beside its field.
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/staff/"
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_FORMS = {"reset_password_from_key": "config.accounts.ChoosePasswordForm"}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "events.password_links.PasswordLinks"  # noqa: S105
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# A manager vouches for a colleague's address; nothing is sent to prove it once more.
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Plazuela"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme

# --- Safety --------------------------------------------------------------------------------------

# Hops between the visitor and this process that may be believed; 0 believes no header.
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", "0", 0, 10)
RATE_LIMITS = env.switch("RATE_LIMITS", "on")
if not RATE_LIMITS:
    ACCOUNT_RATE_LIMITS = False
# Who sends it may read /metrics from anywhere; without one, only who is on this host.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
if METRICS_TOKEN and (len(METRICS_TOKEN) < 20 or not METRICS_TOKEN.isascii()):
    stop("METRICS_TOKEN must have at least 20 letters or digits.")
# The part of a pool's places that RSVPs from unproven addresses may take.
UNPROVEN_SHARE = env.share("UNPROVEN_SHARE", "0.25")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
# Not `no-referrer`, under which browsers send `Origin: null` with our own forms.
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "events.kept_forms.csrf_failure"
if _https:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # Whether the whole domain speaks https is for its owner to say, in the proxy.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    # Without a trusted proxy the scheme is not known, and redirects would never end.
    SECURE_SSL_REDIRECT = TRUSTED_PROXIES > 0
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

# --- Logs ----------------------------------------------------------------------------------------

LOGGING = to_console(
    {
        # Django's own handler would mail errors to ADMINS, and so their request data.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # A line a task, once a minute for ever, says nothing.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # It warns that a broker of files has no host name.
        "kombu.connection": {"level": "ERROR"},
    }
)
