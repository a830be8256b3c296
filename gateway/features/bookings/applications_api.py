"""Applications for places: who applied, who might be given one, and what the team decides."""

from werkzeug.wrappers import Response

from gateway.features.bookings.many_api import DRY_RUN, SECONDS
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.applications", "Bookings")


@routes.route(
    "GET",
    "/sessions/{slug}/applications",
    "List applications for a session",
    requires="team",
    returns=registration.applications.Application,
    lists=True,
    query=("limit", "cursor"),
)
def list_applications(call: Call) -> Response:
    """Those about which nothing is decided yet, the earliest first."""
    wanted = lists.page_wanted(call.query())
    return responses.private(call.registration("applications", slug=call.path["slug"], **wanted))


@routes.route(
    "GET",
    "/sessions/{slug}/applications/suggestion",
    "Suggest who gets a place",
    requires="team",
    returns=registration.applications.SuggestedApplicants,
    query=("places",),
)
def suggest_applicants(call: Call) -> Response:
    """So that sectors are mixed. Nothing is kept, and nobody is told."""
    named = {"slug": call.path["slug"], "places": lists.number_of(call.query(), "places")}
    return responses.private(call.registration("suggest_applicants", **named))


@routes.route(
    "POST",
    "/sessions/{slug}/applications/decide",
    "Decide about applications",
    requires="team",
    one_call=True,
    body=registration.applications.Decision,
    returns=registration.BookingsChanged,
    query=DRY_RUN,
)
def decide_applications(call: Call) -> Response:
    """Gives places, and tells others that they get none. With `dry_run=true` nothing is kept."""
    named = {"slug": call.path["slug"], "given": call.given, "timeout": SECONDS}
    if call.query().get("dry_run") == "true":
        return responses.private(call.registration("foresee_decision", **named))
    return responses.private(call.registration("decide_applications", key=call.key, **named))
