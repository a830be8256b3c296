"""Facilitators over the API: who names them, what they may open, and what is closed to them."""

import re

import pytest

from gateway.assembly import SITE
from gateway.web.openapi import document
from services.registration import schemas
from tests.gateway import fakes
from tests.gateway.conftest import API
from tests.gateway.facilitators import COMES, FAY, ID, SLUG
from tests.sentences import says

PATH = f"/sessions/{SLUG}/facilitators"
OF_THEIRS = {
    "/check-in/{token}",
    "/team/sessions/{slug}/answers",
    "/team/sessions/{slug}/attendance",
    "/team/sessions/{slug}/attendance/add",
    "/team/sessions/{slug}/attendance/sheet",
    "/team/sessions/{slug}/attendance/to-sign",
    "/team/sessions/{slug}/day-sheet",
    "/team/sessions/{slug}/expected",
    "/team/sessions/{slug}/tables",
    "/team/sessions/{slug}/tables/badges.pdf",
    "/team/sessions/{slug}/tables/cards.pdf",
    "/team/sessions/{slug}/tables/make",
    "/team/sessions/{slug}/tables/publish",
    "/team/sessions/{slug}/write",
}
IN_PATHS = {"slug": SLUG, "id": ID, "reference": "K3M9Q-XW2TB", "token": "abc", "file": "style.css"}


class AnyService(dict):
    """Knows nothing of what it is asked for."""

    def __missing__(self, method):
        return fakes.refused("not-found")


def opened(world, token, slug=SLUG):
    """Return every page of the team's and of operators that is not refused to `token`."""
    world.client.set_cookie("headrow_session", token)
    for service in (world.registration, world.catalogue, world.notifications, world.community):
        service.answers = AnyService(service.answers)
    found = set()
    for route in SITE.routes:
        if route.method == "GET" and route.path.startswith(("/team", "/operator", "/check-in")):
            path = re.sub(r"\{(\w+)\}", lambda at: {**IN_PATHS, "slug": slug}.get(at[1], "x"), route.path)
            if world.client.get(path).status_code != 403:
                found.add(route.path)
    return found


class TestWhatIsOpen:
    def test_the_api_is_open_to_them_for_this_and_no_more(self):
        routes = {(route.method, route.path) for route in SITE.api if route.requires == "facilitator"}
        assert routes == {
            ("POST", f"{API}/check-ins"),
            ("GET", f"{API}/sessions/{{slug}}/answers"),
            ("GET", f"{API}/sessions/{{slug}}/answers.csv"),
            ("GET", f"{API}/sessions/{{slug}}/answers/totals"),
            ("GET", f"{API}/sessions/{{slug}}/attendance"),
            ("POST", f"{API}/sessions/{{slug}}/attendance"),
            ("POST", f"{API}/sessions/{{slug}}/attendance-reports"),
            ("GET", f"{API}/sessions/{{slug}}/attendance-reports"),
            ("POST", f"{API}/sessions/{{slug}}/attendance-reports/{{report}}/undo"),
            ("POST", f"{API}/sessions/{{slug}}/attendees"),
            ("GET", f"{API}/sessions/{{slug}}/expected"),
            ("GET", f"{API}/sessions/{{slug}}/messages"),
            ("POST", f"{API}/sessions/{{slug}}/messages"),
            ("GET", f"{API}/sessions/{{slug}}/messages/{{id}}"),
            ("GET", f"{API}/sessions/{{slug}}/tables"),
            ("POST", f"{API}/sessions/{{slug}}/tables"),
            ("POST", f"{API}/sessions/{{slug}}/tables/move"),
            ("POST", f"{API}/sessions/{{slug}}/tables/update"),
            ("POST", f"{API}/sessions/{{slug}}/tables/publish"),
        }

    def test_of_the_pages_of_the_team_these_are_open_to_them_and_no_more(self, world):
        assert opened(world, "facilitator-token") == OF_THEIRS

    def test_at_another_session_none_is(self, world):
        assert opened(world, "facilitator-token", "another-session") == {"/check-in/{token}"}, "which knows the session"

    def test_nobody_without_the_role_comes_in(self, world):
        assert opened(world, "person-token") == set()

    @pytest.mark.parametrize("slug", [SLUG.upper(), f"{SLUG}-", "no-such", "leading"])
    def test_a_session_is_theirs_by_its_whole_name(self, world, slug):
        assert world.get(f"/sessions/{slug}/expected", "facilitator-token").status_code == 403
        assert not world.registration.was_asked("expected")

    def test_a_draft_is_refused_as_what_is_not_there(self, world):
        answers = [world.get(f"/sessions/{slug}/tables", "facilitator-token") for slug in ("a-draft", "no-such")]
        assert {(answer.status_code, answer.json["type"], answer.json["detail"]) for answer in answers} == {
            (403, "/problems/not-allowed", answers[0].json["detail"])
        }

    @pytest.mark.parametrize("path", ["bookings", "bookings.csv", "feedback", "facilitators"])
    def test_what_the_team_alone_reads_of_a_session_stays_so(self, world, path):
        assert world.get(f"/sessions/{SLUG}/{path}", "facilitator-token").status_code == 403

    def test_the_team_may_all_that_they_may(self, world):
        world.registration.answers["expected"] = {"items": [COMES], "next": None}
        for token in ("team-token", "facilitator-token"):
            assert world.get(f"/sessions/{SLUG}/expected", token).json["items"] == [COMES]

    def test_taken_back_it_is_closed_with_the_next_request(self, world):
        world.registration.answers["expected"] = {"items": [], "next": None}
        path = f"/sessions/{SLUG}/expected"
        assert world.get(path, "facilitator-token").status_code == 200
        world.registration.answers["who"] = fakes.person(["person"])
        assert world.get(path, "facilitator-token").status_code == 403

    def test_a_registration_that_does_not_know_of_facilitators_yet_names_none(self, world):
        told = fakes.person(["person"])
        del told["facilitates"]
        world.registration.answers["who"] = told
        assert world.get(f"/sessions/{SLUG}/expected", "person-token").status_code == 403


