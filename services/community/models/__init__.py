"""What the community service keeps: its copies of people, sessions and places, and who was where."""

from services.community.models.bookings import Booking, Presence
from services.community.models.people import Base, Employment, Person, Sector
from services.community.models.reach import Reached, ReachFigures, ReachMade, ReachMark, ReachRoom
from services.community.models.sessions import Session
from services.community.models.tables import Plan, Seat

__all__ = [
    "Base",
    "Booking",
    "Employment",
    "Person",
    "Plan",
    "Presence",
    "ReachFigures",
    "ReachMade",
    "ReachMark",
    "ReachRoom",
    "Reached",
    "Seat",
    "Sector",
    "Session",
]
