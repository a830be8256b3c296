"""The team's page of the organisations that it has confirmed: their people may join the community."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.editing import refused
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, show
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for
from services.community.schemas import OrganisationConfirmed
from services.runtime.refusals import Invalid, KeyReused, NotFound

routes = page_routes("team_organisations", sign_in=FOR_THE_TEAM, private=True)
FIELDS: Final = ("name", "email_domain")
DOMAIN: Final = "Enter what their email addresses end in, like leeds.gov.uk"
ASKED: Final = {
    "name": Asked("the name of the organisation"),
    "email_domain": Asked("the end of their email addresses", but={"not-a-domain": DOMAIN}),
}
DONE: Final = {
    "confirmed": "The organisation is confirmed. Its people can join the community.",
    "withdrawn": "The organisation is no longer confirmed. Its people who have joined stay members.",
}


@routes.route("GET", "/team/organisations", "Confirmed organisations", requires="team", query=("done", "cursor"))
def show_organisations(call: Call) -> Response:
    """Those confirmed last first, with a form to confirm another one."""
    return _show(call, dict.fromkeys(FIELDS, ""), {}, DONE.get(call.query().get("done", ""), ""))


@routes.route("POST", "/team/organisations", "Confirm an organisation", requires="team")
def confirm(call: Call) -> Response:
    """Leads to the list. What is wrong is told on the form."""
    said = typed(call, *FIELDS)
    given = {"name": said["name"].strip() or None, "email_domain": said["email_domain"].strip() or None}
    if errors := found(OrganisationConfirmed(), given, ASKED):
        return _show(call, said, errors)
    refusal = refused(lambda: call.community("confirm_organisation", given=given, key=key_of(call)))
    if refusal is None:
        return go("team_organisations.show_organisations", done="confirmed")
    if refusal.code not in (Invalid.code, KeyReused.code):
        raise refusal
    return _show(call, said, in_form(refusal, ASKED, said))


@routes.route(
    "POST",
    "/team/organisations/{id}/withdraw",
    "Withdraw a confirmation",
    requires="team",
    back="team_organisations.show_organisations",
)
def withdraw(call: Call) -> Response:
    """Leads to the list, also where it was withdrawn already."""
    refusal = refused(lambda: call.community("withdraw_organisation", id=call.path["id"], key=key_of(call)))
    if refusal is not None and refusal.code != NotFound.code:
        raise refusal
    return go("team_organisations.show_organisations", done="withdrawn")


def _show(call: Call, said: dict[str, str], errors: Errors, done: str = "") -> Response:
    cursor = call.query().get("cursor")
    page = call.community("confirmed_organisations", cursor=cursor, limit=lists.USUAL).value
    context: Data = {
        "rows": [{**row, "confirmed_at": datetime.fromisoformat(row["confirmed_at"])} for row in page["items"]],
        "next": next_page("team_organisations.show_organisations", page["next"]),
        "first": url_for("team_organisations.show_organisations") if cursor else None,
        "said": said,
        "errors": errors,
        "done": done,
    }
    context["anyone"] = call.app.settings.community_open_to == "anyone"
    return show(call, "team_organisations.html", 422 if errors else 200, **context)
