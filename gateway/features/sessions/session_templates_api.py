"""Templates: drafts that are never published, and only ever copied."""

from werkzeug.wrappers import Response

from gateway.features.sessions.api import all_edited, edited
from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists, response_schemas
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.call import Answer
from gateway.web.routing import Routes
from services.catalogue import schemas as catalogue

routes = Routes("api.session_templates", "Sessions")


@routes.route(
    "GET",
    "/templates",
    "List templates of sessions",
    requires="team",
    returns=response_schemas.EditedSession,
    lists=True,
    query=LIST_QUERY,
)
def list_templates(call: Call) -> Response:
    """Each with its name as `template`."""
    page = call.catalogue("templates", **lists.page_wanted(call.query())).value
    return responses.written(all_edited(call, page["items"], page["next"]))


@routes.route(
    "POST",
    "/sessions/{slug}/template",
    "Keep a draft as a template",
    requires="team",
    body=catalogue.TemplateName,
    returns=response_schemas.EditedSession,
)
def keep_template(call: Call) -> Response:
    """It is only ever copied from then on. A template is given another name."""
    return _answered(call, call.catalogue("keep_template", slug=call.path["slug"], given=call.given, key=call.key))


@routes.route(
    "DELETE",
    "/sessions/{slug}/template",
    "Make a template a draft again",
    requires="team",
    returns=response_schemas.EditedSession,
)
def end_template(call: Call) -> Response:
    """It can be published from then on."""
    return _answered(call, call.catalogue("end_template", slug=call.path["slug"]))


def _answered(call: Call, answer: Answer) -> Response:
    content, etag = edited(call, answer.value)
    return responses.written(content, 200, answer.replayed, ETag=etag)
