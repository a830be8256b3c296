"""Pictures of sessions and speakers: given, described and removed."""

import base64
from typing import Final

from werkzeug.wrappers import Response

from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import picture_view
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.catalogue import schemas as catalogue
from services.runtime.refusals import Invalid

of_sessions = Routes("api.pictures_of_sessions", "Sessions")
of_speakers = Routes("api.pictures_of_speakers", "Speakers")
TYPES: Final = ("image/png", "image/jpeg", "image/webp")
MOST_BYTES: Final = 8_000_000
SECONDS: Final = 15.0  # for a large picture on a busy machine


@of_sessions.route(
    "PUT",
    "/sessions/{slug}/picture",
    "Give a session a picture",
    requires="team",
    takes=TYPES,
    most=MOST_BYTES,
    query=("alt",),
    returns=response_schemas.Picture,
)
def put_picture_of_session(call: Call) -> Response:
    """In the place of any other. `alt` says what it shows, for people who do not see it."""
    return _put(call, "put_picture_of_session")


@of_sessions.route(
    "PATCH",
    "/sessions/{slug}/picture",
    "Describe a session's picture",
    requires="team",
    body=catalogue.ChangedPicture,
    returns=response_schemas.Picture,
    if_match=True,
)
def change_picture_of_session(call: Call) -> Response:
    """In other words, without sending it again. `If-Match` is the tag of the session."""
    return _change(call, "change_picture_of_session")


@of_sessions.route("DELETE", "/sessions/{slug}/picture", "Remove a session's picture", requires="team", status=204)
def remove_picture_of_session(call: Call) -> Response:
    """Once is enough."""
    call.catalogue("remove_picture_of_session", slug=call.path["slug"])
    return responses.nothing(204)


@of_speakers.route(
    "PUT",
    "/speakers/{slug}/picture",
    "Give a speaker a picture",
    requires="team",
    takes=TYPES,
    most=MOST_BYTES,
    query=("alt",),
    returns=response_schemas.Picture,
)
def put_picture_of_speaker(call: Call) -> Response:
    """In the place of any other. `alt` says what it shows, for people who do not see it."""
    return _put(call, "put_picture_of_speaker")


@of_speakers.route(
    "PATCH",
    "/speakers/{slug}/picture",
    "Describe a speaker's picture",
    requires="team",
    body=catalogue.ChangedPicture,
    returns=response_schemas.Picture,
    if_match=True,
)
def change_picture_of_speaker(call: Call) -> Response:
    """In other words, without sending it again. `If-Match` is the tag of the speaker."""
    return _change(call, "change_picture_of_speaker")


@of_speakers.route("DELETE", "/speakers/{slug}/picture", "Remove a speaker's picture", requires="team", status=204)
def remove_picture_of_speaker(call: Call) -> Response:
    """Once is enough."""
    call.catalogue("remove_picture_of_speaker", slug=call.path["slug"])
    return responses.nothing(204)


def _put(call: Call, method: str) -> Response:
    alt = call.query().get("alt", "").strip()
    if not alt:
        raise Invalid.field("alt", "missing")
    answer = call.catalogue(method, slug=call.path["slug"], given=given_of(call.content, alt), timeout=SECONDS)
    return responses.written(responses.to_json(picture_view(answer.value["picture"])))


def _change(call: Call, method: str) -> Response:
    owner = call.catalogue(method, slug=call.path["slug"], version=call.version, given=call.given).value
    content = responses.to_json(picture_view(owner["picture"]))
    return responses.written(content, ETag=conditional.tag(content, owner["version"]))


def given_of(content: bytes, alt: str) -> Data:
    """Return a picture as the catalogue takes it."""
    return {"content": base64.b64encode(content).decode("ascii"), "alt": alt}
