"""Someone who is erased is in no file any more, and the last that they hear is that they are."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.journeys.conftest import _run
from tests.journeys.marks import ADDRESS, MARKS, answered, join, traces
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

TO_COME, OVER = "leading-across-boundaries", "maxims-in-practice"
BEFORE, AFTER = "2027-02-10T09:00:00+00:00", "2027-02-11T16:00:00+00:00"


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, the day before a session."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK=BEFORE))


def test_no_file_has_a_mark_of_whoever_is_erased_and_their_calendar_was_put_right(headrow):
    person, ben = headrow.caller(ADDRESS), headrow.caller("ben@example.org")
    team = headrow.caller("team@example.org", "team")
    _, name, organisation, role, needs, note, message, about, said, suggestion, report = MARKS
    person.introduce(name=name, sector="hospital", organisation=organisation, job_role=role, access_needs=needs)
    booking = person.book(TO_COME, mode="online", access_needs=needs)
    over = person.book(OVER)["reference"]
    ben.book(OVER)
    answered(team.post(f"/bookings/{booking['reference']}/notes", {"text": note}))
    answered(person.post("/suggestions", {"kind": "theme", "text": suggestion}))
    answered(person.post("/interests", {"topic": "psychology"}))
    join(person, about=about, topics=["psychology"])
    to = join(ben, topics=["psychology"], about="Nights")
    asked = answered(person.post("/introductions", {"to": to, "message": message}, key="1"))
    eventually(lambda: ben.post(f"/introductions/{asked['id']}/report", {"text": report}).status_code == 200)
    headrow.stop()
    headrow.environment["HEADROW_CLOCK"] = AFTER
    headrow.start()
    answered(person.post(f"/bookings/{over}/feedback", {"useful": 4, "differently": said, "next": said}))
    assert traces(headrow), "or this test shows nothing"

    assert person.http.delete(f"{person.url}/me", timeout=20).status_code == 202
    last = headrow.mailed(ADDRESS, says("erased_email.subject"))
    letters = headrow.mail(ADDRESS)
    assert letters[-1] is last
    cancelled = [part for letter in letters for part in letter.walk() if part.get_content_type() == "text/calendar"]
    assert {part.get_param("method") for part in cancelled} == {"CANCEL"}
    assert len(cancelled) == len(team.get(f"/sessions/{TO_COME}").json()["meetings"])
    with suppress(AssertionError):  # the assertion below says where a mark is
        eventually(lambda: not traces(headrow), 30)
    assert traces(headrow) == {}
    assert organisation not in team.get("/organisations", params={"q": "Qz"}).text
