"""How a problem looks (RFC 9457), for the OpenAPI document; tests hold the answers against it."""

from marshmallow import INCLUDE, Schema, fields


class FieldError(Schema):
    """What is wrong with one field: `code` and `limits` are for programs, and `message` is for people."""

    field = fields.String(required=True)
    code = fields.String(required=True)
    limits = fields.Dict(required=True)
    message = fields.String(required=True)


class Problem(Schema):
    """An error as RFC 9457 describes it, with the facts of its type beside: `missing`, `displaces`, `retry_after`."""

    class Meta:
        """Facts are fields of the problem (RFC 9457, 3.2)."""

        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.Nested(FieldError, many=True)
    correlation_id = fields.UUID(required=True)
