"""Who of those who applied might be given the places, so that the group is mixed: by a rule that one can say aloud.

Each place goes to the sector that has the fewest so far, counting those who have a place already. Of one sector, those
come first whose organisation has the fewest so far, then those who got no place before, then who applied first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.registration.models import MODES


@dataclass(frozen=True)
class Applicant:
    """Someone who applied: the modes that they would take, the first one rather, and how often they got no place.

    They are the nth who applied, by `number`. `organisation` is as they wrote it, but for case.
    """

    reference: str
    sector: str
    organisation: str
    modes: tuple[str, ...]
    refused: int
    number: int


@dataclass
class Free:
    """How many places are left by mode, and how many of those are held, by mode and sector."""

    left: Counter[str]
    held: Mapping[str, Counter[str]]

    def mode_for(self, applicant: Applicant) -> str | None:
        """Return the mode of a place that the applicant could have; None where there is none."""
        return next((mode for mode in applicant.modes if self._free_for(mode, applicant.sector) > 0), None)

    def take(self, mode: str, sector: str) -> None:
        """Give one of the places of a mode to someone of a sector, a held one first."""
        self.left[mode] -= 1
        if self.held[mode][sector] > 0:
            self.held[mode][sector] -= 1

    def _free_for(self, mode: str, sector: str) -> int:
        return self.left[mode] - sum(places for other, places in self.held[mode].items() if other != sector)


def free_places(left: Mapping[str, int], held: Mapping[str, Mapping[str, int]]) -> Free:
    """Return the places that are left by mode, of which some are `held` by mode and sector."""
    return Free(Counter(left), {mode: Counter(held.get(mode, {})) for mode in MODES})


def suggest(
    applicants: Iterable[Applicant],
    free: Free,
    places: int,
    sectors: Mapping[str, int],
    organisations: Mapping[str, int],
) -> list[Applicant]:
    """Return up to so many of the applicants, in the order in which they are chosen: as many as there are places for.

    `sectors` and `organisations` say how many have a place already.
    """
    waiting: dict[str, list[Applicant]] = {}
    for applicant in applicants:
        waiting.setdefault(applicant.sector, []).append(applicant)
    of_sector, of_organisation = Counter(sectors), Counter(organisations)
    chosen: list[Applicant] = []
    while len(chosen) < places and (found := _next(waiting, free, of_sector, of_organisation)):
        applicant, mode = found
        free.take(mode, applicant.sector)
        waiting[applicant.sector].remove(applicant)
        of_sector[applicant.sector] += 1
        of_organisation[applicant.organisation] += 1
        chosen.append(applicant)
    return chosen


def _next(
    waiting: Mapping[str, list[Applicant]], free: Free, sectors: Counter[str], organisations: Counter[str]
) -> tuple[Applicant, str] | None:
    """Return who is chosen next, and for which mode.

    Of sectors with as few, the one of which more are left is first, and then the one of which someone applied first.
    """
    left = {sector: there for sector, there in waiting.items() if there}
    for sector in sorted(left, key=lambda one: (sectors[one], -len(left[one]), min(a.number for a in left[one]))):
        fitting = [(applicant, mode) for applicant in waiting[sector] if (mode := free.mode_for(applicant))]
        if fitting:
            return min(fitting, key=lambda found: _rank(found[0], organisations))
    return None


def _rank(applicant: Applicant, organisations: Counter[str]) -> tuple[int, int, int]:
    return organisations[applicant.organisation], -applicant.refused, applicant.number
