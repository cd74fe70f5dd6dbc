"""How gunicorn serves the site, under `manage.py up` and under systemd alike.

WEB_CONCURRENCY (processes) and WEB_THREADS (threads of each) size it; a database connection is
kept for each thread.
"""

import os

from config.logs import to_console

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
# Imported once, then forked: a faster start, and a bad setting ends the server with its one line.
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 5

# The application decides what to believe of a proxy's headers (TRUSTED_PROXIES).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True

# No access log: its paths hold secret links. The proxy in front keeps one (see nginx.conf).
accesslog = None
logconfig_dict = to_console(
    {
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
        # It warns of every HEAD, whose body Django leaves to the server to drop.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    }
)
