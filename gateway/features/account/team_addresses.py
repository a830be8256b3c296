"""The team's pages of someone's email addresses: all of them, and removing one."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.account.email_addresses import STAYS, seen
from gateway.parts.sign_ins import for_the_team, show
from gateway.parts.team_views import name_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import NotFound, Refusal

routes = page_routes("team_addresses", sign_in=for_the_team("Email addresses of someone"), private=True)
HERE: Final = "team_addresses.show_addresses"
REMOVED: Final = "The address is removed, and they are signed out everywhere. We have told all their addresses."


@routes.route("GET", "/team/people/{id}/addresses", "Someone’s email addresses", requires="team", query=("done",))
def show_addresses(call: Call) -> Response:
    """Each of them, and which one emails go to."""
    done = REMOVED if call.query().get("done") == "removed" else ""
    return show(call, "team_person_addresses.html", rows=_rows(call), done=done, **_person(call))


@routes.route("GET", "/team/people/{id}/addresses/{address}/remove", "Remove someone’s email address", requires="team")
def show_remove(call: Call) -> Response:
    """Says what it means, with a button; or why it cannot be."""
    return _show_remove(call)


@routes.route("POST", "/team/people/{id}/addresses/{address}/remove", "Remove someone’s email address", requires="team")
def remove(call: Call) -> Response:
    """Leads back to the list, also where it was removed already."""
    try:
        call.registration("remove_address_of", person=call.path["id"], id=call.path["address"])
    except Refusal as refusal:
        if refusal.code in STAYS:
            return _show_remove(call, 409)
        if refusal.code != NotFound.code:
            raise
    return go(HERE, id=call.path["id"], done="removed")


def _rows(call: Call) -> list[Data]:
    return [seen(row) for row in call.registration("addresses_of", person=call.path["id"]).value["items"]]


def _person(call: Call) -> Data:
    person = call.registration("person", id=call.path["id"]).value
    return {"id": call.path["id"], "shown_name": name_of(person)}


def _show_remove(call: Call, status: int = 200) -> Response:
    row = next((row for row in _rows(call) if row["id"] == call.path["address"]), None)
    if row is None:
        raise NotFound("They have no such address.")
    return show(call, "team_person_address_remove.html", status, row=row, **_person(call))
