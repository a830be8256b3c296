"""The habits that every answer of the API keeps."""

import logging
import uuid
from dataclasses import replace

import pytest

from services.runtime import correlation
from services.runtime.faults import Fault
from services.runtime.refusals import Unavailable
from tests.gateway import fakes
from tests.gateway.conftest import World
from tests.sentences import says

JSON = {"Content_Type": "application/json"}
BOOKING = {"session": "maxims-in-practice"}


@pytest.fixture
def booking_world(world) -> World:
    world.registration.answers["book"] = fakes.booking()
    return world


def post(world: World, path: str, content: bytes, token: str | None = "person-token", **headers: str):
    given = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return world.client.post(f"/api/v1{path}", data=content, headers=given)


def test_a_refusal_is_a_problem_document(world):
    answer = world.get("/sessions/nowhere")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "/problems/not-found",
        "title": says("refusals.not_found_title"),
        "status": 404,
        "detail": says("refusals.not_found"),
        "correlation_id": answer.headers["X-Correlation-Id"],
    }


def test_a_refusal_of_a_service_is_told_with_its_facts(booking_world):
    booking_world.registration.answers["book"] = fakes.refused("profile-incomplete", missing=["name"])
    answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key="k")
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/profile-incomplete")
    assert answer.json["missing"] == ["name"]


def test_all_wrong_fields_are_told_at_once(booking_world):
    errors = [Fault("missing").at("session"), Fault("not-a-choice", {"choices": ["in_room", "online"]}).at("mode")]
    booking_world.registration.answers["book"] = fakes.refused("invalid", errors=errors)
    answer = booking_world.ask("POST", "/bookings", "person-token", {}, Idempotency_Key="k")
    assert (answer.status_code, answer.json["errors"]) == (422, errors)


def test_a_fault_of_a_service_is_told_without_its_text(booking_world):
    for code in ("internal", "a-code-that-nobody-knows"):
        booking_world.registration.answers["book"] = fakes.refused(code, password="hunter2")
        answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key="k")
        assert (answer.status_code, answer.json["type"]) == (500, "/problems/internal")
        assert "hunter2" not in answer.text
        assert code == "internal" or code not in answer.text


def test_a_fault_of_the_gateway_is_logged_and_not_told(booking_world, caplog):
    booking_world.registration.answers["book"] = ZeroDivisionError("secret")
    with caplog.at_level(logging.ERROR):
        answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key="k")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert answer.json["correlation_id"] in caplog.text


def test_a_service_that_does_not_answer_is_503_with_a_time_to_come_back(booking_world):
    booking_world.registration.answers["book"] = Unavailable("Registration is away.")
    answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key="k")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_a_correlation_id_is_taken_if_it_is_a_uuid(world):
    given = str(uuid.uuid4())
    assert world.get("/sessions", X_Correlation_Id=given).headers["X-Correlation-Id"] == given


@pytest.mark.parametrize("given", ["1", "'; drop table", "x" * 5000])
def test_any_other_correlation_id_is_replaced(world, given):
    made = world.get("/sessions", X_Correlation_Id=given).headers["X-Correlation-Id"]
    assert made != given
    assert uuid.UUID(made)


def test_the_correlation_id_is_followed_into_the_services(world):
    seen = []
    world.registration.answers["me"] = lambda caller: seen.append(correlation.current()) or fakes.person(["person"])
    answer = world.get("/me", "person-token")
    assert seen == [answer.headers["X-Correlation-Id"]]


@pytest.mark.parametrize("path", ["/nothing", "/sessions/a/b", "/sessions/Ä", "/bookings/a%00b", "/materials/1", "/"])
def test_what_is_not_there_is_404(world, path):
    assert world.get(path, "person-token").status_code == 404


def test_a_method_that_is_not_taken_is_405_with_those_that_are(world):
    answer = world.ask("DELETE", "/sessions")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_method_that_nobody_knows_is_405(world):
    assert world.ask("BREW", "/sessions").status_code == 405


def test_options_tells_what_an_address_takes(world):
    answer = world.ask("OPTIONS", "/me")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH")
    assert world.ask("OPTIONS", "/nothing").status_code == 404


def test_head_is_get_without_the_body(world):
    get, head = world.get("/sessions"), world.ask("HEAD", "/sessions")
    assert head.data == b""
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(get.data))


