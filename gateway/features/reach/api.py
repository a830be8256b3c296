"""Who the programme reaches: for the team, as JSON, as a sheet, and as a page for the board."""

from marshmallow import fields
from werkzeug.wrappers import Response

from gateway.features.reach.document import COLUMNS, cells_of, pdf_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.documents.sheets import sheet_of
from gateway.web.routing import Routes
from services.community import schemas as community
from services.registration import schemas as registration


class Reach(community.ReachView):
    """The same, with what people said of the sessions of the period."""

    feedback = fields.Nested(registration.FeedbackOfPeriod, required=True)


routes = Routes("api.reach", "Reach")
QUERY = ("from", "to", "programme", "shared")
SHARED = {"shared": "true"}


@routes.route("GET", "/reach", "Read who the programme reaches", requires="team", returns=Reach, query=QUERY)
def read_reach(call: Call) -> Response:
    """By sector and organisation: exact, or with `shared=true` as it may leave the house.

    Shared, 1 to 4 is `"<5"`, everything else is rounded to the nearest 5, and totals are rounded from true totals.
    """
    content = responses.to_json(reach_of(call))
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route("GET", "/reach.csv", "Download who the programme reaches", requires="team", media="text/csv", query=QUERY)
def download_reach(call: Call) -> Response:
    """The same figures as a sheet: a line a sector, the total, the year before, and then one an organisation."""
    told = reach_of(call)
    content = sheet_of(COLUMNS, cells_of(told))
    media = "text/csv; charset=utf-8; header=present"
    return _file(call, content, media, "reach-to-share.csv" if told["shared"] else "reach.csv")


@routes.route(
    "GET", "/reach.pdf", "Download a page for the board", requires="team", media="application/pdf", query=QUERY[:3]
)
def download_page(call: Call) -> Response:
    """By sector on one page of A4: always as it may be shared, as it leaves the house."""
    call.model.require_ready()
    settings = call.app.settings
    content = pdf_of(reach_of(call, **SHARED), call.model, settings.mail_from, call.app.typeset)
    return _file(call, content, "application/pdf", "reach.pdf")


def reach_of(call: Call, **also: str) -> Data:
    """Return what the community, and registration for the feedback, answer to the query. Raises Invalid."""
    query = call.query()
    given = {name: query[name] for name in QUERY if query.get(name)} | also
    told = call.community("reach", given=given).value
    return {**told, "feedback": call.registration("feedback_of_period", given=given).value}


def _file(call: Call, content: bytes, media: str, name: str) -> Response:
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
