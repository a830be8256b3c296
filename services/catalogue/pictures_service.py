"""What the catalogue is asked of pictures."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import rpc
from services.catalogue import access, models, pictures, schemas
from services.runtime import clock

Given = dict[str, Any]


class Pictures:
    """Pictures of sessions and speakers. They are drawn before anything is locked, as that takes a second."""

    @rpc(
        schemas.NewPicture,
        returns=schemas.SessionView,
        requires=access.team,
        keep_answer=False,
        first=lambda self, given: pictures.drawn(given["content"]),
    )
    def put_picture_of_session(
        self, db: OrmSession, slug: str, given: Given, found: pictures.Drawn
    ) -> models.Session | models.Speaker:
        return pictures.put(db, "sessions", slug, given["alt"], found, clock.now())

    @rpc(
        schemas.NewPicture,
        returns=schemas.SpeakerState,
        requires=access.team,
        keep_answer=False,
        first=lambda self, given: pictures.drawn(given["content"]),
    )
    def put_picture_of_speaker(
        self, db: OrmSession, slug: str, given: Given, found: pictures.Drawn
    ) -> models.Session | models.Speaker:
        return pictures.put(db, "speakers", slug, given["alt"], found, clock.now())

    @rpc(returns=schemas.SessionView, requires=access.team)
    def remove_picture_of_session(self, db: OrmSession, slug: str) -> models.Session | models.Speaker:
        return pictures.remove(db, "sessions", slug, clock.now())

    @rpc(returns=schemas.SpeakerState, requires=access.team)
    def remove_picture_of_speaker(self, db: OrmSession, slug: str) -> models.Session | models.Speaker:
        return pictures.remove(db, "speakers", slug, clock.now())

    @rpc(returns=schemas.PictureFile)
    def picture_file(self, db: OrmSession, hash: str, width: int) -> Given:
        return pictures.file(db, hash, width)
