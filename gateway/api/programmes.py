"""Programmes: structured courses and series, which sessions are part of."""

from werkzeug.wrappers import Response

from gateway import answers, conditions, lists, shapes
from gateway.api.reading import LIST_QUERY, known, latest, listed
from gateway.call import Answer, Call
from gateway.identity import is_team
from gateway.read_model import thing_of
from gateway.routing import Routes, url_for
from gateway.views import programme_view
from services.catalogue import schemas as catalogue

routes = Routes("api.programmes", "Programmes")


@routes.route(
    "GET", "/programmes", "List programmes", requires="anyone", returns=shapes.Programme, lists=True, query=LIST_QUERY
)
def list_programmes(call: Call) -> Response:
    """By title."""
    return listed(
        call,
        lambda query: lists.by_title(call.model.all("programmes").values(), "title", query),
        lambda programme: answers.to_json(programme_view(programme)),
    )


@routes.route("GET", "/programmes/{slug}", "Read a programme", requires="anyone", returns=shapes.Programme)
def read_programme(call: Call) -> Response:
    """The team reads what the catalogue holds."""
    slug = call.path["slug"]
    if is_team(call) and (value := latest(call, "programme", slug=slug)):
        content = answers.to_json(programme_view(thing_of("programmes", value["version"], value)))
        return answers.single(call, content, conditions.tag(content, value["version"]), personal=True)
    thing = known(call, "programmes", slug)
    one = call.house.shelf.get(
        ("programme", slug), call.now, lambda: answers.to_json(programme_view(thing)), thing.version
    )
    return answers.single(call, one.content, one.etag, personal=False)


@routes.route(
    "POST",
    "/programmes",
    "Add a programme",
    requires="team",
    body=catalogue.NewProgramme,
    returns=shapes.Programme,
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
    returns=shapes.Programme,
    if_match=True,
)
def change_programme(call: Call) -> Response:
    """Only the fields that are given."""
    return _changed(call.catalogue("change_programme", slug=call.path["slug"], version=call.version, given=call.given))


def _changed(answer: Answer, status: int = 200, **headers: str) -> Response:
    value = answer.value
    content = answers.to_json(programme_view(thing_of("programmes", value["version"], value)))
    etag = conditions.tag(content, value["version"])
    return answers.written(content, status, answer.replayed, ETag=etag, **headers)
