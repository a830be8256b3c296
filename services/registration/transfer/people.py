"""Taking the people of a file: who is known here, by their id or any address, stays as they are."""

from collections.abc import Sequence

from sqlalchemy import select

from services.registration import events
from services.registration.accounts.people import reserved
from services.registration.audit import recording
from services.registration.imports.people import owners
from services.registration.models import (
    Address,
    Coordinator,
    Employment,
    Facilitator,
    Interest,
    Person,
    Role,
    Session,
    Suggestion,
    folded,
)
from services.registration.transfer.taking import Row, Taking

PLAIN = ("name", "sector", "organisation", "job_role", "access_needs", "created_at", "last_used_at", "warned_at",
         "shares_since", "version")  # fmt: skip


def take(taking: Taking, rows: Sequence[Row]) -> None:
    """Find who of the file is here, and note what cannot be so; then make the others, and announce them."""
    db = taking.db
    ids = [row["id"] for row in rows]
    there = db.scalars(
        select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update()
        .execution_options(populate_existing=True)
    )  # fmt: skip
    here = {person.id: person for person in there}
    known = owners(db, {email for row in rows for email in _emails(row)})
    seen: set[str] = set()
    for n, row in enumerate(rows):
        for word, path in ((row["id"], "id"), *((email, "email") for email in _emails(row))):
            if word in seen:
                taking.wrong(f"people.{n}.{path}", "repeated")
            seen.add(word)
        _find(taking, n, row, here.get(row["id"]), known)
    _make(taking)


def take_rest(taking: Taking) -> None:
    """Take what refers to others, once all of them are here: roles, wishes, who facilitates and coordinates what."""
    for path, row in taking.new.items():
        if row["erased_at"] is None:
            _rest(taking, path, row)
    taking.db.flush()


def announce(taking: Taking) -> None:
    """Announce those who are new; nobody is emailed about it."""
    db = taking.db
    made = {row["id"]: db.get_one(Person, row["id"]) for row in taking.new.values()}
    for person in made.values():
        if person.erased_at is None and person.merged_into is None:
            events.person_event(db, "registration.person_registered.v1", person)
    for person in made.values():
        if person.erased_at is not None:
            events.person_erased(db, person, told_before=True)
        elif person.merged_into is not None:
            events.person_merged(db, person, None, told_before=True)
    theirs = select(Interest).where(Interest.person_id.in_(made)).order_by(Interest.position)
    for interest in db.scalars(theirs):
        events.interest_event(db, "registration.interest_registered.v1", interest)
    named = select(Facilitator).where(Facilitator.person_id.in_(made)).order_by(Facilitator.position)
    for one in db.scalars(named):
        events.facilitator_named(db, one, new=False)
    for row in taking.new.values():
        if row["emails"] is not None and row["erased_at"] is None and row["merged_into"] is None:
            events.choices_imported(db, row["id"], row["email"], row["emails"])


def _emails(row: Row) -> list[str]:
    """Return the addresses that lead to someone by themselves: an account that was merged has none."""
    if row["erased_at"] is not None or row["merged_into"] is not None:
        return []
    return list(dict.fromkeys([*filter(None, [row["email"]]), *(one["email"] for one in row["addresses"])]))


def _find(taking: Taking, n: int, row: Row, there: Person | None, known: dict[str, Person]) -> None:
    path, id = f"people.{n}", row["id"]
    if there is not None:
        taking.ids[id] = id
        if there.erased_at is not None and row["erased_at"] is None:
            taking.left_out.add(id)
            taking.did("out", "people")
        else:
            taking.did("same", "people")
        return
    if id in taking.gone and row["erased_at"] is None:
        row["erased_at"] = taking.now  # as a row without a name, which others may refer to
        taking.left_out.add(id)
        taking.did("out", "people")
    same = {known[email].id for email in _emails(row) if email in known}
    if len(same) > 1:
        taking.wrong(f"{path}.addresses", "two-accounts")
    elif same:
        taking.ids[id] = same.pop()
        taking.did("same", "people")
    else:
        if any(reserved(taking.db, email, taking.now) for email in _emails(row)):
            taking.wrong(f"{path}.email", "address-changed")
        taking.ids[id] = id
        taking.new[path] = row
        if id not in taking.left_out:
            taking.did("created", "people")


def _make(taking: Taking) -> None:
    db = taking.db
    if taking.errors:
        return
    for path, row in taking.new.items():
        if row["erased_at"] is not None:
            bare = {"created_at": row["created_at"], "version": row["version"], "sector": row["sector"]}
            db.add(Person(id=row["id"], erased_at=row["erased_at"], granted=[], **bare))
            continue
        person = Person(id=row["id"], granted=[])
        for name in PLAIN:
            setattr(person, name, row[name])
        person.shares_with = person.organisation_key if row["shares_since"] else None
        merged_into = row["merged_into"]
        if merged_into is None:
            person.email = row["email"]
        elif merged_into not in taking.ids and db.get(Person, merged_into) is None:
            taking.wrong(f"{path}.merged_into", "no-such-person")
        else:
            person.merged_into = taking.ids.get(merged_into, merged_into)
        person.granted = sorted({role["role"] for role in row["roles"]})
        db.add(person)
    db.flush()
    for row in taking.new.values():
        if row["erased_at"] is None:
            addresses = {one["email"]: one["added_at"] for one in row["addresses"]}
            db.add_all(Address(person_id=row["id"], email=email, added_at=at) for email, at in addresses.items())
            db.add_all(Employment(person_id=row["id"], **one) for one in row["employments"])
    db.flush()


def _rest(taking: Taking, path: str, row: Row) -> None:
    db, id = taking.db, row["id"]
    for n, role in enumerate(row["roles"]):
        by = taking.person(role["given_by"], f"{path}.roles.{n}.given_by")
        db.add(Role(person_id=id, role=role["role"], since=role["since"], given_by=by))
        what = f"people/{id}/roles/{role['role']}"
        recording.record(db, taking.caller.id, recording.ROLE_GIVEN, what, taking.now, person=id)
    for n, one in enumerate(row["interests"]):
        if one["session"] is None or _there(taking, one["session"], f"{path}.interests.{n}.session"):
            db.add(Interest(person_id=id, **one))
    db.add_all(Suggestion(person_id=id, **one) for one in row["suggestions"])
    for n, one in enumerate(row["facilitates"]):
        by = taking.person(one["named_by"], f"{path}.facilitates.{n}.named_by")
        if _there(taking, one["session"], f"{path}.facilitates.{n}.session") and by:
            db.add(Facilitator(person_id=id, **{**one, "named_by": by}))
    for n, one in enumerate(row["coordinates"]):
        by = taking.person(one["named_by"], f"{path}.coordinates.{n}.named_by")
        if by:
            key = folded(one["organisation"])
            db.add(Coordinator(person_id=id, organisation_key=key, **{**one, "named_by": by}))


def _there(taking: Taking, slug: str, path: str) -> bool:
    if taking.db.get(Session, slug) is not None:
        return True
    taking.wrong(path, "no-such-session")
    return False
