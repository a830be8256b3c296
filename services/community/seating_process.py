"""Seats one gathering, as a process of its own: a gathering as JSON comes in, the tables of its rounds go out."""

import json
from typing import Any

from services.community import worker_process
from services.community.seating import Gathering, Person, seat
from services.community.seating.gathering import Round


def seated(asked: dict[str, Any]) -> tuple[Round, ...]:
    """Return the tables of the rounds. Raises CannotBeSeated."""
    gathering = Gathering(
        people=tuple(Person(**person) for person in asked["people"]),
        size=asked["size"],
        rounds=asked["rounds"],
        hosts=tuple(asked["hosts"]),
        apart=tuple((one, other) for one, other in asked["apart"]),
        together=tuple(tuple(group) for group in asked["together"]),
        step_free_tables=asked["step_free_tables"],
        met=frozenset((one, other) for one, other in asked["met"]),
        tables=asked["tables"],
    )
    return seat(gathering, asked["seed"]).rounds


if __name__ == "__main__":
    worker_process.answer(lambda asked: seated(json.loads(asked)))
