"""What each part may do at the broker, as RabbitMQ will match it; on a broker: `tests/journeys/test_identities.py`."""

import base64
import hashlib
import json
import re
import uuid

import pytest

from services.bus import topology, wire
from services.bus.permissions import OWNER, Part, definitions
from services.headrow.broker_commands import parts
from services.headrow.command_line import main
from tests.project.tracked import ROOT

HEAR = Part("hear", reads=("echo.noted.v1", "echo.said.v1"))
ECHO = Part("echo")
DOOR = Part("door", hears=("echo.noted.v1",), calls=("echo", "hear"), serves=False)
AN_ID = str(uuid.uuid4())


def may(part: Part, what: str, name: str, exchange: str | None = None) -> bool:
    """Tell whether a pattern of the part takes a name, or a routing key of that exchange."""
    patterns = part.permissions() if exchange is None else by_exchange(part)[exchange]
    return re.search(patterns[what], name) is not None


def by_exchange(part: Part) -> dict[str, dict[str, str]]:
    return {patterns["exchange"]: patterns for patterns in part.topic_permissions()}


@pytest.mark.parametrize("key", ["echo.noted.v1", "echo.to.hear", "echo.a_long_name.v12"])
def test_a_service_announces_under_its_own_name(key):
    assert may(ECHO, "write", key, topology.EVENTS)
    assert not may(HEAR, "write", key, topology.EVENTS)
    assert not may(DOOR, "write", key, topology.EVENTS)


@pytest.mark.parametrize(
    "key", ["to.hear", "hear.noted.v1", "xecho.noted.v1", "echo.noted.v1.echo", "echo.to.hear.too"]
)
def test_a_service_announces_under_no_other_key(key):
    assert not may(ECHO, "write", key, topology.EVENTS)


def test_a_service_is_bound_to_what_it_reads_and_to_what_it_alone_is_told():
    for key in topology.bindings_of("hear", HEAR.reads):
        assert may(HEAR, "read", key, topology.EVENTS)
    for key in ("#", "echo.*", "echo.#", "*.noted.v1", "echo.secret.v1", "*.to.*", "*.to.echo", "echoxnoted.v1"):
        assert not may(HEAR, "read", key, topology.EVENTS)


def test_replies_are_heard_by_the_one_who_asked():
    assert may(DOOR, "read", wire.reply_key("door"), wire.EXCHANGE)
    assert not may(HEAR, "read", wire.reply_key("door"), wire.EXCHANGE)
    assert not may(DOOR, "read", "#", wire.EXCHANGE)
    assert may(ECHO, "write", wire.reply_key("door"), wire.EXCHANGE)


def test_a_reader_asks_those_that_it_reads_of_for_events_and_for_nothing_else():
    assert may(HEAR, "write", "echo.published", wire.EXCHANGE)
    assert not may(HEAR, "write", "echo.say", wire.EXCHANGE)
    assert not may(ECHO, "write", "hear.published", wire.EXCHANGE)
    assert may(DOOR, "write", "echo.say", wire.EXCHANGE)
    assert not may(DOOR, "write", "echo.published", wire.EXCHANGE)
    assert may(DOOR, "write", "echo.published_since", wire.EXCHANGE)


def test_a_part_makes_and_reads_its_own_queues():
    own = {
        HEAR: ["hear.v1", "hear.calls.v1", f"rpc.reply-hear-{AN_ID}"],
        DOOR: [f"door.{AN_ID}"],
        ECHO: ["echo.calls.v1"],
    }
    for part, queues in own.items():
        for queue in queues:
            assert all(may(part, what, queue) for what in ("configure", "write", "read")), queue
            assert not any(may(other, what, queue) for other in own if other != part for what in ("configure", "read"))
    assert not may(ECHO, "configure", "echo.v1"), "it reads nothing"


def test_a_part_makes_no_exchange_and_only_services_announce():
    for part in (HEAR, ECHO, DOOR):
        assert not may(part, "configure", topology.EVENTS)
        assert not may(part, "configure", wire.EXCHANGE)
        assert may(part, "write", topology.EVENTS) == part.serves


def test_a_name_is_a_name_and_no_pattern():
    assert not may(HEAR, "configure", "hearxv1")
    assert not may(DOOR, "write", "headrowxcalls")


def test_a_password_is_kept_as_rabbitmq_keeps_it():
    [_, user] = definitions([ECHO], "city", {OWNER: "a", "headrow_echo": "secret"})["users"]
    kept = base64.b64decode(user["password_hash"])
    assert kept[4:] == hashlib.sha256(kept[:4] + b"secret").digest()
    assert (user["name"], user["tags"]) == ("headrow_echo", [])


def test_what_the_folder_shows_is_what_this_version_needs(capsys):
    assert main(["definitions", "--without-users"]) == 0
    assert capsys.readouterr().out == (ROOT / "deploy" / "rabbitmq" / "definitions.json").read_text(), (
        "write it again: headrow definitions --without-users > deploy/rabbitmq/definitions.json"
    )


def test_definitions_are_written_where_rabbitmq_can_read_them(tmp_path, monkeypatch):
    for name in ("", "CATALOGUE_", "REGISTRATION_", "NOTIFICATIONS_", "COMMUNITY_", "GATEWAY_"):
        monkeypatch.setenv(f"{name}RABBITMQ_PASSWORD", f"{name}secret")
    assert main(["definitions", "--output", str(tmp_path / "headrow.json"), "--vhost", "city"]) == 0
    written = (tmp_path / "headrow.json").read_text()
    assert {user["name"] for user in json.loads(written)["users"]} == {OWNER, *(part.user for part in parts())}
    assert "secret" not in written
    assert (tmp_path / "headrow.json").stat().st_mode & 0o777 == 0o644


def test_a_password_that_is_missing_is_named(capsys, monkeypatch):
    monkeypatch.delenv("GATEWAY_RABBITMQ_PASSWORD", raising=False)
    assert main(["definitions"]) == 1
    assert "GATEWAY_RABBITMQ_PASSWORD" in capsys.readouterr().err


def test_a_service_announces_types_of_its_own_name_alone():
    """The broker lets it publish no others: its outbox would stand still."""
    for part in parts():
        for file in (ROOT / "services" / part.name / "contracts").rglob("*.json") if part.serves else ():
            assert file.name.startswith(f"{part.name}.")
