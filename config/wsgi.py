"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# gunicorn imports this once and forks: what is loaded here, no visitor of any process waits for.
get_resolver().url_patterns  # noqa: B018
celery_app.connection_for_write().get_transport_cls()
