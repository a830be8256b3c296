"""Where someone works and has worked, on pages and over the API: what is shown, asked first, and told when refused."""

import pytest

from tests.gateway import fakes
from tests.gateway import world_of_pages as pages
from tests.gateway.rows_of_pages import ANOTHER_ID, EMPLOYED, ID, PRESENT, SOMEBODY, page
from tests.gateway.shown_page import Shown
from tests.sentences import says

OWN, TEAM = "/account/employments", f"/team/people/{SOMEBODY}/employments"
BOTH = pytest.mark.parametrize(("here", "suffix"), [(OWN, ""), (TEAM, "_of")])
DETAILS, TEAM_DETAILS = "/account/details", f"/team/people/{SOMEBODY}/details"
DAY = {"until-day": "31", "until-month": "Aug", "until-year": "26"}


@pytest.fixture
def world(world):
    """A person whom the team sees as well: who asks is of the team."""
    pages.furnish(world)
    world.registration.answers["who"] = who
    world.client.set_cookie("headrow_session", "team-token")
    return world


def who(caller, **_):
    found = fakes.who(caller)
    return {**found, "organisation": "St James"} if isinstance(found, dict) else found


def form_in(answer, path):
    """Return the form of a page that is sent to the path."""
    forms = Shown(answer.text).forms
    return forms.get(path) or forms[None]


def send(world, path, **said):
    """Send the form that is shown at the path."""
    return world.client.post(path, data={**form_in(world.client.get(path), path), **said})


class TestTheList:
    @BOTH
    def test_the_present_one_is_said_to_be_so_and_cannot_be_removed(self, world, here, suffix):
        answer = world.client.get(here)
        assert answer.text.count(says("employments.here_now" if here == OWN else "employments.they_work_here_now")) == 1
        shown = Shown(answer.text)
        assert f"{here}/{ANOTHER_ID}" in shown.links
        assert f"{here}/{ID}/remove" in shown.links
        assert f"{here}/{ANOTHER_ID}/remove" not in shown.links

    def test_days_are_told_as_far_as_they_are_known(self, world):
        rows = [EMPLOYED, {**EMPLOYED, "since": "2024-09-01"}, {**PRESENT, "since": "2026-09-01"}]
        world.registration.answers["employments"] = page(*rows)
        text = world.client.get(OWN).text
        for words in ("Until 31 August 2026", "1 September 2024 to 31 August 2026", "Since 1 September 2026"):
            assert words in text

    def test_who_said_nothing_is_asked(self, world):
        world.registration.answers["employments"] = page()
        assert says("employments.none") in world.client.get(OWN).text

    def test_the_ways_lead_there(self, world):
        assert OWN in Shown(world.client.get("/account").text).links
        assert TEAM in Shown(world.client.get(f"/team/people/{SOMEBODY}").text).links


