"""Somebody is named by the team, runs their session's day on the pages, sees nothing else, and is let go of again."""

import re
from collections.abc import Iterator

import pytest
import requests

from services.registration.attendance import check_in
from tests.journeys.conftest import _run
from tests.journeys.running import Caller, Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

SECRET = "k" * 64
SLUG, OTHER = "maxims-in-practice", "leading-across-boundaries"
FAY = "fay@example.org"
NEEDS = "A room without scent, please"


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, half an hour before a session."""
    folder = tmp_path_factory.mktemp("headrow")
    yield from _run(Embedded(folder, HEADROW_CLOCK="2027-02-11T13:30:00+00:00", HEADROW_SECRET_KEY=SECRET))


class Browser:
    """What a browser does without scripts: it keeps cookies, and sends forms with what is in them."""

    def __init__(self, url: str) -> None:
        self.url, self.http = url, requests.Session()

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.url + path, timeout=20)

    def send(self, path: str, action: str | None = None, **said: str) -> requests.Response:
        """Fill in the form on a page, and send it."""
        page = self.get(path).text
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        answer = self.http.post(self.url + (action or path), data={**hidden, **said}, timeout=30)
        assert answer.status_code == 200, (answer.status_code, answer.text[-3000:])
        return answer


def sign_in(headrow: System, address: str, letters: int = 1) -> Browser:
    """Sign in on the pages, with the code that comes by mail: the letter of that number."""
    browser = Browser(headrow.url)
    browser.send("/sign-in", email=address)
    letter = headrow.mailed(address, says("sign_in_email.heading"), letters).get_body(("plain",)).get_content()
    code = re.search(r"\b\d{6}\b", letter)
    assert code is not None
    browser.send("/sign-in/confirm", email=address, code=code[0])
    return browser


def test_the_day_of_somebody_who_facilitates_a_session(headrow: System):
    team = headrow.caller("team@example.org", "team")
    people = [headrow.caller(f"f{n}@example.org") for n in range(4)]
    references = [caller.book(SLUG, access_needs=NEEDS, allow_clash=True)["reference"] for caller in people]
    elsewhere = people[0].book(OTHER, mode="in_room", allow_clash=True)["reference"]

    named = team.post(f"/sessions/{SLUG}/facilitators", {"email": FAY})
    assert named.status_code == 201
    assert team.post(f"/sessions/{SLUG}/facilitators", {"email": FAY}).json() == named.json()
    letter = headrow.mailed(FAY, says("facilitator_email.subject"))
    assert "/facilitating" in letter.get_body(("plain",)).get_content()
    fay = sign_in(headrow, FAY)
    assert "Myron" in fay.get("/facilitating").text
    seen = [fay.get("/facilitating").text]

    # who is coming, and who is here
    here = f"/team/sessions/{SLUG}"
    seen.append(fay.get(f"{here}/expected").text)
    assert all(f"<strong>F{n}</strong>" in seen[-1] for n in range(4))
    saved = fay.send(f"{here}/attendance", **{f"p-{references[0]}": "yes", f"p-{references[1]}": "no"})
    assert says("attendance.saved", number=2) in saved.text
    seen.append(saved.text)
    scanned = fay.send(f"/check-in/{check_in.token_of(references[2], SECRET)}")
    assert says("attendance.is_checked_in", person="F2") in scanned.text
    seen.append(scanned.text)
    there = {row["reference"]: row["records"] for row in team.get(f"/sessions/{SLUG}/attendance").json()["items"]}
    assert [[record["present"] for record in there[one]] for one in references] == [[True], [False], [True], []]

    # tables
    def made() -> str | None:
        page = fay.send(f"{here}/tables/make", size="2", rounds="2", who="booked", do="make").text
        return page if says("tables.round", number=2) in page else None

    seen.append(eventually(made))
    assert says("tables.has_met_begins") not in seen[-1]
    published = fay.send(f"{here}/tables/publish")
    assert says("tables.published") in published.text
    assert all(headrow.mailed(f"f{n}@example.org", says("tables_email.rooms_subject")) for n in range(4))
    for what in ("cards", "badges"):
        assert fay.get(f"{here}/tables/{what}.pdf").headers["Content-Type"] == "application/pdf"

    # what nobody but the team sees
    told = "".join(seen)
    assert NEEDS not in told
    assert not re.search(r"\bf\d@example\.org", told)
    assert elsewhere not in told
    for closed in ("", "/bookings", "/waiting-list", "/book", "/feedback", "/materials", "/facilitators"):
        assert fay.get(f"{here}{closed}").status_code == 403, closed
    for closed in (f"/team/sessions/{OTHER}/tables", f"/team/sessions/{OTHER}/attendance", "/team", "/team/people"):
        assert fay.get(closed).status_code == 403, closed
    assert fay.get(f"/check-in/{check_in.token_of(elsewhere, SECRET)}").status_code == 403
    assert fay.get(f"/bookings/{references[0]}").status_code == 404
    api = Caller(headrow.url, headrow.token(FAY))
    assert api.get("/me").json()["facilitates"] == [SLUG]
    assert [row["person"].keys() for row in api.get(f"/sessions/{SLUG}/attendance").json()["items"]] == [
        {"name", "sector", "organisation", "job_role"}
    ] * 4
    for path in ("bookings", "bookings.csv", "feedback", "facilitators"):
        assert api.get(f"/sessions/{SLUG}/{path}").status_code == 403
    assert api.get(f"/sessions/{OTHER}/expected").status_code == 403
    assert [held["session"] for held in api.get("/me/export").json()["facilitates"]] == [SLUG]

    # and it is over
    path = f"/sessions/{SLUG}/facilitators/{named.json()['id']}"
    assert team.http.delete(team.url + path, timeout=20).status_code == 204
    assert fay.get(f"{here}/expected").status_code == 401
    assert api.get("/me").status_code == 401
    fay, api = sign_in(headrow, FAY, letters=2), Caller(headrow.url, headrow.token(FAY))
    for closed in ("expected", "attendance", "tables", "tables/cards.pdf"):
        assert fay.get(f"{here}/{closed}").status_code == 403, closed
    assert api.post(f"/sessions/{SLUG}/tables", {"size": 2}).status_code == 403
    record = {"records": [{"reference": references[3], "meeting": 1, "present": True}]}
    assert api.post(f"/sessions/{SLUG}/attendance", record).status_code == 403
    assert says("facilitating.none") in fay.get("/facilitating").text
    assert api.get("/me").json()["roles"] == ["person"]
