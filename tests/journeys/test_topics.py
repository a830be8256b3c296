"""A topic is renamed: everything that holds its name follows, old addresses lead on, and nobody is emailed of it."""

import pytest

from tests.journeys.running import Caller, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow
OLD, NEW = "systems-thinking", "whole-systems"


def interests(caller):
    return [interest["topic"] for interest in caller.get("/interests").json()["items"]]


def test_whoever_asked_for_a_topic_hears_of_it_under_its_new_name_and_of_the_change_itself_nothing(headrow):
    team = Caller(headrow.url, headrow.run("token", "script@example.org", "--role", "team").stdout.strip())
    amina = headrow.caller("amina@example.org")
    amina.book("maxims-in-practice")
    assert amina.post("/interests", {"topic": OLD}).status_code == 201
    eventually(lambda: amina.post("/community/join", {"topics": [OLD, "psychology"]}).status_code == 201)
    headrow.mailed("amina@example.org", "Myron")
    before = len(headrow.mail("amina@example.org"))

    renamed = team.post(f"/topics/{OLD}/rename", {"to": NEW})
    assert (renamed.status_code, renamed.json()["former"]) == (200, [OLD])
    [session] = amina.get("/sessions", params={"topic": OLD}).json()["items"]
    assert NEW in session["topics"]
    assert eventually(lambda: interests(amina) == [NEW])
    assert eventually(lambda: amina.get("/community/me").json()["topics"] == [NEW, "psychology"])
    assert team.get(f"/topics/{NEW}").json()["interested"] == 1

    wanted = team.get("/sessions/maxims-in-practice/export").json()
    drafted = team.post("/sessions", {**wanted, "slug": "another", "title": "Another", "topics": [OLD]}).json()
    assert drafted["topics"] == [NEW]
    team.post("/sessions/another/publish")
    told = headrow.mailed("amina@example.org", f"{says('interest_email.subject')}: Another")
    assert "whole systems" in told.get_body(("plain",)).get_content()
    assert len(headrow.mail("amina@example.org")) == before + 1

    assert team.http.delete(f"{team.url}/topics/{NEW}", timeout=20).status_code == 204
    assert eventually(lambda: interests(amina) == [] and amina.get("/community/me").json()["topics"] == ["psychology"])
    assert amina.get("/sessions/another").json()["topics"] == []
