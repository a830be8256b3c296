"""Reports and taking somebody out of the community, through the API and on the team's pages."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.refusals import Unavailable
from tests.gateway import fakes
from tests.gateway.community import AT, BEN, ID, ME, REPORT
from tests.gateway.forms import send
from tests.gateway.html import NASTY, links, text_of
from tests.gateway.openapi import shape_of
from tests.sentences import says

OPEN = REPORT
TESS = {"id": ME, "name": "Tess"}
DONE = {**REPORT, "status": "dealt_with", "note": "Spoke to Ben.", "dealt_with_at": AT, "dealt_with_by": TESS,
        "version": 2}  # fmt: skip
AGAIN = {**DONE, "status": "open", "dealt_with_at": None, "version": 3}
IN = {"id": BEN, "name": "Ben", "member": True, "removed_at": None, "reason": None, "by": None}
OUT = {**IN, "member": False, "removed_at": AT, "reason": "You were rude.", "by": TESS}
ONE, THEIRS = f"/team/reports/{ID}", f"/team/people/{BEN}/community"
PAGES = ("/team/reports", ONE, "/team/reports/removed", THEIRS)


@pytest.fixture
def team(world):
    world.community.answers.update(
        reports={"items": [OPEN, DONE], "next": None}, one_report=OPEN, deal_with_report=DONE, reopen_report=AGAIN,
        standing=IN, remove_member=OUT, let_in=IN, removed={"items": [OUT], "next": None},
    )  # fmt: skip
    world.client.set_cookie("headrow_session", "team-token")
    return world


class TestApi:
    def test_a_report_is_read_with_its_version(self, team):
        answer = team.get(f"/reports/{ID}", "team-token")
        assert (answer.json, answer.headers["ETag"]) == (OPEN, '"1"')
        assert list(shape_of(team, "/reports/{id}").iter_errors(answer.json)) == []
        assert team.get(f"/reports/{ID}", "team-token", If_None_Match='"1"').status_code == 304

    def test_the_list_narrows(self, team):
        answer = team.get("/reports?status=dealt_with", "team-token")
        assert answer.json["items"] == [OPEN, DONE]
        assert team.community.last("reports")["status"] == "dealt_with"
        assert list(shape_of(team, "/reports").iter_errors(answer.json)) == []

    def test_dealing_with_one_needs_the_version_that_was_seen(self, team):
        path, said = f"/reports/{ID}/deal-with", {"note": "Spoke to Ben."}
        assert team.ask("POST", path, "team-token", said).status_code == 428
        answer = team.ask("POST", path, "team-token", said, If_Match='"1"', Idempotency_Key="k")
        assert (answer.status_code, answer.json, answer.headers["ETag"]) == (200, DONE, '"2"')
        asked = team.community.last("deal_with_report")
        assert (asked["id"], asked["version"], asked["given"], asked["key"]) == (ID, 1, said, "k")
        assert asked["caller"]["id"] == ME
        team.community.answers["deal_with_report"] = fakes.refused("stale-version", version=2)
        assert team.ask("POST", path, "team-token", said, If_Match='"1"').status_code == 412

    def test_it_is_opened_again(self, team):
        answer = team.ask("POST", f"/reports/{ID}/reopen", "team-token", If_Match='"2"')
        assert (answer.status_code, answer.json, answer.headers["ETag"]) == (200, AGAIN, '"3"')
        assert team.community.last("reopen_report")["version"] == 2

    def test_somebody_is_taken_out_and_let_in(self, team):
        path = f"/people/{BEN}/community"
        assert team.get(path, "team-token").json == IN
        answer = team.ask("POST", f"{path}/remove", "team-token", {"reason": "You were rude."}, Idempotency_Key="k")
        assert (answer.status_code, answer.json) == (200, OUT)
        assert team.community.last("remove_member")["given"] == {"reason": "You were rude."}
        assert team.ask("POST", f"{path}/let-in", "team-token").json == IN
        listed = team.get("/community/removed", "team-token")
        assert listed.json == {"items": [OUT], "next": None}
        assert list(shape_of(team, "/community/removed").iter_errors(listed.json)) == []

    @pytest.mark.parametrize("token", ["person-token", "operator-token"])
    def test_nobody_else_does_any_of_this(self, team, token):
        reads = (f"/reports/{ID}", "/reports", "/community/removed", f"/people/{BEN}/community")
        writes = (f"/reports/{ID}/deal-with", f"/reports/{ID}/reopen", f"/people/{BEN}/community/remove",
                  f"/people/{BEN}/community/let-in")  # fmt: skip
        for path in reads:
            assert team.get(path, token).status_code == 403
        for path in writes:
            assert team.ask("POST", path, token, {"note": "x", "reason": "x"}, If_Match='"1"').status_code == 403
        assert team.community.asked == []

    def test_whoever_was_taken_out_reads_why_in_the_problem(self, team):
        refusal = fakes.refused("removed-from-community", reason="You were rude.", removed_at=AT)
        team.community.answers["members"] = refusal
        answer = team.get("/community/members", "person-token")
        assert (answer.status_code, answer.json["reason"]) == (403, "You were rude.")


class TestPages:
    def test_the_list_says_which_are_open_and_narrows(self, team):
        answer = team.client.get("/team/reports")
        text = text_of(answer)
        assert says("reports.open", about="Ben", by="Asha", text="Rude.") in text
        assert says("reports.dealt_with", about="Ben", by="Asha", text="Rude.") in text
        assert {ONE, "/team/reports/removed"} <= set(links(answer))
        assert team.community.last("reports")["status"] is None
        team.community.answers["reports"] = {"items": [DONE], "next": "WzFd"}
        answer = team.client.get("/team/reports?status=dealt_with&cursor=WzBd")
        assert team.community.last("reports")["status"] == "dealt_with"
        assert {"/team/reports?status=dealt_with&cursor=WzFd", "/team/reports?status=dealt_with"} <= set(links(answer))
        assert '<option value="dealt_with" selected>' in answer.text
        team.client.get("/team/reports?status=nonsense")
        assert team.community.last("reports")["status"] is None

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("", says("reports.none")),
            ("?status=open", says("reports.none_open")),
            ("?status=dealt_with", says("reports.none_dealt_with")),
            ("?cursor=x", says("reports.no_more")),
        ],
    )
    def test_an_empty_list_says_so(self, team, query, words):
        team.community.answers["reports"] = {"items": [], "next": None}
        assert words in text_of(team.client.get(f"/team/reports{query}"))

    def test_the_home_of_the_team_counts_the_open_ones(self, team):
        assert "open" not in text_of(team.client.get("/team")).split("Reports")[1].split("Messages")[0]
        team.community.answers["reports_waiting"] = {"open": 2}
        assert says("reports.waiting", number=2) in text_of(team.client.get("/team"))
        team.community.answers["reports_waiting"] = Unavailable()
        assert team.client.get("/team").status_code == 200

    def test_an_open_one_has_a_form(self, team):
        answer = team.client.get(ONE)
        text = text_of(answer)
        message = says("reports.message", about="Ben", message="Hello, love")
        assert f"{says('reports.what_is_said', by='Asha', text='Rude.')} {message}" in text
        assert says("reports.mark") in text
        assert says("reports.open_again") not in text
        assert {f"/team/people/{BEN}", f"/team/people/{ME}", THEIRS} <= set(links(answer))
        done = send(team, ONE, note="Spoke to Ben.\r\nTwice.")
        assert (done.status_code, done.headers["Location"]) == (303, f"{ONE}?done=dealt_with")
        asked = team.community.last("deal_with_report")
        assert (asked["given"], asked["version"], asked["id"]) == ({"note": "Spoke to Ben.\nTwice."}, 1, ID)
        assert asked["key"]

    def test_one_that_is_dealt_with_says_what_was_done_and_opens_again(self, team):
        team.community.answers["one_report"] = DONE
        answer = team.client.get(f"{ONE}?done=dealt_with")
        text = text_of(answer)
        assert says("reports.is_dealt_with") in text
        assert f"{says('reports.what_was_done', note='Spoke to Ben.')} Tess, Monday 23 November 2026, 9am" in text
        done = send(team, ONE, f"{ONE}/reopen")
        assert (done.status_code, done.headers["Location"]) == (303, f"{ONE}?done=reopened")
        assert team.community.last("reopen_report")["version"] == 2
        team.community.answers["one_report"] = AGAIN
        text = text_of(team.client.get(f"{ONE}?done=reopened"))
        assert says("reports.what_was_done_before", note="Spoke to Ben.") in text
        assert says("reports.mark") in text

    @pytest.mark.parametrize("by", [None, {"id": ME, "name": None}])
    def test_who_dealt_with_it_may_be_gone_or_have_no_name(self, team, by):
        team.community.answers["one_report"] = {**DONE, "dealt_with_by": by}
        assert team.client.get(ONE).status_code == 200

    @pytest.mark.parametrize(("path", "field"), [(ONE, "note"), (THEIRS, "reason")])
    @pytest.mark.parametrize("text", ["", "  \r\n ", "x" * 2001])
    def test_what_is_wrong_is_told_on_the_form_and_nothing_is_lost(self, team, path, field, text):
        answer = send(team, path, **{field: text})
        assert answer.status_code == 422
        assert "<title>Error: " in answer.text
        assert f'href="#{field}"' in answer.text
        assert text.replace("\r", "") in answer.text
        assert not team.community.was_asked("deal_with_report")
        assert not team.community.was_asked("remove_member")

    def test_what_the_service_refuses_is_told_on_the_form(self, team):
        team.community.answers.update(
            deal_with_report=fakes.invalid("not-text", "note"), remove_member=fakes.invalid("not-text", "reason")
        )
        for path, field in ((ONE, "note"), (THEIRS, "reason")):
            answer = send(team, path, **{field: "Fine here"})
            assert (answer.status_code, says("field_errors.not_text", what="Your text") in answer.text) == (422, True)

    def test_whoever_saw_an_older_one_is_told(self, team):
        for method in ("deal_with_report", "reopen_report"):
            team.community.answers[method] = fakes.refused("stale-version", version=3)
        for path in (ONE, f"{ONE}/reopen"):
            answer = send(team, ONE, path, note="Mine")
            assert answer.status_code == 409
            assert says("reports.changed_by_another") in answer.text
        assert "Mine" in send(team, ONE, note="Mine").text

    def test_somebody_is_taken_out_with_a_reason(self, team):
        text = text_of(team.client.get(THEIRS))
        assert says("reports.is_a_member", who="Ben") in text
        done = send(team, THEIRS, reason="You were rude.")
        assert (done.status_code, done.headers["Location"]) == (303, f"{THEIRS}?done=removed")
        assert team.community.last("remove_member")["given"] == {"reason": "You were rude."}

    def test_and_let_in_again(self, team):
        team.community.answers["standing"] = OUT
        text = text_of(team.client.get(f"{THEIRS}?done=removed"))
        assert says("reports.emailing_reason") in text
        assert f"by Tess. {says('reports.told_reason', reason='You were rude.')}" in text
        assert says("reports.take_out") not in text
        done = send(team, THEIRS, f"{THEIRS}/let-in")
        assert (done.status_code, done.headers["Location"]) == (303, f"{THEIRS}?done=let_in")

    def test_who_is_out_is_listed(self, team):
        answer = team.client.get("/team/reports/removed")
        assert "Ben You were rude. Monday 23 November 2026, 9am , Tess" in text_of(answer)
        assert THEIRS in links(answer)
        team.community.answers["removed"] = {"items": [], "next": None}
        assert says("reports.nobody_out") in text_of(team.client.get("/team/reports/removed"))
        assert says("pages.nobody_more") in text_of(team.client.get("/team/reports/removed?cursor=x"))

    def test_the_page_of_somebody_leads_there(self, team):
        team.registration.answers["bookings_of_person"] = {
            "person": {**fakes.person([]), "id": BEN}, "items": [], "next": None}  # fmt: skip
        assert THEIRS in links(team.client.get(f"/team/people/{BEN}"))

    def test_whoever_is_not_there_is_not_found(self, team):
        team.community.answers.update(
            standing=fakes.refused("not-found"), one_report=fakes.refused("not-found"),
        )  # fmt: skip
        assert team.client.get(THEIRS).status_code == 404
        assert team.client.get(ONE).status_code == 404

    def test_what_people_wrote_is_no_markup(self, team):
        said = {"text": NASTY, "message": NASTY, "note": NASTY}
        team.community.answers.update(
            one_report={**DONE, **said}, reports={"items": [{**DONE, **said}], "next": None},
            standing={**OUT, "reason": NASTY, "name": NASTY},
            removed={"items": [{**OUT, "reason": NASTY, "name": NASTY}], "next": None},
        )  # fmt: skip
        for path in PAGES:
            assert "<script>alert" not in team.client.get(path).text

    @given(st.text(max_size=60))
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_is_written_is_asked_or_told_wrong(self, team, words):
        for path, field in ((ONE, "note"), (THEIRS, "reason")):
            answer = send(team, path, **{field: words})
            assert answer.status_code in (303, 400, 422)


class TestWhoeverIsOut:
    @pytest.fixture
    def out(self, world):
        refusal = fakes.refused("removed-from-community", reason=NASTY, removed_at=AT)
        for method in ("check_member", "profile", "join"):
            world.community.answers[method] = refusal
        world.client.set_cookie("headrow_session", "person-token")
        return world

    @pytest.mark.parametrize(
        "path",
        ["/community", "/community/join", "/community/profile", "/community/leave", "/community/members",
         "/introductions", f"/introductions/{ID}", f"/community/members/{BEN}", "/community/met/maxims-in-practice"],
    )  # fmt: skip
    def test_each_page_says_why(self, out, path):
        answer = out.client.get(path)
        assert answer.status_code == 403
        assert says("community.taken_out", when="Monday 23 November 2026, 9am") in answer.text
        assert "<script>alert" not in answer.text
        assert "/contact" in links(answer)
        assert "/community/join" not in links(answer)
