"""People, their places in sessions, and the rules that each row protects.

A session here is registration's own copy, kept by catalogue's events. Whoever changes a session's counters holds the
lock on its row (`Session.locked`); a check constraint stands behind the rule that nothing is overbooked. A person's row
is locked before a session's, and sessions are locked in the order of their slugs, so that nobody waits in a ring.
"""

from services.registration.models.addresses import Address
from services.registration.models.attendance import Attendance, Certificate
from services.registration.models.audit import Audit, AuditChain
from services.registration.models.bookings import (
    ATTENDANCE,
    LIVE,
    MODES,
    THERE,
    Booking,
    Change,
    new_booking,
    new_reference,
)
from services.registration.models.coordinators import Coordinator, Nomination
from services.registration.models.email_changes import EmailChange
from services.registration.models.employments import Employment
from services.registration.models.evaluation import Evaluation, EvaluationAnswer, EvaluationLink
from services.registration.models.facilitators import Facilitator, PlannedFacilitator
from services.registration.models.feedback import Feedback
from services.registration.models.identities import Identity, ProviderSignIn
from services.registration.models.imports import Import, ImportedLine
from services.registration.models.invitations import Invitation
from services.registration.models.merges import Merge, MergeCode, MergeMove
from services.registration.models.organisations import Organisation
from services.registration.models.people import Base, Guess, Person, Sector, SignInCode, Token, folded
from services.registration.models.places_announced import PlacesAnnounced
from services.registration.models.questions import QuestionSet
from services.registration.models.roles import Role, Welcome
from services.registration.models.second_factors import FactorTry, RecoveryCode, SecondFactor
from services.registration.models.sessions import Session, Span, other_mode
from services.registration.models.wishes import Interest, Programme, Suggestion, TopicName

__all__ = [
    "ATTENDANCE",
    "LIVE",
    "MODES",
    "THERE",
    "Address",
    "Attendance",
    "Audit",
    "AuditChain",
    "Base",
    "Booking",
    "Certificate",
    "Change",
    "Coordinator",
    "EmailChange",
    "Employment",
    "Evaluation",
    "EvaluationAnswer",
    "EvaluationLink",
    "Facilitator",
    "FactorTry",
    "Feedback",
    "Guess",
    "Identity",
    "Import",
    "ImportedLine",
    "Interest",
    "Invitation",
    "Merge",
    "MergeCode",
    "MergeMove",
    "Nomination",
    "Organisation",
    "Person",
    "PlacesAnnounced",
    "PlannedFacilitator",
    "Programme",
    "ProviderSignIn",
    "QuestionSet",
    "RecoveryCode",
    "Role",
    "SecondFactor",
    "Sector",
    "Session",
    "SignInCode",
    "Span",
    "Suggestion",
    "Token",
    "TopicName",
    "Welcome",
    "folded",
    "new_booking",
    "new_reference",
    "other_mode",
]
