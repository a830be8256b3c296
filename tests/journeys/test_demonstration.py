"""`headrow up --demo` as whoever starts it sees it: every page has something to see."""

import re
from datetime import UTC, datetime

import pytest
import requests

from services.demo.cast import CAST
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Caller, Demonstration, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow
ASHA, TEAM, FACILITATOR, OPERATOR = (named.email for named in CAST)
FILLING = f"{says('site.taken', taken=36, capacity=40)} .* {says('site.waiting', number=4)}"
LAST = "response-across-the-city"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with killed_in_the_end(Demonstration(tmp_path_factory.mktemp("headrow"))) as demonstration:
        demonstration.start()
        yield demonstration
        assert demonstration.stop() == {"up": 0}


@pytest.fixture(scope="module")
def read(demo):
    """Read a page as one of the cast, as the words that are on it."""
    tokens = {}

    def text_of(path, who=None):
        if who and who not in tokens:
            tokens[who] = demo.token(who)
        cookies = {"headrow_session": tokens[who]} if who else {}
        answer = requests.get(demo.url + path, cookies=cookies, timeout=20)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())

    return text_of


def test_the_start_says_who_one_can_sign_in_as_and_where_the_code_is(demo):
    said = demo.processes["up"].log.read_text()
    assert says("command.code_is_at", address=f"http://localhost:{demo.port}/dev/mail") in said
    assert [named.email for named in CAST if f"  {named.email} " not in said] == []


def test_whoever_is_named_there_can_sign_in_with_the_code_in_the_mail(demo):
    asked = Caller(demo.url).post("/sign-in", {"email": TEAM})
    assert asked.status_code == 202
    letter = demo.mailed(TEAM, says("sign_in_email.heading")).as_string()
    code = re.search(r"^(\d{6})", letter, re.MULTILINE)[1]
    signed_in = Caller(demo.url).post("/sign-in/confirm", {"email": TEAM, "code": code})
    assert signed_in.json()["person"]["roles"] == ["person", "team"]


def test_some_sessions_are_over_and_others_to_come(demo):
    now = datetime.now(UTC)
    for when, number in (("past", 4), ("upcoming", 4)):
        items = Caller(demo.url).get("/sessions", params={"when": when}).json()["items"]
        starts = [datetime.fromisoformat(item["meetings"][0]["starts_at"]) for item in items]
        assert len(starts) == number
        assert all((at < now) == (when == "past") for at in starts)


@pytest.mark.parametrize(
    ("who", "path", "seen"),
    [
        (None, "/", says("site.places_left", left=4, capacity=40)),
        (None, "/recordings", says("site.materials", number=4)),
        (ASHA, "/bookings", "Leading across boundaries .* certificate .* pledge"),
        (ASHA, "/community", f"{says('community.asks', person='')} .* {says('community.people_met')}"),
        (ASHA, "/introductions", "@example.org"),
        (ASHA, "/interests", "Systems thinking"),
        (ASHA, f"/community/met/{LAST}", says("community.ask")),
        (TEAM, "/team", " .* ".join([FILLING, says("site.open_reports", number=1)])),
        (TEAM, "/team/dashboard", says("site.offered", number=1)),
        (TEAM, "/team/reach", says("site.reached", number=r"\d\d")),
        (TEAM, "/team/reach", r"Social care: [1-9]\d"),  # where people work is known
        (TEAM, "/team/demand", f"Psychology .* {says('site.offers_to_speak')}"),
        (TEAM, "/team/reports", "sales pitch"),
        (TEAM, "/team/messages", "Bring a piece of real work"),
        (TEAM, "/team/people/undeliverable", "@example.org"),
        (TEAM, "/team/sessions?when=drafts", "Housing and health"),
        (TEAM, "/team/sessions/leading-across-boundaries/waiting-list", r"4"),
        (TEAM, "/team/sessions/people-systems-psychology/feedback", says("feedback.answered", number=r"\d+")),
        (TEAM, "/team/sessions/people-systems-psychology/feedback", says("feedback.pledged", number=r"\d+")),
        (TEAM, "/team/sessions/slp-cohort/tables", says("tables.table", number=5)),
        (FACILITATOR, "/facilitating", "Myron's Maxims in practice .* How the city responded"),
        (FACILITATOR, f"/team/sessions/{LAST}/attendance", says("attendance.left_to_note", number=3)),
        (OPERATOR, "/operator", says("site.no_parked")),
    ],
)
def test_every_page_has_something_to_see(read, who, path, seen):
    text = read(path, who).replace("&#39;", "'")
    assert re.search(seen, text), text


def test_a_second_start_finds_it_as_it_was_left(demo):
    """Last in its module: it starts again what the others look at."""
    ada = demo.caller("ada@example.org")
    reference = ada.book("maxims-in-practice")["reference"]
    assert demo.stop() == {"up": 0}
    demo.start()
    assert eventually(lambda: ada.booking(reference))["state"] == "confirmed"
    assert len(Caller(demo.url).get("/sessions").json()["items"]) == 4


def test_nobody_is_asked_in_as_the_first_of_the_team_where_there_is_one(demo):
    assert says("command.first_member") not in (demo.folder / "up.log").read_text()
