"""What a cell names: something by its slug or by its name, as people write names."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from services.catalogue.sheets.cells import Unreadable
from services.runtime import search
from services.runtime.faults import Fault
from services.runtime.visible_text import tidy

MOST_TOLD = 5  # that a name may mean
T = TypeVar("T")


def name_of(thing: Any) -> str:
    """Return what a speaker, a programme, a session or a material is called."""
    return str(thing.name if hasattr(thing, "name") else thing.title)


def spelled(name: str) -> str:
    """Return a name letter by letter, with single spaces and without what is unseen at its ends."""
    return " ".join(tidy(name).split())


def plain(name: str) -> str:
    """Return a name without what is often written in two ways: capitals, accents, apostrophes and signs."""
    return search.index_of([name])


def only(found: Sequence[Any]) -> Any:
    """Return the one that was found. Raises Unreadable where there is none, or more than one."""
    if not found:
        raise Unreadable(Fault("unknown-name"))
    if len(found) > 1:
        raise Unreadable(Fault("several-of-name", {"choices": [thing.slug for thing in found[:MOST_TOLD]]}))
    return found[0]


class Names(Generic[T]):
    """Things of one kind, to be found by how they are called."""

    def __init__(self, things: Iterable[T]) -> None:
        self._by: dict[str, list[T]] = defaultdict(list)
        for thing in things:
            for key in (f"slug {thing.slug}", f"name {spelled(name_of(thing))}", plain(name_of(thing))):  # type: ignore[attr-defined]
                self._by[key].append(thing)

    def slug(self, slug: str) -> T | None:
        """Return the one of this slug."""
        return next(iter(self._by.get(f"slug {slug}", ())), None)

    def called(self, name: str) -> list[T]:
        """Return those that are called so, letter by letter."""
        return self._by.get(f"name {spelled(name)}", [])

    def the_one(self, said: str, fits: Callable[[T], bool] = lambda thing: True) -> T:
        """Return what has this slug, or else is called so, letter by letter or nearly. Raises Unreadable."""
        for key in (f"slug {said}", f"name {spelled(said)}", plain(said)):
            if found := [thing for thing in self._by.get(key, ()) if fits(thing)]:
                return only(found)  # type: ignore[no-any-return]
        return only([])  # type: ignore[no-any-return]


class Alike:
    """What is called alike, such as speakers of one name in plain letters: there, or in a line of the sheet."""

    def __init__(self) -> None:
        self._by: dict[Any, list[tuple[str, Any | int]]] = defaultdict(list)

    def add(self, name: str, which: Any | int, *beside: Any) -> list[tuple[str, Any | int]]:
        """Take up a thing, or a line, and return those before it that are called alike, with the same `beside` it."""
        there = self._by[(plain(name), *beside)]
        there.append((name, which))
        return there[:-1]
