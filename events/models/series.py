"""The rule behind dates that repeat."""

from django.db import models


class Series(models.Model):
    """A weekly rule in local wall time; every date is an :class:`Event` of its own.

    The first date holds what the others are copied from. The tick keeps twelve months of dates.
    """

    office = models.ForeignKey("events.Office", on_delete=models.CASCADE, related_name="series")
    #: RFC 5545 RRULE without DTSTART, such as ``FREQ=WEEKLY;INTERVAL=2``.
    rule = models.CharField(max_length=200)
    #: First local start, ``2026-06-11T18:30``; the zone is beside it.
    first_start = models.CharField(max_length=16)
    timezone = models.CharField(max_length=64)
    #: Dates up to here exist as rows (an instant, exclusive).
    extended_to = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"{self.rule} from {self.first_start}"
