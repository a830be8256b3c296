"""The city: what it is called, how many people its health and care has, and how one gets involved."""

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


def _written(value: Data) -> tuple[bytes, str]:
    """Return the city as everyone reads it, and its ETag."""
    content = responses.to_json(city_view(thing_of("city", value["version"], value)))
    return content, conditional.tag(content, value["version"])
