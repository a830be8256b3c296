"""The shape of a programme file (services/samples/leeds-programme.json), and what must hold between its parts."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields, validates_schema

from services.catalogue.fields import Flag, Path, Slug, Slugs, Wrong, refuse, repeated, several, word
from services.catalogue.schemas import (
    WITHOUT_SESSION,
    City,
    NewMaterial,
    NewProgramme,
    NewSession,
    NewSpeaker,
    Sector,
    WayToGetInvolved,
)
from services.runtime.faults import Fault
from services.runtime.schemas import Schema, Text

Part = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What the catalogue holds already, and a file may refer to."""

    city: bool = False
    speakers: Set[str] = frozenset()
    sectors: Set[str] = frozenset()
    topics: Set[str] = frozenset()  # old names among them
    renamed: Mapping[str, str] = field(default_factory=dict)  # what each old name of a topic leads on to
    deliveries: Mapping[str, str] = field(default_factory=dict)  # by the session's slug
    cancelled: Mapping[str, Part] = field(default_factory=dict)  # sessions as `UNCHANGEABLE` dumps them, by slug


class MaterialInFile(NewMaterial):
    """A material; whoever publishes it by file vouches for its checks."""

    published = Flag(load_default=False)


class MaterialWithoutSession(MaterialInFile):
    """The same, of a programme or of neither."""

    audience = word(*WITHOUT_SESSION, load_default="everyone")


class SessionInFile(NewSession):
    """A session of the programme that it stands in. It is published; one with a `cancel_reason` was cancelled since."""

    class Meta:
        exclude = ("programme",)

    slug = Slug(required=True)
    by_application = Flag(load_default=False)
    materials = several(MaterialInFile, most=100, load_default=list)
    cancel_reason = Text(1000, lines=True)


class SpeakerInFile(NewSpeaker):
    """A speaker."""

    slug = Slug(required=True)


class ProgrammeInFile(NewProgramme):
    """A programme with its sessions."""

    slug = Slug(required=True)
    materials = several(MaterialWithoutSession, most=1000, load_default=list)
    sessions = several(SessionInFile, most=1000, load_default=list)


UNCHANGEABLE = SessionInFile(exclude=("materials", "cancel_reason"))


class ProgrammeFile(Schema):
    """A city's whole catalogue, or a part of it: each list may be left out."""

    city = fields.Nested(City)
    sectors = several(Sector, most=200)
    topics = Slugs(most=1000)
    speakers = several(SpeakerInFile, most=1000)
    programmes = several(ProgrammeInFile, most=200)
    materials = several(MaterialWithoutSession, most=1000)
    ways_to_get_involved = several(WayToGetInvolved, most=50)

    def __init__(self, known: Known | None = None) -> None:
        super().__init__()
        self.known = known or Known()

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def check(self, file: Part, original: Part, **_: Any) -> None:
        """Refuse what does not hold between the parts. A part that is wrong by itself is missing here."""
        refuse([*self._city(original), *_repeated(file), *self._unknown(file), *self._unchangeable(file)])

    def _city(self, original: Part) -> Iterator[Wrong]:
        about_it = {"sectors", "ways_to_get_involved"} & original.keys()
        if about_it and "city" not in original and not self.known.city:
            yield ("city",), Fault("no-city", {"parts": sorted(about_it)})

    def _unknown(self, file: Part) -> Iterator[Wrong]:
        """Yield each reference to what neither the file nor the catalogue has.

        A file that lists its topics is held to the list; one that does not may name new ones as it goes.
        """
        speakers = self.known.speakers | _names(file, "speakers", "slug")
        sectors = self.known.sectors | _names(file, "sectors", "code")
        topics = self.known.topics | set(file.get("topics", []))
        for path, thing in [*_programmes(file), *_sessions(file)]:
            if "topics" in file:
                yield from _strangers((*path, "topics"), thing.get("topics", []), topics, "topic")
            yield from _strangers((*path, "speakers"), thing.get("speakers", []), speakers, "speaker")
            for n, held in enumerate(thing.get("held_places", [])):
                if "sector" in held and held["sector"] not in sectors:
                    yield (*path, "held_places", n, "sector"), _stranger("sector", held["sector"])

    def _unchangeable(self, file: Part) -> Iterator[Wrong]:
        for path, session in _sessions(file):
            slug = session.get("slug", "")
            delivery = self.known.deliveries.get(slug)
            if delivery and session.get("delivery", delivery) != delivery:
                yield (*path, "delivery"), Fault("delivery-known", {"delivery": delivery})
            if slug in self.known.cancelled and self._as_kept(session) != self.known.cancelled[slug]:
                yield path, Fault("session-cancelled")

    def _as_kept(self, session: Part) -> Part:
        """Return a session of a file as `UNCHANGEABLE` dumps it, with its topics under the names that they have now."""
        kept: Part = UNCHANGEABLE.dump(session)
        named = (self.known.renamed.get(topic, topic) for topic in kept.get("topics", []))
        return {**kept, "topics": list(dict.fromkeys(named))}


def without_notes(value: Any) -> Any:
    """Return `value` (JSON) without the keys that explain things to people: `source`, and all that end in `_note`."""
    if isinstance(value, dict):
        return {k: without_notes(v) for k, v in value.items() if k != "source" and not k.endswith("_note")}
    return [without_notes(item) for item in value] if isinstance(value, list) else value


def _programmes(file: Part) -> Iterator[tuple[Path, Part]]:
    for n, programme in enumerate(file.get("programmes", [])):
        yield ("programmes", n), programme


def _sessions(file: Part) -> Iterator[tuple[Path, Part]]:
    for path, programme in _programmes(file):
        for n, session in enumerate(programme.get("sessions", [])):
            yield (*path, "sessions", n), session


def _names(file: Part, part: str, key: str) -> set[str]:
    return {thing[key] for thing in file.get(part, []) if key in thing}


def _repeated(file: Part) -> Iterator[Wrong]:
    speakers = [(("speakers", n), speaker) for n, speaker in enumerate(file.get("speakers", []))]
    sectors = [(("sectors", n), sector) for n, sector in enumerate(file.get("sectors", []))]
    for things, key in ((speakers, "slug"), (_programmes(file), "slug"), (_sessions(file), "slug"), (sectors, "code")):
        yield from repeated([((*path, key), thing[key]) for path, thing in things if key in thing])
    for path, owner in [((), file), *_programmes(file), *_sessions(file)]:
        materials = enumerate(owner.get("materials", []))
        yield from repeated(((*path, "materials", n, "url"), m["url"]) for n, m in materials if "url" in m)


def _strangers(path: Path, slugs: list[str | None], known: Set[str], kind: str) -> Iterator[Wrong]:
    for n, slug in enumerate(slugs):
        if slug is not None and slug not in known:
            yield (*path, n), _stranger(kind, slug)


def _stranger(kind: str, name: str) -> Fault:
    return Fault("not-in-file", {"kind": kind, "name": name})
