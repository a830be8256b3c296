"""Each part has its own user of the broker and its own role of the database: what is another's, it cannot touch."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from amqp.exceptions import AccessRefused
from kombu.connection import Connection

from services.bus import topology, wire
from services.headrow.names import SERVICES
from tests.bus.scenarios.system import an_event

DISTRIBUTED = pytest.param("distributed", marks=[pytest.mark.rabbitmq, pytest.mark.postgresql])
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("headrow", [DISTRIBUTED], indirect=True, scope="module")]
EACH_APART = True
OTHERS = [(part, other) for part in (*SERVICES, "gateway") for other in SERVICES if other != part]
SIGN_INS = ("sign_in_requested", "sign_in_guessed", "second_factor_guessed", "email_change_asked", "account_unused")


@contextmanager
def channel_of(headrow: Any, part: str) -> Iterator[Any]:
    """Open a channel with the credentials of a part."""
    connect: Any = Connection
    with connect(headrow.identities[part]["HEADROW_BUS"]) as connection:
        yield connection.channel()


def publish(channel: Any, exchange: str, key: str, body: bytes, **properties: str) -> None:
    """Publish one message, and wait until the broker has taken it. Raises AccessRefused."""
    channel.confirm_select()
    channel.basic_publish(channel.prepare_message(body, properties=properties), exchange=exchange, routing_key=key)
    channel.connection.drain_events(timeout=30)


@pytest.mark.parametrize(("part", "other"), OTHERS)
def test_no_part_announces_in_the_name_of_another(headrow, part, other):
    forged = an_event(type=f"{other}.made_up.v1").to_json()
    for key in (f"{other}.made_up.v1", f"{other}.to.notifications", "to.notifications"):
        with channel_of(headrow, part) as channel, pytest.raises(AccessRefused):
            publish(channel, topology.EVENTS, key, forged)


def test_a_service_announces_in_its_own_name(headrow):
    for part in SERVICES:
        with channel_of(headrow, part) as channel:
            publish(
                channel, topology.EVENTS, f"{part}.nobody_reads.v1", an_event(type=f"{part}.nobody_reads.v1").to_json()
            )


@pytest.mark.parametrize("event", SIGN_INS)
def test_what_lets_someone_in_is_heard_by_notifications_alone(headrow, event):
    for part in headrow.identities:
        with channel_of(headrow, part) as channel:
            queue = {"notifications": topology.queue_of(part)}.get(part, f"{part}.{uuid.uuid4()}")
            for key in (f"registration.{event}.v1", "registration.#", "#", "registration.to.notifications"):
                bind = {"queue": queue, "exchange": topology.EVENTS, "routing_key": key}
                if part == "notifications" and key == f"registration.{event}.v1":
                    channel.queue_bind(**bind)
                    continue
                if part == "gateway":  # it has none of its own yet, or an error has closed the channel
                    channel.queue_declare(queue=queue, exclusive=True)
                with pytest.raises(AccessRefused):
                    channel.queue_bind(**bind)


@pytest.mark.parametrize(("part", "other"), OTHERS)
def test_no_part_takes_from_the_queues_of_another_or_deletes_them(headrow, part, other):
    theirs = [wire.queue_of(other), *([topology.queue_of(other)] if other != "catalogue" else [])]
    for queue in theirs:
        with channel_of(headrow, part) as channel:
            for forbidden in (channel.basic_get, channel.queue_purge, channel.queue_delete):
                with pytest.raises(AccessRefused):
                    forbidden(queue=queue)


def test_no_part_deletes_or_makes_an_exchange(headrow):
    for part in headrow.identities:
        with channel_of(headrow, part) as channel:
            for exchange in (topology.EVENTS, wire.EXCHANGE):
                with pytest.raises(AccessRefused):
                    channel.exchange_delete(exchange)
            with pytest.raises(AccessRefused):
                channel.exchange_declare("another", "fanout")


@pytest.mark.parametrize(
    ("part", "call"),
    [
        *((service, f"{other}.export") for service, other in OTHERS if service != "gateway"),
        ("notifications", "community.export_of"),
        ("gateway", "community.announce_again"),
        ("gateway", "registration.publish_again"),
    ],
)
def test_a_foreign_call_is_refused_by_the_broker(headrow, part, call):
    with channel_of(headrow, part) as channel, pytest.raises(AccessRefused):
        publish(channel, wire.EXCHANGE, call, wire.request({}), reply_to=wire.reply_key(part))


def test_no_part_hears_the_calls_or_the_replies_of_another(headrow):
    for part, other in OTHERS:
        with channel_of(headrow, part) as channel:
            mine = f"gateway.{uuid.uuid4()}" if part == "gateway" else wire.queue_of(part)
            if part == "gateway":
                channel.queue_declare(queue=mine, exclusive=True)
            for key in (f"{other}.*", wire.reply_key(other), "#"):
                with pytest.raises(AccessRefused):
                    channel.queue_bind(queue=mine, exchange=wire.EXCHANGE, routing_key=key)
                if (
                    part == "gateway"
                ):  # an error closes the channel, and the queue of a gateway goes with its connection
                    channel.queue_declare(queue=mine, exclusive=True)


def test_a_service_sees_its_own_tables_alone(headrow):
    for service in SERVICES:
        with psycopg2.connect(headrow.identities[service]["HEADROW_DATABASE"]) as connection:
            for other in SERVICES:
                with connection.cursor() as cursor:
                    if other == service:
                        cursor.execute(f"SELECT count(*) FROM {other}.outbox")
                        continue
                    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                        cursor.execute(f"SELECT count(*) FROM {other}.outbox")
                    connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE {service}.mine (id int)",
        "DROP TABLE {service}.outbox",
        "ALTER TABLE {service}.outbox ADD COLUMN mine int",
        "TRUNCATE {service}.outbox",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (id int)",
        "CREATE ROLE mine",
    ],
)
def test_a_service_changes_no_table_and_makes_none(headrow, statement):
    for service in SERVICES:
        with psycopg2.connect(headrow.identities[service]["HEADROW_DATABASE"]) as connection:
            with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement.format(service=service))
            connection.rollback()


def test_the_gateway_has_no_database(headrow):
    assert "HEADROW_DATABASE" not in headrow.identities["gateway"]
    asha = headrow.caller("asha@example.org")
    assert asha.get("/bookings").json()["items"] == []
    assert list(headrow.folder.glob("*.db")) == []


def test_people_book_and_are_emailed_all_the_same(headrow):
    session = headrow.caller("ben@example.org").get("/sessions").json()["items"][0]
    booking = headrow.caller("cleo@example.org").book(session["slug"])
    assert booking["reference"]
    headrow.mailed("cleo@example.org", ".")