def test_who_is_not_signed_in_is_told_how_to(world):
    answer = world.get("/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="headrow"'


def test_whose_token_is_no_good_is_told_so(world):
    answer = world.get("/me", "nonsense")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="headrow", error="invalid_token"'
    assert "token_given" not in answer.text


def test_other_schemes_than_bearer_are_no_token(world):
    assert world.client.get("/api/v1/me", headers={"Authorization": "Basic cGVyc29uLXRva2Vu"}).status_code == 401


def test_the_token_goes_to_the_services_as_a_hash(world):
    world.get("/me", "person-token")
    assert "person-token" not in str(world.registration.asked)
    assert len(world.registration.last("me")["caller"]["token"]) == 64


def test_personal_answers_are_kept_by_nobody(world):
    answer = world.get("/me", "person-token")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Authorization" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"", JSON, 400),
        (b"\xff", JSON, 400),
        (b"[]", JSON, 422),
        (b'{"a": "\\u0000"}', JSON, 422),
        (b"{}", {"Content_Type": "text/plain"}, 415),
        (b"{}", {}, 415),
        (b"{}", {"Content_Type": "application/json; charset=latin-1"}, 415),
        (b"{}", {**JSON, "Content_Encoding": "gzip"}, 415),
        (b"{" + b" " * 65536 + b"}", JSON, 413),
    ],
)
def test_a_body_that_will_not_do_is_refused_before_any_service_is_asked(booking_world, content, headers, status):
    answer = post(booking_world, "/bookings", content, Idempotency_Key="k", **headers)
    assert answer.status_code == status
    assert not booking_world.registration.was_asked("book")


@pytest.mark.parametrize(
    "media", ["application/json; charset=UTF-8", "application/json;charset=utf-8", "Application/JSON"]
)
def test_json_in_utf_8_is_taken_however_it_is_announced(booking_world, media):
    assert post(booking_world, "/bookings", b"{}", Idempotency_Key="k", Content_Type=media).status_code == 201


def test_an_import_may_be_eight_mebibytes_and_no_more(world):
    world.catalogue.answers["import_programme"] = {"created": {}, "changed": {}, "unchanged": {}}
    fits = b'{"a": "' + b"a" * (8 * 1024 * 1024 - 9) + b'"}'
    assert post(world, "/import", fits, "team-token", **JSON).status_code == 200
    assert post(world, "/import", fits + b" ", "team-token", **JSON).status_code == 413


def test_a_verb_needs_no_body(world):
    world.registration.answers["accept"] = world.registration.answers["cancel"] = fakes.booking()
    assert world.ask("POST", "/bookings/HR-1/accept", "person-token").status_code == 200
    assert world.ask("POST", "/bookings/HR-1/cancel", "person-token").status_code == 200
    assert world.registration.last("cancel")["given"] == {}


def test_a_booking_needs_an_idempotency_key(booking_world):
    answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING)
    assert (answer.status_code, answer.json["type"]) == (428, "/problems/idempotency-key-required")


@pytest.mark.parametrize("key", ["a b", "ä", "k" * 256])
def test_a_key_is_visible_characters(booking_world, key):
    answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key=key)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_a_key_is_passed_on_and_a_kept_answer_says_so(booking_world):
    booking_world.registration.answers["book"] = fakes.FakeAnswer(fakes.booking(), replayed=True)
    answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key="k")
    assert booking_world.registration.last("book")["key"] == "k"
    assert answer.headers["Idempotent-Replayed"] == "true"


def test_a_kept_refusal_says_so_too(booking_world):
    refusal = fakes.refused("session-full")
    refusal.replayed = True
    booking_world.registration.answers["book"] = refusal
    answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key="k")
    assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (409, "true")


def test_what_is_made_says_where_it_is(booking_world):
    answer = booking_world.ask("POST", "/bookings", "person-token", BOOKING, Idempotency_Key="k")
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/v1/bookings/HR-7K2M9Q")
    assert "Idempotent-Replayed" not in answer.headers


