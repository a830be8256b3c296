"""What the catalogue accepts and what it returns, with the rules between the fields of one session."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from marshmallow import INCLUDE, fields, validates_schema

from services.catalogue.fields import (
    Address,
    Day,
    Flag,
    Moment,
    Number,
    SectorCode,
    Slug,
    Slugs,
    Wrong,
    refuse,
    repeated,
    several,
    word,
)
from services.runtime.faults import Fault
from services.runtime.limits import Equal, Length
from services.runtime.schemas import CITY, Schema, Text, Time

UNNAMED = "Our city"  # what the city is called until the team gives its name
IN_A_ROOM = ("face_to_face", "hybrid")
ONLINE = ("virtual", "hybrid")
FIELDS_OF_DELIVERY = (  # a field, the deliveries that have it, whether those need it, and what a person calls it
    ("venue", IN_A_ROOM, True, "venue"),
    ("places_in_room", IN_A_ROOM, True, "places in the room"),
    ("places_online", ONLINE, True, "places online"),
    ("join_url", ONLINE, False, "link to join"),
)


class NewSpeaker(Schema):
    """Somebody who leads sessions."""

    slug = Slug()
    name = Text(200, required=True)
    bio = Text(4000, lines=True, blank=True, load_default="")
    affiliation = Text(200, allow_none=True, load_default=None)


class NewProgramme(Schema):
    """A structured course, or a series. Who cancels less than `cancel_days` days before a session cancels late."""

    slug = Slug()
    title = Text(200, required=True)
    format = word("structured", "series", required=True)
    summary = Text(4000, lines=True, blank=True, load_default="")
    audience = Text(2000, lines=True, blank=True, load_default="")
    outcomes = fields.List(Text(500), validate=Length(max=50), load_default=list)
    ambition = Text(2000, lines=True, blank=True, load_default="")
    topics = Slugs(load_default=list)
    hand_on = word("if_nobody_waits", "always", load_default="if_nobody_waits")
    cancel_days = Number(0, 60, allow_none=True, load_default=None)


class Meeting(Schema):
    """One time that a session meets."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)


class Venue(Schema):
    """Where people meet, and how they get in."""

    name = Text(200, required=True)
    address = Text(500, blank=True, load_default="")
    access = Text(500, blank=True, load_default="")


class HeldPlaces(Schema):
    """Places for one sector until a moment."""

    sector = SectorCode(required=True)
    places = Number(1, 100_000, required=True)
    until = Moment(required=True)


class NewSession(Schema):
    """A session, as it is first given and as it must be after every change."""

    slug = Slug()
    programme = Slug(required=True)
    title = Text(200, required=True)
    summary = Text(4000, lines=True, blank=True, load_default="")
    topics = Slugs(load_default=list)
    speakers = Slugs(load_default=list)
    delivery = word("face_to_face", "virtual", "hybrid", required=True)
    meetings = several(Meeting, least=1, most=60, required=True)
    venue = fields.Nested(Venue, allow_none=True, load_default=None)
    join_url = Address(allow_none=True, load_default=None)
    waiting_list = word("automatic", "offer", "none", load_default="automatic")
    places_in_room = Number(0, 100_000, load_default=0)
    places_online = Number(0, 100_000, load_default=0)
    held_places = several(HeldPlaces, most=50, load_default=list)
    booking_opens_at = Moment(allow_none=True, load_default=None)
    travel_minutes = Number(0, 24 * 60, load_default=0)

    @validates_schema(skip_on_field_errors=False)
    def check(self, session: dict[str, Any], **_: Any) -> None:
        """Refuse fields that do not go together. What is missing here was refused by itself, or is not changed."""
        refuse(_session_faults(session))


def _session_faults(session: Mapping[str, Any]) -> Iterator[Wrong]:
    yield from _delivery_faults(session)
    yield from _meeting_faults(session.get("meetings", []))
    yield from _opening_faults(session)
    yield from _held_place_faults(session)


def _delivery_faults(session: Mapping[str, Any]) -> Iterator[Wrong]:
    delivery = session.get("delivery")
    for name, deliveries, needed, words in FIELDS_OF_DELIVERY:
        if delivery is None or name not in session:
            continue
        facts = {"delivery": delivery, "part": words}
        if session[name] and delivery not in deliveries:
            yield (name,), Fault("not-for-delivery", facts)
        if not session[name] and delivery in deliveries and needed:
            yield (name,), Fault("needed-for-delivery", facts)


