"""What the public could read of an event, and since when: kept for ever."""

from typing import Any, NoReturn

from django.db import models


class NeverChanged(Exception):
    """Somebody tried to change or delete what is kept for ever."""


class NoticeVersionQuerySet(models.QuerySet["NoticeVersion"]):
    def update(self, **columns: Any) -> NoReturn:
        """Refuse: a version stays as it is."""
        raise NeverChanged

    def delete(self) -> NoReturn:
        """Refuse: a version stays."""
        raise NeverChanged


class NoticeVersion(models.Model):
    """One version of the public facts of an event. Append-only; a trigger of the database, too.

    ``text`` is the canonical text (``events.versions``). It names the digest of the version before,
    so that none can be changed, left out or put in between without every later digest changing.
    """

    event = models.ForeignKey(
        "events.Event", on_delete=models.PROTECT, related_name="notice_versions"
    )
    #: From 1 on, without a gap.
    number = models.PositiveIntegerField()
    #: When it was public: the instant of the change that made it.
    at = models.DateTimeField()
    text = models.TextField()
    #: SHA-256 of the text in UTF-8, in hexadecimal.
    digest = models.CharField(max_length=64)

    objects = NoticeVersionQuerySet.as_manager()

    class Meta:
        ordering = ["event", "number"]
        constraints = [
            models.UniqueConstraint(fields=["event", "number"], name="notice_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}, {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverChanged
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: a version stays."""
        raise NeverChanged
