"""The private address of somebody's calendar: to subscribe to, and to stop."""

from werkzeug.wrappers import Response

from gateway.api.calendars import address_of
from gateway.call import Call
from gateway.identity import who
from gateway.pages.layout import kept_to_ourselves, led_to
from gateway.routing import Routes

routes = Routes("Pages", prefix="")


@routes.route("GET", "/account/calendar", "anyone", "Your calendar", media="text/html", query=("done",))
def show_address(call: Call) -> Response:
    """The address, and how a calendar takes it."""
    if not call.house.pages.is_signed_in(call):
        return _ask_to_sign_in(call)
    url, ended = address_of(call)
    stopped = call.query().get("done") == "stopped" and ended > 0
    return kept_to_ourselves(call.house.pages.show_form(call, "calendar_address.html", url=url, stopped=stopped))


@routes.route("GET", "/account/calendar/stop", "anyone", "Stop your calendar’s address", media="text/html")
def show_stop(call: Call) -> Response:
    """What will happen, and a button."""
    if not call.house.pages.is_signed_in(call):
        return _ask_to_sign_in(call)
    _, ended = address_of(call)
    return call.house.pages.show_form(call, "calendar_stop.html", ended=ended)


@routes.route(
    "POST", "/account/calendar/stop", "anyone", "Stop your calendar’s address", media="text/html", form=True, status=303
)  # fmt: skip
def stop(call: Call) -> Response:
    """Stops the address that the page was about; pressed twice, the new one lives."""
    if not call.house.pages.is_signed_in(call):
        return _ask_to_sign_in(call)
    _, ended = address_of(call)
    if call.given.get("ended") == str(ended):
        call.services.notifications.call("end_calendar_address", person=who(call)["id"])
    return led_to("/account/calendar?done=stopped")


def _ask_to_sign_in(call: Call) -> Response:
    return call.house.pages.ask_to_sign_in(call, "Your calendar", "to see the address of your calendar")
