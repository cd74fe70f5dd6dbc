"""What residents ask at an event, and who would like to hear the same."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from events.models.event import Event


class QuestionState(models.TextChoices):
    HELD = "held", _("Held until somebody has read it")
    PUBLISHED = "published", _("Published")
    DECLINED = "declined", _("Declined")
    MERGED = "merged", _("Merged with another")


class DeclineReason(models.TextChoices):
    """The only reasons for which a question is declined. None is about what it thinks."""

    THREAT = "threat", _("It threatens somebody")
    PRIVATE_DATA = "private_data", _("It tells private facts about somebody")
    SPAM = "spam", _("It is advertising or spam")
    DUPLICATE = "duplicate", _("The same question is there already")
    OFF_TOPIC = "off_topic", _("It is not about this event or this office")


class QuestionOrder(models.TextChoices):
    IN_TURN = "in_turn", _("In turn: who asked first is first")
    LOT = "lot", _("By lot")
    VOTES = "votes", _("By votes")


class AnswerKind(models.TextChoices):
    LIVE = "live", _("At the event")
    WRITING = "writing", _("In writing")


class QuestionQuerySet(models.QuerySet["Question"]):
    def asked(self) -> "QuestionQuerySet":
        """Those whose asker has shown that the address is their own; the rest nobody sees."""
        return self.filter(proven_at__isnull=False)

    def held(self) -> "QuestionQuerySet":
        """What waits for somebody to read it, who asked first on top."""
        return self.asked().filter(state=QuestionState.HELD).order_by("proven_at", "pk")

    def heard(self) -> "QuestionQuerySet":
        """Those that stood on the list, also as a part of another one."""
        return self.asked().filter(state__in=[QuestionState.PUBLISHED, QuestionState.MERGED])

    def published(self) -> "QuestionQuerySet":
        return self.filter(state=QuestionState.PUBLISHED)

    def declined(self) -> "QuestionQuerySet":
        return self.filter(state=QuestionState.DECLINED)

    def for_second_reader(self) -> "QuestionQuerySet":
        """Declined, and the asker wants somebody else to read it, too."""
        return self.declined().filter(second_asked_at__isnull=False, second_read_at=None)

    def with_votes(self) -> "QuestionQuerySet":
        """Annotate ``support``: how many people want to hear it, its asker among them."""
        return self.annotate(support=Count("votes"))


class Question(models.Model):
    """One question to one event. Its text is public once it is published; who asked never is.

    ``public_name`` is what its asker wants to be called beside it, empty by default. A question
    counts from the moment on at which the asker's address is proven (DESIGN.md, Proof). A declined
    one keeps its text, for the asker, the second reader and the record.
    """

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="questions")
    person = models.ForeignKey("events.Person", on_delete=models.PROTECT, related_name="questions")
    #: The RSVP that it came with, whose link proves it, too.
    rsvp = models.ForeignKey(
        "events.RSVP", null=True, on_delete=models.SET_NULL, related_name="questions"
    )
    text = models.TextField()
    public_name = models.CharField(max_length=80, blank=True)
    #: The asker's language, for mail.
    language = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    link_version = models.PositiveIntegerField(default=1)

    state = models.CharField(
        max_length=10, choices=QuestionState.choices, default=QuestionState.HELD
    )
    published_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20, choices=DeclineReason.choices, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )
    #: Who decided last, and by which operation: a click on an older page decides nothing.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision = models.UUIDField(null=True)
    #: When the asker of a declined question asked for a second reader, and when one had read it.
    second_asked_at = models.DateTimeField(null=True)
    second_read_at = models.DateTimeField(null=True)

    answered = models.CharField(max_length=10, choices=AnswerKind.choices, blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    objects = QuestionQuerySet.as_manager()

    if TYPE_CHECKING:
        votes: RelatedManager["QuestionVote"]
        merged: RelatedManager["Question"]
        #: Annotated by ``with_votes``.
        support: int

    class Meta:
        indexes = [models.Index(fields=["event", "state"], name="question_event_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=QuestionState.values), name="question_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=QuestionState.HELD) | Q(proven_at__isnull=False),
                name="question_decided_once_proven",
            ),
            models.CheckConstraint(
                condition=Q(state=QuestionState.DECLINED, reason__in=DeclineReason.values)
                | ~Q(state=QuestionState.DECLINED) & Q(reason=""),
                name="question_declined_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=QuestionState.MERGED, merged_into__isnull=False)
                | ~Q(state=QuestionState.MERGED) & Q(merged_into=None),
                name="question_merged_into_one",
            ),
            models.CheckConstraint(
                condition=~Q(state=QuestionState.PUBLISHED) | Q(published_at__isnull=False),
                name="question_published_at",
            ),
            models.CheckConstraint(
                condition=Q(answered="", answer="", answered_at=None)
                | Q(answered=AnswerKind.LIVE, answer="", answered_at__isnull=False)
                | Q(answered=AnswerKind.WRITING, answered_at__isnull=False) & ~Q(answer=""),
                name="question_answer_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered="") | Q(state=QuestionState.PUBLISHED),
                name="question_answered_in_public",
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.pk} ({self.state})"

    @property
    def is_held(self) -> bool:
        return self.state == QuestionState.HELD

    @property
    def is_published(self) -> bool:
        return self.state == QuestionState.PUBLISHED

    @property
    def is_declined(self) -> bool:
        return self.state == QuestionState.DECLINED

    @property
    def is_merged(self) -> bool:
        return self.state == QuestionState.MERGED

    @property
    def waits_for_second_reader(self) -> bool:
        return self.is_declined and self.second_asked_at is not None and self.second_read_at is None


class QuestionVote(models.Model):
    """One person who would like to hear the answer. The asker is the first of them."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(
        "events.Person", on_delete=models.CASCADE, related_name="question_votes"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "person"], name="question_vote_once"),
        ]

    def __str__(self) -> str:
        return f"vote for question {self.question_id}"


def rank_by_lot(seed: str, number: int) -> str:
    """Return the rank of a question in a draw: anybody can check it with the published seed.

    The SHA-256 of "seed:number" in hexadecimal digits; the smallest comes first. One that is
    published after the draw has its rank by the same rule.
    """
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


def in_order(questions: Iterable[Question], event: "Event") -> list[Question]:
    """Return questions (``with_votes``) in the order that the office has chosen for the event."""
    in_turn = sorted(questions, key=lambda one: (one.proven_at or one.created_at, one.pk))
    if event.question_order == QuestionOrder.VOTES:
        return sorted(in_turn, key=lambda one: -one.support)
    if event.question_order == QuestionOrder.LOT and event.question_seed:
        return sorted(in_turn, key=lambda one: rank_by_lot(event.question_seed, one.pk))
    return in_turn
