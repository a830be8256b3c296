"""The city: what it is called, how many people its health and care has, and how one gets involved."""

from werkzeug.wrappers import Response

from gateway import answers, conditions, shapes
from gateway.api.reading import known, latest
from gateway.call import Call
from gateway.identity import is_team
from gateway.read_model import Data, thing_of
from gateway.routing import Routes
from gateway.views import city_view
from services.catalogue import schemas as catalogue

routes = Routes("api.city", "City")


@routes.route("GET", "/city", "Read the city", requires="anyone", returns=shapes.City)
def read_city(call: Call) -> Response:
    """The team reads what the catalogue holds."""
    if is_team(call) and (value := latest(call, "city")):
        content, etag = _written(value)
        return answers.single(call, content, etag, personal=True)
    thing = known(call, "city", "city")
    one = call.house.shelf.get("city", call.now, lambda: answers.to_json(city_view(thing)), thing.version)
    return answers.single(call, one.content, one.etag, personal=False)


@routes.route(
    "PATCH",
    "/city",
    "Change the city",
    requires="team",
    body=catalogue.NewCity,
    partial=True,
    returns=shapes.City,
    if_match=True,
)
def change_city(call: Call) -> Response:
    """Only the fields that are given."""
    answer = call.catalogue("change_city", version=call.version, given=call.given)
    content, etag = _written(answer.value)
    return answers.written(content, 200, answer.replayed, ETag=etag)


def _written(value: Data) -> tuple[bytes, str]:
    """Return the city as everyone reads it, and its ETag."""
    content = answers.to_json(city_view(thing_of("city", value["version"], value)))
    return content, conditions.tag(content, value["version"])
