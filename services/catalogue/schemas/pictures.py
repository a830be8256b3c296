"""Pictures, as they are sent in and shown."""

from marshmallow import fields

from services.runtime.schemas import Schema, Text


class NewPicture(Schema):
    """A picture: its file in base64, and what it shows, for people who do not see it."""

    content = fields.String(required=True)
    alt = Text(300, required=True)


class ChangedPicture(Schema):
    """What a picture shows, for people who do not see it."""

    alt = Text(300, required=True)


class PictureState(Schema):
    """A picture: the name of its files, and the widths that they have, in pixels."""

    hash = fields.String()
    alt = fields.String()
    width = fields.Integer()
    height = fields.Integer()
    widths = fields.List(fields.Integer())


class PictureFile(Schema):
    """A file of a picture, a JPEG in base64."""

    content = fields.String()
