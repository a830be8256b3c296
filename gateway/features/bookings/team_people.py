"""The team's pages of people: finding somebody, their bookings, and whom no mail reaches. Never what people need."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, show
from gateway.parts.team_views import name_of, sector_name, state_seen, where_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.layout import go
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for

routes = page_routes("team_people", sign_in=FOR_THE_TEAM, private=True)
AT_ONCE: Final = 50
SAVED: Final = "The details are saved."
SAVED_AND_TOLD: Final = f"{SAVED} We have emailed them which ones have changed."


@routes.route("GET", "/team/people", "People", requires="team", query=("q", "cursor"))
def show_people(call: Call) -> Response:
    """A search by name or address; nobody is listed before one asks."""
    query = call.query()
    q = query.get("q", "").strip()
    page: Data = {"items": [], "next": None}
    if q:
        page = call.registration("find_people", q=q, cursor=query.get("cursor"), limit=AT_ONCE).value
    rows = [
        {**person, "shown_name": name_of(person), "where": where_of(call, person) or "Not said"}
        for person in page["items"]
    ]
    return show(call, "team_people.html", q=q, rows=rows, next=next_page("team_people.show_people", page["next"], q=q))


@routes.route("GET", "/team/people/{id}", "Somebody", requires="team", query=("cursor", "done"))
def show_person(call: Call) -> Response:
    """Who they are, their bookings, and the way to the messages that they got."""
    cursor = call.query().get("cursor")
    told = call.registration("bookings_of_person", person=call.path["id"], cursor=cursor, limit=AT_ONCE).value
    person = told["person"]
    corrected = SAVED_AND_TOLD if person["email"] else SAVED
    others = person.get("addresses", [])[1:]  # an older registration does not tell them
    context: Data = {
        "done": corrected if call.query().get("done") == "corrected" else None,
        "person": {**person, "shown_name": name_of(person), "sector_name": sector_name(call, person["sector"])},
        "others": others,
        "rows": [_row(call, booking) for booking in told["items"]],
        "messages": url_for("messages.show_messages", person=person["email"]),
        "next": next_page("team_people.show_person", told["next"], id=person["id"]),
    }
    return show(call, "team_person.html", **context)


@routes.route("GET", "/team/people/undeliverable", "Whom no mail reaches", requires="team", query=("cursor", "done"))
def show_undeliverable(call: Call) -> Response:
    """Each with since when and why, and a button to send mail there again."""
    query = call.query()
    page = call.notifications("undeliverable", cursor=query.get("cursor"), limit=AT_ONCE).value
    rows = [{**row, "since": datetime.fromisoformat(row["since"])} for row in page["items"]]
    after = next_page("team_people.show_undeliverable", page["next"])
    return show(call, "team_undeliverable.html", rows=rows, next=after, done=query.get("done") == "yes")


@routes.route("POST", "/team/people/undeliverable", "Send mail to somebody again", requires="team")
def trust(call: Call) -> Response:
    """From now on; what was not sent meanwhile does not go by itself."""
    call.notifications("trust_address", person=call.given.get("person", ""), key=key_of(call))
    return go("team_people.show_undeliverable", done="yes")


def _row(call: Call, booking: Data) -> Data:
    session = call.model.sessions.get(booking["session"])
    return {
        **booking,
        "title": session.data["title"] if session else booking["session"],
        "starts_at": session.starts_at if session else None,
        **state_seen(booking),
    }
