"""Who in a file may have an account already, under another address: a hint for whoever imports it, and no refusal."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Person
from services.runtime import search

Row = dict[str, Any]
Known = tuple[int | None, str, str | None]  # the line that it stands on, or None for an account; its address and name


def among(db: OrmSession, new: Sequence[tuple[int, Row]]) -> list[Row]:
    """Return, of the new people, the pairs that may be one person: `{line, email, name, other_line, other_email,
    other_name, why}`.

    `other_line` is None where the other has an account. `why` is `similar-address` (which differs in dots, in case or
    in what stands after a plus) or `same-name`.
    """
    by_name: dict[str, list[Known]] = defaultdict(list)
    by_address: dict[str, list[Known]] = defaultdict(list)

    def keep(known: Known) -> None:
        by_name[search.key_of(known[2]) or ""].append(known)
        by_address[loosely(known[1])].append(known)

    if new:
        there = select(Person.email, Person.name).where(Person.email.is_not(None), Person.merged_into.is_(None))
        for email, name in db.execute(there):
            keep((None, str(email), name))
    return [pair for line, said in new for pair in _pairs(line, said, by_name, by_address, keep)]


def loosely(email: str) -> str:
    """Return what is the same for addresses that differ in dots, in case, or in what stands after a plus."""
    local, _, domain = email.casefold().partition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _pairs(line: int, said: Row, by_name: Any, by_address: Any, keep: Any) -> Iterator[Row]:
    email, name = said["email"], said["name"]
    alike = dict.fromkeys(by_address[loosely(email)], "similar-address")
    alike |= {known: "same-name" for known in by_name[search.key_of(name) or ""] if known not in alike}
    keep((line, email, name))
    for (other_line, other_email, other_name), why in alike.items():
        other = {"other_line": other_line, "other_email": other_email, "other_name": other_name}
        yield {"line": line, "email": email, "name": name, **other, "why": why}
