"""What the community service accepts and what it returns."""

from services.community.schemas.tables import (
    MOST_ROUNDS,
    MOST_SIZE,
    OwnTables,
    OwnTablesList,
    PeopleToSeat,
    PlanState,
    SeatMoved,
    TablesUpdate,
    TablesView,
    TablesWanted,
)

__all__ = [
    "MOST_ROUNDS",
    "MOST_SIZE",
    "OwnTables",
    "OwnTablesList",
    "PeopleToSeat",
    "PlanState",
    "SeatMoved",
    "TablesUpdate",
    "TablesView",
    "TablesWanted",
]
