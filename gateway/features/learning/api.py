"""What people learned: everyone's records for the team, and one's own."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.learning.document import COLUMNS, cells_of, statement_of
from gateway.parts.reading import LIST_QUERY
from gateway.parts.team_views import all_rows
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.documents.sheets import sheet_of
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.learning", "Learning")
DAYS: Final = ("from", "to")
QUERY: Final = (*DAYS, "programme")


@routes.route(
    "GET",
    "/records",
    "List learning records",
    requires="team",
    one_call=True,
    returns=registration.LearningRecord,
    lists=True,
    query=(*QUERY, *LIST_QUERY),
)
def list_records(call: Call) -> Response:
    """Of everyone who had a place in a session that is over: where they worked then, whether they came, their hours."""
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("records", given=asked_of(call, QUERY), **page))


@routes.route("GET", "/records.csv", "Download learning records", requires="team", media="text/csv", query=QUERY)
def download_records(call: Call) -> Response:
    """The same as a sheet, a line for each person and session, as learning records of employers take it."""
    call.model.require_ready()
    rows = all_rows(call, "records", given=asked_of(call, QUERY))
    content = sheet_of(COLUMNS, (cells_of(call, row) for row in rows))
    media = "text/csv; charset=utf-8; header=present"
    return _file(call, content, media, "learning-records.csv")


@routes.route(
    "GET", "/me/learning", "Read what I learned", requires="person", returns=registration.Learning, query=DAYS
)
def read_own_learning(call: Call) -> Response:
    """The sessions that I had a place in, and how long I was there."""
    content = responses.to_json(own_learning(call))
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "GET", "/me/learning.pdf", "Download what I learned", requires="person", media="application/pdf", query=DAYS
)
def download_own_learning(call: Call) -> Response:
    """A statement of the sessions that I was at."""
    return _statement(call, own_learning(call))


@routes.route(
    "GET",
    "/people/{id}/learning",
    "Read what someone learned",
    requires="team",
    returns=registration.Learning,
    query=DAYS,
)
def read_learning(call: Call) -> Response:
    """The sessions that they had a place in, and how long they were there."""
    content = responses.to_json(learning_of(call))
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "GET",
    "/people/{id}/learning.pdf",
    "Download what someone learned",
    requires="team",
    media="application/pdf",
    query=DAYS,
)
def download_learning(call: Call) -> Response:
    """A statement of the sessions that they were at."""
    return _statement(call, learning_of(call))


def asked_of(call: Call, names: tuple[str, ...]) -> dict[str, str]:
    """Return what the query says, as registration is asked for it."""
    query = call.query()
    return {name: query[name] for name in names if query.get(name)}


def own_learning(call: Call) -> Data:
    """Return what registration says of one's own learning in the period. Raises Invalid."""
    return dict(call.registration("own_learning", given=asked_of(call, DAYS)).value)


def learning_of(call: Call) -> Data:
    """Return what registration says of someone's learning in the period. Raises Invalid, NotFound."""
    return dict(call.registration("learning", id=call.path["id"], given=asked_of(call, DAYS)).value)


def _statement(call: Call, told: Data) -> Response:
    call.model.require_ready()
    content = statement_of(call, told)
    return _file(call, content, "application/pdf", "learning.pdf")


def _file(call: Call, content: bytes, media: str, name: str) -> Response:
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