def _meeting_faults(meetings: Iterable[Mapping[str, datetime]]) -> Iterator[Wrong]:
    last_end: datetime | None = None
    for n, meeting in enumerate(meetings):
        starts, ends = meeting.get("starts_at"), meeting.get("ends_at")
        if starts and ends and ends <= starts:
            yield ("meetings", n, "ends_at"), Fault("ends-before-start")
        if starts and last_end and starts < last_end:
            yield ("meetings", n, "starts_at"), Fault("starts-before-earlier-ends")
        last_end = max(last_end, ends) if last_end and ends else ends or last_end


def _opening_faults(session: Mapping[str, Any]) -> Iterator[Wrong]:
    opens = session.get("booking_opens_at")
    ends = [meeting["ends_at"] for meeting in session.get("meetings", []) if "ends_at" in meeting]
    if opens and ends and opens >= max(ends):
        yield ("booking_opens_at",), Fault("opens-after-end")


def _held_place_faults(session: Mapping[str, Any]) -> Iterator[Wrong]:
    held = session.get("held_places", [])
    yield from repeated((("held_places", n, "sector"), h["sector"]) for n, h in enumerate(held) if "sector" in h)
    if "places_in_room" not in session or "places_online" not in session:
        return
    places = session["places_in_room"] + session["places_online"]
    total = sum(hold.get("places", 0) for hold in held)
    if total > places:
        yield ("held_places",), Fault("too-many-held", {"held": total, "max": places})


WITHOUT_SESSION = ("everyone", "community")  # who a material can be for that is of no session


class NewMaterial(Schema):
    """Something to come back for, or to prepare with: `booked` is for those who booked its session."""

    kind = word("recording", "slides", "document", "link", required=True)
    title = Text(200, required=True)
    url = Address(required=True)
    minutes = Number(1, 10_000, allow_none=True, load_default=None)
    captions = Flag(allow_none=True, load_default=None)
    audience = word("everyone", "community", "attendees", "booked", load_default="everyone")


MOST_AT_ONCE = 50  # materials that are added in one go


