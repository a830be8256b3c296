"""What others ask the catalogue about pictures."""

from typing import Any, Final

from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import rpc
from services.catalogue import access, images, logos, models, pictures, schemas
from services.runtime import clock
from services.runtime.aside import Aside

Given = dict[str, Any]


SECONDS: Final = 13.0  # for a large picture on a busy machine, and for those before it; the gateway waits for 15
DRAWING: Final = Aside(at_once=1, seconds=SECONDS)  # a large picture takes a hundred megabytes


def _picture_drawn(service: object, given: Given) -> pictures.Drawn:
    return DRAWING.do(lambda _: pictures.drawn(given["content"]))


def _logo_drawn(service: object, given: Given) -> images.Drawn:
    return DRAWING.do(lambda _: logos.drawn(given["content"]))


class Pictures:
    """Pictures of sessions and speakers, and the logo.

    They are drawn in a thread beside, before anything is locked: it takes seconds, and other requests go on.
    """

    @rpc(schemas.NewLogo, returns=schemas.LogoKept, requires=access.team, first=_logo_drawn, first_within=SECONDS)
    def keep_logo(self, db: OrmSession, given: Given, found: images.Drawn) -> Given:
        return logos.keep(db, found, clock.now())

    @rpc()
    def logo(self, db: OrmSession, name: str) -> Given:
        return logos.one(db, name)

    @rpc(
        schemas.NewPicture,
        returns=schemas.SessionView,
        requires=access.team,
        keep_answer=False,
        first=_picture_drawn,
        first_within=SECONDS,
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
        first=_picture_drawn,
        first_within=SECONDS,
    )
    def put_picture_of_speaker(
        self, db: OrmSession, slug: str, given: Given, found: pictures.Drawn
    ) -> models.Session | models.Speaker:
        return pictures.put(db, "speakers", slug, given["alt"], found, clock.now())

    @rpc(schemas.ChangedPicture, returns=schemas.SessionView, requires=access.team)
    def change_picture_of_session(
        self, db: OrmSession, slug: str, version: int, given: Given
    ) -> models.Session | models.Speaker:
        return pictures.describe(db, "sessions", slug, version, given["alt"], clock.now())

    @rpc(schemas.ChangedPicture, returns=schemas.SpeakerState, requires=access.team)
    def change_picture_of_speaker(
        self, db: OrmSession, slug: str, version: int, given: Given
    ) -> models.Session | models.Speaker:
        return pictures.describe(db, "speakers", slug, version, given["alt"], clock.now())

    @rpc(returns=schemas.SessionView, requires=access.team)
    def remove_picture_of_session(self, db: OrmSession, slug: str) -> models.Session | models.Speaker:
        return pictures.remove(db, "sessions", slug, clock.now())

    @rpc(returns=schemas.SpeakerState, requires=access.team)
    def remove_picture_of_speaker(self, db: OrmSession, slug: str) -> models.Session | models.Speaker:
        return pictures.remove(db, "speakers", slug, clock.now())

    @rpc(returns=schemas.PictureFile)
    def picture_file(self, db: OrmSession, hash: str, width: int) -> Given:
        return pictures.file(db, hash, width)
