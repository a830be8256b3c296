"""The private address of somebody's calendar: to subscribe to, and to stop."""

from werkzeug.wrappers import Response

from gateway.features.account.calendars_api import address_of
from gateway.projection.call import Call
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes

routes = page_routes("calendar_address", sign_in=SignIn("Your calendar", "to see the address of your calendar"))


@routes.route("GET", "/account/calendar", "Your calendar", requires="person", private=True, query=("done",))
def show_address(call: Call) -> Response:
    """The address, and how a calendar takes it."""
    url, ended = address_of(call)
    stopped = call.query().get("done") == "stopped" and ended > 0
    return call.app.pages.show_form(call, "calendar_address.html", url=url, stopped=stopped)


@routes.route("GET", "/account/calendar/stop", "Stop your calendar’s address", requires="person")
def show_stop(call: Call) -> Response:
    """What will happen, and a button."""
    _, ended = address_of(call)
    return call.app.pages.show_form(call, "calendar_stop.html", ended=ended)


@routes.route("POST", "/account/calendar/stop", "Stop your calendar’s address", requires="person")
def stop(call: Call) -> Response:
    """Stops the address that the page was about; pressed twice, the new one lives."""
    _, ended = address_of(call)
    if call.given.get("ended") == str(ended):
        call.notifications("end_calendar_address", person=call.who()["id"])
    return go("calendar_address.show_address", done="stopped")
