"""Import: a programme file becomes the catalogue, all of it or nothing.

An import adds and changes, and never takes away: what a file does not name stays as it is. So importing a file again
changes nothing, and a changed file announces what it changed.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import city as cities
from services.catalogue import materials, programmes, sessions, speakers, topics, versions
from services.catalogue.events import Thing, announce_changes, states
from services.catalogue.models import CHECKS, City, HeldPlace, Material, Programme, Sector, Session, Speaker
from services.catalogue.programme_file import UNCHANGEABLE, Known, ProgrammeFile, without_notes
from services.catalogue.schemas import UNNAMED
from services.runtime.schemas import load

Part = dict[str, Any]
Counts = dict[str, dict[str, int]]

COUNTED = ("city", "sectors", "topics", "speakers", "programmes", "sessions", "materials")
VOUCHED = dict.fromkeys(CHECKS, True)


def import_programme(db: OrmSession, given: Part, now: datetime) -> Counts:
    """Make the catalogue what the file says of it; its sessions are published.

    Returns how many of each kind were `{created: {…}, changed: {…}, unchanged: {…}}`. Raises Invalid with every wrong
    field of the file.
    """
    try:
        with db.begin_nested():
            return _import(db, given, now)
    except IntegrityError:  # another transaction made one of these meanwhile, and is over: look again
        db.expire_all()
        return _import(db, given, now)


def _import(db: OrmSession, given: Part, now: datetime) -> Counts:
    there = everything(db)
    file = load(ProgrammeFile(_known(db, there)), without_notes(given))
    work = _Import(db, now, there)
    work.put_city(file)
    work.put_topics(file.get("topics", []))
    for speaker in file.get("speakers", []):
        work.put_speaker(speaker)
    for programme in file.get("programmes", []):
        work.put_programme(programme)
    work.put_materials(None, file.get("materials", []))
    return work.finish()


def everything(db: OrmSession) -> list[Any]:
    """Return all that is announced, locked: what is compared at the end must not move meanwhile."""
    keys = (City.id, Speaker.id, Programme.id, Session.id, Material.number)
    rows = [select(key.class_).order_by(key).with_for_update() for key in keys]
    return [thing for part in rows for thing in db.scalars(part.execution_options(populate_existing=True))]


def _known(db: OrmSession, there: list[Any]) -> Known:
    cancelled = [thing for thing in there if isinstance(thing, Session) and thing.status == "cancelled"]
    return Known(
        city=any(isinstance(thing, City) for thing in there),
        speakers={thing.slug for thing in there if isinstance(thing, Speaker)},
        sectors=set(db.scalars(select(Sector.code))),
        topics={*topics.known(db), *(renamed := topics.renamed(db))},
        renamed=renamed,
        deliveries={thing.slug: thing.delivery for thing in there if isinstance(thing, Session)},
        cancelled={session.slug: UNCHANGEABLE.dump(session) for session in cancelled},
    )


class _Import:
    """One import under way: what there was before, and what the file has named so far."""

    def __init__(self, db: OrmSession, now: datetime, there: list[Any]) -> None:
        self.db = db
        self.now = now
        self.before: dict[Thing, Part] = states(there)
        self.by_subject: dict[str, Any] = {thing.subject: thing for thing in there}
        self.named: list[tuple[str, Any]] = []
        self.unasked: list[Sector] = []
        self.counts: Counts = {what: dict.fromkeys(COUNTED, 0) for what in ("created", "changed", "unchanged")}

    def put_city(self, file: Part) -> None:
        if not {"city", "sectors", "ways_to_get_involved"} & file.keys():
            return
        city = self._named("city", "city", City(sectors=[], ways_to_get_involved=[]))
        named = {sector["code"] for sector in file.get("sectors", [])}
        if city.name == UNNAMED and named:
            self.unasked = [sector for sector in city.sectors if sector.code not in named]
        for name, value in file.get("city", {}).items():
            setattr(city, name, value)
        city.ways_to_get_involved = file.get("ways_to_get_involved", city.ways_to_get_involved)
        self._put_sectors(city, file.get("sectors", []))
        self._keep(city)

    def _put_sectors(self, city: City, given: list[Part]) -> None:
        """Put those of the file first, in its order; the others stay, for people and held places may be theirs."""
        there = {sector.code: sector for sector in city.sectors}
        first = [self._sector(there.pop(wanted["code"], None), wanted) for wanted in given]
        city.sectors = [*first, *there.values()]
        for position, sector in enumerate(city.sectors):
            sector.position = position

    def _sector(self, sector: Sector | None, wanted: Part) -> Sector:
        if sector is None:
            self.counts["created"]["sectors"] += 1
            return Sector(**wanted)
        self.counts["changed" if cities.assign(sector, wanted) else "unchanged"]["sectors"] += 1
        return sector

    def put_topics(self, slugs: list[str]) -> None:
        there = {*topics.known(self.db), *topics.renamed(self.db)}
        topics.settle(self.db, slugs)
        new = set(slugs) - there
        self.counts["created"]["topics"] += len(new)
        self.counts["unchanged"]["topics"] += len(slugs) - len(new)

    def put_speaker(self, given: Part) -> None:
        speaker = self._named("speakers", f"speakers/{given['slug']}", Speaker(slug=given["slug"]))
        speakers.assign(speaker, given)
        self._keep(speaker)

    def put_programme(self, given: Part) -> None:
        programme = self._named("programmes", f"programmes/{given['slug']}", Programme(slug=given["slug"]))
        programmes.assign(self.db, programme, given)
        self._keep(programme)
        self.put_materials(programme, given["materials"])
        for session in given["sessions"]:
            self._put_session({**session, "programme": given["slug"]})

    def _put_session(self, given: Part) -> None:
        reason = given.pop("cancel_reason", None)
        session = self._named("sessions", f"sessions/{given['slug']}", Session(slug=given["slug"], changed_at=self.now))
        if session.status != "cancelled":  # a cancelled one is as the file says: `Known.cancelled` saw to that
            sessions.assign(self.db, session, given)
            session.publish()
        if reason and session not in self.before:  # a file cancels nothing that is on here
            session.status, session.cancel_reason = "cancelled", reason
        self._keep(session)
        self.put_materials(session, given["materials"])

    def put_materials(self, owner: materials.Owner, given: list[Part]) -> None:
        for material, wanted in _pairs(self._materials_of(owner), given):
            self._put_material(material or materials.new(owner, wanted), wanted)

    def _materials_of(self, owner: materials.Owner) -> list[Material]:
        if owner is not None:
            return list(owner.materials)
        there = (thing for thing in self.by_subject.values() if isinstance(thing, Material))
        return [material for material in there if materials.owner_of(material) is None]

    def _put_material(self, material: Material, given: Part) -> None:
        self._named("materials", material.subject, material)
        materials.assign(material, given)
        material.withdraw()  # the checks were of what it was before
        if given["published"]:
            material.publish(VOUCHED)
        self._keep(material)

    def _named(self, kind: str, subject: str, new: Any) -> Any:
        """Return what has this subject, `new` if there is no such thing, and count it at the end."""
        thing = self.by_subject.setdefault(subject, new)
        self.named.append((kind, thing))
        return thing

    def _keep(self, thing: Any) -> None:
        self.db.add(thing)
        self.db.flush()

    def finish(self) -> Counts:
        """Announce what has changed, and return the counts."""
        self._drop_unasked()
        versions.begin_above(self.db, [thing for thing in self.by_subject.values() if thing not in self.before])
        changed = announce_changes(self.db, self.now, self.before, list(self.by_subject.values()))
        for kind, thing in self.named:
            what = "created" if thing not in self.before else "changed" if thing in changed else "unchanged"
            self.counts[what][kind] += 1
        return self.counts

    def _drop_unasked(self) -> None:
        """Take away the sectors that were there before anyone said which there are, as far as no place is held."""
        for sector in self.unasked:
            if not self.db.scalar(select(exists().where(HeldPlace.sector == sector.code))):
                self.by_subject["city"].sectors.remove(sector)
                self.db.delete(sector)


def _pairs(there: list[Material], given: list[Part]) -> list[tuple[Material | None, Part]]:
    """Pair each material of a file with the one that it is: at the same address, or else of the same kind and title."""
    by_address = {material.url: material for material in there}
    named = {wanted["url"] for wanted in given}
    others = {(m.kind, m.title): m for m in there if m.url not in named}
    return [(by_address.get(w["url"]) or others.pop((w["kind"], w["title"]), None), w) for w in given]
