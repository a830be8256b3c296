"""Questions of a session, over the API and on pages: asked at booking, changed afterwards, counted for the team."""

import csv
import io

import pytest

from tests.gateway import fakes
from tests.gateway.facilitators import COMES, SLUG
from tests.gateway.fakes import NO_FORMS, invalid, page_of, refused
from tests.gateway.forms import text_in
from tests.gateway.html import Page, text_of, title
from tests.gateway.rows_of_pages import ANSWER_TOTALS, ANSWERS, EDITED, QUESTION, QUESTIONS, TO_CHOOSE
from tests.sentences import says

BOOK = f"/sessions/{SLUG}/book"
TEAM = f"/team/sessions/{SLUG}/questions"
ONE, SEVERAL = QUESTION["id"], TO_CHOOSE["id"]
REFERENCE = fakes.REFERENCE
PLAIN = ("id", "kind", "text", "hint", "options", "required", "facilitators")


@pytest.fixture
def asked(world):
    """The gateway, seen by somebody who can book a session that asks two things."""
    world.registration.answers.update(
        own_booking={"booking": None, "asks": True}, questions=QUESTIONS, book=fakes.booking(), booking=fakes.booking(),
        answers=ANSWERS, change_answers=ANSWERS, forms_of_booking=NO_FORMS,
    )  # fmt: skip
    world.client.set_cookie("headrow_session", "person-token")
    return world


@pytest.fixture
def team(asked):
    asked.registration.answers.update(
        ask_questions=QUESTIONS,
        answer_totals=ANSWER_TOTALS,
        expected=page_of({**COMES, "reference": REFERENCE}),
        session_answers=page_of({"reference": REFERENCE, "answers": {ONE: "The front", SEVERAL: ["Vegan", "Halal"]}}),
    )
    asked.catalogue.answers["session"] = EDITED
    asked.client.set_cookie("headrow_session", "team-token")
    return asked


def form_of(world, path):
    answer = world.client.get(path)
    return text_in(Page(answer.text), answer.text)


def given(question, **changes):
    return {**{name: question[name] for name in PLAIN}, **changes}


class TestAtBooking:
    def test_the_page_before_the_place_asks_and_says_for_how_long_and_who_reads(self, asked):
        text = text_of(asked.client.get(BOOK))
        assert says("questions.kept", days=30) in text
        assert says("questions.facilitators_see") in text
        assert QUESTION["text"] in text

    def test_answers_go_with_the_booking(self, asked):
        sent = {**form_of(asked, BOOK), f"answer-{ONE}": "The front", f"answer-{SEVERAL}-2": "Halal"}
        assert asked.client.post(BOOK, data=sent).status_code == 303
        assert asked.registration.last("book")["given"]["answers"] == {ONE: "The front", SEVERAL: ["Halal"]}

    def test_a_session_that_asks_nothing_looks_for_no_questions(self, asked):
        asked.registration.answers["own_booking"] = {"booking": None, "asks": False}
        sent = form_of(asked, BOOK)
        asked.client.post(BOOK, data=sent)
        assert not asked.registration.was_asked("questions")
        assert "answers" not in asked.registration.last("book")["given"]

    def test_a_registration_of_the_release_before_asks_nothing(self, asked):
        asked.registration.answers["own_booking"] = {"booking": None}
        assert asked.client.get(BOOK).status_code == 200
        assert not asked.registration.was_asked("questions")

    def test_what_was_typed_is_given_back_with_what_is_wrong_at_its_question(self, asked):
        sent = {**form_of(asked, BOOK), f"answer-{ONE}": "", f"answer-{SEVERAL}-1": "Vegan"}
        asked.registration.answers["book"] = invalid("missing", f"answers.{ONE}")
        answer = asked.client.post(BOOK, data=sent)
        assert answer.status_code == 422
        assert title(answer).startswith("Error: ")
        assert f'href="#answer-{ONE}"' in answer.text
        assert 'value="Vegan" checked' in answer.text

    def test_questions_that_were_changed_meanwhile_are_shown_as_they_are_now(self, asked):
        sent = {**form_of(asked, BOOK), "answer-00000000": "Yes"}
        asked.registration.answers["book"] = invalid("unknown-field", "answers.00000000")
        answer = asked.client.post(BOOK, data=sent)
        assert answer.status_code == 422
        assert says("questions.changed") in text_of(answer)

    def test_answers_are_not_lost_where_something_else_is_in_the_way(self, asked):
        sent = {**form_of(asked, BOOK), f"answer-{ONE}": "The front"}
        asked.registration.answers["book"] = refused("clash")
        answer = asked.client.post(BOOK, data=sent)
        assert answer.status_code == 409
        assert 'value="The front"' in answer.text

    def test_over_the_api_each_wrong_answer_has_its_field_and_code(self, asked):
        asked.registration.answers["book"] = invalid("missing", f"answers.{ONE}")
        answer = asked.ask(
            "POST", "/bookings", "person-token", {"session": SLUG, "answers": {}}, Idempotency_Key="mine"
        )
        assert answer.status_code == 422
        assert [(error["field"], error["code"]) for error in answer.json["errors"]] == [(f"answers.{ONE}", "missing")]