class _OfSomething(Schema):
    """A session or a programme that something is of; neither, where it is of the whole library."""

    session = Slug(allow_none=True, load_default=None)
    programme = Slug(allow_none=True, load_default=None)

    @validates_schema(skip_on_field_errors=False)
    def check_of(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse both."""
        if given.get("session") and given.get("programme"):
            refuse([(("programme",), Fault("either-or", {"choices": ["session", "programme"]}))])


class OwnedMaterial(NewMaterial, _OfSomething):
    """A material of a session, of a programme, or of neither."""


class NewMaterials(_OfSomething):
    """Several materials, added together or not at all. An address is among them once."""

    materials = several(NewMaterial, least=1, most=MOST_AT_ONCE, required=True)

    @validates_schema(skip_on_field_errors=False)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse an address that is given twice."""
        addresses = enumerate(given.get("materials", []))
        refuse(repeated((("materials", n, "url"), new["url"]) for n, new in addresses if "url" in new))


class Cancellation(Schema):
    """Why a session is called off."""

    reason = Text(1000, lines=True, required=True)


PARTS = ("texts", "held_places", "venue", "join_url", "speakers", "materials")  # what a copy may take or leave


class Copying(Schema):
    """Copies of a session: one so many days later (or earlier), or one for each first day, and what comes along."""

    days = Number(-3660, 3660)
    first_days = fields.List(Day(), validate=Length(min=1, max=60))
    parts = fields.List(word(*PARTS), validate=Length(max=len(PARTS)), load_default=lambda: list(PARTS))
    title = Text(200)
    programme = Slug()

    @validates_schema(skip_on_field_errors=True)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse both and neither; refuse a day that is named twice."""
        if ("days" in given) == ("first_days" in given):
            refuse([(("days",), Fault("either-or", {"choices": ["days", "first_days"]}))])
        refuse(repeated((("first_days", n), day) for n, day in enumerate(given.get("first_days", []))))


class Conversion(Schema):
    """How a session is to meet from now on. What is left out stays as it is, as far as it goes with the delivery."""

    delivery = word("face_to_face", "virtual", "hybrid", required=True)
    places_in_room = Number(0, 100_000)
    places_online = Number(0, 100_000)
    held_places = several(HeldPlaces, most=50)
    venue = fields.Nested(Venue, allow_none=True)
    join_url = Address(allow_none=True)


class PublicationChecks(Schema):
    """What was checked before a material is shown."""

    speaker_consents = Flag(load_default=False)
    captions_checked = Flag(load_default=False)
    attendee_voices_checked = Flag(load_default=False)


class AnyObject(Schema):
    """A JSON object that is judged later, where the catalogue is at hand."""

    class Meta:
        unknown = INCLUDE


def change_of(schema: type[Schema]) -> Schema:
    """Return what a PATCH takes: any of the fields of `schema`, each of them as whole as in a new thing."""
    return schema(partial=tuple(schema().fields))  # partial=True would let a venue without a name pass


ChangedSpeaker = change_of(NewSpeaker)
ChangedProgramme = change_of(NewProgramme)
ChangedSession = change_of(NewSession)
ChangedMaterial = change_of(NewMaterial)


class Sector(Schema):
    """A setting that people work in, what it takes in, and how many do: without that there is no share to work out."""

    code = SectorCode(required=True)
    name = Text(120, required=True)
    hint = Text(200, blank=True)
    workforce = Number(0, 100_000_000, allow_none=True, load_default=None)


class WayToGetInvolved(Schema):
    """An invitation."""

    title = Text(200, required=True)
    summary = Text(2000, lines=True, blank=True, load_default="")


class City(Schema):
    """The city that the catalogue is for. Its time zone is the one in which times without an offset are read."""

    name = Text(200, required=True)
    workforce = Number(0, 100_000_000, allow_none=True, load_default=None)
    time_zone = fields.String(
        validate=Equal(CITY.key, "other-time-zone", choices=[CITY.key]),
        load_default=CITY.key,
    )


class SectorState(Sector):
    """What is announced of a sector."""

    version = fields.Integer()


class NewCity(City):
    """The city, as far as it is more than its sectors."""

    ways_to_get_involved = several(WayToGetInvolved, most=50)


class SectorText(Sector):
    """What can be changed of a sector: its code is in people's accounts."""

    class Meta:
        exclude = ("code",)


ChangedCity = change_of(NewCity)
ChangedSector = change_of(SectorText)


class CityState(City):
    """What is announced of the city."""

    sectors = fields.Nested(SectorState, many=True)
    ways_to_get_involved = fields.Nested(WayToGetInvolved, many=True)
    version = fields.Integer()


class SpeakerState(NewSpeaker):
    """What is announced of a speaker."""

    version = fields.Integer()


class ProgrammeState(NewProgramme):
    """What is announced of a programme."""

    version = fields.Integer()


class SessionState(NewSession):
    """What is announced of a session, its speakers included, and its programme's title and rules of places."""

    programme_title = fields.String(attribute="programme.title")
    hand_on = fields.String(attribute="programme.hand_on")
    cancel_days = fields.Integer(attribute="programme.cancel_days")
    speakers = fields.Nested(NewSpeaker, many=True)  # type: ignore[assignment]  # whole here, slugs on the way in
    status = fields.String()
    cancel_reason = fields.String()
    version = fields.Integer()
    changed_at = Time()


class MaterialState(NewMaterial):
    """What is announced of a material; its topics are those of its session, or of its programme."""

    id = fields.String()
    session = Slug()
    programme = Slug()
    topics = Slugs()
    status = fields.String()
    version = fields.Integer()


class MaterialsState(Schema):
    """Several materials, and where to go on where there are more."""

    items = fields.Nested(MaterialState, many=True)
    next = fields.String()


class MaterialsPlan(Schema):
    """Several materials that are not there yet."""

    items = fields.Nested(NewMaterial, many=True)


class BrokenLink(Schema):
    """An address that failed on two days: since when, what was found last, and the materials that have it."""

    url = fields.String()
    said = fields.String()
    broken_since = Time()
    checked_at = Time()
    materials = fields.Nested(MaterialState, many=True)


class BrokenLinks(Schema):
    """Broken links, how many there are, and how many addresses were checked at all."""

    items = fields.Nested(BrokenLink, many=True)
    next = fields.String()
    total = fields.Integer()
    checked = fields.Integer()


class SessionView(SessionState):
    """A session as its editors see it."""

    materials = fields.Nested(MaterialState, many=True)
