"""What of answers is counted, so that no figure is of fewer than five people, and no two figures differ by fewer.

Answers are in a report once nobody can change them any more, and then five or more at a time: whoever reads it today
and again tomorrow sees that at least five people were added, or that nothing was. A rule of this kind is used wherever
small counts are published again and again; the number is that of figures to share (`services/runtime/to_share.py`).
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from services.registration.schemas.evaluation import FEWEST_COUNTED

Group = frozenset[str]
Settled = tuple[datetime, str]  # from when it may be counted, and whose key


def steps(settled: Iterable[Settled], now: datetime) -> list[Group]:
    """Return the groups of keys that were counted one after the other; each has at least five more than the last.

    Those of one moment come in together. Fewer than five wait for the next.
    """
    counted: list[Group] = []
    waiting: set[str] = set()
    by_time = sorted(one for one in settled if one[0] <= now)
    for _, together in groupby(by_time, key=lambda one: one[0]):
        waiting |= {key for _, key in together}
        if len(waiting) >= FEWEST_COUNTED:
            counted.append(frozenset(waiting | (counted[-1] if counted else frozenset())))
            waiting = set()
    return counted


def last(counted: list[Group]) -> Group:
    """Return the group that is counted now."""
    return counted[-1] if counted else frozenset()


def are_apart(group: Group, others: Iterable[Group]) -> bool:
    """Tell whether figures of `group` can be shown beside those of the others.

    They cannot where all of one are in the other but for one to four people: the difference would be what those said.
    """
    return all(not _is_few(group - other) and not _is_few(other - group) for other in others)


def _is_few(group: Group) -> bool:
    return 0 < len(group) < FEWEST_COUNTED
