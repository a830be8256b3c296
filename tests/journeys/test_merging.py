"""Someone merges their two accounts, goes on with either address, and has them parted again."""

import pytest

from tests.journeys.marks import join
from tests.journeys.merging import merge
from tests.journeys.running import Caller, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

KEPT, OLD = "amina@example.org", "amina@old.example"


def sessions_of(caller):
    return {row["session"]: row["state"] for row in caller.get("/bookings").json()["items"]}


def test_two_accounts_become_one_and_two_again(headrow):
    kept, other = headrow.caller(KEPT), headrow.caller(OLD)
    kept.introduce(name="Amina", sector="hospital"), other.introduce(name="Amina Khan", sector="hospital")
    slugs = [row["slug"] for row in kept.get("/sessions", params={"when": "upcoming"}).json()["items"]][:2]
    first, second = (other.book(slug)["reference"] for slug in slugs)
    kept.book(slugs[0])
    join(kept), join(other)
    made = merge(headrow, kept, OLD)
    assert [row["reference"] for row in made["goes_back"]][-1] == second
    assert other.get("/me").status_code == 401, "whoever was signed in to the other account is signed out"
    assert sessions_of(kept)[slugs[1]] == "confirmed"
    assert kept.get(f"/bookings/{first}").json()["state"] == "confirmed", "who was first keeps the place"
    for address in (KEPT, OLD):
        headrow.mailed(address, says("merge_email.merged"))
    headrow.mailed(KEPT, says("merge_email.place"))
    cancelled = headrow.mailed(KEPT, says("merge_email.one_booking"))
    assert [part.get_param("method") for part in cancelled.walk() if part.get_content_type() == "text/calendar"] == [
        "CANCEL"
    ]
    by_old_address = Caller(headrow.url, headrow.token(OLD))
    assert by_old_address.get("/me").json()["email"] == KEPT

    [undoable] = kept.get("/me/merges").json()["items"]
    stale = kept.post(f"/me/merges/{undoable['id']}/undo", {"version": "0" * 32}, key="stale")
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/merge-changed")
    undone = kept.post(f"/me/merges/{undoable['id']}/undo", {"version": undoable["version"]}, key="undo")
    assert undone.status_code == 204, undone.text
    for address in (KEPT, OLD):
        headrow.mailed(address, says("merge_email.parted"))
    assert by_old_address.get("/me").status_code == 401
    again = Caller(headrow.url, headrow.token(OLD))
    assert (again.get("/me").json()["email"], again.get("/me").json()["name"]) == (OLD, "Amina Khan")
    assert {row["reference"] for row in again.get("/bookings").json()["items"]} == {first, second}
    assert first not in str(kept.get("/bookings").json())
    assert eventually(lambda: again.get("/community/me").status_code == 200)
