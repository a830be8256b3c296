"""Holds what is announced against the contracts that the announcing service keeps beside its code."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope, NotAnEnvelope
from services.bus.models import outbox

SERVICES = Path(__file__).parents[2] / "services"
TYPE = re.compile(r"(?P<service>[a-z]+)\.[a-z]+(_[a-z]+)*\.v[1-9][0-9]*")
ADDRESS = re.compile(r"to\.[a-z]+")  # in place of the type, where one service alone hears it
# A format that has no checker passes in silence, so the two that the contracts lean on are asked for here.
FORMATS = Draft202012Validator.FORMAT_CHECKER
assert {"date-time", "uuid"} <= set(FORMATS.checkers), "jsonschema lacks a format checker: see requirements-dev.txt"


def check_outbox(db: OrmSession) -> None:
    """Fail unless every event in the outbox of `db` is what its contract says, no field more and no field less.

    Call it at the end of each test of a service, with the session that the test announced in.
    """
    if not db.is_active:
        db.rollback()  # the test ended in a failed transaction: what it announced there does not exist
    rows = db.execute(select(outbox).where(outbox.c.envelope.is_not(None)).order_by(outbox.c.position)).all()
    faults = [fault for row in rows for fault in _faults_of_row(row)]
    assert not faults, "announced against its contract:\n" + "\n".join(faults)


def contract_files() -> list[Path]:
    """Return the contract of every event, as `services/{service}/contracts/{type}.json`."""
    return sorted(SERVICES.glob("*/contracts/*.json"))


@cache
def contract(type_: str) -> dict[str, Any] | None:
    """Return the JSON Schema of the event's data, None where the announcing service keeps none."""
    file = SERVICES / type_.partition(".")[0] / "contracts" / f"{type_}.json"
    return json.loads(file.read_text()) if file.is_file() else None


def faults_of(type_: str, data: Any) -> Iterator[str]:
    """Tell in what `data` differs from the contract of its type. Fields that the contract does not name are faults."""
    validator = _validator(type_)
    if validator is None:
        yield f"{type_}: has no contract"
        return
    for error in validator.iter_errors(data):
        yield f"{type_}: {error.json_path}: {error.message}"


@cache  # nearly every test of a service asks for a few of them
def _validator(type_: str) -> Draft202012Validator | None:
    schema = contract(type_)
    return None if schema is None else Draft202012Validator(_closed(schema), format_checker=FORMATS)


def _faults_of_row(row: Any) -> Iterator[str]:
    try:
        event = Envelope.from_json(row.envelope)
    except NotAnEnvelope as fault:
        yield f"{row.type}: no reader could read its envelope: {fault}"
        return
    named = TYPE.fullmatch(event.type)
    if not named or event.source != named["service"]:
        yield f"{event.type}: is not named {{service}}.{{what_happened}}.v{{n}} after its source, {event.source}"
    key = row.type if ADDRESS.fullmatch(row.type) else event.type
    if (event.id, key, event.sensitive) != (row.event_id, row.type, row.sensitive):
        yield f"{event.type}: its row says otherwise: {row.event_id}, {row.type}, sensitive={row.sensitive}"
    if event.version < 1:
        yield f"{event.type}: version {event.version}, and versions count from 1"
    yield from faults_of(event.type, event.data)


def _closed(schema: Any) -> Any:
    """Return the schema with every object closed: readers may ignore a field, but we may not invent one."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else closed
