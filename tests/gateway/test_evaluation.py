"""Evaluation over the API and on pages: what the team asks and reads, and what people answer."""

import csv
import io

import pytest

from tests.gateway.facilitators import SLUG
from tests.gateway.fakes import invalid, refused
from tests.gateway.forms import text_in
from tests.gateway.html import Page, text_of, title
from tests.gateway.rows_of_pages import (
    EDITED,
    EVALUATED,
    EVALUATION,
    EVALUATION_FORM,
    EVALUATION_REPORT,
    READS,
)
from tests.sentences import says

PROGRAMME = "virtual-sessions"
FORM = f"/sessions/{SLUG}/evaluation"
TEAM = f"/team/programmes/{PROGRAMME}/evaluation"
SCALE, CHOICE, TEXT = (EVALUATED[kind]["id"] for kind in ("scale", "choice", "text"))
FIELDS = ("id", "kind", "text", "hint", "low", "high", "options")
ASKED = [{name: item[name] for name in FIELDS} for item in EVALUATION["items"] if item["asked"]]


@pytest.fixture
def asha(world):
    """The gateway, seen by someone who is asked three things now."""
    world.registration.answers.update(evaluation_form=EVALUATION_FORM, answer_evaluation=EVALUATION_FORM)
    world.client.set_cookie("headrow_session", "person-token")
    return world


@pytest.fixture
def team(world):
    world.registration.answers.update(
        evaluation=EVALUATION, ask_evaluation=EVALUATION, evaluation_report=EVALUATION_REPORT
    )
    world.catalogue.answers.update(session=EDITED, programme=READS["catalogue"]["programme"])
    world.client.set_cookie("headrow_session", "team-token")
    return world


def form_of(world, path):
    answer = world.client.get(path)
    return text_in(Page(answer.text), answer.text)


class TestAnswering:
    """The page that people find by their email."""

    def test_a_number_of_a_scale_goes_as_a_number_and_all_else_as_text(self, asha):
        sent = {**form_of(asha, FORM), f"answer-{SCALE}": "5", f"answer-{CHOICE}": "Lead", f"answer-{TEXT}": "A\r\nB"}
        assert asha.client.post(FORM, data=sent).status_code == 303
        given = asha.registration.last("answer_evaluation")["given"]
        assert given == {"moment": "before", "answers": {SCALE: 5, CHOICE: "Lead", TEXT: "A\nB"}}

    def test_what_was_answered_before_is_in_the_form(self, asha):
        page = asha.client.get(FORM)
        assert 'value="4" checked' in page.text
        assert "Calm" in text_of(page)

    def test_an_empty_form_is_told_at_its_first_question(self, asha):
        asha.registration.answers["answer_evaluation"] = invalid("missing", "answers")
        answer = asha.client.post(FORM, data={**form_of(asha, FORM), f"answer-{TEXT}": ""})
        assert (answer.status_code, title(answer)[:7]) == (422, "Error: ")
        assert says("evaluation.one_at_least") in text_of(answer)
        assert f'href="#answer-{SCALE}"' in answer.text

    def test_what_is_wrong_is_told_at_its_question_and_what_was_typed_is_kept(self, asha):
        asha.registration.answers["answer_evaluation"] = invalid("not-a-choice", f"answers.{CHOICE}")
        answer = asha.client.post(FORM, data={**form_of(asha, FORM), f"answer-{TEXT}": "A long thought"})
        assert says("evaluation.from_list") in text_of(answer)
        assert f'href="#answer-{CHOICE}"' in answer.text
        assert "A long thought" in answer.text

    def test_a_page_that_was_left_open_until_another_moment_answers_nothing(self, asha):
        sent = form_of(asha, FORM)
        asha.registration.answers["evaluation_form"] = {**EVALUATION_FORM, "moment": "on_the_day", "answers": None}
        answer = asha.client.post(FORM, data=sent)
        assert answer.status_code == 409
        assert says("questions.changed") in text_of(answer)
        assert not asha.registration.was_asked("answer_evaluation")

    def test_where_nothing_is_asked_now_the_page_says_so(self, asha):
        asha.registration.answers["evaluation_form"] = refused("evaluation-not-open")
        answer = asha.client.get(FORM)
        assert answer.status_code == 409
        assert says("evaluation.nothing_now") in text_of(answer)


