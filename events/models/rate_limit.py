"""The one counter table behind every rate limit."""

from django.db import models


class RateCount(models.Model):
    """How often a key (a keyed hash, never an address) was seen in a window."""

    key = models.CharField(max_length=80)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "window_start"], name="rate_count_once"),
        ]
        indexes = [models.Index(fields=["window_start"], name="rate_count_window")]
