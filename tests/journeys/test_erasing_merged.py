"""Someone who has merged two accounts, and is erased, is in no file any more by either of them."""

from collections.abc import Iterator
from contextlib import suppress
from email.utils import getaddresses

import pytest

from tests.journeys.conftest import _run
from tests.journeys.marks import MARKS, answered, join, traces
from tests.journeys.merging import merge
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow whose files can be looked through."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow")))


def test_whoever_is_erased_after_a_merge_leaves_nothing_of_either_account(headrow):
    kept, other = headrow.caller(f"{MARKS[0].lower()}@example.org"), headrow.caller("qzother@example.org")
    _, name, organisation, role, needs, _, message, about, *_ = MARKS
    kept.introduce(name="Pat", sector="hospital")
    other.introduce(name=name, sector="hospital", organisation=organisation, job_role=role, access_needs=needs)
    slug = kept.get("/sessions", params={"when": "upcoming"}).json()["items"][1]["slug"]
    other.book(slug, access_needs=needs)
    ben = headrow.caller("ben@example.org")
    to, _ = join(ben, about="Nights"), join(other, about=about)
    answered(other.post("/introductions", {"to": to, "message": message}, key="1"))
    merge(headrow, kept, "qzother@example.org")
    eventually(lambda: message in str(kept.get("/me/export").json()))
    assert traces(headrow), "or this test shows nothing"
    assert kept.http.delete(f"{kept.url}/me", timeout=20).status_code == 202
    for address in (f"{MARKS[0].lower()}@example.org", "qzother@example.org"):
        last = headrow.mailed(address, says("erased_email.subject"))
        assert getaddresses([last["To"]])[0][1] == address
    with suppress(AssertionError):  # the assertion below says where a mark is
        eventually(lambda: not traces(headrow), 30)
    assert traces(headrow) == {}
