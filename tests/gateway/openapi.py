"""What the API's own description says of its answers."""

import json

from jsonschema import Draft202012Validator

from tests.gateway.conftest import API


def shape_of(world, path):
    """Return what checks an answer to `GET path`."""
    document = json.loads(world.get("/openapi.json").text)
    described = document["paths"][API + path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**described, "components": document["components"]})
