"""The second factor of people who have a role: setting up an authenticator app, changing it and removing it."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.second_factor", "Me")


@routes.route(
    "GET",
    "/me/second-factor",
    "Read whether you have a second factor",
    requires="person",
    returns=registration.SecondFactorView,
)
def read_second_factor(call: Call) -> Response:
    """Since when, how many recovery codes are left, and whether your roles count only with one."""
    content = responses.to_json(call.registration("second_factor").value)
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "POST",
    "/me/second-factor",
    "Begin to set up an authenticator app",
    requires="person",
    body=registration.SecondFactorBegin,
    body_optional=True,
    returns=registration.AppToSetUp,
)
def begin_second_factor(call: Call) -> Response:
    """For whoever has a role. Where there is an app already, a code of it is needed, and it stays until the next step.

    The secret is good for an hour, and to the token that asked for it.
    """
    return responses.private(call.registration("begin_second_factor", given=call.given))


@routes.route(
    "POST",
    "/me/second-factor/confirm",
    "Turn the authenticator app on",
    requires="person",
    body=registration.SecondFactorCode,
    returns=registration.RecoveryCodes,
)
def confirm_second_factor(call: Call) -> Response:
    """By a code that it shows. You are signed out everywhere else. The recovery codes are shown this once."""
    return responses.private(call.registration("confirm_second_factor", given=call.given))


@routes.route(
    "POST",
    "/me/second-factor/recovery-codes",
    "Get new recovery codes",
    requires="person",
    body=registration.SecondFactorCode,
    returns=registration.RecoveryCodes,
)
def renew_recovery_codes(call: Call) -> Response:
    """The old ones no longer work."""
    return responses.private(call.registration("renew_recovery_codes", given=call.given))


@routes.route(
    "DELETE",
    "/me/second-factor",
    "Remove your second factor",
    requires="person",
    body=registration.SecondFactorCode,
    status=204,
)
def remove_second_factor(call: Call) -> Response:
    """With a code that was not used before. Where a second factor is required, your roles do not count any more."""
    call.registration("remove_second_factor", given=call.given)
    return responses.nothing(204)
