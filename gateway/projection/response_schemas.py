"""The shapes of what the gateway itself makes up, for the OpenAPI document; tests hold the answers against them."""

from marshmallow import Schema, fields, validate

from gateway.projection.events import SeenPicture
from services.runtime.schemas import Time

DELIVERIES = ("face_to_face", "virtual", "hybrid")


class Sector(Schema):
    """A setting that people work in. The hint says what it takes in; a workforce that nobody knows is null."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    hint = fields.String(required=True)
    workforce = fields.Integer(required=True, allow_none=True)
    version = fields.Integer(required=True)


class WayToGetInvolved(Schema):
    """An invitation."""

    title = fields.String(required=True)
    summary = fields.String(required=True)


class City(Schema):
    """The city whose programme this is, and how its site presents itself; what is null there is ours."""

    name = fields.String(required=True)
    workforce = fields.Integer(required=True, allow_none=True)
    time_zone = fields.String(required=True)
    sectors = fields.Nested(Sector, many=True, required=True)
    ways_to_get_involved = fields.Nested(WayToGetInvolved, many=True, required=True)
    site_name = fields.String(required=True, allow_none=True)
    contact_email = fields.String(required=True, allow_none=True)
    contact_phone = fields.String(required=True, allow_none=True)
    contact_text = fields.String(required=True, allow_none=True)
    hero_heading = fields.String(required=True, allow_none=True)
    hero_text = fields.String(required=True, allow_none=True)
    accent = fields.String(required=True, allow_none=True)
    logo = fields.String(required=True, allow_none=True)
    logo_alt = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class Programme(Schema):
    """What sessions are part of."""

    slug = fields.String(required=True)
    title = fields.String(required=True)
    format = fields.String(required=True, validate=validate.OneOf(["structured", "series"]))
    summary = fields.String(required=True, allow_none=True)
    audience = fields.String(required=True, allow_none=True)
    outcomes = fields.List(fields.String(), required=True)
    ambition = fields.String(required=True)
    topics = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class Picture(SeenPicture, Schema):
    """A picture: the address of its largest file, what it shows, the size of that file, and the others to choose by."""

    url = fields.String(required=True)
    srcset = fields.String(required=True)


class SpeakerName(Schema):
    """A speaker, by name."""

    slug = fields.String(required=True)
    name = fields.String(required=True)


class SpokenSession(Schema):
    """A session of a speaker."""

    slug = fields.String(required=True)
    title = fields.String(required=True)
    starts_at = Time(required=True)


class Speaker(SpeakerName):
    """Somebody who speaks."""

    bio = fields.String(required=True, allow_none=True)
    affiliation = fields.String(required=True, allow_none=True)
    picture = fields.Nested(Picture, required=True, allow_none=True)
    sessions = fields.Nested(SpokenSession, many=True, required=True)
    version = fields.Integer(required=True)


class Meeting(Schema):
    """One time that a session meets."""

    starts_at = Time(required=True)
    ends_at = Time(required=True)


class Venue(Schema):
    """Where people meet, and how they get in."""

    name = fields.String(required=True)
    address = fields.String(required=True, allow_none=True)
    access = fields.String(required=True, allow_none=True)


class ModePlaces(Schema):
    """Places of one kind."""

    capacity = fields.Integer(required=True)
    left = fields.Integer(required=True)


class Places(Schema):
    """Places in the room and online."""

    in_room = fields.Nested(ModePlaces, required=True)
    online = fields.Nested(ModePlaces, required=True)


class HeldPlaces(Schema):
    """Places for one sector until a moment, and then for all; `left` of them nobody has taken."""

    sector = fields.String(required=True)
    places = fields.Integer(required=True)
    left = fields.Integer(required=True)
    until = Time(required=True)


class Share(Schema):
    """Links with which a reader passes the session on."""

    page = fields.Url(required=True, require_tld=False)
    facebook = fields.Url(required=True)
    x = fields.Url(required=True)
    linkedin = fields.Url(required=True)
    email = fields.String(required=True)


class Session(Schema):
    """Something that people attend."""

    slug = fields.String(required=True)
    programme = fields.String(required=True)
    programme_title = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True, allow_none=True)
    topics = fields.List(fields.String(), required=True)
    speakers = fields.Nested(SpeakerName, many=True, required=True)
    delivery = fields.String(required=True, validate=validate.OneOf(DELIVERIES))
    meetings = fields.Nested(Meeting, many=True, required=True)
    venue = fields.Nested(Venue, required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(["draft", "published", "cancelled", "finished"]))
    cancel_reason = fields.String(required=True, allow_none=True)
    places = fields.Nested(Places, required=True)
    held_places = fields.Nested(HeldPlaces, many=True, required=True)
    waiting = fields.Integer(required=True)
    waiting_list = fields.String(required=True, validate=validate.OneOf(["automatic", "offer", "none"]))
    booking = fields.String(
        required=True, validate=validate.OneOf(["open", "not_yet", "waiting_list", "closed", "full"])
    )
    booking_opens_at = Time(required=True, allow_none=True)
    by_application = fields.Boolean(required=True)
    applications_until = Time(required=True, allow_none=True)
    share = fields.Nested(Share, required=True)
    picture = fields.Nested(Picture, required=True, allow_none=True)
    version = fields.Integer(required=True)


class Material(Schema):
    """Something to come back for."""

    id = fields.UUID(required=True)
    session = fields.String(required=True, allow_none=True)
    programme = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True, validate=validate.OneOf(["recording", "slides", "document", "link"]))
    title = fields.String(required=True)
    url = fields.String(required=True)
    minutes = fields.Integer(required=True, allow_none=True)
    captions = fields.Boolean(required=True, allow_none=True)
    audience = fields.String(required=True, validate=validate.OneOf(["everyone", "community", "attendees", "booked"]))
    topics = fields.List(fields.String(), required=True)
    status = fields.String(required=True)
    version = fields.Integer(required=True)


class BrokenLink(Schema):
    """An address of materials that failed on two days."""

    url = fields.String(required=True)
    said = fields.String(required=True)
    broken_since = Time(required=True)
    checked_at = Time(required=True)
    materials = fields.Nested(Material, many=True, required=True)


class OverCapacity(Schema):
    """How many people have a place that the team gave beyond the capacity; `places` does not count them."""

    in_room = fields.Integer(required=True)
    online = fields.Integer(required=True)


class EditedSession(Session):
    """A session as the team reads it."""

    join_url = fields.String(required=True, allow_none=True)
    places_in_room = fields.Integer(required=True)
    places_online = fields.Integer(required=True)
    travel_minutes = fields.Integer(required=True)
    over = fields.Nested(OverCapacity, required=True)
    materials = fields.Nested(Material, many=True, allow_none=True)
    template = fields.String(allow_none=True)


class Export(Schema):
    """Everything that is held on one person, by every service."""

    person = fields.Dict(required=True)
    bookings = fields.List(fields.Dict(), required=True)
    history = fields.List(fields.Dict(), required=True)
    attendance = fields.List(fields.Dict(), required=True)
    certificates = fields.List(fields.Dict(), required=True)
    feedback = fields.List(fields.Dict(), required=True)
    evaluation = fields.List(fields.Dict())  # an older registration does not tell it
    facilitates = fields.List(fields.Dict(), required=True)
    roles = fields.List(fields.Dict(), required=True)
    audit = fields.List(fields.Dict())  # an older registration does not tell it
    second_factor = fields.Dict(required=True)
    merged_accounts = fields.List(fields.Dict())  # as above
    interests = fields.List(fields.Dict(), required=True)
    suggestions = fields.List(fields.Dict(), required=True)
    signed_in = fields.List(fields.Dict(), required=True)
    codes_asked_for = fields.List(Time(), required=True)
    identities = fields.List(fields.Dict())  # an older registration does not tell it
    addresses = fields.List(fields.Dict())  # an older registration does not tell it
    email_changes = fields.List(fields.Dict(), required=True)
    employments = fields.List(fields.Dict())  # an older registration does not tell it
    messages = fields.List(fields.Dict(), required=True)
    calendar = fields.Dict(required=True)
    undeliverable = fields.List(fields.Dict(), required=True)
    preferences = fields.List(fields.Dict(), required=True)
    community = fields.Dict(required=True)


class Counts(Schema):
    """What an import did, counted by kind of thing."""

    created = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    changed = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    unchanged = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    left_out = fields.Dict(keys=fields.String(), values=fields.Integer())


class Version(Schema):
    """Which Headrow this is."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    api = fields.String(required=True)


class Part(Schema):
    """How one part of the system is."""

    ok = fields.Boolean(required=True)
    detail = fields.String()


class Health(Schema):
    """Whether requests can be served, and which parts are not well (`out`)."""

    status = fields.String(required=True, validate=validate.OneOf(["ok", "degraded", "out"]))
    out = fields.List(fields.String())
    parts = fields.Dict(keys=fields.String(), values=fields.Nested(Part))


class CalendarAddress(Schema):
    """Where a person's calendar is read."""

    url = fields.Url(required=True, require_tld=False)
