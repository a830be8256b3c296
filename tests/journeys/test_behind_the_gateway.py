"""Whoever reaches the broker is not believed for it: registration has signed in whose name a service acts."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from kombu.connection import Connection
from sqlalchemy import text

from services.bus import wire
from tests.faults.audit import rows

DISTRIBUTED = pytest.param("distributed", marks=[pytest.mark.rabbitmq, pytest.mark.postgresql])
pytestmark = pytest.mark.parametrize("headrow", [DISTRIBUTED], indirect=True, scope="module")


class Stranger:
    """Someone with the broker's address, and nothing else."""

    def __init__(self, channel: Any, drain: Any) -> None:
        self._channel, self._drain, self._replies = channel, drain, []
        self._reply_to = str(uuid.uuid4())
        queue = channel.queue_declare(exclusive=True).queue
        channel.queue_bind(queue=queue, exchange=wire.EXCHANGE, routing_key=self._reply_to)
        channel.basic_consume(queue=queue, no_ack=True, callback=self._replies.append)

    def call(self, service: str, method: str, **named: Any) -> str | None:
        """Return the code of the refusal; None where it was answered."""
        self._replies.clear()
        message = self._channel.prepare_message(
            wire.request(named), properties={"reply_to": self._reply_to, "correlation_id": str(uuid.uuid4())}
        )
        self._channel.basic_publish(message, exchange=wire.EXCHANGE, routing_key=f"{service}.{method}")
        while not self._replies:
            self._drain(timeout=30)
        reply, _ = wire.read_reply(self._replies[0].body)
        return reply["refusal"]["code"] if reply.get("refusal") else None


@pytest.fixture
def stranger(headrow) -> Iterator[Stranger]:
    connect: Any = Connection
    with connect(headrow.environment["HEADROW_BUS"]) as connection:
        yield Stranger(connection.channel(), connection.drain_events)


def test_a_call_over_the_broker_is_not_believed_about_who_makes_it(headrow, stranger):
    team = headrow.caller("team@example.org", "team")
    me = team.get("/me").json()
    as_they_say = {"id": me["id"], "roles": ["person", "team"], "facilitates": [], "name": "T", "sector": "hospital"}
    for caller in (None, as_they_say, {"assertion": ".".join(["e30"] * 3)}):
        for service, method, named in (
            ("catalogue", "export", {}),
            ("community", "export_of", {"person": me["id"]}),
            ("notifications", "messages_of", {"person": me["id"]}),
        ):
            assert stranger.call(service, method, caller=caller, **named) == "not-signed-in", (service, caller)


def test_what_the_database_keeps_of_a_token_is_no_token(headrow, stranger):
    headrow.caller("team@example.org", "team")
    kept = [hash for (hash,) in rows(headrow, "registration", text("SELECT hash FROM tokens"))]
    assert kept
    for hash in kept:
        assert stranger.call("registration", "who", caller={"token": hash}) == "not-signed-in"
        assert stranger.call("registration", "me", caller={"token": hash}) == "not-signed-in"
