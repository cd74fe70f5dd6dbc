"""Rendered VEVENT blocks, so that a feed is put together and not rendered."""

from django.db import models


class CalendarBlock(models.Model):
    """The bytes of one VEVENT for (uid, language, revision, RENDER_VERSION)."""

    uid = models.CharField(max_length=255)
    language = models.CharField(max_length=12)
    revision = models.PositiveIntegerField()
    render_version = models.CharField(max_length=40)
    block = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["uid", "language", "revision", "render_version"],
                name="calendar_block_once",
            ),
        ]
