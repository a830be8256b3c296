"""After a session: the letter that says with how many members one sat, and the page that it leads to."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.journeys.conftest import _run
from tests.journeys.running import Caller, Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

EVENING, NIGHT, MORNING = (f"2027-01-{at}+00:00" for at in ("20T18:30:00", "20T21:40:00", "21T07:01:00"))
WHY = "Nobody sells anything here."
SUBJECT = f"{says('tablemates_email.subject')}: Whom we sat with"


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, on an evening."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK=EVENING))


def be_at(headrow: System, moment: str) -> None:
    headrow.stop()
    headrow.environment["HEADROW_CLOCK"] = moment
    headrow.start()


def letters(headrow: System, name: str) -> list:
    return [letter for letter in headrow.mail(f"{name}@example.org") if letter["Subject"] == SUBJECT]


def text_of(letter) -> str:
    return letter.get_body(("plain",)).get_content()


def see(headrow: System, caller: Caller, path: str) -> requests.Response:
    """Return a page as somebody who is signed in gets it."""
    token = str(caller.http.headers["Authorization"]).removeprefix("Bearer ")
    return requests.get(headrow.url + path, cookies={"headrow_session": token}, timeout=20)


def published(team: Caller) -> str:
    meeting = {"starts_at": "2027-01-20T19:00:00+00:00", "ends_at": "2027-01-20T20:30:00+00:00"}
    new = {"programme": "virtual-sessions", "title": "Whom we sat with", "delivery": "virtual", "places_online": 20}
    slug = team.post("/sessions", {**new, "meetings": [meeting]}).json()["slug"]
    assert team.post(f"/sessions/{slug}/publish").status_code == 200
    eventually(lambda: team.get(f"/sessions/{slug}").json().get("booking") == "open")
    eventually(lambda: team.get(f"/sessions/{slug}/bookings").ok)
    return slug


def test_in_the_morning_each_hears_once_of_how_many_and_the_page_says_of_whom(headrow: System):
    team = headrow.caller("team@example.org", "team")
    names = ("amina", "ben", "carla", "dev", "esi")
    people = [headrow.caller(f"{name}@example.org") for name in names]
    amina, ben, carla, _, esi = people
    ben.introduce(sector="social_care")
    slug = published(team)
    references = [caller.book(slug)["reference"] for caller in people]
    for caller in (amina, ben, carla, esi):  # Dev is no member, and Esi was not there
        eventually(lambda c=caller: c.post("/community/join", {"tell_tablemates": True}).status_code == 201)
    wanted = {"size": 5, "rounds": 1}
    view = eventually(lambda: (m := team.post(f"/sessions/{slug}/tables", wanted)).status_code == 201 and len(
        [seat for table in (m.json()["rounds"] or [[]])[0] for seat in table]) == 5 and m.json())  # fmt: skip
    assert view["kind"] == "rooms"
    assert team.post(f"/sessions/{slug}/tables/publish").status_code == 200
    letter = headrow.mailed("amina@example.org", says("tables_email.rooms_subject"))
    assert says("tables_email.only_room", room=1) in text_of(letter)
    assert "table" not in text_of(letter).lower()
    assert says("tables_email.only_room", room=1) in see(headrow, amina, "/bookings").text
    records = [{"reference": one, "meeting": 1, "present": n != 4} for n, one in enumerate(references)]
    assert team.post(f"/sessions/{slug}/attendance", {"records": records}).status_code == 200
    eventually(lambda: amina.get("/community/met").json()["items"])
    assert not letters(headrow, "amina"), "the session is not over"

    be_at(headrow, NIGHT)

    def queued():
        return [m["state"] for m in team.get("/messages").json()["items"] if m["template"] == "sat_with"]

    eventually(lambda: queued() == ["queued"] * 3)  # people sleep
    assert carla.post("/community/leave").status_code == 204
    eventually(lambda: queued() == ["queued"] * 2)
    be_at(headrow, MORNING)
    told = {name: eventually(lambda name=name: letters(headrow, name)) for name in ("amina", "ben")}
    text = text_of(told["amina"][0])
    assert says("tablemates_email.in_room_agreed", number=2) in text
    for word in ("Ben", "Carla", "Dev", "Esi", "ben@", "carla@", *(c.get("/me").json()["id"] for c in (ben, carla))):
        assert word not in text
    assert told["amina"][0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not letters(headrow, "dev")
    assert not letters(headrow, "esi")

    link = urlsplit(re.search(r"https?://\S+/community/met/\S+", text)[0]).path
    assert link == f"/community/met/{slug}"
    page = see(headrow, amina, link)
    assert "Ben" in page.text
    for gone in ("Carla", "Dev", "Esi"):
        assert gone not in page.text
    asked = re.search(r'href="(/community/members/[^"]+)#ask"', page.text)[1]
    assert "Ben" in see(headrow, amina, asked).text
    assert requests.get(headrow.url + link, timeout=20).status_code == 401

    correction = {"records": [{"reference": references[1], "meeting": 1, "present": False}]}
    assert team.post(f"/sessions/{slug}/attendance", correction).status_code == 200
    assert team.post(f"/sessions/{slug}/attendance", {"records": records}).status_code == 200
    be_at(headrow, "2027-01-21T10:00:00+00:00")
    told = {name: len(letters(headrow, name)) for name in names}
    assert told == {"amina": 1, "ben": 1, "carla": 0, "dev": 0, "esi": 0}

    assert ben.http.delete(f"{ben.url}/me", timeout=20).status_code == 202
    eventually(lambda: "Ben" not in see(headrow, amina, link).text)
    eventually(lambda: says("community.nobody_now") in see(headrow, amina, link).text)
    assert "Ben" not in json.dumps(amina.get("/me/export").json())


def test_the_team_deals_with_a_report_and_whoever_is_taken_out_reads_why(headrow: System):
    team, gita, hugo = (headrow.caller("team2@example.org", "team"), headrow.caller("gita@example.org"),
                        headrow.caller("hugo@example.org", ))  # fmt: skip
    for caller in (gita, hugo):
        eventually(lambda c=caller: c.post("/community/join", {}).status_code == 201)
    to = hugo.get("/community/me").json()["id"]
    asked = gita.post("/introductions", {"to": to, "message": "Buy my book"}, key="1").json()
    said = {"text": "She sells something."}
    assert hugo.post(f"/introductions/{asked['id']}/report", said).status_code == 200
    [found] = team.get("/reports", params={"status": "open"}).json()["items"]
    assert says("site.open_reports", number=1) in see(headrow, team, "/team").text
    who = f"/people/{found['about']['id']}/community"
    assert team.post(f"{who}/remove", {"reason": WHY}).status_code == 200
    path = f"/reports/{found['id']}"
    answer = team.http.post(f"{team.url}{path}/deal-with", json={"note": "Took her out."},
                            headers={"If-Match": team.get(path).headers["ETag"]}, timeout=20)  # fmt: skip
    assert (answer.status_code, answer.json()["about"]["removed"]) == (200, True)
    assert team.get("/reports", params={"status": "open"}).json()["items"] == []
    letter = headrow.mailed("gita@example.org", says("community_email.removed"))
    assert WHY in text_of(letter)
    assert "/contact" in text_of(letter)
    refused = gita.post("/community/join", {})
    assert (refused.status_code, refused.json()["reason"]) == (403, WHY)
    page = see(headrow, gita, "/community")
    assert (page.status_code, WHY in page.text) == (403, True)
    assert gita.get("/me/export").json()["community"]["removed"]["reason"] == WHY
    assert team.post(f"{who}/let-in").status_code == 200
    headrow.mailed("gita@example.org", says("community_email.let_in"))
    assert gita.post("/community/join", {}).status_code == 201
