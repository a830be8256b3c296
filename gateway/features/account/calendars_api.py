"""People's own calendars: an address to subscribe to that is theirs alone, for as long as they want it."""

from typing import Final

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.runtime.refusals import NotFound

routes = Routes("api.calendars", "Me")
beside_the_pages = Routes("calendars", "", prefix="")
SALT: Final = "gateway.calendar"
KEPT: Final = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@routes.route(
    "GET",
    "/me/calendar",
    "Read the address of your calendar",
    requires="person",
    returns=response_schemas.CalendarAddress,
)
def read_address(call: Call) -> Response:
    """Whoever has it can read your sessions: it needs no signing in. It is the same until you end it."""
    url, generation = address_of(call)
    content = responses.to_json({"url": url})
    return responses.single(call, content, conditional.tag(content, generation), personal=True)


@routes.route("DELETE", "/me/calendar", "End the address of your calendar", requires="person", status=204)
def end_address(call: Call) -> Response:
    """It is dead at once; there is another one from then on."""
    call.notifications("end_calendar_address", person=call.who()["id"])
    return responses.nothing(204)


@beside_the_pages.route(
    "GET", "/calendar/{token}.ics", "Follow your sessions", requires="anyone", media="text/calendar"
)
def read_calendar(call: Call) -> Response:
    """What the owner of the address holds and is offered."""
    person, generation = _signed(call)
    told = call.services.notifications.call("calendar", person=person, generation=generation).value
    content = told["ics"].encode()
    headers = {**KEPT, "ETag": conditional.tag(content)}
    return responses.revalidated(call.request, content, headers, "text/calendar; charset=utf-8")


def address_of(call: Call) -> tuple[str, int]:
    """Return the address of the caller's calendar, and how many they ended before it. Raises NotSignedIn."""
    person = call.who()["id"]
    generation = call.notifications("calendar_generation", person=person).value
    token = _serializer(call).dumps([person, generation])
    return call.app.settings.public_url + url_for("calendars.read_calendar", token=token), generation


def _signed(call: Call) -> tuple[str, int]:
    """Return whose calendar the address is of, and which of their addresses. Raises NotFound."""
    try:
        person, generation = _serializer(call).loads(call.path["token"])
    except (BadData, ValueError, TypeError) as error:
        raise NotFound("There is no such calendar.") from error
    return person, generation


def _serializer(call: Call) -> URLSafeSerializer:
    return URLSafeSerializer(call.app.settings.secret_key, salt=SALT)
