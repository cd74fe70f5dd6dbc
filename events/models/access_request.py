"""What a guest needs in order to take part."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccessKind(models.TextChoices):
    ASL = "asl", _("American Sign Language interpreter")
    CAPTIONS = "captions", _("Live captions")
    INTERPRETER = "interpreter", _("Interpreter for a spoken language")
    WHEELCHAIR = "wheelchair", _("Wheelchair space")
    HEARING_LOOP = "hearing_loop", _("Hearing loop or assistive listening device")
    LARGE_PRINT = "large_print", _("Large print or screen-reader documents")
    OTHER = "other", _("Something else")


class AccessRequest(models.Model):
    """One kind of help that one RSVP asks for; the words are with the RSVP, encrypted."""

    rsvp = models.ForeignKey(
        "events.RSVP", on_delete=models.CASCADE, related_name="access_requests"
    )
    kind = models.CharField(max_length=20, choices=AccessKind.choices)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rsvp", "kind"], name="access_request_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=AccessKind.values), name="access_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for RSVP {self.rsvp_id}"
