"""Bookings: the caller's own, and for the team those of a session."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.bookings", "Bookings")


@routes.route(
    "POST",
    "/bookings",
    "Book a place",
    requires="person",
    body=registration.BookingWanted,
    returns=registration.BookingView,
    status=201,
    key_required=True,
)
def book(call: Call) -> Response:
    """Confirmed if there is a place, waiting if there is none."""
    with call.app.turns.taken(str(call.given.get("session")), call.key):
        answer = call.registration("book", given=call.given, key=call.key)
    booking = answer.value
    tag = responses.version_tag(booking["version"])
    return responses.private(
        answer, 201, Location=url_for("api.bookings.read_booking", reference=booking["reference"]), ETag=tag
    )


@routes.route(
    "GET",
    "/bookings",
    "List your bookings",
    requires="person",
    returns=registration.BookingView,
    lists=True,
    query=("state", *LIST_QUERY),
)
def list_bookings(call: Call) -> Response:
    """The latest first."""
    return responses.private(call.registration("bookings", **_page_wanted(call)))


@routes.route("GET", "/bookings/{reference}", "Read a booking", requires="person", returns=registration.BookingView)
def read_booking(call: Call) -> Response:
    """With the link to join, when it is time; the link appears with the clock, so the tag is of the whole answer."""
    booking = call.registration("booking", reference=call.path["reference"]).value
    content = responses.to_json(booking)
    return responses.single(call, content, conditional.tag(content, booking["version"]), personal=True)


@routes.route(
    "POST",
    "/bookings/{reference}/accept",
    "Accept an offered place",
    requires="person",
    body=registration.Acceptance,
    body_optional=True,
    returns=registration.BookingView,
)
def accept(call: Call) -> Response:
    """The place is confirmed."""
    answer = call.registration("accept", reference=call.path["reference"], given=call.given, key=call.key)
    return responses.private(answer)


@routes.route(
    "POST",
    "/bookings/{reference}/decline",
    "Decline an offered place",
    requires="person",
    returns=registration.BookingView,
)
def decline(call: Call) -> Response:
    """It goes to the next person who waits."""
    return responses.private(call.registration("decline", reference=call.path["reference"], key=call.key))


@routes.route(
    "POST",
    "/bookings/{reference}/cancel",
    "Cancel a booking",
    requires="person",
    body=registration.Cancellation,
    body_optional=True,
    returns=registration.BookingView,
)
def cancel(call: Call) -> Response:
    """The place goes to the next person who waits. The team may cancel anybody's."""
    answer = call.registration("cancel", reference=call.path["reference"], given=call.given, key=call.key)
    return responses.private(answer)


@routes.route(
    "POST",
    "/bookings/{reference}/move",
    "Move a booking to another session, or to the other mode",
    requires="person",
    body=registration.Move,
    returns=registration.BookingView,
)
def move(call: Call) -> Response:
    """To one of the same programme; where that is full, the booking stays as it is. The team may move anybody's.

    `mode` without a `session`: to the other mode of the same session. Where that is full, `state` and `mode` stay, and
    `waiting_for` says so.
    """
    answer = call.registration("move", reference=call.path["reference"], given=call.given, key=call.key)
    return responses.private(answer)


@routes.route(
    "POST",
    "/bookings/{reference}/admit",
    "Give a place to somebody who waits",
    requires="team",
    one_call=True,
    body=registration.Admission,
    body_optional=True,
    returns=registration.BookingOfPerson,
)
def admit(call: Call) -> Response:
    """Whoever stands before them. Beyond the capacity with `over_capacity` and a reason, which the history keeps."""
    return responses.private(
        call.registration("admit", reference=call.path["reference"], given=call.given, key=call.key)
    )


@routes.route(
    "PATCH",
    "/bookings/{reference}",
    "Change what you need at a booking",
    requires="person",
    body=registration.BookingChange,
    returns=registration.BookingView,
    if_match=True,
)
def change_booking(call: Call) -> Response:
    """What is given here is for this booking alone; what is in your account is for all others."""
    named = {"reference": call.path["reference"], "version": call.version, "given": call.given}
    return responses.private(call.registration("change_booking", **named))


@routes.route(
    "POST",
    "/bookings/{reference}/hand-on",
    "Give your place to a colleague",
    requires="person",
    body=registration.HandOn,
    returns=registration.BookingView,
    status=201,
)
def hand_on(call: Call) -> Response:
    """A new booking for them in your place, while nobody waits for one, or where the programme allows it always.

    Both of you get an email. Who has no account gets one.
    """
    answer = call.registration("hand_on", reference=call.path["reference"], given=call.given, key=call.key)
    return responses.private(
        answer, 201, Location=url_for("api.bookings.read_booking", reference=answer.value["reference"])
    )


@routes.route(
    "GET",
    "/bookings/{reference}/history",
    "Read a booking's history",
    requires="person",
    returns=registration.ChangeView,
    lists=True,
    query=LIST_QUERY,
)
def read_history(call: Call) -> Response:
    """What became of it, when, why and by whom. The team sees its notes here as well."""
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("history", reference=call.path["reference"], **page))


@routes.route(
    "POST",
    "/bookings/{reference}/notes",
    "Add a note to a booking",
    requires="team",
    one_call=True,
    body=registration.Note,
    returns=registration.ChangeView,
    status=201,
)
def add_note(call: Call) -> Response:
    """For the team alone to read."""
    reference = call.path["reference"]
    answer = call.registration("add_note", reference=reference, given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.bookings.read_history", reference=reference))


@routes.route(
    "GET",
    "/bookings/{reference}/invite.ics",
    "Download a booking's invite",
    requires="person",
    media="text/calendar",
    query=("meeting",),
)
def read_invite(call: Call) -> Response:
    """As it was last mailed; where there are several meetings, one of them, or all to be published in one file."""
    reference = call.path["reference"]
    meeting = lists.number_of(call.query(), "meeting")
    call.registration("booking", reference=reference)  # refuses whoever it does not belong to
    invite = call.services.notifications.call("invite", reference=reference, meeting=meeting).value
    content = invite["ics"].encode()
    media = f"text/calendar; charset=utf-8; method={invite['method']}; component=VEVENT"
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{reference}.ics"'
    return response


@routes.route(
    "GET",
    "/sessions/{slug}/bookings",
    "List a session's bookings",
    requires="team",
    one_call=True,
    returns=registration.BookingOfPerson,
    lists=True,
    query=("state", *LIST_QUERY),
)
def list_session_bookings(call: Call) -> Response:
    """With the people who made them."""
    return responses.private(call.registration("session_bookings", slug=call.path["slug"], **_page_wanted(call)))


@routes.route(
    "POST",
    "/sessions/{slug}/bookings",
    "Book a place for somebody",
    requires="team",
    one_call=True,
    body=registration.BookingForSomebody,
    returns=registration.BookingForSomebodyMade,
    status=201,
)
def book_for(call: Call) -> Response:
    """By their address; who has no account gets one, and they are told."""
    answer = call.registration("book_for", slug=call.path["slug"], given=call.given, key=call.key)
    return responses.private(
        answer, 201, Location=url_for("api.bookings.read_booking", reference=answer.value["reference"])
    )


def _page_wanted(call: Call) -> dict[str, object]:
    query = call.query()
    return {**lists.page_wanted(query), "state": query.get("state")}