def test_a_change_needs_if_match_and_passes_on_the_version(world):
    world.registration.answers["change_me"] = {**fakes.person(["person"]), "version": 4}
    assert world.ask("PATCH", "/me", "person-token", {"name": "B"}).status_code == 428
    etag = world.get("/me", "person-token").headers["ETag"]
    answer = world.ask("PATCH", "/me", "person-token", {"name": "B"}, If_Match=etag)
    assert (answer.status_code, answer.headers["ETag"][:3]) == (200, '"4-')
    assert world.registration.last("change_me")["version"] == 3


def test_a_stale_change_is_412(world):
    world.registration.answers["change_me"] = fakes.refused("stale-version")
    assert world.ask("PATCH", "/me", "person-token", {"name": "B"}, If_Match='"1"').status_code == 412


PUBLIC = """/sessions /sessions/maxims-in-practice /sessions/maxims-in-practice.ics /programmes
    /programmes/virtual-sessions /speakers /speakers/myron-rogers /materials /sectors
    /feed.atom /feed.json /feed.ics /version /openapi.json /docs"""


@pytest.mark.parametrize("path", PUBLIC.split())
def test_every_public_read_has_a_tag_and_is_304_for_whoever_has_it(world, path):
    answer = world.get(path)
    assert answer.status_code == 200
    again = world.get(path, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    assert world.get(path, If_None_Match='"other"').status_code == 200


def test_one_s_own_account_has_a_tag_too(world):
    tag = world.get("/me", "person-token").headers["ETag"]
    assert tag.startswith('"3-')
    assert world.get("/me", "person-token", If_None_Match=tag).status_code == 304
    world.registration.answers["change_me"] = fakes.person(["person"])
    changed = world.ask("PATCH", "/me", "person-token", {"name": "Asha"}, If_Match=tag)
    assert (changed.status_code, changed.headers["ETag"]) == (200, tag), "it is the same account"
    assert world.registration.last("change_me")["version"] == 3


def test_no_answer_may_be_sniffed_into_another_type(world):
    for path in ("/sessions", "/nothing", "/me"):
        assert world.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_site_with_https_says_that_it_stays_so(world, settings):
    assert world.get("/sessions").headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = World(replace(settings, public_url="http://localhost:8000"))
    assert "Strict-Transport-Security" not in plain.get("/sessions").headers


def test_other_origins_are_not_let_in_unless_they_are_named(world):
    answer = world.get("/sessions", Origin="https://app.example")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" not in answer.headers.get("Vary", "")


def test_an_origin_that_is_named_is_let_in_without_the_cookie(settings):
    world = World(replace(settings, cors_origins=("https://app.example",)))
    world.take_snapshot()
    asked = world.ask("OPTIONS", "/bookings", Origin="https://app.example", Access_Control_Request_Method="POST")
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    answer = world.get("/sessions", Origin="https://app.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
    other = world.get("/sessions", Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.headers["Vary"]


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}]
)
def test_a_change_with_the_cookie_must_come_from_our_own_pages(booking_world, headers):
    booking_world.client.set_cookie("headrow_session", "person-token")
    answer = booking_world.ask("POST", "/bookings", None, BOOKING, Idempotency_Key="k", **headers)
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/cross-site")
    assert not booking_world.registration.was_asked("book")


def test_the_cookie_serves_as_a_token_on_our_own_pages(booking_world):
    booking_world.client.set_cookie("headrow_session", "person-token")
    for origin in ("https://headrow.example", "null"):  # the latter from a page that sends no referrer
        same = {"Origin": origin, "Sec_Fetch_Site": "same-origin"}
        assert booking_world.ask("POST", "/bookings", None, BOOKING, Idempotency_Key="k", **same).status_code == 201


WRONG = (
    """limit=0 limit=101 limit=x limit=-1 limit=1.5 limit= cursor=nonsense when=soon delivery=post q=%00 cursor=%ff"""
)


@pytest.mark.parametrize("query", [*WRONG.split(), "q=" + "a" * 1001])
def test_a_query_that_will_not_do_is_refused_by_its_field(world, query):
    answer = world.get(f"/sessions?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"]


def test_a_query_tells_all_that_is_wrong_at_once(world):
    fields = {error["field"] for error in world.get("/sessions?when=soon&delivery=post").json["errors"]}
    assert fields == {"when", "delivery"}


def test_parameters_that_nobody_knows_are_passed_over(world):
    assert world.get("/sessions?utm_source=mail").status_code == 200
