"""What evaluation protects: who is asked and when, that answers keep their meaning, and that they are one person's."""

import itertools
from datetime import timedelta

import pytest

from services.bus import keeping
from services.registration import my_data, retention
from services.registration.errors import EvaluationNotOpen
from services.registration.evaluation import answering, asking, moments
from services.registration.merging import undoing
from services.registration.models import Booking, EvaluationAnswer, EvaluationLink
from services.registration.places import bookings
from services.registration.schemas import evaluation as schemas
from services.registration.schemas.feedback import FormsOfBooking
from services.registration.voices import feedback
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from services.runtime.schemas import load
from tests.registration.conftest import NOW, START, state_of
from tests.registration.evaluation import (
    BEFORE,
    DAY,
    END,
    HOPE,
    PLAIN,
    QUARTER,
    ROLE,
    TRUST,
    absent,
    answer,
    asked,
    came,
    closed,
)
from tests.registration.merging import merge


def wrong(call):
    """Return what is refused, by field."""
    with pytest.raises(Invalid) as refused:
        call()
    return {error["field"]: error["code"] for error in refused.value.errors}


def again(question, **changes):
    """Return a question as the team sends it once more."""
    return {**{name: question[name] for name in ("id", "kind", "text", "hint", "options", "low", "high")}, **changes}


def ask_again(db, there, *items, moments=(BEFORE,)):
    return asking.ask(db, "programmes", "slp", there["version"], items=list(items), moments=list(moments))


class TestAsking:
    """What the team may ask, and change."""

    def test_what_is_asked_comes_back_whole_and_in_order(self, db):
        given = load(schemas.EvaluationWanted(), {"items": [TRUST, ROLE, HOPE], "moments": [DAY, BEFORE]})
        there = asking.ask(db, "programmes", "slp", 0, **given)
        assert [{name: question[name] for name in TRUST} for question in there["items"]] == [TRUST, ROLE, HOPE]
        assert (there["moments"], there["version"]) == ([BEFORE, DAY], 1)
        assert schemas.EvaluationView().dump(there) == schemas.EvaluationView().dump(
            asking.view(db, "programmes", "slp")
        )

    def test_two_editors_do_not_overwrite_each_other(self, db):
        asked(db, TRUST)
        with pytest.raises(StaleVersion):
            asking.ask(db, "programmes", "slp", 0, items=[ROLE], moments=[BEFORE])

    @pytest.mark.parametrize(
        ("question", "field", "code"),
        [
            ({**TRUST, "low": None}, "low", "missing"),
            ({**TRUST, "options": ["a"]}, "options", "not-for-kind"),
            ({**HOPE, "high": "Much"}, "high", "not-for-kind"),
            ({**ROLE, "options": ["One"]}, "options", "too-few"),
            ({**ROLE, "options": ["One", "ONE"]}, "options", "repeated"),
            ({**HOPE, "id": "1a2b3c4d"}, "id", "unknown-name"),
        ],
    )
    def test_what_a_kind_of_question_has_is_checked(self, db, question, field, code):
        ask = lambda: asking.ask(db, "programmes", "slp", 0, items=[question], moments=[BEFORE])  # noqa: E731
        assert wrong(ask) == {f"items.0.{field}": code}

    def test_nobody_is_asked_before_the_team_has_said_when(self, db, told, person):
        told()
        came(db, amina := person())
        asked(db, HOPE, moments=[])
        with pytest.raises(EvaluationNotOpen):
            answering.form(db, amina, "march", NOW)

    def test_what_was_answered_keeps_its_meaning(self, db, told, person):
        told()
        (id,) = asked(db, TRUST)
        came(db, amina := person())
        answer(db, amina, {id: 3})
        there = asking.view(db, "programmes", "slp")
        (question,) = there["items"]
        assert question["answered"]
        for name, value in (("text", "Another?"), ("low", "Never")):
            assert wrong(lambda: ask_again(db, there, again(question, **{name: value}))) == {  # noqa: B023
                f"items.0.{name}": "question-answered"
            }
        assert ask_again(db, there, again(question, hint="Choose one"))["items"][0]["hint"] == "Choose one"

    def test_what_was_answered_and_is_left_out_stays_for_its_answers(self, db, told, person):
        told()
        (id,) = asked(db, TRUST)
        came(db, amina := person())
        answer(db, amina, {id: 3})
        there = ask_again(db, asking.view(db, "programmes", "slp"), HOPE)
        assert [question["asked"] for question in there["items"]] == [True, False]
        assert wrong(lambda: answer(db, amina, {id: 4})) == {f"answers.{id}": "unknown-field"}


