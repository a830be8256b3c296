"""What cannot be seated at all, found before anything is tried."""

from collections import Counter

from services.community.seating.errors import CannotBeSeated
from services.community.seating.gathering import Gathering, number_of_tables
from services.community.seating.groups import groups_of
from services.runtime.faults import Fault


def tables_of(gathering: Gathering) -> int:
    """Return how many tables there are: as many as the room says, or as come nearest to the size, one a host at least.

    A host too many for the size is refused by `check`.
    """
    return gathering.tables or number_of_tables(len(gathering.people), gathering.size)


def check(gathering: Gathering) -> None:
    """Raise CannotBeSeated, with the reason and whom it is about, where it is plain that nothing can be found."""
    _check_numbers(gathering)
    _check_people(gathering)
    tables, groups = tables_of(gathering), groups_of(gathering)
    if len(gathering.hosts) > tables:
        raise _refused("more-hosts-than-tables", max=tables, hosts=len(gathering.hosts))
    _check_groups(gathering, groups, -(-len(gathering.people) // tables))
    _check_steps(gathering, groups, tables)


def _check_numbers(gathering: Gathering) -> None:
    if not gathering.people:
        raise _refused("nobody-to-seat")
    if gathering.size < 2 or gathering.rounds < 1 or (gathering.tables is not None and gathering.tables < 1):
        raise _refused("too-small")
    if gathering.tables is not None and gathering.tables > len(gathering.people):
        raise _refused("more-tables-than-people")


def _check_people(gathering: Gathering) -> None:
    ids = Counter(person.id for person in gathering.people)
    twice = sorted(id for id, times in (ids + Counter()).items() if times > 1)
    twice += sorted(id for id, times in Counter(gathering.hosts).items() if times > 1)
    if twice:
        raise _refused("named-twice", twice)
    if strangers := sorted({*gathering.hosts} - {*ids}):
        raise _refused("host-not-there", strangers)


def _check_groups(gathering: Gathering, groups: list[list[str]], chairs: int) -> None:
    together = {id: number for number, group in enumerate(groups) for id in group}
    for one, other in gathering.apart:
        if one == other or (one in together and together[one] == together.get(other)):
            raise _refused("apart-and-together", [one, other])
    for group in groups:
        if len(group) > chairs:
            raise _refused("group-larger-than-a-table", group, people=len(group))
        if len(hosts := sorted({*group} & {*gathering.hosts})) > 1:
            raise _refused("hosts-together", hosts)


def _check_steps(gathering: Gathering, groups: list[list[str]], tables: int) -> None:
    """Those who need a step-free table bring whom they must be with; a host at such a table takes a chair of it."""
    if gathering.step_free_tables is None or gathering.step_free_tables >= tables:
        return
    party = {id: group for group in groups for id in group}
    needing = {one for person in gathering.people if person.step_free for one in party.get(person.id, [person.id])}
    hosting = sorted(needing & {*gathering.hosts})
    if len(hosting) > gathering.step_free_tables:
        raise _refused("more-step-free-needs-than-seats", hosting)
    others = max(len(gathering.hosts) - (tables - gathering.step_free_tables) - len(hosting), 0)
    if len(needing) + others > _largest(len(gathering.people), tables, gathering.step_free_tables):
        raise _refused("more-step-free-needs-than-seats", sorted(needing), people=len(needing))


def _largest(people: int, tables: int, chosen: int) -> int:
    """Return how many chairs that many of the tables have at the most, where sizes differ by one."""
    return chosen * (people // tables) + min(chosen, people % tables)


def _refused(reason: str, named: list[str] | None = None, **limits: int) -> CannotBeSeated:
    return CannotBeSeated(Fault(reason, limits).message, reason=reason, people=named or [], limits=limits)
