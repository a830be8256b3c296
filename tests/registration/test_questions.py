"""Questions of a session: what the team may ask and change, and what counts as an answer."""

import pytest

from services.registration.errors import BookingClosed
from services.registration.models import Booking, QuestionSet, Session
from services.registration.places import answers, bookings, lookup, questions
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from tests.registration.conftest import NOW, START
from tests.registration.questions import DIET, LINE, LUNCH, PARTS, asked, booked, ids_of, said_of


def wrong(call):
    """Return what is refused, by field."""
    with pytest.raises(Invalid) as refused:
        call()
    return {error["field"]: error["code"] for error in refused.value.errors}


def changed(db, there, *items, **more):
    """Ask these from now on, of which `there` is the set as it stands."""
    return questions.ask(db, "march", there["version"], items=list(items), kept_days=more.get("kept_days", 30))


def again(question, **changes):
    """Return a question as the team sends it once more."""
    names = ("id", "kind", "text", "hint", "options", "required", "facilitators")
    return {**{name: question[name] for name in names}, **changes}


def test_what_is_asked_comes_back_whole_and_in_order(db, told):
    told()
    there = asked(db, DIET, LUNCH, LINE, PARTS)
    seen = [{name: question[name] for name in DIET} for question in there["items"]]
    assert seen == [DIET, LUNCH, LINE, PARTS]
    assert (there["kept_days"], there["version"]) == (30, 1)


def test_a_draft_that_is_not_known_here_can_have_questions_and_asks_them_once_it_is_published(db, told, person):
    there = asked(db, {**LUNCH, "required": True})
    assert told().answers_until is not None
    (id,) = ids_of(there)
    assert wrong(lambda: booked(db, person())) == {f"answers.{id}": "missing"}


def test_questions_of_a_draft_are_for_the_team_alone(db, told):
    asked(db, LUNCH)
    with pytest.raises(NotFound):
        questions.view(db, "march", team=False)
    told()
    assert len(questions.view(db, "march", team=False)["items"]) == 1


def test_two_editors_do_not_overwrite_each_other(db, told):
    told()
    asked(db, LUNCH)
    with pytest.raises(StaleVersion):
        questions.ask(db, "march", 0, items=[LINE], kept_days=30)


@pytest.mark.parametrize(
    ("question", "field", "code"),
    [
        ({**DIET, "options": ["Vegan"]}, "items.0.options", "too-few"),
        ({**DIET, "options": ["Vegan", "vegan"]}, "items.0.options", "repeated"),
        ({**LINE, "options": ["a", "b"]}, "items.0.options", "not-for-kind"),
        ({**LINE, "id": "12345678"}, "items.0.id", "unknown-name"),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused(db, told, question, field, code):
    told()
    assert wrong(lambda: asked(db, question)) == {field: code}


def test_the_same_question_is_not_asked_twice(db, told):
    told()
    assert wrong(lambda: asked(db, LUNCH, {**LUNCH, "text": LUNCH["text"].upper()})) == {"items.1.text": "repeated"}


def test_answers_are_kept_as_they_are_meant(db, told, person):
    told()
    diet, lunch, line, parts = ids_of(asked(db, DIET, LUNCH, LINE, PARTS))
    given = {diet: "Vegan", lunch: "yes", line: "  A window  ", parts: ["Lunch", "Morning", "Lunch"]}
    booked(db, person(), given)
    assert said_of(db) == {diet: "Vegan", lunch: True, line: "A window", parts: ["Morning", "Lunch"]}


def test_what_is_left_empty_is_no_answer(db, told, person):
    told()
    diet, lunch, line, parts = ids_of(asked(db, DIET, LUNCH, LINE, PARTS))
    booked(db, person(), {diet: "", lunch: None, line: "  ", parts: []})
    assert said_of(db) is None


def test_no_to_a_question_is_an_answer(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, {**LUNCH, "required": True}))
    booked(db, person(), {lunch: False})
    assert said_of(db) == {lunch: False}


def test_all_that_is_wrong_with_answers_is_told_at_once(db, told, person):
    told()
    diet, lunch, line, parts = ids_of(asked(db, DIET, LUNCH, {**LINE, "required": True}, PARTS))
    given = {diet: "Fish", lunch: "perhaps", parts: ["Night"], "00000000": "x"}
    assert wrong(lambda: booked(db, person(), given)) == {
        f"answers.{diet}": "not-a-choice",
        f"answers.{lunch}": "not-true-or-false",
        f"answers.{line}": "missing",
        f"answers.{parts}.0": "not-a-choice",
        "answers.00000000": "unknown-field",
    }
    assert db.query(Booking).count() == 0


def test_a_line_has_an_end(db, told, person):
    told()
    (line,) = ids_of(asked(db, LINE))
    assert wrong(lambda: booked(db, person(), {line: "x" * 201})) == {f"answers.{line}": "too-long"}


def test_answers_to_a_session_that_asks_nothing_are_refused_and_not_lost_silently(db, told, person):
    told()
    assert wrong(lambda: booked(db, person(), {"00000000": "x"})) == {"answers.00000000": "unknown-field"}


def test_whoever_waits_answers_too(db, told, person):
    told(places_in_room=0, places_online=1)
    (lunch,) = ids_of(asked(db, {**LUNCH, "required": True}))
    booked(db, person("ben"), {lunch: True})
    assert booked(db, person(), {lunch: True})["state"] == "waiting"
    with pytest.raises(Invalid):
        booked(db, person("cleo"), {})


def test_whoever_is_booked_by_the_team_answers_later(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, {**LUNCH, "required": True}))
    amina = person()
    made = bookings.book_for(db, person("team", granted=["team"]), NOW, "march", "amina@example.org")
    seen = answers.of_booking(db, amina, made["reference"], NOW, own=True)
    assert [item["answer"] for item in seen["items"]] == [None]
    answers.change(db, amina, made["reference"], NOW, answers={lunch: True}, own=True)
    assert said_of(db) == {lunch: True}


