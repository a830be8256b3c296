"""Whom the programme reaches: for the team, as JSON, as a sheet, and as a page for the board."""

from werkzeug.wrappers import Response

from gateway.features.reach.document import COLUMNS, cells_of, pdf_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.documents.sheets import sheet_of
from gateway.web.routing import Routes
from services.community import schemas as community

routes = Routes("api.reach", "Reach")
QUERY = ("from", "to", "programme")


@routes.route(
    "GET", "/reach", "Read whom the programme reaches", requires="team", returns=community.ReachView, query=QUERY
)
def read_reach(call: Call) -> Response:
    """By sector and organisation, in figures of five people and more; `"<5"` is fewer, or nobody.

    A figure is null where another one, that is under five, could be worked out of it.
    """
    content = responses.to_json(reach_of(call))
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "GET", "/reach.csv", "Download whom the programme reaches", requires="team", media="text/csv", query=QUERY
)
def download_reach(call: Call) -> Response:
    """The same figures as a sheet: a line a sector, and then one an organisation."""
    content = sheet_of(COLUMNS, cells_of(reach_of(call)))
    media = "text/csv; charset=utf-8; header=present"
    return _file(call, content, media, "reach.csv")


@routes.route(
    "GET", "/reach.pdf", "Download a page for the board", requires="team", media="application/pdf", query=QUERY
)
def download_page(call: Call) -> Response:
    """The same figures by sector, on one page of A4."""
    call.model.require_ready()
    settings = call.app.settings
    content = pdf_of(reach_of(call), call.model, settings.mail_from, call.app.typeset)
    return _file(call, content, "application/pdf", "reach.pdf")


def reach_of(call: Call) -> Data:
    """Return what the community answers to the query. Raises Invalid."""
    query = call.query()
    given = {name: query[name] for name in QUERY if query.get(name)}
    return dict(call.community("reach", given=given).value)


def _file(call: Call, content: bytes, media: str, name: str) -> Response:
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
