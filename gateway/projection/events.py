"""What the gateway reads of the services' events: the fields that it shows or decides by, and no others."""

from marshmallow import fields

from services.runtime.limits import Length
from services.runtime.schemas import CITY, Read, Time


class Sector(Read):
    """A setting that people work in, what it takes in, and how many people that is."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    hint = fields.String(load_default="")
    workforce = fields.Integer(load_default=None, allow_none=True)
    version = fields.Integer(load_default=1)


class Invitation(Read):
    """A way to get involved."""

    title = fields.String(required=True)
    summary = fields.String(load_default="")


class City(Read):
    """The city whose catalogue this is, and how its site presents itself."""

    name = fields.String(required=True)
    workforce = fields.Integer(load_default=None, allow_none=True)
    time_zone = fields.String(load_default=CITY.key)
    sectors = fields.Nested(Sector, many=True, required=True)
    ways_to_get_involved = fields.Nested(Invitation, many=True, load_default=list)
    site_name = fields.String(load_default=None, allow_none=True)
    contact_email = fields.String(load_default=None, allow_none=True)
    contact_phone = fields.String(load_default=None, allow_none=True)
    contact_text = fields.String(load_default=None, allow_none=True)
    hero_heading = fields.String(load_default=None, allow_none=True)
    hero_text = fields.String(load_default=None, allow_none=True)
    accent = fields.String(load_default=None, allow_none=True)
    logo = fields.String(load_default=None, allow_none=True)
    logo_alt = fields.String(load_default=None, allow_none=True)


class SeenPicture:
    """What a picture shows, and the size of its largest file in pixels: the same in events and in answers."""

    alt = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)


class Picture(SeenPicture, Read):
    """A picture, and the widths of its files; `hash` names them."""

    hash = fields.String(required=True)
    widths = fields.List(fields.Integer(), required=True)


class Speaker(Read):
    """Somebody who speaks."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    bio = fields.String(load_default="", allow_none=True)
    affiliation = fields.String(load_default=None, allow_none=True)
    picture = fields.Nested(Picture, load_default=None, allow_none=True)


class Programme(Read):
    """What sessions are part of."""

    slug = fields.String(required=True)
    title = fields.String(required=True)
    format = fields.String(required=True)
    summary = fields.String(load_default="", allow_none=True)
    audience = fields.String(load_default="", allow_none=True)
    outcomes = fields.List(fields.String(), load_default=list)
    ambition = fields.String(load_default="")
    topics = fields.List(fields.String(), load_default=list)


class Meeting(Read):
    """One time that a session meets."""

    starts_at = Time(required=True)
    ends_at = Time(required=True)


class Venue(Read):
    """Where people meet, and how they get in."""

    name = fields.String(required=True)
    address = fields.String(load_default="", allow_none=True)
    access = fields.String(load_default="", allow_none=True)


class HeldPlaces(Read):
    """Places for one sector until a moment."""

    sector = fields.String(required=True)
    places = fields.Integer(required=True)
    until = Time(required=True)


class Session(Read):
    """Something that people attend. Its join_url is not read here: the gateway cannot give away what it has not got."""

    slug = fields.String(required=True)
    programme = fields.String(required=True)
    programme_title = fields.String(load_default="", allow_none=True)
    title = fields.String(required=True)
    summary = fields.String(load_default="", allow_none=True)
    topics = fields.List(fields.String(), load_default=list)
    speakers = fields.Nested(Speaker, many=True, load_default=list)
    delivery = fields.String(required=True)
    meetings = fields.Nested(Meeting, many=True, required=True, validate=Length(min=1))
    venue = fields.Nested(Venue, load_default=None, allow_none=True)
    status = fields.String(required=True)
    cancel_reason = fields.String(load_default=None, allow_none=True)
    waiting_list = fields.String(required=True)
    places_in_room = fields.Integer(required=True)
    places_online = fields.Integer(required=True)
    held_places = fields.Nested(HeldPlaces, many=True, load_default=list)
    booking_opens_at = Time(load_default=None, allow_none=True)
    by_application = fields.Boolean(load_default=False)
    applications_until = Time(load_default=None, allow_none=True)
    cancel_days = fields.Integer(load_default=None, allow_none=True)
    changed_at = Time(load_default=None, allow_none=True)
    picture = fields.Nested(Picture, load_default=None, allow_none=True)


class Material(Read):
    """Something to come back for."""

    id = fields.String(required=True)
    session = fields.String(load_default=None, allow_none=True)
    programme = fields.String(load_default=None, allow_none=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    url = fields.String(required=True)
    minutes = fields.Integer(load_default=None, allow_none=True)
    captions = fields.Boolean(load_default=None, allow_none=True)
    audience = fields.String(required=True)
    topics = fields.List(fields.String(), load_default=list)
    status = fields.String(required=True)


class TopicName(Read):
    """What the topic of an old name is called now; None where it was removed."""

    old = fields.String(required=True)
    new = fields.String(required=True, allow_none=True)


class Places(Read):
    """How many places there are of one kind, and how many are left."""

    capacity = fields.Integer(required=True)
    left = fields.Integer(required=True)


class PlacesOfModes(Read):
    """Places in the room and online."""

    in_room = fields.Nested(Places, required=True)
    online = fields.Nested(Places, required=True)


class OverCapacity(Read):
    """How many people have a place that the team gave beyond the capacity."""

    in_room = fields.Integer(required=True)
    online = fields.Integer(required=True)


class OpenPlaces(Read):
    """How many places are open to everyone: now, or once it is later than that."""

    since = Time(required=True, allow_none=True, data_key="from")
    in_room = fields.Integer(required=True)
    online = fields.Integer(required=True)


class SessionPlaces(Read):
    """The places of one session as of a version of the catalogue's, and how many people wait for one.

    A registration of before does not tell that version, nor what is over the capacity.
    """

    session = fields.String(required=True)
    version = fields.Integer(required=True)
    catalogue_version = fields.Integer(load_default=None, allow_none=True)
    places = fields.Nested(PlacesOfModes, required=True)
    over = fields.Nested(OverCapacity, load_default=lambda: {"in_room": 0, "online": 0})
    waiting = fields.Integer(required=True)
    held = fields.Dict(keys=fields.String(), values=fields.Integer(), load_default=dict)
    open = fields.Nested(OpenPlaces, many=True, load_default=list)


class ChangedPlaces(Read):
    """The sessions whose places changed."""

    changed = fields.Nested(SessionPlaces, many=True, required=True)


KINDS = {  # of things, and the schema that reads each
    "city": City(),
    "speakers": Speaker(),
    "programmes": Programme(),
    "sessions": Session(),
    "materials": Material(),
    "topics": TopicName(),
}
KIND_OF = {
    "catalogue.city_described.v1": "city",
    "catalogue.speaker_changed.v1": "speakers",
    "catalogue.programme_published.v1": "programmes",
    "catalogue.session_published.v1": "sessions",
    "catalogue.session_changed.v1": "sessions",
    "catalogue.session_converted.v1": "sessions",
    "catalogue.session_cancelled.v1": "sessions",
    "catalogue.session_reinstated.v1": "sessions",
    "catalogue.material_published.v1": "materials",
    "catalogue.material_withdrawn.v1": "materials",
    "catalogue.topic_renamed.v1": "topics",
}
REMOVED = {  # what nobody sees any more
    "catalogue.session_unpublished.v1": "sessions",
    "catalogue.speaker_removed.v1": "speakers",
}
PLACES_CHANGED = "registration.places_changed.v1"
HEARD = (*KIND_OF, *REMOVED, PLACES_CHANGED)
