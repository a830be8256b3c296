"""What a report of an evaluation protects: no figure of fewer than five people, and none by subtracting two."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration import my_data
from services.registration.evaluation import counting
from services.registration.schemas import evaluation as schemas
from services.runtime.refusals import NotFound
from tests.registration.conftest import START, state_of
from tests.registration.evaluation import (
    BEFORE,
    DAY,
    END,
    HOPE,
    QUARTER,
    ROLE,
    TRUST,
    answer,
    asked,
    at,
    came,
    change,
    closed,
    report,
)

BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
SETTLED = st.lists(st.integers(0, 12), max_size=60).map(
    lambda days: [(BEGIN + timedelta(days=day), str(n)) for n, day in enumerate(days)]
)


@pytest.fixture
def people(db, told, person):
    """Have so many people come to a session."""

    def make(number, slug="march", first=0):
        if slug == "march":
            told(places_in_room=60)
        made = [person(f"{slug}{n}") for n in range(first, first + number)]
        for one in made:
            came(db, one, slug)
        return made

    return make


def all_answer(db, people, id, numbers, moment=BEFORE, **named):
    for one, number in zip(people, numbers, strict=True):
        answer(db, one, {id: number}, moment, **named)


def test_five_answers_are_counted_once_nobody_can_change_them(db, people):
    five = people(5)
    (id,) = asked(db, TRUST)
    all_answer(db, five, id, [1, 2, 2, 4, 5])
    assert at(report(db, START - timedelta(seconds=1)), BEFORE)["answers"] == "<5"
    told = schemas.EvaluationReport().dump(report(db, START))
    row = at(told, BEFORE)
    assert (row["answers"], row["figures"]["mean"]) == (5, 2.8)
    assert [count["people"] for count in row["figures"]["counts"]] == [1, 2, 0, 1, 1]


@pytest.mark.parametrize("number", [0, 1, 4])
def test_fewer_than_five_are_not_told_from_none(db, people, number):
    few = people(number)
    (id,) = asked(db, TRUST)
    all_answer(db, few, id, [3] * number)
    told = report(db, START)
    assert told["received"] == {BEFORE: "<5", DAY: "<5", QUARTER: "<5"}
    assert at(told, BEFORE) == {"moment": BEFORE, "answers": "<5", "figures": None, "texts": []}


def test_each_question_is_counted_by_itself(db, people):
    five = people(5)
    trust, role = asked(db, TRUST, ROLE)
    for n, one in enumerate(five):
        answer(db, one, {trust: 3, role: "Lead"} if n else {trust: 3})
    told = report(db, START)
    assert (at(told, BEFORE)["answers"], at(told, BEFORE, 1)["answers"]) == (5, "<5")


def test_a_session_of_few_waits_for_the_next_one(db, told, people):
    (id,) = asked(db, TRUST)
    all_answer(db, people(6), id, [3] * 6)
    for slug, days in (("april", 30), ("may", 60)):
        told(slug, meetings=state_of(slug, START + timedelta(days=days), 2)["meetings"], places_in_room=9)
        all_answer(db, people(3, slug), id, [5] * 3, slug=slug)
    counted = [at(report(db, START + timedelta(days=days)), BEFORE)["answers"] for days in (0, 30, 60)]
    assert counted == [6, 6, 12]


def test_texts_stand_in_no_order_of_those_who_wrote_them(db, people):
    five = people(5)
    (id,) = asked(db, HOPE)
    all_answer(db, five, id, ["Trust", "calm", "Time", "rest", "Bread"])
    assert at(report(db, START), BEFORE)["texts"] == ["Bread", "calm", "rest", "Time", "Trust"]


def test_those_who_are_erased_still_count_and_their_words_are_gone(db, people):
    six = people(6)
    trust, hope = asked(db, TRUST, HOPE)
    for one in six:
        answer(db, one, {trust: 3, hope: one.id}, DAY)
    my_data.erase(db, six[0], END)
    told = report(db, closed(db, DAY))
    assert at(told, DAY)["answers"] == 6
    assert sorted(at(told, DAY, 1)["texts"]) == sorted(one.id for one in six[1:])


def test_a_part_of_a_programme_has_no_report(db, people):
    people(5)
    asked(db, TRUST)
    with pytest.raises(NotFound):
        report(db, START, "sessions", "march")


class TestChange:
    """How the answers of the same people changed."""

    def test_the_same_people_are_compared(self, db, people):
        five = people(5)
        (id,) = asked(db, TRUST)
        all_answer(db, five, id, [1, 2, 3, 2, 2])
        all_answer(db, five, id, [3, 4, 4, 4, 5], QUARTER)
        changed = change(report(db, closed(db, QUARTER)), QUARTER)
        assert (changed["people"], changed["before"]["mean"], changed["after"]["mean"]) == (5, 2.0, 4.0)

    def test_four_people_who_answered_twice_are_too_few(self, db, people):
        all_of_them = people(9)
        (id,) = asked(db, TRUST)
        all_answer(db, all_of_them, id, [2] * 9)
        all_answer(db, all_of_them[:4], id, [4] * 4, DAY)
        changed = change(report(db, closed(db, DAY)), DAY)
        assert (changed["people"], changed["before"], changed["withheld"]) == ("<5", None, False)

    @pytest.mark.parametrize(("others", "withheld"), [(0, False), (1, True), (4, True), (5, False)])
    def test_what_the_others_said_cannot_be_had_by_subtracting(self, db, people, others, withheld):
        all_of_them = people(5 + others)
        (id,) = asked(db, TRUST)
        all_answer(db, all_of_them, id, [2] * (5 + others))
        all_answer(db, all_of_them[:5], id, [4] * 5, DAY)
        changed = change(report(db, closed(db, DAY)), DAY)
        assert (changed["withheld"], changed["before"] is None) == (withheld, withheld)

    def test_nor_from_the_change_to_another_moment(self, db, people):
        all_of_them = people(20)
        (id,) = asked(db, TRUST)
        all_answer(db, all_of_them, id, [2] * 20)
        all_answer(db, all_of_them[:10], id, [4] * 10, DAY)
        all_answer(db, all_of_them[:9], id, [4] * 9, QUARTER)
        told = report(db, closed(db, QUARTER))
        assert [change(told, moment)["withheld"] for moment in (DAY, QUARTER)] == [False, True]

    def test_texts_are_not_compared(self, db, people):
        people(5)
        asked(db, HOPE)
        assert report(db, START)["items"][0]["changes"] == []


@given(SETTLED)
def test_whatever_comes_in_each_report_has_five_more_people_than_the_last_or_the_same(settled):
    seen = [counting.last(counting.steps(settled, BEGIN + timedelta(days=day))) for day in range(14)]
    for earlier, later in itertools.pairwise(seen):
        assert earlier <= later
        assert len(later - earlier) not in range(1, 5)


@given(SETTLED)
def test_all_are_counted_in_the_end_but_four_at_most(settled):
    assert len(settled) - len(counting.last(counting.steps(settled, BEGIN + timedelta(days=99)))) < 5


@given(st.frozensets(st.sampled_from("abcdefghijkl")), st.lists(st.frozensets(st.sampled_from("abcdefghijkl"))))
def test_a_group_is_apart_where_no_difference_is_of_one_to_four_people(group, others):
    sizes = [len(group - other) for other in others] + [len(other - group) for other in others]
    assert counting.are_apart(group, others) == (not {1, 2, 3, 4} & {*sizes})