class TestAdding:
    @BOTH
    def test_days_are_taken_as_people_write_them(self, world, here, suffix):
        answer = send(world, f"{here}/add", organisation=" Elm Court ", sector="", **DAY)
        assert answer.location == f"{here}?done=added"
        given = world.registration.last(f"add_employment{suffix}")["given"]
        assert given == {
            **{"organisation": "Elm Court", "sector": None, "job_role": None},
            **{"since": None, "until": "2026-08-31"},
        }

    def test_a_day_that_there_is_not_is_asked_for_again_and_nothing_is_lost(self, world):
        world.registration.answers["add_employment"] = fakes.invalid("not-a-date", "until")
        answer = send(world, f"{OWN}/add", organisation="Elm Court", **{**DAY, "until-day": "32"})
        assert answer.status_code == 422
        form = form_in(answer, f"{OWN}/add")
        assert (form["organisation"], form["until-day"], form["until-month"]) == ("Elm Court", "32", "Aug")
        assert "#until-day" in Shown(answer.text).links

    @pytest.mark.parametrize(
        ("field", "code", "words"),
        [
            ("since", "day-to-come", says("employments.not_after_today", what="The first day")),
            ("since", "before-present-employment", says("employments.before_the_last", what="The first day")),
            ("until", "last-before-first", says("employments.last_before_first", what="The last day")),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, world, field, code, words):
        world.registration.answers["add_employment"] = fakes.invalid(code, field)
        answer = send(world, f"{OWN}/add", organisation="Elm Court")
        assert answer.status_code == 422
        assert words in answer.text
        assert f"#{field}-day" in Shown(answer.text).links


class TestChanging:
    @BOTH
    def test_only_what_was_changed_is_sent(self, world, here, suffix):
        answer = send(world, f"{here}/{ID}", job_role="Team leader")
        assert answer.location == f"{here}?done=changed"
        asked = world.registration.last(f"change_employment{suffix}")
        assert (asked["given"], asked["version"]) == ({"job_role": "Team leader"}, 3)

    def test_the_present_one_has_no_last_day_to_fill_in(self, world):
        world.registration.answers["employment"] = PRESENT
        answer = world.client.get(f"{OWN}/{ANOTHER_ID}")
        assert "until-day" not in form_in(answer, f"{OWN}/{ANOTHER_ID}")
        assert f"{OWN}/add" in Shown(answer.text).links

    def test_what_someone_else_changed_meanwhile_is_told(self, world):
        form = form_in(world.client.get(f"{OWN}/{ID}"), f"{OWN}/{ID}")
        world.registration.answers["change_employment"] = fakes.refused("stale-version", version=4)
        world.registration.answers["employment"] = {**EMPLOYED, "job_role": "Matron", "version": 4}
        answer = world.client.post(f"{OWN}/{ID}", data={**form, "job_role": "Team leader"})
        assert answer.status_code == 409
        assert form_in(answer, f"{OWN}/{ID}")["job_role"] == "Team leader"

    def test_a_change_of_something_else_of_the_person_is_in_nobodys_way(self, world):
        form = form_in(world.client.get(f"{OWN}/{ID}"), f"{OWN}/{ID}")
        world.registration.answers["employment"] = {**EMPLOYED, "version": 4}
        world.registration.answers["change_employment"] = lambda version, **_: (
            EMPLOYED if version == 4 else fakes.refused("stale-version", version=4)
        )
        assert world.client.post(f"{OWN}/{ID}", data={**form, "job_role": "Matron"}).location == f"{OWN}?done=changed"


class TestRemoving:
    @BOTH
    def test_it_asks_first(self, world, here, suffix):
        path = f"{here}/{ID}/remove"
        assert EMPLOYED["organisation"] in world.client.get(path).text
        assert not world.registration.was_asked(f"remove_employment{suffix}")
        assert send(world, path).location == f"{here}?done=removed"
        assert world.registration.last(f"remove_employment{suffix}")["id"] == ID

    @BOTH
    def test_the_present_one_stays_and_it_is_said_why(self, world, here, suffix):
        path = f"{here}/{ID}/remove"
        form = form_in(world.client.get(path), path)
        world.registration.answers[f"employment{suffix}"] = {**PRESENT, "id": ID}
        world.registration.answers[f"remove_employment{suffix}"] = fakes.refused("present-employment")
        answer = world.client.post(path, data=form)
        assert answer.status_code == 409
        assert f"{here}/add" in Shown(answer.text).links


class TestMoving:
    def test_another_place_of_work_asks_whether_they_moved(self, world):
        answer = send(world, DETAILS, organisation="City Council")
        assert answer.status_code == 200
        assert says("employments.moved") in answer.text
        assert not world.registration.was_asked("change_me")
        assert form_in(answer, DETAILS)["organisation"] == "City Council", "nothing is lost on the way"

    @pytest.mark.parametrize(("moved", "was_wrong"), [("yes", {}), ("no", {"was_wrong": True})])
    def test_the_answer_says_whether_the_old_one_was_wrong(self, world, moved, was_wrong):
        form = form_in(send(world, DETAILS, organisation="City Council"), DETAILS)
        assert world.client.post(DETAILS, data={**form, "moved": moved}).location == "/account?done=saved"
        given = world.registration.last("change_me")["given"]
        assert given["organisation"] == "City Council"
        assert {name: value for name, value in given.items() if name == "was_wrong"} == was_wrong

    def test_without_an_answer_it_asks_again(self, world):
        form = form_in(send(world, DETAILS, organisation="City Council"), DETAILS)
        form.pop("moved", None)
        answer = world.client.post(DETAILS, data=form)
        assert answer.status_code == 422
        assert not world.registration.was_asked("change_me")

    @pytest.mark.parametrize(
        "said", [{"name": "Asha"}, {"job_role": "Matron"}, {"organisation": "st  james"}, {"organisation": "x" * 200}]
    )
    def test_it_does_not_ask_about_anything_else(self, world, said):
        assert says("employments.moved") not in send(world, DETAILS, **said).text

    @pytest.mark.parametrize(("moved", "was_wrong"), [("no", {}), ("yes", {"was_wrong": False})])
    def test_the_team_puts_right_what_was_wrong_unless_it_says_that_they_moved(self, world, moved, was_wrong):
        send(world, TEAM_DETAILS, organisation="City Council", moved=moved)
        assert world.registration.last("correct_person")["given"] == {"organisation": "City Council", **was_wrong}


class TestTheApi:
    @pytest.mark.parametrize(("path", "suffix"), [("/me/employments", ""), (f"/people/{SOMEBODY}/employments", "_of")])
    def test_one_is_read_added_put_right_and_removed(self, world, path, suffix):
        assert world.get(path, "team-token").json == page(PRESENT, EMPLOYED)
        read = world.get(f"{path}/{ID}", "team-token")
        assert read.json == EMPLOYED
        added = world.ask("POST", path, "team-token", json={"organisation": "Elm Court"})
        assert (added.status_code, added.json) == (201, EMPLOYED)
        assert added.headers["Location"].endswith(f"/api/v1{path}/{ID}")
        change = {"json": {"job_role": "Matron"}, "If_Match": read.headers["ETag"]}
        assert world.ask("PATCH", f"{path}/{ID}", "team-token", **change).status_code == 200
        assert world.registration.last(f"change_employment{suffix}")["version"] == 3
        assert world.ask("DELETE", f"{path}/{ID}", "team-token").status_code == 204
        assert world.registration.last(f"remove_employment{suffix}")["id"] == ID

    def test_what_someone_changed_meanwhile_is_not_overwritten(self, world):
        path = f"/me/employments/{ID}"
        assert world.ask("PATCH", path, "team-token", json={"job_role": "Matron"}).status_code == 428

    def test_the_present_one_stays(self, world):
        world.registration.answers["remove_employment"] = fakes.refused("present-employment")
        answer = world.ask("DELETE", f"/me/employments/{ID}", "team-token")
        assert (answer.status_code, answer.json["type"]) == (409, "/problems/present-employment")

    @pytest.mark.parametrize("token", ["person-token", "facilitator-token", "operator-token"])
    def test_nobody_but_the_team_sees_where_others_worked(self, world, token):
        world.client.delete_cookie("headrow_session")
        path = f"/people/{SOMEBODY}/employments"
        assert world.get(path, token).status_code == 403
        assert world.ask("DELETE", f"{path}/{ID}", token).status_code == 403
        assert not world.registration.was_asked("remove_employment_of")

    def test_it_can_be_said_that_what_was_there_was_wrong(self, world):
        tag = world.get("/me", "team-token").headers["ETag"]
        said = {"organisation": "Elm Court", "was_wrong": True}
        assert world.ask("PATCH", "/me", "team-token", json=said, If_Match=tag).status_code == 200
        assert world.registration.last("change_me")["given"] == said