class TestAfterwards:
    PATH = f"/bookings/{REFERENCE}/answers"

    def test_the_page_of_a_booking_leads_to_the_answers_where_the_session_asks(self, asked):
        assert self.PATH not in asked.client.get(f"/bookings/{REFERENCE}").text
        asked.registration.answers["booking"] = fakes.booking(asks=True)
        assert self.PATH in asked.client.get(f"/bookings/{REFERENCE}").text

    def test_answers_are_filled_in_changed_and_kept(self, asked):
        form = form_of(asked, self.PATH)
        assert form[f"answer-{ONE}"] == "The front"
        asked.client.post(self.PATH, data={**form, f"answer-{ONE}": "The back"})
        assert asked.registration.last("change_answers")["given"]["answers"][ONE] == "The back"
        assert asked.registration.last("change_answers")["own"] is True

    @pytest.mark.parametrize(("refusal", "status"), [(invalid("missing", f"answers.{ONE}"), 422), ("closed", 409)])
    def test_what_is_in_the_way_is_said(self, asked, refusal, status):
        form = form_of(asked, self.PATH)
        if refusal == "closed":
            refusal = refused("booking-closed")
            asked.registration.answers["answers"] = {**ANSWERS, "open": False}
        asked.registration.answers["change_answers"] = refusal
        answer = asked.client.post(self.PATH, data={**form, f"answer-{ONE}": ""})
        assert answer.status_code == status

    def test_once_the_session_has_started_answers_are_read_and_not_changed(self, asked):
        asked.registration.answers["answers"] = {**ANSWERS, "open": False}
        answer = asked.client.get(self.PATH)
        assert "The front" in text_of(answer)
        assert f'name="answer-{ONE}"' not in answer.text

    def test_over_the_api_a_change_needs_the_version_that_was_read(self, asked):
        path = f"/bookings/{REFERENCE}/answers"
        read = asked.get(path, "person-token")
        assert read.json["items"][0]["answer"] == "The front"
        assert asked.ask("PATCH", path, "person-token", {"answers": {}}).status_code == 428
        said, etag = {"answers": {ONE: "x"}}, read.headers["ETag"]
        assert asked.ask("PATCH", path, "person-token", said, If_Match=etag).status_code == 200
        assert asked.registration.last("change_answers")["version"] == 1