class TestWhoIsAsked:
    """Who can answer, and when."""

    @pytest.fixture
    def amina(self, db, told, person):
        told(places_in_room=30)
        came(db, amina := person())
        return amina

    def test_a_moment_opens_and_closes(self, db, told):
        session = told()
        assert moments.window(session, BEFORE) == (None, START)
        assert moments.window(session, DAY) == (START, END + timedelta(days=14))
        assert moments.window(session, QUARTER) == (END + timedelta(days=91), END + timedelta(days=119))

    def test_no_two_moments_of_a_session_are_open_at_once(self, db, told):
        session = told()
        spans = [moments.window(session, moment) for moment in schemas.MOMENTS]
        assert all(closes <= opens for (_, closes), (opens, _) in itertools.pairwise(spans))

    def test_on_the_day_of_several_meetings_is_that_of_the_last(self, db, told):
        later = START + timedelta(days=30)
        times = [{"starts_at": at, "ends_at": at + timedelta(hours=2)} for at in (START, later)]
        assert moments.window(told(meetings=times), DAY)[0] == later

    def test_whoever_has_a_place_is_asked_the_questions_of_the_programme(self, db, amina):
        (id,) = asked(db, TRUST)
        form = schemas.EvaluationForm().dump(answering.form(db, amina, "march", NOW))
        assert (form["moment"], [item["id"] for item in form["items"]], form["answers"]) == (BEFORE, [id], None)

    def test_a_sessions_own_questions_stand_in_for_those_of_its_programme(self, db, amina):
        asked(db, TRUST)
        (own,) = asked(db, HOPE, of="sessions", slug="march")
        assert [item["id"] for item in answering.form(db, amina, "march", NOW)["items"]] == [own]

    def test_a_session_that_asks_nothing_has_no_form(self, db, amina):
        with pytest.raises(NotFound):
            answering.form(db, amina, "march", NOW)

    def test_those_without_a_place_are_not_asked(self, db, amina, person):
        asked(db, TRUST)
        with pytest.raises(EvaluationNotOpen):
            answering.form(db, person("sam"), "march", NOW)

    def test_those_who_did_not_come_are_not_asked_later(self, db, amina):
        asked(db, TRUST)
        absent(db, amina)
        with pytest.raises(EvaluationNotOpen):
            answering.form(db, amina, "march", END)

    @pytest.mark.parametrize("now", [END + timedelta(days=20), END + timedelta(days=120)])
    def test_between_moments_nobody_is_asked(self, db, amina, now):
        asked(db, TRUST)
        with pytest.raises(EvaluationNotOpen):
            answering.form(db, amina, "march", now)

    def test_nothing_is_asked_at_a_moment_that_the_team_did_not_choose(self, db, amina):
        asked(db, TRUST, moments=[DAY])
        with pytest.raises(EvaluationNotOpen):
            answering.form(db, amina, "march", NOW)

    def test_an_answer_to_a_page_that_was_left_open_is_not_taken_for_another_moment(self, db, amina):
        (id,) = asked(db, TRUST)
        with pytest.raises(EvaluationNotOpen):
            answer(db, amina, {id: 3}, BEFORE, now=END)

    def test_before_is_before_the_first_session_of_the_programme(self, db, amina, told):
        asked(db, TRUST)
        told("june", meetings=state_of("june", START + timedelta(days=90), 2)["meetings"], places_in_room=9)
        came(db, amina, "june")
        with pytest.raises(EvaluationNotOpen):
            answering.form(db, amina, "june", END)
        absent(db, amina)
        assert answering.form(db, amina, "june", END)["moment"] == BEFORE


