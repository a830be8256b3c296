"""The suggestion mixes sectors: as many as there are places for, nobody twice, held places kept, the fewest first."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registration.models import MODES
from services.registration.places.suggesting import Applicant, free_places, suggest
from tests.examples import examples

SECTORS = ("citizen", "hospital", "social_care")
ORGANISATIONS = ("", "leeds", "york")

modes_ = st.sampled_from((("in_room",), ("online",), MODES, MODES[::-1]))
people_ = st.lists(st.tuples(st.sampled_from(SECTORS), st.sampled_from(ORGANISATIONS), modes_, st.integers(0, 2)),
                   max_size=14)  # fmt: skip
few_ = st.integers(0, 6)
had_ = st.dictionaries(st.sampled_from(SECTORS), st.integers(0, 4))


def applicants_of(people):
    return [Applicant(f"b{n}", *said, number=n) for n, said in enumerate(people)]


def one(number, sector, organisation="", refused=0):
    return Applicant(f"b{number}", sector, organisation, ("in_room",), refused, number)


def chosen_of(applicants, places, sectors=(), organisations=(), held=None):
    free = free_places({"in_room": places}, {"in_room": held or {}})
    return [found.number for found in suggest(applicants, free, places, dict(sectors), dict(organisations))]


@settings(max_examples=examples(300), deadline=None)
@given(people_, few_, few_, st.dictionaries(st.sampled_from(SECTORS), st.integers(0, 3)), few_, had_)
def test_whoever_applied_and_whatever_is_held_the_suggestion_can_be_given(people, in_room, online, held, places, had):
    held = {sector: number for sector, number in held.items() if sum(held.values()) <= in_room}
    applicants = applicants_of(people)
    free = free_places({"in_room": in_room, "online": online}, {"in_room": held})
    chosen = suggest(applicants, free, places, had, {})
    assert len(chosen) == len({found.reference for found in chosen}) <= min(places, in_room + online, len(applicants))
    assert all(free.left[mode] >= 0 for mode in MODES)
    assert all(sum(free.held[mode].values()) <= free.left[mode] for mode in MODES), "held places are kept"
    left_over = [applicant for applicant in applicants if applicant not in chosen]
    assert len(chosen) == places or not [one for one in left_over if free.mode_for(one)], "no place is left unused"
    assert chosen == suggest(applicants, free_places({"in_room": in_room, "online": online}, {"in_room": held}),
                             places, had, {})  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(people_, few_, had_)
def test_no_sector_is_more_than_one_ahead_of_another_of_which_someone_is_left(people, places, had):
    applicants = [Applicant(a.reference, a.sector, a.organisation, ("in_room",), a.refused, a.number)
                  for a in applicants_of(people)]  # fmt: skip
    chosen = suggest(applicants, free_places({"in_room": places}, {}), places, had, {})
    suggested = Counter(found.sector for found in chosen)
    have = Counter(had) + suggested
    for behind in {applicant.sector for applicant in applicants if applicant not in chosen}:
        assert all(have[sector] <= have[behind] + 1 for sector in suggested)


def test_each_place_goes_to_the_sector_that_has_the_fewest():
    applicants = [*(one(n, "hospital") for n in range(8)), one(8, "citizen"), one(9, "social_care")]
    assert chosen_of(applicants, 4) == [0, 8, 9, 1]
    assert chosen_of(applicants, 3, {"hospital": 5}) == [8, 9, 0]


def test_of_one_sector_an_organisation_that_is_not_there_yet_comes_first():
    applicants = [one(0, "hospital", "leeds"), one(1, "hospital", "leeds"), one(2, "hospital", "york")]
    assert chosen_of(applicants, 2) == [0, 2]
    assert chosen_of(applicants, 1, organisations={"leeds": 1}) == [2]


def test_then_comes_who_got_no_place_before_and_then_who_applied_first():
    applicants = [one(0, "hospital"), one(1, "hospital", refused=1), one(2, "hospital", refused=2)]
    assert chosen_of(applicants, 1) == [2]
    assert chosen_of([one(0, "hospital"), one(1, "hospital")], 1) == [0]


def test_a_place_that_is_held_is_suggested_to_nobody_else():
    applicants = [one(0, "hospital"), one(1, "hospital"), one(2, "citizen")]
    assert chosen_of(applicants[:2], 2, held={"citizen": 1}) == [0]
    assert chosen_of(applicants, 2, held={"citizen": 1}) == [0, 2]
