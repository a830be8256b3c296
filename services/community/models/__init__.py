"""What the community service keeps: its copies of people, sessions and places, who was where, and members."""

from services.community.models.bookings import Booking, Presence
from services.community.models.members import Block, Introduction, Member, Report
from services.community.models.organisations import ConfirmedOrganisation, folded
from services.community.models.people import Base, Employment, MergeMove, Person, Sector
from services.community.models.reach import (
    Reached,
    ReachFigures,
    ReachMade,
    ReachMark,
    ReachPlaces,
    ReachRoom,
    ReachWho,
)
from services.community.models.removals import Removal
from services.community.models.sessions import Session, TopicName
from services.community.models.tablemates import Sitting, ToldOfSitting
from services.community.models.tables import Plan, Seat

__all__ = [
    "Base",
    "Block",
    "Booking",
    "ConfirmedOrganisation",
    "Employment",
    "Introduction",
    "Member",
    "MergeMove",
    "Person",
    "Plan",
    "Presence",
    "ReachFigures",
    "ReachMade",
    "ReachMark",
    "ReachPlaces",
    "ReachRoom",
    "ReachWho",
    "Reached",
    "Removal",
    "Report",
    "Seat",
    "Sector",
    "Session",
    "Sitting",
    "ToldOfSitting",
    "TopicName",
    "folded",
]