class TestAsking:
    """The team's pages of the questions."""

    def last(self, team):
        return team.registration.last("ask_evaluation")

    def press(self, team, path=TEAM, **said):
        return team.client.post(path, data={**form_of(team, path), **said})

    def test_moments_are_chosen_and_the_questions_stay(self, team):
        self.press(
            team, **{"do": "moments", "moment-on_the_day": "yes", "moment-before": "", "moment-after_3_months": ""}
        )
        assert self.last(team)["given"] == {"items": ASKED, "moments": ["on_the_day"]}
        assert (self.last(team)["of"], self.last(team)["slug"], self.last(team)["version"]) == (
            "programmes",
            PROGRAMME,
            3,
        )

    @pytest.mark.parametrize(
        ("do", "ids"),
        [(f"down-{SCALE}", [CHOICE, SCALE]), (f"off-{CHOICE}", [SCALE]), (f"up-{SCALE}", [SCALE, CHOICE])],
    )
    def test_buttons_move_questions_and_take_them_off(self, team, do, ids):
        self.press(team, do=do)
        given = self.last(team)["given"]
        assert [item["id"] for item in given["items"]] == ids
        assert given["moments"] == EVALUATION["moments"]

    def test_a_question_that_was_taken_off_is_asked_again(self, team):
        self.press(team, do=f"again-{TEXT}")
        assert [item["id"] for item in self.last(team)["given"]["items"]] == [SCALE, CHOICE, TEXT]

    def test_a_question_is_added_at_the_end(self, team):
        said = {"kind": "scale", "text": "How?", "low": "Badly", "high": "Well", "options": ""}
        assert self.press(team, f"{TEAM}/new", **said).status_code == 303
        added = self.last(team)["given"]["items"][-1]
        assert added == {**said, "hint": None, "options": []}

    def test_what_is_wrong_with_it_is_told_at_its_field(self, team):
        team.registration.answers["ask_evaluation"] = invalid("missing", "items.2.low")
        answer = self.press(team, f"{TEAM}/new", text="A question to keep")
        assert answer.status_code == 422
        assert says("evaluation.low") in text_of(answer)
        assert 'href="#low"' in answer.text
        assert "A question to keep" in answer.text

    def test_a_change_by_someone_else_is_not_overwritten(self, team):
        team.registration.answers["ask_evaluation"] = refused("stale-version")
        answer = self.press(team, do=f"off-{SCALE}")
        assert answer.status_code == 409
        assert says("evaluation.stale") in text_of(answer)

    def test_too_many_questions_are_told(self, team):
        team.registration.answers["ask_evaluation"] = invalid("too-many", "items")
        assert says("evaluation.too_many") in text_of(self.press(team, do=f"again-{TEXT}"))

    def test_it_says_that_nobody_is_asked_before_the_team_has_chosen_when(self, team):
        team.registration.answers["evaluation"] = {**EVALUATION, "moments": []}
        assert says("evaluation.nobody_yet") in text_of(team.client.get(TEAM))

    def test_a_draft_can_have_questions(self, team):
        team.catalogue.answers["session"] = {**EDITED, "status": "draft"}
        assert team.client.get(f"/team/sessions/{SLUG}/evaluation").status_code == 200

    def test_the_preview_has_the_questions_and_nothing_to_send(self, team):
        page = team.client.get(f"{TEAM}/preview")
        assert EVALUATED["scale"]["low"] in text_of(page)
        assert f'name="answer-{SCALE}"' in page.text
        assert not team.registration.was_asked("evaluation_form")


class TestReport:
    """What the team reads."""

    def test_the_page_shows_figures_changes_and_what_is_withheld(self, team):
        text = text_of(team.client.get(f"{TEAM}/report"))
        assert "3.67" in text
        assert says("evaluation.withheld", people=6) in text

    def test_where_nothing_was_asked_there_is_a_page_all_the_same(self, team):
        team.registration.answers["evaluation_report"] = refused("not-found")
        assert team.client.get(f"{TEAM}/report").status_code == 200

    @pytest.mark.parametrize("of", [f"/programmes/{PROGRAMME}", f"/sessions/{SLUG}"])
    def test_a_sheet_has_a_line_for_each_answer_and_text_and_none_for_what_is_hidden(self, team, of):
        answer = team.ask("GET", f"{of}/evaluation/report.csv", "team-token")
        rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
        assert rows[0] == ["question", "moment", "people", "number", "mean", "answer", "answers"]
        assert len(rows) == 1 + 5 + 10 + 2 + 2
        assert [row[5] for row in rows if row[0] == EVALUATED["text"]["text"]] == ["Calm", "Rest"]

    @pytest.mark.parametrize("what", ["evaluation", "evaluation/report", "evaluation/report.csv"])
    def test_it_is_for_the_team(self, team, what):
        assert team.ask("GET", f"/programmes/{PROGRAMME}/{what}", "person-token").status_code == 403
