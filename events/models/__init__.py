"""Facts about offices, people, events and attendance."""

from events.models.access_request import AccessKind, AccessRequest, AccessState
from events.models.agenda import (
    AgendaItem,
    AgendaItemTranslation,
    Body,
    Document,
    Speaker,
    SpeakerTranslation,
)
from events.models.attendance import Attendance, AttendanceStatus
from events.models.audit import AuditEntry, ClockOffset, Outbox
from events.models.entry import Entry
from events.models.event import Event, EventStatus, EventTranslation, EventType, Mode
from events.models.follow_up import FollowUp
from events.models.minutes import Minutes, MinutesTranslation
from events.models.notice import NoticeVersion
from events.models.office import Office, OfficeKind
from events.models.person import Person, SignInLink
from events.models.preparation import ChecklistItem, Task
from events.models.promise import Promise, PromiseState
from events.models.question import (
    AnswerKind,
    DeclineReason,
    Question,
    QuestionOrder,
    QuestionState,
    QuestionVote,
)
from events.models.rate_limit import RateCount
from events.models.rsvp import RSVP
from events.models.series import Series
from events.models.staff import Membership, Role, StaffUser
from events.models.topic import Topic, TopicTranslation
from events.models.venue import Venue

__all__ = [
    "RSVP",
    "AccessKind",
    "AccessRequest",
    "AccessState",
    "AgendaItem",
    "AgendaItemTranslation",
    "AnswerKind",
    "Attendance",
    "AttendanceStatus",
    "AuditEntry",
    "Body",
    "ChecklistItem",
    "ClockOffset",
    "DeclineReason",
    "Document",
    "Entry",
    "Event",
    "EventStatus",
    "EventTranslation",
    "EventType",
    "FollowUp",
    "Membership",
    "Minutes",
    "MinutesTranslation",
    "Mode",
    "NoticeVersion",
    "Office",
    "OfficeKind",
    "Outbox",
    "Person",
    "Promise",
    "PromiseState",
    "Question",
    "QuestionOrder",
    "QuestionState",
    "QuestionVote",
    "RateCount",
    "Role",
    "Series",
    "SignInLink",
    "Speaker",
    "SpeakerTranslation",
    "StaffUser",
    "Task",
    "Topic",
    "TopicTranslation",
    "Venue",
]