class TestForms:
    """What people find on the page of their booking."""

    @pytest.fixture
    def amina(self, db, told, person):
        told(places_in_room=30)
        came(db, amina := person())
        return amina

    def forms(self, db, amina, now):
        reference = db.query(Booking).filter_by(person_id=amina.id, session_slug="march").one().reference
        return FormsOfBooking().dump(feedback.forms_of_booking(db, amina, reference, now))

    def test_an_evaluation_that_is_open_is_among_them_at_its_moment(self, db, amina):
        (id,) = asked(db, TRUST)
        assert self.forms(db, amina, NOW)["evaluation"] == {"moment": BEFORE, "answered": False}
        answer(db, amina, {id: 4})
        assert self.forms(db, amina, NOW)["evaluation"] == {"moment": BEFORE, "answered": True}
        assert self.forms(db, amina, END)["evaluation"] == {"moment": DAY, "answered": False}
        assert self.forms(db, amina, END + timedelta(days=20))["evaluation"] is None

    def test_where_nothing_is_asked_there_is_none(self, db, amina):
        assert self.forms(db, amina, NOW)["evaluation"] is None

    def test_those_who_were_not_there_have_none(self, db, amina):
        asked(db, TRUST)
        absent(db, amina)
        told = self.forms(db, amina, END)
        assert (told["evaluation"], told["feedback"]) == (None, None)

    def test_a_booking_that_was_cancelled_has_none_though_another_one_has(self, db, amina):
        asked(db, TRUST)
        first = db.query(Booking).filter_by(person_id=amina.id).one().reference
        bookings.cancel(db, amina, first, NOW)
        again = bookings.book(db, amina, NOW, "march")["reference"]
        forms = {ref: feedback.forms_of_booking(db, amina, ref, NOW)["evaluation"] for ref in (first, again)}
        assert forms == {first: None, again: {"moment": BEFORE, "answered": False}}

    def test_feedback_is_open_or_given_until_it_closes_and_a_pledge_stays(self, db, amina):
        reference = db.query(Booking).filter_by(person_id=amina.id).one().reference
        assert self.forms(db, amina, NOW)["feedback"] is None
        assert (self.forms(db, amina, END)["feedback"], self.forms(db, amina, END)["pledged"]) == ("open", False)
        feedback.give(db, amina, reference, END, useful=4, differently="Ask first", next=None)
        assert (self.forms(db, amina, END)["feedback"], self.forms(db, amina, END)["pledged"]) == ("given", True)
        late = self.forms(db, amina, END + feedback.OPEN_FOR)
        assert (late["feedback"], late["pledged"]) == (None, True)

    def test_nobody_sees_the_forms_of_others_bookings(self, db, amina, person):
        reference = db.query(Booking).filter_by(person_id=amina.id).one().reference
        with pytest.raises(NotFound):
            feedback.forms_of_booking(db, person("sam"), reference, NOW)


class TestAnswers:
    """What is kept of answers."""

    @pytest.fixture
    def amina(self, db, told, person):
        told(places_in_room=30)
        came(db, amina := person())
        return amina

    def test_every_answer_is_kept_and_shown(self, db, amina):
        trust, role, hope = asked(db, TRUST, ROLE, HOPE)
        said = {trust: 4, role: "Lead", hope: "To listen.\nMore."}
        assert answer(db, amina, said)["answers"] == said
        assert answering.form(db, amina, "march", NOW)["answers"] == said

    def test_what_is_no_answer_is_refused_at_its_question(self, db, amina):
        trust, role, hope = asked(db, TRUST, ROLE, HOPE)
        said = {trust: 6, role: "None", hope: "x" * 1001}
        codes = {trust: "out-of-range", role: "not-a-choice", hope: "too-long"}
        assert wrong(lambda: answer(db, amina, said)) == {f"answers.{id}": code for id, code in codes.items()}

    def test_an_empty_form_is_no_answer(self, db, amina):
        (id,) = asked(db, HOPE)
        assert wrong(lambda: answer(db, amina, {id: " "})) == {"answers": "missing"}

    def test_a_second_answer_replaces_the_first_and_the_same_again_changes_nothing(self, db, amina):
        (id,) = asked(db, TRUST)
        assert answer(db, amina, {id: 4})["version"] == 1
        assert answer(db, amina, {id: 4})["version"] == 1
        assert answer(db, amina, {id: 5})["version"] == 2
        assert db.query(EvaluationAnswer).count() == 1

    def test_someone_of_two_sessions_answers_once_for_each_moment(self, db, amina, told):
        (id,) = asked(db, TRUST)
        told("april", meetings=state_of("april", START + timedelta(days=30), 2)["meetings"], places_in_room=9)
        came(db, amina, "april")
        answer(db, amina, {id: 2})
        answer(db, amina, {id: 3}, slug="april")
        assert [row.answers for row in db.query(EvaluationAnswer)] == [{id: 3}]

    def test_what_is_counted_does_not_change_any_more(self, db, amina, told):
        (id,) = asked(db, TRUST)
        told("april", meetings=state_of("april", START + timedelta(days=20), 2)["meetings"], places_in_room=9)
        came(db, amina, "april")
        answer(db, amina, {id: 2}, DAY)
        with pytest.raises(EvaluationNotOpen):
            answer(db, amina, {id: 5}, DAY, slug="april", now=START + timedelta(days=21))

    def test_answers_of_one_person_have_one_key_in_an_evaluation_and_another_in_the_next(self, db, amina, told):
        (id,) = asked(db, TRUST)
        answer(db, amina, {id: 2})
        answer(db, amina, {id: 4}, DAY)
        told("apart", programme="other", meetings=state_of("apart", START + timedelta(days=9), 2)["meetings"])
        (other,) = asked(db, TRUST, slug="other")
        came(db, amina, "apart")
        answer(db, amina, {other: 1}, slug="apart")
        first, second, third = [row.key for row in db.query(EvaluationAnswer).order_by(EvaluationAnswer.id)]
        assert first == second != third

    def test_the_answers_of_someone_are_in_their_export(self, db, amina):
        trust, hope = asked(db, TRUST, HOPE)
        answer(db, amina, {trust: 2, hope: "Calm"})
        (held,) = my_data.export(db, amina)["evaluation"]
        assert held["answers"] == [
            {"question": TRUST["text"], "answer": 2},
            {"question": HOPE["text"], "answer": "Calm"},
        ]
        assert (held["about"], held["moment"]) == ("programmes/slp", BEFORE)

    def test_of_someone_who_is_erased_the_figures_stay_and_nothing_leads_to_them(self, db, amina):
        trust, hope = asked(db, TRUST, HOPE)
        answer(db, amina, {trust: 2, hope: "Calm"}, DAY)
        my_data.erase(db, amina, END)
        row = db.query(EvaluationAnswer).one()
        assert (row.answers, row.given_at) == ({trust: 2}, None)
        assert db.query(EvaluationLink).count() == 0

    def test_eighteen_months_after_the_session_nobody_can_tell_whose_answers_they_are(self, db, amina):
        trust, hope = asked(db, TRUST, HOPE)
        answer(db, amina, {trust: 2, hope: "Calm"})
        rules = [rule for rule in retention.RULES if rule.name == "evaluation_links"]
        keeping.let_go(db, rules, END + timedelta(days=547))
        assert db.query(EvaluationLink).count() == 1
        keeping.let_go(db, rules, END + timedelta(days=548))
        assert db.query(EvaluationLink).count() == 0
        assert db.query(EvaluationAnswer).one().answers == {trust: 2}


