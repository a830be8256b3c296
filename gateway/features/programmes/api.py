"""Programmes: structured courses and series, which sessions are part of."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY, known, latest, listed
from gateway.projection import lists, response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import thing_of
from gateway.projection.views import programme_view
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.routing import Routes, url_for
from services.catalogue import schemas as catalogue

routes = Routes("api.programmes", "Programmes")


@routes.route(
    "GET",
    "/programmes",
    "List programmes",
    requires="anyone",
    returns=response_schemas.Programme,
    lists=True,
    query=LIST_QUERY,
)
def list_programmes(call: Call) -> Response:
    """By title."""
    return listed(
        call,
        lambda query: lists.by_title(call.model.all("programmes").values(), "title", query),
        lambda programme: responses.to_json(programme_view(programme)),
    )


@routes.route("GET", "/programmes/{slug}", "Read a programme", requires="anyone", returns=response_schemas.Programme)
def read_programme(call: Call) -> Response:
    """The team reads what the catalogue holds."""
    slug = call.path["slug"]
    if call.is_team() and (value := latest(call, "programme", slug=slug)):
        content = responses.to_json(programme_view(thing_of("programmes", value["version"], value)))
        return responses.single(call, content, conditional.tag(content, value["version"]), personal=True)
    thing = known(call, "programmes", slug)
    one = call.app.cache.get(
        ("programme", slug), call.now, lambda: responses.to_json(programme_view(thing)), thing.version
    )
    return responses.single(call, one.content, one.etag, personal=False)


@routes.route(
    "POST",
    "/programmes",
    "Add a programme",
    requires="team",
    body=catalogue.NewProgramme,
    returns=response_schemas.Programme,
    status=201,
)
def create_programme(call: Call) -> Response:
    """It is public at once."""
    answer = call.catalogue("create_programme", given=call.given, key=call.key)
    return _changed(answer, 201, Location=url_for("api.programmes.read_programme", slug=answer.value["slug"]))


@routes.route(
    "PATCH",
    "/programmes/{slug}",
    "Change a programme",
    requires="team",
    body=catalogue.NewProgramme,
    partial=True,
    returns=response_schemas.Programme,
    if_match=True,
)
def change_programme(call: Call) -> Response:
    """Only the fields that are given."""
    return _changed(call.catalogue("change_programme", slug=call.path["slug"], version=call.version, given=call.given))


def _changed(answer: Answer, status: int = 200, **headers: str) -> Response:
    value = answer.value
    content = responses.to_json(programme_view(thing_of("programmes", value["version"], value)))
    etag = conditional.tag(content, value["version"])
    return responses.written(content, status, answer.replayed, ETag=etag, **headers)
