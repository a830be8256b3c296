"""Lists of the catalogue: filtered, in an order that new rows do not disturb, and cut into pages."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from gateway.projection.read_model import ReadModel, Session, Thing
from services.bus.replica import led_to
from services.catalogue.schemas import NewMaterial, NewSession
from services.runtime import limits, search
from services.runtime.faults import Fault
from services.runtime.paging import cursor_after, key_of
from services.runtime.refusals import Invalid

Key = tuple[Any, ...]
T = TypeVar("T", bound=Thing)
MOST: Final = 100
USUAL: Final = 20
MONTH: Final = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])")
CHOICES: Final = {
    "when": ("upcoming", "past", "all"),
    "delivery": limits.of(NewSession, "delivery")["choices"],
    "kind": limits.of(NewMaterial, "kind")["choices"],
}


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, the cursor of those after them, and how many there are on all pages."""

    rows: list[T]
    next: str | None
    total: int


def limit_of(query: Mapping[str, str]) -> int:
    """Return `limit`. Raises Invalid."""
    text = query.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Invalid.field("limit", "out-of-range", min=1, max=MOST, of="whole number")
    return int(text)


def page_wanted(query: Mapping[str, str]) -> dict[str, Any]:
    """Return which page of a list a service is asked for: `cursor` and `limit`. Raises Invalid."""
    return {"cursor": query.get("cursor"), "limit": limit_of(query)}


def pages(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    """Yield the pages of a service's list, `{items, next}`, as `ask(cursor)` returns them from the first to the last.

    No row is left out or repeated while others are added. Raises what `ask` raises.
    """
    cursor: str | None = None
    while True:
        page = ask(cursor)
        yield page
        cursor = page["next"]
        if cursor is None:
            return


def number_of(query: Mapping[str, str], name: str) -> int | None:
    """Return a number from 1 on, or None where it is not given. Raises Invalid."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) >= 1):
        raise Invalid.field(name, "out-of-range", min=1, of="whole number")
    return int(text)


def check_choices(query: Mapping[str, str]) -> None:
    """Raises Invalid for each parameter that is not one of its words, all at once."""
    wrong = [name for name, words in CHOICES.items() if name in query and query[name] not in words]
    if wrong:
        raise Invalid([Fault("not-a-choice", {"choices": [*CHOICES[name]]}).at(name) for name in wrong])


def page(rows: Iterable[T], key: Callable[[T], Key], types: tuple[type, ...], query: Mapping[str, str]) -> Page[T]:
    """Return the page of `rows`, sorted by `key`, that begins after the cursor in `query`. Raises Invalid."""
    limit = limit_of(query)
    ordered = sorted(rows, key=key)
    start = bisect_right(ordered, tuple(key_of(query["cursor"], *types)), key=key) if query.get("cursor") else 0
    shown = ordered[start : start + limit]
    more = start + limit < len(ordered)
    return Page(shown, cursor_after(*key(shown[-1])) if more else None, len(ordered))


def sessions(model: ReadModel, query: Mapping[str, str], now: datetime) -> Page[Session]:
    """Return a page of sessions: upcoming ones soonest first, past ones latest first. Raises Invalid."""
    check_choices(query)
    query = with_topic_of_now(model, query)
    if not MONTH.fullmatch(query.get("month", "2000-01")):
        raise Invalid.field("month", "not-a-month")
    when = query.get("when", "upcoming")
    words = search.words_of(query.get("q", ""))
    rows = [
        session
        for session in model.sessions.values()
        if is_then(session, when, now) and _has(session, query) and _speaks_of(model, session, words)
    ]
    sign = -1 if when == "past" else 1

    def key(session: Session) -> Key:
        return sign * int(session.starts_at.timestamp()), session.data["slug"]

    return page(rows, key, (int, str), query)


def is_then(session: Session, when: str, now: datetime) -> bool:
    """Say whether a session belongs to `upcoming`, `past` or `all` of them."""
    return when == "all" or (session.ends_at <= now) == (when == "past")


def _has(session: Session, query: Mapping[str, str]) -> bool:
    data = session.data
    return (
        ("topic" not in query or query["topic"] in data["topics"])
        and ("programme" not in query or query["programme"] == data["programme"])
        and ("delivery" not in query or query["delivery"] == data["delivery"])
        and ("month" not in query or query["month"] in session.months)
        and ("speaker" not in query or query["speaker"] in (speaker["slug"] for speaker in data["speakers"]))
    )


def topics(model: ReadModel) -> list[str]:
    """Return what the sessions are about, in the order of the alphabet."""
    return sorted({topic for session in model.sessions.values() for topic in session.data["topics"]})


def topic_now(model: ReadModel, slug: str) -> str:
    """Return what a topic is called now that may have been renamed or merged; one that was removed as it was called."""
    if model.get("topics", slug) is None:
        return slug
    return led_to({old: thing.data["new"] for old, thing in model.all("topics").items()}, slug) or slug


def with_topic_of_now(model: ReadModel, query: Mapping[str, str]) -> dict[str, str]:
    """Return what is asked for, with the topic that it names under the name that it has now."""
    return {name: topic_now(model, value) if name == "topic" else value for name, value in query.items()}


def _speaks_of(model: ReadModel, session: Session, words: list[str]) -> bool:
    return not words or search.matches(model.index(session), words)


def by_title(rows: Iterable[Thing], title: str, query: Mapping[str, str]) -> Page[Thing]:
    """Return a page of things that have a slug, in the order of their field `title`. Raises Invalid."""

    def key(thing: Thing) -> Key:
        return thing.data[title].casefold(), thing.data["slug"]

    return page(rows, key, (str, str), query)


def materials(model: ReadModel, visible: Iterable[Thing], query: Mapping[str, str]) -> Page[Thing]:
    """Return a page of those of the `visible` materials that are asked for, the latest session's first."""
    check_choices(query)
    query = with_topic_of_now(model, query)
    words = search.words_of(query.get("q", ""))
    rows = [thing for thing in visible if _material_has(model, thing, query, words)]

    def key(thing: Thing) -> Key:
        session = model.sessions.get(thing.data["session"] or "")
        return -int(session.starts_at.timestamp()) if session else 0, thing.data["title"], thing.data["id"]

    return page(rows, key, (int, str, str), query)


def _material_has(model: ReadModel, thing: Thing, query: Mapping[str, str], words: list[str]) -> bool:
    data = thing.data
    if any(name in query and query[name] != data[name] for name in ("kind", "session")):
        return False
    if "topic" in query and query["topic"] not in data["topics"]:
        return False
    session = model.sessions.get(data["session"] or "")
    slug = session.data["programme"] if session else data["programme"]
    if "programme" in query and query["programme"] != slug:
        return False
    programme = model.get("programmes", data["programme"] or "")
    texts = [data["title"], *data["topics"], *([programme.data["title"]] if programme else [])]
    return search.matches(search.index_of(texts) + (model.index(session) if session else ""), words)
