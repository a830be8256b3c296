"""Materials: recordings, slides and what else people come back for; shown to those whom they are meant for."""

from werkzeug.wrappers import Response

from gateway.features.materials.visible import has_booked, visible
from gateway.parts.membership import is_member
from gateway.parts.reading import LIST_QUERY, latest, listed
from gateway.projection import lists, response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Thing, thing_of
from gateway.projection.views import material_view, sees_material
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.routing import Routes, url_for
from services.catalogue import schemas as catalogue

routes = Routes("api.materials", "Materials")
FILTERS = ("kind", "topic", "session", "programme", "q")


@routes.route(
    "GET",
    "/materials",
    "List materials",
    requires="anyone",
    returns=response_schemas.Material,
    lists=True,
    query=(*FILTERS, *LIST_QUERY),
)
def list_materials(call: Call) -> Response:
    """Published ones that the caller may see, the latest session's first.

    What is for those who booked is listed with its `session` alone.
    """
    team = call.is_team()
    member = not team and is_member(call)
    booked = not team and has_booked(call, call.query().get("session"))

    def find(query: dict[str, str]) -> lists.Page[Thing]:
        visible = [one for one in call.model.materials() if sees_material(one.data, team, member, booked=booked)]
        return lists.materials(call.model, visible, query)

    view = "team" if team else " ".join(["member"] * member + ["booked"] * booked)
    return listed(call, find, lambda material: responses.to_json(material_view(material)), view)


@routes.route("GET", "/materials/{id}", "Read a material", requires="anyone", returns=response_schemas.Material)
def read_material(call: Call) -> Response:
    """The team reads what the catalogue holds, unpublished ones included."""
    if call.is_team() and (value := latest(call, "material", id=call.path["id"])):
        content, etag = _shown(value)
        return responses.single(call, content, etag, personal=True)
    thing = visible(call, call.path["id"], team=False)
    content = responses.to_json(material_view(thing))
    return responses.single(
        call, content, conditional.tag(content, thing.version), personal=thing.data["audience"] != "everyone"
    )


@routes.route(
    "POST",
    "/sessions/{slug}/materials",
    "Add a material to a session",
    requires="team",
    body=catalogue.NewMaterial,
    returns=response_schemas.Material,
    status=201,
)
def add_material(call: Call) -> Response:
    """Nobody else sees it until it is published."""
    answer = call.catalogue("add_material", slug=call.path["slug"], given=call.given, key=call.key)
    return _changed(answer, 201, Location=url_for("api.materials.read_material", id=answer.value["id"]))


@routes.route(
    "POST",
    "/materials",
    "Add a material",
    requires="team",
    body=catalogue.OwnedMaterial,
    returns=response_schemas.Material,
    status=201,
)
def create_material(call: Call) -> Response:
    """Of a session, of a programme, or of neither. Nobody else sees it until it is published."""
    answer = call.catalogue("create_material", given=call.given, key=call.key)
    return _changed(answer, 201, Location=url_for("api.materials.read_material", id=answer.value["id"]))


@routes.route(
    "PATCH",
    "/materials/{id}",
    "Change a material",
    requires="team",
    body=catalogue.NewMaterial,
    partial=True,
    returns=response_schemas.Material,
    if_match=True,
)
def change_material(call: Call) -> Response:
    """Only the fields that are given."""
    return _changed(call.catalogue("change_material", id=call.path["id"], version=call.version, given=call.given))


@routes.route(
    "POST",
    "/materials/{id}/publish",
    "Publish a material",
    requires="team",
    body=catalogue.PublicationChecks,
    body_optional=True,
    returns=response_schemas.Material,
)
def publish_material(call: Call) -> Response:
    """For a recording, all checks must be true."""
    return _changed(call.catalogue("publish_material", id=call.path["id"], given=call.given, key=call.key))


@routes.route(
    "POST", "/materials/{id}/withdraw", "Withdraw a material", requires="team", returns=response_schemas.Material
)
def withdraw_material(call: Call) -> Response:
    """It is no longer shown."""
    return _changed(call.catalogue("withdraw_material", id=call.path["id"], key=call.key))


@routes.route(
    "GET",
    "/links",
    "List broken links",
    requires="team",
    returns=response_schemas.BrokenLink,
    lists=True,
    query=LIST_QUERY,
)
def list_links(call: Call) -> Response:
    """Addresses of materials that failed on two days. They are checked where the operator has turned that on."""
    page = call.catalogue("broken_links", **lists.page_wanted(call.query())).value
    return responses.written(responses.to_json({"items": page["items"], "next": page["next"]}))


def _shown(value: Data) -> tuple[bytes, str]:
    content = responses.to_json(material_view(thing_of("materials", value["version"], value)))
    return content, conditional.tag(content, value["version"])


def _changed(answer: Answer, status: int = 200, **headers: str) -> Response:
    content, etag = _shown(answer.value)
    return responses.written(content, status, answer.replayed, ETag=etag, **headers)
