"""Tables of the notifications service, and the rule that each row protects."""

from services.notifications.models.bookings import Booking
from services.notifications.models.drafts import MessageDraft
from services.notifications.models.evaluation import Evaluation, EvaluationAsked
from services.notifications.models.invites import FacilitatorInvite, InCalendar, Invite
from services.notifications.models.messages import Mailing, Message, RateLimit, Undeliverable
from services.notifications.models.own_texts import OwnText, Site
from services.notifications.models.people import Base, CalendarAddress, Facts, Interest, MergeMove, Person, Unwanted
from services.notifications.models.sessions import Facilitator, Material, ScheduledNotice, Session

__all__ = [
    "Base",
    "Booking",
    "CalendarAddress",
    "Evaluation",
    "EvaluationAsked",
    "Facilitator",
    "FacilitatorInvite",
    "Facts",
    "InCalendar",
    "Interest",
    "Invite",
    "Mailing",
    "Material",
    "MergeMove",
    "Message",
    "MessageDraft",
    "OwnText",
    "Person",
    "RateLimit",
    "ScheduledNotice",
    "Session",
    "Site",
    "Undeliverable",
    "Unwanted",
]
