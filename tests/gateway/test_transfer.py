"""Moving an installation through the API: for operators alone, and everything that was there is there again."""

import json

import pytest

from services.registration.models import Audit
from tests.gateway.whole import Whole, settings_for

EXPORT = "/api/v1/export?people=true"
IMPORT = "/api/v1/import"
EMAILS = "/api/v1/me/emails"


@pytest.fixture
def whole(make_engine, tmp_path):
    return Whole(make_engine, settings_for(tmp_path))


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def choose(whole, who, **wanted):
    tag = whole.client.get(EMAILS, headers=who).headers["ETag"]
    assert whole.client.patch(EMAILS, json=wanted, headers={**who, "If-Match": tag}).status_code == 200


@pytest.mark.one_database
def test_what_an_operator_exports_comes_in_again_and_adds_nothing(whole):
    olu = bearer(whole.token("olu@example.org", "operator"))
    whole.token("team@example.org", "team")
    file = whole.client.get(EXPORT, headers=olu)
    assert file.status_code == 200
    assert {"people", "bookings", "attendance", "programmes"} <= file.json.keys()
    assert {row["email"] for row in file.json["people"]} == {"olu@example.org", "team@example.org"}
    new = {**file.json["people"][0], "id": "3f6f3f0e-6a55-4a33-9a2e-5b8b1a4e9f10", "email": "zoe@example.org"}
    new |= {"addresses": [], "roles": []}
    wanted = {**file.json, "people": [*file.json["people"], new]}
    first = whole.client.post(IMPORT, json=wanted, headers=olu)
    assert first.status_code == 200, first.text
    assert first.json["created"]["people"] == 1
    second = whole.client.post(IMPORT, json=wanted, headers=olu)
    assert (second.json["created"]["people"], second.json["unchanged"]["people"]) == (0, 3)
    with whole.databases["registration"].begin() as db:
        done = {(row.action, row.object) for row in db.query(Audit)}
    assert {("data-exported", "export"), ("data-changed", "import")} <= done


@pytest.mark.one_database
def test_what_someone_wants_no_emails_of_moves_with_them_and_is_theirs_to_change_there(whole, make_engine, tmp_path):
    zoe = bearer(whole.sign_in("zoe@example.org"))
    whole.deliver()
    choose(whole, zoe, interests=False, reminders=False)
    olu = bearer(whole.token("olu@example.org", "operator"))
    file = whole.client.get(EXPORT, headers=olu).json
    chosen = {row["email"]: row["emails"] for row in file["people"]}
    assert chosen["olu@example.org"] is None
    assert {one["topic"] for one in chosen["zoe@example.org"]["unwanted"]} == {"interests", "reminders"}

    there = Whole(make_engine, settings_for(tmp_path / "there"))
    other = bearer(there.token("new@example.org", "operator"))
    there.deliver()
    assert there.client.post(IMPORT, json=file, headers=other).status_code == 200
    there.deliver()
    mine = bearer(there.sign_in("zoe@example.org"))
    moved = there.client.get(EMAILS, headers=mine).json
    assert {name for name, wanted in moved.items() if wanted is False} == {"interests", "reminders"}

    choose(there, mine, interests=True)
    assert there.client.post(IMPORT, json=file, headers=other).status_code == 200
    there.deliver()
    kept = there.client.get(EMAILS, headers=mine).json
    assert (kept["interests"], kept["reminders"]) == (True, False)


@pytest.mark.one_database
def test_who_is_no_operator_gets_and_brings_nobody(whole):
    team = bearer(whole.token("team@example.org", "team"))
    olu = bearer(whole.token("olu@example.org", "operator"))
    file = {"people": []}
    assert [whole.client.get(EXPORT, headers=who).status_code for who in ({}, team)] == [401, 403]
    assert [whole.client.post(IMPORT, json=file, headers=who).status_code for who in ({}, team)] == [401, 403]
    assert whole.client.get("/api/v1/export", headers=team).status_code == 200
    assert whole.client.get("/api/v1/export", headers=olu).status_code == 403


@pytest.mark.one_database
def test_what_is_wrong_is_named_by_its_path(whole):
    olu = bearer(whole.token("olu@example.org", "operator"))
    refused = whole.client.post(IMPORT, json={"people": [{"id": "x"}]}, headers=olu)
    assert refused.status_code == 422
    assert ("people.0.id", "not-a-uuid") in {(one["field"], one["code"]) for one in json.loads(refused.data)["errors"]}
