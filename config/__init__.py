"""The wiring: settings, URLs, Celery and the pages that show several apps. No app imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
