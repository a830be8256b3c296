"""What people wish for, as far as it follows the catalogue's topics and programmes."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import Database, rpc, subscribe
from services.bus.envelope import Envelope
from services.bus.operated import Operated
from services.registration import access, events, schemas
from services.registration.voices import programmes, topics


class Wishes(Operated):
    """The part of registration that keeps interests under the names that topics have now, and knows of programmes."""

    database = Database()

    @rpc(returns=schemas.InterestInTopics, requires=access.team)
    def interest_in_topics(self, db: OrmSession) -> dict[str, dict[str, int]]:
        return {"topics": topics.interested(db)}

    @subscribe("catalogue.topic_renamed.v1", reads=events.TopicRead)
    def keep_topic(self, db: OrmSession, event: Envelope) -> None:
        topics.keep(db, event)

    @rpc(returns=schemas.InterestInProgrammes, requires=access.team)
    def interest_in_programmes(self, db: OrmSession) -> dict[str, Any]:
        return programmes.interested(db)

    @subscribe("catalogue.programme_published.v1", reads=events.ProgrammeRead)
    def keep_programme(self, db: OrmSession, event: Envelope) -> None:
        programmes.keep(db, event)
