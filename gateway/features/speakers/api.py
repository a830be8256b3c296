"""Speakers: who speaks, and in which sessions."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY, known, latest, listed
from gateway.projection import lists, response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data, thing_of
from gateway.projection.views import speaker_view
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.routing import Routes, url_for
from services.catalogue import schemas as catalogue

routes = Routes("api.speakers", "Speakers")


@routes.route(
    "GET",
    "/speakers",
    "List speakers",
    requires="anyone",
    returns=response_schemas.Speaker,
    lists=True,
    query=LIST_QUERY,
)
def list_speakers(call: Call) -> Response:
    """By name."""
    return listed(
        call,
        lambda query: lists.by_title(call.model.all("speakers").values(), "name", query),
        lambda speaker: responses.to_json(speaker_view(call.model, speaker)),
    )


@routes.route("GET", "/speakers/{slug}", "Read a speaker", requires="anyone", returns=response_schemas.Speaker)
def read_speaker(call: Call) -> Response:
    """With their sessions. The team reads what the catalogue holds."""
    slug = call.path["slug"]
    if call.is_team() and (value := latest(call, "speaker", slug=slug)):
        content, etag = _shown(call, value)
        return responses.single(call, content, etag, personal=True)
    thing = known(call, "speakers", slug)
    one = call.app.cache.get(
        ("speaker", slug), call.now, lambda: responses.to_json(speaker_view(call.model, thing)), thing.version
    )
    return responses.single(call, one.content, one.etag, personal=False)


@routes.route(
    "POST",
    "/speakers",
    "Add a speaker",
    requires="team",
    body=catalogue.NewSpeaker,
    returns=response_schemas.Speaker,
    status=201,
)
def create_speaker(call: Call) -> Response:
    """They are public at once."""
    answer = call.catalogue("create_speaker", given=call.given, key=call.key)
    return _changed(call, answer, 201, Location=url_for("api.speakers.read_speaker", slug=answer.value["slug"]))


@routes.route(
    "PATCH",
    "/speakers/{slug}",
    "Change a speaker",
    requires="team",
    body=catalogue.NewSpeaker,
    partial=True,
    returns=response_schemas.Speaker,
    if_match=True,
)
def change_speaker(call: Call) -> Response:
    """Only the fields that are given."""
    answer = call.catalogue("change_speaker", slug=call.path["slug"], version=call.version, given=call.given)
    return _changed(call, answer)


@routes.route("DELETE", "/speakers/{slug}", "Delete a speaker", requires="team", status=204)
def delete_speaker(call: Call) -> Response:
    """Only one whom no session names, whether a draft, past or cancelled."""
    call.catalogue("delete_speaker", slug=call.path["slug"])
    return responses.nothing(204)


def _shown(call: Call, value: Data) -> tuple[bytes, str]:
    content = responses.to_json(speaker_view(call.model, thing_of("speakers", value["version"], value)))
    return content, conditional.tag(content, value["version"])


def _changed(call: Call, answer: Answer, status: int = 200, **headers: str) -> Response:
    content, etag = _shown(call, answer.value)
    return responses.written(content, status, answer.replayed, ETag=etag, **headers)
