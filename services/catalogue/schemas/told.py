"""What the catalogue returns and announces."""

from marshmallow import fields

from services.catalogue.fields import (
    Accent,
    Number,
    SectorCode,
    Slug,
    Slugs,
    several,
)
from services.catalogue.schemas.asked import NewMaterial, NewProgramme, NewSession, NewSpeaker, change_of
from services.catalogue.schemas.pictures import PictureState
from services.runtime.limits import Equal, Length
from services.runtime.schemas import CITY, Email, Schema, Text, Time


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


class Identity(Schema):
    """How the site presents itself, in the team's own words. What is null is ours."""

    site_name = Text(60, allow_none=True)
    contact_email = Email(allow_none=True)
    contact_phone = Text(40, allow_none=True)
    contact_text = Text(2000, lines=True, allow_none=True)
    hero_heading = Text(120, allow_none=True)
    hero_text = Text(1000, lines=True, allow_none=True)
    accent = Accent(allow_none=True)
    logo = fields.String(validate=Length(max=64), allow_none=True)
    logo_alt = Text(200, allow_none=True)


class City(Schema):
    """The city that the catalogue is for. Its time zone is a setting of the installation (HEADROW_TIME_ZONE)."""

    name = Text(200, required=True)
    workforce = Number(0, 100_000_000, allow_none=True, load_default=None)
    time_zone = fields.String(
        validate=Equal(CITY.key, "other-time-zone", choices=[CITY.key]),
        load_default=CITY.key,
    )


class SectorState(Sector):
    """What is announced of a sector."""

    version = fields.Integer()


class NewCity(City, Identity):
    """The city, as far as it is more than its sectors, and its site."""

    ways_to_get_involved = several(WayToGetInvolved, most=50)


class SectorText(Sector):
    """What can be changed of a sector: its code is in people's accounts."""

    class Meta:
        exclude = ("code",)


ChangedCity = change_of(NewCity)


ChangedSector = change_of(SectorText)


class CityState(City, Identity):
    """What is announced of the city and its site."""

    sectors = fields.Nested(SectorState, many=True)
    ways_to_get_involved = fields.Nested(WayToGetInvolved, many=True)
    version = fields.Integer()


class NewLogo(Schema):
    """A picture for the head of the site, in base64."""

    content = fields.String(required=True)


class LogoKept(Schema):
    """A picture that is kept: the name to choose it by, and what it is now."""

    logo = fields.String()
    media = fields.String()


class SpeakerState(NewSpeaker):
    """What is announced of a speaker."""

    picture = fields.Nested(PictureState, allow_none=True)
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
    picture = fields.Nested(PictureState, allow_none=True)


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


class ImportView(Schema):
    """An import of a sheet: how many things it added and changed, by whom, and until when it can be undone."""

    id = fields.String()
    kind = fields.String()
    made_at = Time()
    by = fields.String(attribute="made_by")
    add = fields.Integer(attribute="added")
    change = fields.Integer(attribute="changed")
    undo_until = Time()
    undone_at = Time(allow_none=True)


class ImportUndone(ImportView):
    """An import that was undone, with the drafts that it had added: registration keeps things for them too."""

    drafts = fields.List(fields.String())


class SessionView(SessionState):
    """A session as its editors see it."""

    materials = fields.Nested(MaterialState, many=True)
    template = fields.String(allow_none=True)
