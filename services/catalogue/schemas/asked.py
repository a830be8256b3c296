"""What the catalogue accepts, with the rules between the fields of one session."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from marshmallow import INCLUDE, fields, validates_schema

from services.catalogue.fields import (
    Address,
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
from services.runtime.limits import Length
from services.runtime.schemas import Schema, Text

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
    """A structured course, or a series. Who cancels less than `cancel_days` days before a session cancels late.

    `by_application` is said of the sessions that are added to it, where they do not say it themselves.
    """

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
    by_application = Flag(load_default=False)


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
    """A session, as it is first given and as it must be after every change.

    `by_application`: people apply, until `applications_until` or else until it starts, and the team gives the places.
    """

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
    by_application = Flag(allow_none=True, load_default=None)  # None: as its programme says
    applications_until = Moment(allow_none=True, load_default=None)
    travel_minutes = Number(0, 24 * 60, load_default=0)

    @validates_schema(skip_on_field_errors=False)
    def check(self, session: dict[str, Any], **_: Any) -> None:
        """Refuse fields that do not go together. What is missing here was refused by itself, or is not changed."""
        refuse(_session_faults(session))


def _session_faults(session: Mapping[str, Any]) -> Iterator[Wrong]:
    yield from _delivery_faults(session)
    yield from _meeting_faults(session.get("meetings", []))
    yield from _opening_faults(session)
    yield from _application_faults(session)
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


def _application_faults(session: Mapping[str, Any]) -> Iterator[Wrong]:
    until, opens = session.get("applications_until"), session.get("booking_opens_at")
    if until is None:
        return
    starts = [meeting["starts_at"] for meeting in session.get("meetings", []) if "starts_at" in meeting]
    if session.get("by_application") is False:
        yield ("applications_until",), Fault("not-by-application")
    elif starts and until > min(starts):
        yield ("applications_until",), Fault("closes-after-start")
    elif opens and until <= opens:
        yield ("applications_until",), Fault("closes-before-opening")


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


class TemplateName(Schema):
    """What a draft is called as a template."""

    name = Text(120, required=True)


class Unpublication(Schema):
    """Whether registration lets nobody book the session now, which nobody has booked."""

    withdrawn = Flag(required=True)


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
