"""The email addresses of the caller: adding one, having emails go to another, and removing one."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.email_addresses", "Me")


@routes.route(
    "GET",
    "/me/addresses",
    "List your email addresses",
    requires="person",
    returns=registration.EmailAddressView,
    lists=True,
)
def list_addresses(call: Call) -> Response:
    """The `primary` one first: emails and calendar invites go there. You can sign in with each of them."""
    return responses.private(call.registration("addresses"))


@routes.route(
    "POST",
    "/me/addresses",
    "Ask to add an email address",
    requires="person",
    body=registration.EmailWanted,
    status=202,
)
def add_address(call: Call) -> Response:
    """Sends a code there. 202 also where the address has an account: that is said once the code comes back."""
    call.registration("add_address", given=call.given, address=call.address, key=call.key)
    return responses.nothing(202)


@routes.route(
    "POST",
    "/me/addresses/confirm",
    "Add an email address",
    requires="person",
    body=registration.EmailConfirm,
    returns=registration.EmailAddressView,
    status=201,
)
def confirm_address(call: Call) -> Response:
    """With the code that went there. Your other addresses are told, and each of them can undo it for 7 days."""
    answer = call.registration("confirm_address", given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.email_addresses.read_address", id=answer.value["id"]))


@routes.route(
    "GET", "/me/addresses/{id}", "Read an email address", requires="person", returns=registration.EmailAddressView
)
def read_address(call: Call) -> Response:
    """One of yours."""
    content = call.registration("address", id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "POST",
    "/me/addresses/{id}/primary",
    "Have emails go to another email address",
    requires="person",
    returns=registration.EmailAddressView,
)
def prefer_address(call: Call) -> Response:
    """Emails and calendar invites go there from now on. All your addresses are told, and can undo it for 7 days."""
    return responses.private(call.registration("prefer_address", id=call.path["id"], key=call.key))


@routes.route("DELETE", "/me/addresses/{id}", "Remove an email address", requires="person", status=204)
def remove_address(call: Call) -> Response:
    """You are signed out elsewhere. All your addresses are told, this one too, and can undo it for 7 days."""
    call.registration("remove_address", id=call.path["id"])
    return responses.nothing(204)
