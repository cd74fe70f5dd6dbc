"""How far the digests of one office and one morning have been planned."""

from django.db import models


class DigestRun(models.Model):
    """The digests of an office for one local date: planned once, in chunks of readers.

    ``cursor`` is the key of the last person who was looked at. A planner that is killed leaves the
    row as it was; once ``finished_at`` is set there is nobody left, since whoever chooses a digest
    later gets the next one.
    """

    office = models.ForeignKey("events.Office", on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    cursor = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "date"], name="digest_run_once"),
        ]

    def __str__(self) -> str:
        return f"digests of office {self.office_id}, {self.date}"
