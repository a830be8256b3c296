"""Who is always together: pairs and groups that share somebody are one group."""

from services.community.seating.gathering import Gathering


def groups_of(gathering: Gathering) -> list[list[str]]:
    """Return the groups of two and more among those who come, each sorted, in the order of their first."""
    leader = {person.id: person.id for person in gathering.people}
    for wanted in gathering.together:
        there = [id for id in wanted if id in leader]
        for id in there[1:]:
            _join(leader, there[0], id)
    members: dict[str, list[str]] = {}
    for id in sorted(leader):
        members.setdefault(_leader(leader, id), []).append(id)
    return [group for group in members.values() if len(group) > 1]


def _leader(leader: dict[str, str], id: str) -> str:
    while leader[id] != id:
        id = leader[id]
    return id


def _join(leader: dict[str, str], one: str, other: str) -> None:
    first, second = sorted((_leader(leader, one), _leader(leader, other)))
    leader[second] = first
