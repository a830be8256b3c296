"""The services of the scenarios: one that answers and announces, one that listens."""

from collections.abc import Sequence
from typing import Any, ClassVar

import eventlet
from marshmallow import fields
from sqlalchemy import Column, MetaData, String, Table, func, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import outbox
from services.bus.entrypoints import Database, rpc, subscribe
from services.bus.envelope import Envelope
from services.bus.grouped import Member
from services.bus.operated import Operated
from services.runtime import clock, correlation
from services.runtime.dialects import BigId
from services.runtime.refusals import Refusal
from services.runtime.schemas import Read, Schema, Text

effects = Table(
    "effects",
    MetaData(),
    Column("position", BigId, primary_key=True, autoincrement=True),
    Column("what", String(200), nullable=False),
)


def take_effect(db: OrmSession, what: str) -> int:
    """Leave a trace in the transaction, and return how many there are."""
    db.execute(insert(effects).values(what=what))
    return db.scalar(select(func.count()).select_from(effects)) or 0


class Full(Refusal):
    """There is no room."""

    code = "full"


class Part(Schema):
    """One part of a note."""

    size = fields.Integer(required=True, strict=True)


class Note(Schema):
    """What Echo is given."""

    text = Text(200, required=True)
    parts = fields.List(fields.Nested(Part))


class Noted(Read):
    """What Hear reads of Echo's events."""

    text = fields.String(required=True)


def tell_of_effects(db: OrmSession, after: Any) -> Any:
    """Announce a page, which is one effect."""
    there = select(effects).where(effects.c.position > (after or 0)).order_by(effects.c.position).limit(1)
    for row in db.execute(there):
        outbox.announce(db, "echo.noted.v1", "notes", row.position, {"text": f"again {row.what}"})
        return row.position
    return None


def gather(_service: Any, db: OrmSession, calls: Sequence[Member]) -> None:
    """Note all that is given in one group, once the scenario lets it; one who says "alone" is left out."""
    texts = [call.given["text"] for call in calls]
    Echo.gathered.append(texts)
    while not Echo.may_go:
        eventlet.sleep(0.01)
    if "break" in texts:
        raise RuntimeError("the password is swordfish")
    for call in calls:
        if call.given["text"] == "refused":
            call.outcome = Full(room=0)
        elif call.given["text"] != "alone":
            with call.following(db):
                number = take_effect(db, call.given["text"])
                outbox.announce(db, "echo.noted.v1", "notes", number, {"text": call.given["text"]})
                call.outcome = {"together": len(calls)}


class Echo(Operated):
    """Answers calls, and announces what it has noted."""

    tell = staticmethod(tell_of_effects)
    name = "echo"
    database = Database()
    room: ClassVar[int] = 1000
    lingering: ClassVar[list[str]] = []
    may_go: ClassVar[bool] = False
    gathered: ClassVar[list[list[str]]] = []

    def identify_together(self, db: OrmSession, callers: Sequence[Any]) -> Sequence[Any]:
        """Know whoever says who they are."""
        return callers

    @rpc(Note)
    def say(self, db: OrmSession, caller: Any, given: Any, louder: bool = False) -> Any:
        return {"text": given["text"].upper() if louder else given["text"], "caller": caller, "at": clock.now()}

    @rpc(Note)
    def dawdle(self, db: OrmSession, given: Any) -> Any:
        """Answer after so many seconds."""
        eventlet.sleep(float(given["text"]))
        return {}

    @rpc(Note, lane="text")
    def linger(self, db: OrmSession, given: Any) -> Any:
        """Answer once the scenario lets it."""
        Echo.lingering.append(given["text"])
        while not Echo.may_go:
            eventlet.sleep(0.01)
        return {}

    @rpc(Note, lane="text", together=gather)
    def gather(self, db: OrmSession, caller: Any, given: Any) -> Any:
        Echo.gathered.append([given["text"]])
        while not Echo.may_go:
            eventlet.sleep(0.01)
        take_effect(db, given["text"])
        return {"together": 1}

    @rpc(Note)
    def note(self, db: OrmSession, given: Any) -> Any:
        number = take_effect(db, given["text"])
        outbox.announce(db, "echo.noted.v1", "notes", number, {"text": given["text"]})
        if number > self.room:
            raise Full(room=self.room)
        return {"number": number}

    @rpc(Note)
    def note_and_refuse(self, db: OrmSession, given: Any) -> Any:
        """The refusal is returned, so that what it left in the database stays."""
        take_effect(db, given["text"])
        outbox.announce(db, "echo.noted.v1", "notes", 1, {"text": given["text"]})
        return Full()

    @rpc(Note)
    def whisper(self, db: OrmSession, given: Any) -> Any:
        outbox.announce(db, "echo.whispered.v1", "whispers", 1, {"text": given["text"]}, sensitive=True)

    @rpc()
    def break_down(self, db: OrmSession) -> Any:
        raise RuntimeError("the password is swordfish")

    @rpc()
    def return_nonsense(self, db: OrmSession) -> Any:
        return {"nonsense": object()}


class Hear:
    """Hears what Echo announces."""

    name = "hear"
    takes_state = True
    database = Database()

    @subscribe("echo.noted.v1", "echo.whispered.v1", reads=Noted)
    def hear(self, db: OrmSession, event: Envelope) -> None:
        take_effect(db, event.data["text"])


class Pass:
    """Hears what Echo announces, and announces it in its own name."""

    name = "pass"
    database = Database()

    @subscribe("echo.noted.v1", reads=Noted)
    def hear(self, db: OrmSession, event: Envelope) -> None:
        take_effect(db, str(correlation.current()))
        outbox.announce(db, "pass.passed_on.v1", "notes", event.version, event.data)


class Both:
    """Answers calls and hears events, in one database."""

    name = "both"
    database = Database()

    @rpc(Note)
    def note(self, db: OrmSession, given: Any) -> None:
        take_effect(db, given["text"])

    @subscribe("echo.noted.v1", reads=Noted)
    def hear(self, db: OrmSession, event: Envelope) -> None:
        take_effect(db, event.data["text"])
