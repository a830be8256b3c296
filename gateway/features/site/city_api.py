"""The city: what it is called, how many people its health and care has, and how one gets involved."""

import base64
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.reading import known, latest
from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data, thing_of
from gateway.projection.views import city_view
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.catalogue import schemas as catalogue

routes = Routes("api.city", "City")
LARGEST_LOGO: Final = 1024 * 1024
SECONDS: Final = 15.0  # for a large picture on a busy machine


@routes.route("GET", "/city", "Read the city", requires="anyone", returns=response_schemas.City)
def read_city(call: Call) -> Response:
    """The team reads what the catalogue holds."""
    if call.is_team() and (value := latest(call, "city")):
        content, etag = _written(value)
        return responses.single(call, content, etag, personal=True)
    thing = known(call, "city", "city")
    one = call.app.cache.get("city", call.now, lambda: responses.to_json(city_view(thing)), thing.version)
    return responses.single(call, one.content, one.etag, personal=False)


@routes.route(
    "PATCH",
    "/city",
    "Change the city",
    requires="team",
    body=catalogue.NewCity,
    partial=True,
    returns=response_schemas.City,
    if_match=True,
)
def change_city(call: Call) -> Response:
    """Only the fields that are given."""
    answer = call.catalogue("change_city", version=call.version, given=call.given)
    content, etag = _written(answer.value)
    return responses.written(content, 200, answer.replayed, ETag=etag)


@routes.route(
    "POST",
    "/logos",
    "Upload a logo",
    requires="team",
    takes=("image/png", "image/jpeg", "image/webp"),
    returns=catalogue.LogoKept,
    status=201,
    most=LARGEST_LOGO,
)
def keep_logo(call: Call) -> Response:
    """Drawn again to fit 400 by 120 pixels, without what else was in the file. It is shown once the city names it."""
    return responses.private(call.catalogue("keep_logo", given=logo_given(call.content), timeout=SECONDS), 201)


def logo_given(content: bytes) -> Data:
    """Return a picture as the catalogue takes it."""
    return {"content": base64.b64encode(content).decode("ascii")}


def _written(value: Data) -> tuple[bytes, str]:
    """Return the city as everyone reads it, and its ETag."""
    content = responses.to_json(city_view(thing_of("city", value["version"], value)))
    return content, conditional.tag(content, value["version"])
