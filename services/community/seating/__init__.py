"""Who sits with whom: pure rules. No database, no bus, no clock; the same plan for the same seed, on every machine."""

from services.community.seating.errors import CannotBeSeated
from services.community.seating.gathering import Gathering, Pair, Person, Plan, Round, Table
from services.community.seating.reseating import reseat
from services.community.seating.scoring import Broken, RoundScore, Score, score
from services.community.seating.seating import seat

__all__ = [
    "Broken",
    "CannotBeSeated",
    "Gathering",
    "Pair",
    "Person",
    "Plan",
    "Round",
    "RoundScore",
    "Score",
    "Table",
    "reseat",
    "score",
    "seat",
]
