"""The team's pages of topics: all of them, and one to be renamed, merged or removed, once it is shown what changes."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.topics.counting import counts_known, with_people
from gateway.parts.editing import topics_of
from gateway.parts.sign_ins import for_the_team, key_of, once, show
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import topic_in_words
from gateway.web.pages.field_errors import Asked, Errors, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.catalogue.schemas import Merging, Renaming
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_topics", sign_in=for_the_team("Topics"))
NO_NAME: Final = "The new name must have letters from a to z, or numbers"
GONE: Final = "This topic is not in the list any more. Choose another one"
ASKED: Final = {
    "to": Asked("the new name", but={"not-a-slug": NO_NAME}),
    "into": Asked("the other topic", "Choose the other topic", but={"unknown-name": GONE, "not-a-slug": GONE}),
}
SAME: Final = "The topic has this name already. Enter another one"
TAKEN: Final = "topic-exists"
DONE: Final = {
    "renamed": "The topic is renamed.",
    "merged": "The two topics are now one.",
    "removed": "The topic is removed.",
}


@routes.route("GET", "/team/topics", "Topics", requires="team", query=("done",))
def show_topics(call: Call) -> Response:
    """All of them by the alphabet, with what is about each and how many people there are."""
    topics = with_people(_all(call), counts_known(call))
    return show(call, "team_topics.html", topics=topics, done=DONE.get(call.query().get("done", "")))


@routes.route("GET", "/team/topics/{slug}", "Change a topic", requires="team")
def show_topic(call: Call) -> Response:
    """What can be done with it."""
    return _ask(call, {"to": topic_in_words(call.path["slug"]), "into": ""})


@routes.route("POST", "/team/topics/{slug}", "Change a topic", requires="team")
def change_topic(call: Call) -> Response:
    """Shows what would change; does it when the button on that page is pressed."""
    said, do = typed(call, "to", "into"), call.given.get("do", "")
    if do == "rename":
        return _rename(call, said)
    if do == "merge":
        return _merge(call, said)
    if do != "remove":
        return _ask(call, said)
    if not _is_agreed(call):
        return _check(call, "remove")
    once(lambda: call.catalogue("remove_topic", slug=call.path["slug"], key=key_of(call)))
    return go("team_topics.show_topics", done="removed")


def _rename(call: Call, said: dict[str, str]) -> Response:
    """A name that another topic has makes the two one: that is shown before it is done."""
    given = {"to": next(iter(topics_of(said["to"].replace(",", " "))), "")}
    errors = found(Renaming(), given, ASKED)
    if given["to"] == call.path["slug"]:
        errors = {"to": SAME}
    if errors:
        return _ask(call, said, errors)
    if not _is_agreed(call):
        is_there = given["to"] in {topic["slug"] for topic in _all(call)}
        return _check(call, "merge" if is_there else "rename", given["to"], is_taken=is_there)
    try:
        once(lambda: call.catalogue("rename_topic", slug=call.path["slug"], given=given, key=key_of(call)))
    except Refusal as refusal:
        if refusal.code != TAKEN:
            raise
        return _check(call, "merge", given["to"], is_taken=True)
    return go("team_topics.show_topics", done="renamed")


def _merge(call: Call, said: dict[str, str]) -> Response:
    given = {"into": said["into"]}
    if errors := found(Merging(), given, ASKED):
        return _ask(call, said, errors)
    if not _is_agreed(call):
        others = {topic["slug"] for topic in _all(call)} - {call.path["slug"]}
        return _check(call, "merge", said["into"]) if said["into"] in others else _ask(call, said, {"into": GONE})
    try:
        once(lambda: call.catalogue("merge_topic", slug=call.path["slug"], given=given, key=key_of(call)))
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        return _ask(call, said, in_form(refusal, ASKED, said))
    return go("team_topics.show_topics", done="merged")


def _is_agreed(call: Call) -> bool:
    return call.given.get("step") == "save"


def _all(call: Call) -> list[Data]:
    return list(call.catalogue("topics").value["items"])


def _ask(call: Call, said: dict[str, str], errors: Errors | None = None) -> Response:
    topics = {topic["slug"]: topic for topic in _all(call)}
    topic = topics.pop(call.path["slug"], None) or call.catalogue("topic", slug=call.path["slug"]).value
    others = [{"value": slug, "text": topic_in_words(slug)} for slug in topics]
    context: Data = {"topic": topic, "others": others, "form": said, "errors": errors or {}}
    return show(call, "team_topic.html", 422 if errors else 200, **context)


def _check(call: Call, do: str, other: str = "", *, is_taken: bool = False) -> Response:
    """Show what would change. `is_taken` is that a new name was asked for, and another topic has it."""
    [topic] = with_people([call.catalogue("topic", slug=call.path["slug"]).value], counts_known(call))
    context: Data = {"topic": topic, "do": do, "other": other, "is_taken": is_taken}
    return show(call, "team_topic_check.html", **context)