def test_answers_can_be_changed_until_the_session_starts(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, LUNCH))
    amina = person()
    reference = booked(db, amina, {lunch: True})["reference"]
    seen = answers.change(db, amina, reference, NOW, answers={lunch: False}, own=True)
    assert ([item["answer"] for item in seen["items"]], seen["open"], seen["version"]) == ([False], True, 2)
    with pytest.raises(BookingClosed):
        answers.change(db, amina, reference, START, answers={lunch: True}, own=True)
    assert answers.of_booking(db, amina, reference, START)["open"] is False


def test_what_was_read_before_somebody_changed_it_is_not_overwritten(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, LUNCH))
    amina = person()
    reference = booked(db, amina)["reference"]
    answers.change(db, amina, reference, NOW, 1, answers={lunch: True})
    with pytest.raises(StaleVersion):
        answers.change(db, amina, reference, NOW, 1, answers={lunch: False})


def test_nobody_else_reads_or_changes_the_answers_of_a_booking(db, told, person):
    told()
    (lunch,) = ids_of(asked(db, LUNCH))
    reference, ben = booked(db, person(), {lunch: True})["reference"], person("ben")
    with pytest.raises(NotFound):
        answers.of_booking(db, ben, reference, NOW)
    with pytest.raises(NotFound):
        answers.change(db, ben, reference, NOW, answers={})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "Do you want supper?"}, "text"),
        ({"kind": "line", "options": []}, "kind"),
        ({"options": ["Vegan", "Halal"]}, "options"),
        ({"facilitators": True}, "facilitators"),
    ],
)
def test_what_was_answered_keeps_its_meaning_and_its_readers(db, told, person, change, field):
    told()
    there = asked(db, DIET)
    booked(db, person(), {there["items"][0]["id"]: "Vegan"})
    refused = wrong(lambda: changed(db, there, again(there["items"][0], **change)))
    assert refused[f"items.0.{field}"] == "question-answered"


def test_of_what_was_answered_the_hint_the_order_and_more_options_can_change(db, told, person):
    told()
    there = asked(db, DIET, LUNCH)
    diet, lunch = there["items"]
    booked(db, person(), {diet["id"]: "Vegan"})
    options = ["Halal", *DIET["options"]]
    now = changed(db, there, again(lunch), again(diet, hint="For lunch", options=options, required=True))
    assert [(item["id"], item["hint"]) for item in now["items"]] == [(lunch["id"], None), (diet["id"], "For lunch")]


def test_a_question_that_nobody_answered_can_be_reworded_and_taken_off(db, told):
    told()
    there = asked(db, DIET, LUNCH)
    now = changed(db, there, again(there["items"][0], text="What do you eat?"))
    assert [item["text"] for item in now["items"]] == ["What do you eat?"]


def test_an_answered_question_that_is_taken_off_stays_for_its_answers_and_can_be_asked_again(db, told, person):
    told()
    there = asked(db, {**LUNCH, "required": True}, LINE)
    lunch, line = there["items"]
    amina = person()
    reference = booked(db, amina, {lunch["id"]: True})["reference"]
    now = changed(db, there, again(line))
    assert [(item["id"], item["asked"], item["answered"]) for item in now["items"]] == [
        (line["id"], True, 0),
        (lunch["id"], False, 1),
    ]
    answers.change(db, amina, reference, NOW, answers={line["id"]: "A window"})
    assert said_of(db) == {lunch["id"]: True, line["id"]: "A window"}
    booked(db, person("ben"))  # is not asked
    back = changed(db, now, again(line), again(lunch))
    assert [item["asked"] for item in back["items"]] == [True, True]


def test_answers_are_not_kept_for_longer_than_people_were_told(db, told, person):
    told()
    there = asked(db, LUNCH)
    booked(db, person(), {there["items"][0]["id"]: True})
    refused = wrong(lambda: changed(db, there, again(there["items"][0]), kept_days=31))
    assert refused == {"kept_days": "kept-for-longer"}
    assert changed(db, there, again(there["items"][0]), kept_days=7)["kept_days"] == 7


def test_a_session_that_asks_nothing_any_more_keeps_no_answers_in_mind(db, told):
    told()
    changed(db, asked(db, LUNCH))
    assert db.get(Session, "march").answers_until is None


def test_when_a_session_is_put_off_its_answers_are_kept_until_later(db, told):
    before = told().answers_until
    asked(db, LUNCH)
    first = db.get(Session, "march").answers_until
    later = told(meetings=[{"starts_at": START.replace(month=5), "ends_at": START.replace(month=5, hour=12)}])
    assert (before, later.answers_until > first) == (None, True)


def test_the_page_of_a_session_says_whether_it_asks_anything(db, told, person):
    told()
    amina = person()
    assert lookup.own_of_session(db, amina, "march", NOW) == {"booking": None, "asks": False}
    asked(db, LUNCH)
    assert lookup.own_of_session(db, amina, "march", NOW) == {"booking": None, "asks": True}
    assert lookup.own_of_session(db, amina, "nowhere", NOW) == {"booking": None, "asks": False}


def test_a_booking_of_a_session_that_asks_nothing_looks_for_no_questions(db, told, person, monkeypatch):
    told()
    looked = []
    get = db.get
    monkeypatch.setattr(db, "get", lambda kind, *given, **named: looked.append(kind) or get(kind, *given, **named))
    booked(db, person())
    assert QuestionSet not in looked