class TestTheTeam:
    def sent(self, team):
        named = team.registration.last("ask_questions")
        return named["version"], named["given"]["items"]

    def post(self, team, path=TEAM, **said):
        return team.client.post(path, data={**form_of(team, path.removesuffix("/kept")), **said})

    def test_adds_the_question_about_food_with_a_click_optional_and_for_itself_alone(self, team):
        self.post(team, do="food")
        version, items = self.sent(team)
        assert (version, items[:2]) == (4, [given(QUESTION), given(TO_CHOOSE)])
        assert (items[2]["required"], items[2]["facilitators"]) == (False, False)

    @pytest.mark.parametrize(
        ("do", "order"),
        [
            (f"down-{ONE}", [SEVERAL, ONE]),
            (f"up-{SEVERAL}", [SEVERAL, ONE]),
            (f"up-{ONE}", [ONE, SEVERAL]),
            (f"off-{ONE}", [SEVERAL]),
            ("nonsense", [ONE, SEVERAL]),
        ],
    )
    def test_puts_them_in_order_and_takes_them_off(self, team, do, order):
        self.post(team, do=do)
        assert [question["id"] for question in self.sent(team)[1]] == order

    def test_asks_again_what_was_taken_off(self, team):
        off = {**TO_CHOOSE, "asked": False}
        team.registration.answers["questions"] = {**QUESTIONS, "items": [QUESTION, off]}
        self.post(team, do=f"again-{SEVERAL}")
        assert [question["id"] for question in self.sent(team)[1]] == [ONE, SEVERAL]

    def test_writes_a_question_with_options_one_a_line(self, team):
        said = {"text": "Which part?", "kind": "choice", "options": "Morning\r\n\r\nLunch ", "required": "yes"}
        assert self.post(team, f"{TEAM}/new", **said).status_code == 303
        question = self.sent(team)[1][-1]
        assert question["options"] == ["Morning", "Lunch"]
        assert (question["kind"], question["required"], question["facilitators"]) == ("choice", True, False)

    def test_is_given_back_what_it_wrote_with_what_is_wrong(self, team):
        team.registration.answers["ask_questions"] = invalid("too-few", "items.2.options", min=2, max=20, of="options")
        answer = self.post(team, f"{TEAM}/new", text="Which part?", kind="choice", options="Morning")
        assert answer.status_code == 422
        assert 'href="#options"' in answer.text
        assert 'value="Which part?"' in answer.text

    def test_is_told_why_an_answered_question_stays_as_it_is(self, team):
        team.registration.answers["ask_questions"] = invalid("question-answered", "items.1.text")
        answer = self.post(team, f"{TEAM}/{SEVERAL}/change", text="What else?")
        assert (answer.status_code, says("questions.answered") in text_of(answer)) == (422, True)

    @pytest.mark.parametrize("path", [TEAM, f"{TEAM}/new", f"{TEAM}/{ONE}/change", f"{TEAM}/kept"])
    def test_does_not_overwrite_what_somebody_else_changed_meanwhile(self, team, path):
        team.registration.answers["ask_questions"] = refused("stale-version")
        answer = self.post(team, path, text="What now?", kept_days="20", do="food")
        assert answer.status_code == 409

    @pytest.mark.parametrize("path", [TEAM, f"{TEAM}/new"])
    def test_is_told_that_there_are_too_many(self, team, path):
        team.registration.answers["ask_questions"] = invalid("too-many", "items", min=0, max=10, of="questions")
        answer = self.post(team, path, text="What now?", do="food")
        assert (answer.status_code, says("questions.too_many") in text_of(answer)) == (422, True)

    def test_says_how_long_answers_are_kept(self, team):
        assert self.post(team, f"{TEAM}/kept", kept_days="7").status_code == 303
        assert team.registration.last("ask_questions")["given"]["kept_days"] == 7
        team.registration.answers["ask_questions"] = invalid("out-of-range", "kept_days", min=1, max=365)
        answer = self.post(team, f"{TEAM}/kept", kept_days="900")
        assert (answer.status_code, 'value="900"' in answer.text) == (422, True)

    def test_a_draft_has_questions_too(self, team):
        team.catalogue.answers["session"] = {**EDITED, "status": "draft"}
        assert team.client.get(TEAM).status_code == 200

    def test_nobody_else_changes_questions(self, team):
        for token in ("person-token", "facilitator-token"):
            answer = team.ask("PATCH", f"/sessions/{SLUG}/questions", token, {"items": []}, If_Match='"4"')
            assert answer.status_code == 403

    def test_nobody_who_does_not_run_the_session_reads_the_answers_of_others(self, team):
        for what in ("answers", "answers/totals", "answers.csv"):
            for token in ("person-token", "other-facilitator-token"):
                assert team.get(f"/sessions/{SLUG}/{what}", token).status_code == 403

    def test_over_the_api_a_question_of_no_session_is_refused(self, team):
        team.catalogue.answers["session"] = refused("not-found")
        answer = team.ask("PATCH", f"/sessions/{SLUG}/questions", "team-token", {"items": []}, If_Match='"0"')
        assert answer.status_code == 404


class TestReading:
    def test_totals_show_each_option_with_its_count(self, team):
        text = text_of(team.client.get(f"/team/sessions/{SLUG}/answers"))
        assert "Vegan People 1" in text
        assert "Halal People 0" in text

    def test_the_list_of_who_is_coming_has_the_answers_that_its_reader_may_read(self, team):
        team.client.set_cookie("headrow_session", "facilitator-token")
        text = text_of(team.client.get(f"/team/sessions/{SLUG}/expected"))
        assert f"{TO_CHOOSE['text']} Vegan, Halal" in text

    @pytest.mark.parametrize("token", ["team-token", "facilitator-token"])
    def test_the_sheet_has_a_column_for_each_question(self, team, token):
        answer = team.get(f"/sessions/{SLUG}/answers.csv", token)
        (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
        assert (row[QUESTION["text"]], row[TO_CHOOSE["text"]]) == ("The front", "Vegan, Halal")
        assert not any("@" in cell for cell in row.values())

    def test_the_teams_sheet_of_bookings_has_them_too(self, team):
        person = {"id": "1", "name": "Zoe", "email": "z@example.org", "sector": None, "organisation": None}
        team.registration.answers["session_bookings"] = page_of(fakes.booking(person={**person, "job_role": None}))
        answer = team.get(f"/sessions/{SLUG}/bookings.csv", "team-token")
        (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
        assert (row["reference"], row[QUESTION["text"]]) == (REFERENCE, "The front")

    def test_the_teams_page_of_a_booking_has_them(self, team):
        person = {"id": "1", "name": "Zoe", "email": "z@example.org", "sector": None, "organisation": None}
        told = fakes.booking(asks=True, person={**person, "job_role": None})
        team.registration.answers.update(booking_of_person=told, history=page_of())
        assert "The front" in text_of(team.client.get(f"/team/bookings/{REFERENCE}"))
