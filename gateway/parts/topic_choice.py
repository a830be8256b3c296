"""How forms of sessions and programmes ask for topics: those that there are, to be ticked, and a field for new ones.

A form has a field for each topic that is ticked, `topic-{slug}`, and what is typed in `topics`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.parts.editing import topics_of
from gateway.projection.call import Call
from gateway.projection.views import topic_in_words

TICKED: Final = re.compile(r"topic-([a-z0-9]+(?:-[a-z0-9]+)*)")
LONGEST: Final = 90
Places = dict[str, tuple[str, str]]


def ticked(given: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a form in which a topic is ticked."""
    return {name: "yes" for name, value in given.items() if value and len(name) < LONGEST and TICKED.fullmatch(name)}


def fields_of(topics: Iterable[str]) -> dict[str, str]:
    """Return the fields of a form in which these topics are ticked, and no other is typed."""
    return {**{f"topic-{slug}": "yes" for slug in topics}, "topics": ""}


def wanted(form: Mapping[str, str]) -> tuple[list[str], Places]:
    """Return the topics that are ticked, by the alphabet, and those that are typed; and where complaints belong."""
    chosen = sorted(name.removeprefix("topic-") for name in ticked(form))
    typed = list(dict.fromkeys(topics_of(form["topics"])))
    new = [topic for topic in typed if topic not in chosen]
    places = {
        f"topics.{len(chosen) + n}": ("topics", f"the topics, line {typed.index(topic) + 1},")
        for n, topic in enumerate(new)
    }
    return [*chosen, *new], places


def offered(call: Call, form: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the boxes to tick: a topic of any session or programme, and those that are ticked already."""
    things = [*call.model.sessions.values(), *call.model.all("programmes").values()]
    names = {f"topic-{topic}" for thing in things for topic in thing.data["topics"]}
    return [
        {"name": name, "value": "yes", "text": topic_in_words(name.removeprefix("topic-")), "checked": name in form}
        for name in sorted(names | ticked(form).keys())
    ]
