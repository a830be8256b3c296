"""The caller's own account."""

from werkzeug.wrappers import Response

from gateway.features.account import held
from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.me", "Me")


@routes.route("GET", "/me", "Read your account", requires="person", returns=registration.PersonView)
def read_me(call: Call) -> Response:
    """With its roles, and the sessions that you facilitate: others change these, so the tag is of the whole answer."""
    me = call.registration("me").value
    content = responses.to_json(me)
    return responses.single(call, content, conditional.tag(content, me["version"]), personal=True)


@routes.route(
    "PATCH",
    "/me",
    "Change your account",
    requires="person",
    body=registration.ProfileChange,
    returns=registration.PersonView,
    if_match=True,
)
def change_me(call: Call) -> Response:
    """Only the fields that are given."""
    answer = call.registration("change_me", version=call.version, given=call.given)
    return responses.private(answer, ETag=conditional.tag(answer.content, answer.value["version"]))


@routes.route(
    "GET", "/me/export", "Export everything that is held on you", requires="person", returns=response_schemas.Export
)
def export_me(call: Call) -> Response:
    """From every service, as one document."""
    content = responses.to_json(held.on_caller(call))
    return responses.written(content, Content_Disposition='attachment; filename="everything-held-on-me.json"')


@routes.route("DELETE", "/me", "Erase your account", requires="person", status=202)
def erase_me(call: Call) -> Response:
    """Upcoming bookings are cancelled, names go everywhere, counts are kept."""
    call.registration("erase_me")
    return responses.nothing(202)
