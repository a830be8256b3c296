"""Speakers: who speaks, and in which sessions."""

from werkzeug.wrappers import Response

from gateway import answers, conditions, lists, shapes
from gateway.api.reading import LIST_QUERY, known, latest, listed
from gateway.call import Answer, Call
from gateway.identity import is_team
from gateway.read_model import Data, thing_of
from gateway.routing import Routes, url_for
from gateway.views import speaker_view
from services.catalogue import schemas as catalogue

routes = Routes("api.speakers", "Speakers")


@routes.route(
    "GET", "/speakers", "List speakers", requires="anyone", returns=shapes.Speaker, lists=True, query=LIST_QUERY
)
def list_speakers(call: Call) -> Response:
    """By name."""
    return listed(
        call,
        lambda query: lists.by_title(call.model.all("speakers").values(), "name", query),
        lambda speaker: answers.to_json(speaker_view(call.model, speaker)),
    )


@routes.route("GET", "/speakers/{slug}", "Read a speaker", requires="anyone", returns=shapes.Speaker)
def read_speaker(call: Call) -> Response:
    """With their sessions. The team reads what the catalogue holds."""
    slug = call.path["slug"]
    if is_team(call) and (value := latest(call, "speaker", slug=slug)):
        content, etag = _shown(call, value)
        return answers.single(call, content, etag, personal=True)
    thing = known(call, "speakers", slug)
    one = call.house.shelf.get(
        ("speaker", slug), call.now, lambda: answers.to_json(speaker_view(call.model, thing)), thing.version
    )
    return answers.single(call, one.content, one.etag, personal=False)


@routes.route(
    "POST", "/speakers", "Add a speaker", requires="team", body=catalogue.NewSpeaker, returns=shapes.Speaker, status=201
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
    returns=shapes.Speaker,
    if_match=True,
)
def change_speaker(call: Call) -> Response:
    """Only the fields that are given."""
    answer = call.catalogue("change_speaker", slug=call.path["slug"], version=call.version, given=call.given)
    return _changed(call, answer)


def _shown(call: Call, value: Data) -> tuple[bytes, str]:
    content = answers.to_json(speaker_view(call.model, thing_of("speakers", value["version"], value)))
    return content, conditions.tag(content, value["version"])


def _changed(call: Call, answer: Answer, status: int = 200, **headers: str) -> Response:
    content, etag = _shown(call, answer.value)
    return answers.written(content, status, answer.replayed, ETag=etag, **headers)