class TestNaming:
    def test_the_team_names_somebody_by_their_address(self, world):
        world.registration.answers["name_facilitator"] = FAY
        answer = world.ask("POST", PATH, "team-token", {"email": "fay@example.org"}, Idempotency_Key="k")
        assert (answer.status_code, answer.json) == (201, FAY)
        assert answer.headers["Location"] == f"{API}{PATH}"
        assert answer.headers["Cache-Control"] == "private, no-store"
        asked = world.registration.last("name_facilitator")
        assert (asked["slug"], asked["given"], asked["key"]) == (SLUG, {"email": "fay@example.org"}, "k")

    def test_they_are_listed_in_pages(self, world):
        world.registration.answers["facilitators"] = {"items": [FAY], "next": "abc"}
        answer = world.get(f"{PATH}?limit=1&cursor=x", "team-token")
        assert answer.json == {"items": [FAY], "next": "abc"}
        asked = world.registration.last("facilitators")
        assert (asked["slug"], asked["limit"], asked["cursor"]) == (SLUG, 1, "x")

    def test_it_is_taken_back(self, world):
        world.registration.answers["take_back_facilitator"] = None
        answer = world.ask("DELETE", f"{PATH}/{ID}", "team-token")
        assert (answer.status_code, answer.data) == (204, b"")
        asked = world.registration.last("take_back_facilitator")
        assert (asked["slug"], asked["id"]) == (SLUG, ID)

    @pytest.mark.parametrize(("code", "status"), [("session-cancelled", 409), ("session-finished", 409),
                                                  ("not-found", 404), ("invalid", 422)])  # fmt: skip
    def test_what_is_in_the_way_is_told(self, world, code, status):
        world.registration.answers["name_facilitator"] = fakes.refused(
            code, **({"errors": []} if code == "invalid" else {})
        )
        assert world.ask("POST", PATH, "team-token", {"email": "x"}).status_code == status

    def test_nobody_names_themselves(self, world):
        for token in ("person-token", "facilitator-token"):
            assert world.ask("POST", PATH, token, {"email": "fay@example.org"}).status_code == 403
            assert world.ask("DELETE", f"{PATH}/{ID}", token).status_code == 403


class TestAccount:
    def test_the_account_says_which_sessions(self, world):
        told = world.get("/me", "facilitator-token").json
        assert (told["roles"], told["facilitates"]) == (["person", "facilitator"], [SLUG])

    def test_its_tag_changes_when_somebody_is_named(self, world):
        tag = world.get("/me", "person-token").headers["ETag"]
        world.registration.answers["me"] = fakes.person(["person", "facilitator"])
        assert world.get("/me", "person-token", If_None_Match=tag).status_code == 200


class TestDocument:
    def test_it_says_for_whom_a_route_is(self):
        paths = document(SITE.api, SITE.describe, "1", "https://headrow.example")["paths"]
        told = paths[f"{API}/sessions/{{slug}}/expected"]["get"]
        assert told["description"].endswith(says("api_document.for_team_or_facilitator"))
        assert {"401", "403", "404"} <= {*told["responses"]}
        assert paths[f"{API}/check-ins"]["post"]["description"].endswith(says("api_document.or_facilitator"))

    def test_what_is_answered_has_the_shape_that_is_documented(self):
        assert schemas.FacilitatorView().validate(FAY) == {}
        assert schemas.Expected().validate(COMES) == {}
        shown = document(SITE.api, SITE.describe, "1", "https://headrow.example")["components"]["schemas"]
        assert {*shown["RegistrationPersonExpected"]["properties"]} == {"name", "sector", "organisation", "job_role"}
        assert {*shown["RegistrationExpected"]["properties"]} == {"reference", "mode", "person"}
