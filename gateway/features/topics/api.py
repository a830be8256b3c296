"""Topics: what has each, and changes to one in everything that is about it."""

from marshmallow import fields
from werkzeug.wrappers import Response

from gateway.features.topics.counting import counts, with_people
from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Thing
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.catalogue import schemas as catalogue

routes = Routes("api.topics", "Topics")


class CountedTopic(catalogue.TopicView):
    """The same, with how many people want to hear of it, and how many members picked it."""

    interested = fields.Integer(required=True)
    members = fields.Integer(required=True)


@routes.route(
    "GET", "/topics", "List topics", requires="team", returns=CountedTopic, lists=True, query=LIST_QUERY
)  # fmt: skip
def list_topics(call: Call) -> Response:
    """By the alphabet, with what is about each, drafts included, and how many people there are; never who."""
    topics = with_people(call.catalogue("topics").value["items"], counts(call))
    page = lists.page((Thing(0, topic) for topic in topics), lambda topic: (topic.data["slug"],), (str,), call.query())
    return responses.written(responses.to_json({"items": [row.data for row in page.rows], "next": page.next}))


@routes.route("GET", "/topics/{slug}", "Read a topic", requires="team", returns=CountedTopic)
def read_topic(call: Call) -> Response:
    """What a change of it would change. An old name is not found: the topic that it became has it as `former`."""
    [topic] = with_people([call.catalogue("topic", slug=call.path["slug"]).value], counts(call))
    content = responses.to_json(topic)
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "POST",
    "/topics/{slug}/rename",
    "Rename a topic",
    requires="team",
    body=catalogue.Renaming,
    returns=catalogue.TopicView,
)
def rename_topic(call: Call) -> Response:
    """In all sessions, programmes, interests and profiles; its old name leads on to it. Nobody is emailed."""
    return responses.private(call.catalogue("rename_topic", slug=call.path["slug"], given=call.given, key=call.key))


@routes.route(
    "POST",
    "/topics/{slug}/merge",
    "Merge a topic into another",
    requires="team",
    body=catalogue.Merging,
    returns=catalogue.TopicView,
)
def merge_topic(call: Call) -> Response:
    """The answer is the other topic, which has all that was about either, once. Nobody is emailed."""
    return responses.private(call.catalogue("merge_topic", slug=call.path["slug"], given=call.given, key=call.key))


@routes.route("DELETE", "/topics/{slug}", "Remove a topic", requires="team", status=204)
def remove_topic(call: Call) -> Response:
    """Nothing is about it any more, and whoever asked to hear of it asks no more."""
    call.catalogue("remove_topic", slug=call.path["slug"])
    return responses.nothing(204)
