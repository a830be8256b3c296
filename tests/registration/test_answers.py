"""Answers to a session's questions: who reads them, how they are counted, and what becomes of them."""

from datetime import timedelta

import pytest

from services.registration import handing_on, moves, my_data
from services.registration.places import answers, bookings
from services.runtime.refusals import NotFound
from tests.registration.conftest import NOW, START
from tests.registration.kept import let_go
from tests.registration.merging import merge_own
from tests.registration.questions import DIET, LINE, LUNCH, PARTS, asked, booked, ids_of, said_of

FOR_BOTH = {"facilitators": True}


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


def counted(totals):
    return [{row["answer"]: row["people"] for row in item["answers"]} for item in totals["items"]]


def test_totals_count_each_option_of_those_who_have_a_place(db, told, person, team):
    told(places_in_room=3)
    diet, lunch, line, parts = ids_of(asked(db, DIET, LUNCH, LINE, PARTS))
    booked(db, person("amina"), {diet: "Vegan", lunch: True, line: "A window", parts: ["Morning", "Lunch"]})
    booked(db, person("ben"), {lunch: False, line: "a WINDOW", parts: ["Lunch"]})
    booked(db, person("cleo"), {line: "The front"})
    assert booked(db, person("dev"), {diet: "Vegan"})["state"] == "waiting"
    totals = answers.totals(db, team, "march")
    assert totals["people"] == 3
    assert counted(totals) == [
        {"Anything": 0, "Vegan": 1},
        {"yes": 1, "no": 1},
        {"A window": 2, "The front": 1},
        {"Morning": 1, "Lunch": 2},
    ]
    assert [item["answered"] for item in totals["items"]] == [1, 2, 3, 2]


def test_who_facilitates_reads_what_is_for_them_of_those_who_have_a_place(db, told, person, team):
    told(places_in_room=1)
    diet, lunch = ids_of(asked(db, DIET, {**LUNCH, **FOR_BOTH}))
    first = booked(db, person("amina"), {diet: "Vegan", lunch: True})["reference"]
    second = booked(db, person("ben"), {diet: "Anything", lunch: False})["reference"]
    facilitator = person("fay")
    mine = answers.page(db, facilitator, "march", None, 20)["items"]
    assert mine == [{"reference": first, "answers": {lunch: True}}]
    assert [item["id"] for item in answers.totals(db, facilitator, "march")["items"]] == [lunch]
    theirs = answers.page(db, team, "march", None, 20)["items"]
    assert [row["reference"] for row in theirs] == [first, second]
    assert theirs[0]["answers"] == {diet: "Vegan", lunch: True}


def test_a_list_of_answers_goes_on_where_it_stopped(db, told, person, team):
    told(places_in_room=3)
    (lunch,) = ids_of(asked(db, LUNCH))
    made = [booked(db, person(name), {lunch: True})["reference"] for name in ("amina", "ben", "cleo")]
    first = answers.page(db, team, "march", None, 2)
    then = answers.page(db, team, "march", first["next"], 2)
    assert [row["reference"] for row in first["items"] + then["items"]] == made
    assert then["next"] is None


def test_there_are_no_answers_to_a_session_that_is_not_there(db, team):
    with pytest.raises(NotFound):
        answers.page(db, team, "march", None, 20)
    with pytest.raises(NotFound):
        answers.totals(db, team, "march")


def test_answers_go_after_as_many_days_as_the_team_said_and_no_later(db, told, person):
    for slug, kept_days in (("march", 7), ("april", 60)):
        told(slug)
        asked(db, LUNCH, slug=slug, kept_days=kept_days)
    amina = person()
    references = {}
    for slug in ("march", "april"):
        (lunch,) = (row["id"] for row in answers.questions.of_session(db, slug))
        made = bookings.book(db, amina, NOW, slug, allow_clash=True, answers={lunch: True})
        references[slug] = made["reference"]
    over = told("march").ends_at + timedelta(days=7)

    def left(now):
        let_go(db, now, "session_answers")
        db.expire_all()
        return [slug for slug, reference in references.items() if said_of(db, reference)]

    assert left(over - timedelta(days=1)) == ["march", "april"]
    assert left(over) == ["april"]
    assert left(over + timedelta(days=53)) == []


def test_a_booking_that_moves_leaves_its_answers_behind(db, told, person):
    told(places_in_room=1)
    told("april", meetings=[{"starts_at": START + timedelta(days=30), "ends_at": START + timedelta(days=30, hours=1)}])
    (lunch,) = ids_of(asked(db, LUNCH))
    amina = person()
    reference = booked(db, amina, {lunch: True})["reference"]
    moves.move(db, amina, reference, NOW, "april")
    assert said_of(db, reference) is None


def test_whoever_is_handed_a_place_gives_their_own_answers(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, {**LUNCH, "required": True}))
    amina = person()
    reference = booked(db, amina, {lunch: True})["reference"]
    got = handing_on.hand_on(db, amina, reference, NOW, "ben@example.org")
    assert said_of(db, got["reference"]) is None


def test_answers_come_back_with_a_session_that_is_called_back(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, LUNCH))
    reference = booked(db, person(), {lunch: True})["reference"]
    told(status="cancelled", cancel_reason="Snow")
    told()
    assert said_of(db, reference) == {lunch: True}


def test_the_export_of_ones_data_has_the_questions_with_the_answers(db, told, person):
    told()
    diet, _ = ids_of(asked(db, DIET, LUNCH))
    amina = person()
    booked(db, amina, {diet: "Vegan"})
    (booking,) = my_data.export(db, amina)["bookings"]
    assert booking["answers"] == [{"question": DIET["text"], "answer": "Vegan"}]


def test_erasing_a_person_takes_their_answers_and_leaves_those_of_others(db, told, person, team):
    told()
    (diet,) = ids_of(asked(db, DIET))
    amina, ben = person("amina"), person("ben")
    booked(db, amina, {diet: "Vegan"})
    kept = booked(db, ben, {diet: "Anything"})["reference"]
    my_data.erase(db, amina, NOW)
    assert [row["reference"] for row in answers.page(db, team, "march", None, 20)["items"]] == [kept]


def test_answers_come_along_with_a_booking_when_accounts_are_merged(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, LUNCH))
    kept, other = person("amina"), person("amy")
    reference = booked(db, other, {lunch: True})["reference"]
    merge_own(db, kept, other)
    assert [row["reference"] for row in my_data.export(db, kept)["bookings"] if row["answers"]] == [reference]