def test_no_two_questions_are_the_same(db):
    twice = [{**PLAIN, "kind": "line", "text": text} for text in ("What?", "WHAT?")]
    assert wrong(lambda: asked(db, *twice)) == {"items.1.text": "repeated"}


def test_the_moment_at_which_answers_can_no_longer_change_is_that_at_which_they_count(db, told, person):
    told()
    (id,) = asked(db, TRUST)
    came(db, amina := person())
    answer(db, amina, {id: 4}, QUARTER)
    assert db.query(EvaluationAnswer).one().counted_from == closed(db, QUARTER)


class TestMerging:
    """What becomes of the answers of two accounts of one person."""

    @pytest.fixture
    def pair(self, db, told, person):
        told(places_in_room=30)
        told("april", meetings=state_of("april", START + timedelta(days=30), 2)["meetings"], places_in_room=9)
        kept, other = person("amina"), person("amy")
        came(db, kept)
        came(db, other, "april")
        return kept, other

    def test_answers_of_the_other_account_are_in_ones_export_and_go_back_with_it(self, db, pair):
        kept, other = pair
        (id,) = asked(db, TRUST)
        answer(db, other, {id: 2}, slug="april")
        made = merge(db, kept, other)
        assert [row["answers"][0]["answer"] for row in my_data.export(db, kept)["evaluation"]] == [2]
        undoing.undo(db, made, NOW, by=kept, version=undoing.preview(db, made)["version"])
        assert my_data.export(db, kept)["evaluation"] == []
        assert [row["moment"] for row in my_data.export(db, other)["evaluation"]] == [BEFORE]

    def test_where_both_have_answered_the_figures_of_the_other_stay_without_their_words(self, db, pair):
        kept, other = pair
        trust, hope = asked(db, TRUST, HOPE)
        answer(db, kept, {trust: 1, hope: "Calm"})
        answer(db, other, {trust: 5, hope: "Rest"}, slug="april")
        merge(db, kept, other)
        rows = db.query(EvaluationAnswer).order_by(EvaluationAnswer.id).all()
        assert [row.answers for row in rows] == [{trust: 1, hope: "Calm"}, {trust: 5}]
        assert len(my_data.export(db, kept)["evaluation"]) == 1

    def test_one_who_is_erased_takes_the_words_of_both_along(self, db, pair):
        kept, other = pair
        (hope,) = asked(db, HOPE)
        answer(db, other, {hope: "Rest"}, slug="april")
        merge(db, kept, other)
        my_data.erase(db, kept, NOW)
        assert [row.answers for row in db.query(EvaluationAnswer)] == [{}]
