"""What importing people protects: all or nothing, what is looked at is what is done, and it can be undone."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.web.body import decoded
from services.bus.models import outbox
from services.registration import my_data
from services.registration.accounts import addresses, sign_in
from services.registration.errors import ImportOver
from services.registration.imported import UNDO_FOR, importers, page
from services.registration.imports import importing
from services.registration.imports.people import COLUMNS, day_in
from services.registration.models import Address, Employment, Import, ImportedLine, Person
from services.registration.places import bookings
from services.runtime.refusals import Invalid, NotFound
from tests.registration.conftest import NOW
from tests.registration.events import told_types
from tests.registration.kept import let_go
from tests.registration.taken_in import counts, wrong

FILES = Path(__file__).parent / "imports"
LATER = NOW + timedelta(days=1)
HEADS = "Email,Name,Sector,Organisation,Job role,Since"


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


def sheet(*lines, heads=HEADS):
    return "\n".join((heads, *lines))


def look(db, team, *lines, heads=HEADS):
    return importing.look(db, team, "people", sheet(*lines, heads=heads), NOW)


def save(db, team, *lines, heads=HEADS):
    return importing.save(db, team, "people", sheet(*lines, heads=heads), NOW)


def there(db):
    """Return everything that an import of people can change."""
    people = [
        (p.email, p.name, p.sector, p.organisation, p.job_role)
        for p in db.scalars(select(Person).where(Person.erased_at.is_(None)).order_by(Person.email))
    ]
    jobs = db.execute(
        select(Person.email, Employment.organisation, Employment.since, Employment.until)
        .join(Person, Person.id == Employment.person_id)
        .order_by(Person.email, Employment.since)
    ).all()
    return people, [tuple(row) for row in jobs], db.scalars(select(Address.email).order_by(Address.email)).all()


# Reading the file


@pytest.mark.parametrize("name", ["people_semicolon.csv", "people_utf16_tab.csv"])
def test_a_file_is_taken_as_excel_writes_it(db, team, name):
    text = decoded((FILES / name).read_bytes())
    assert counts(importing.save(db, team, "people", text, NOW)) == {"add": 2, "change": 0, "same": 0}
    zoe = addresses.owner(db, "zoe@example.org")
    assert (zoe.name, zoe.sector, zoe.organisation) == ("Zoë Okafor", "hospital", "Łódź House")
    job = db.scalars(select(Employment).where(Employment.person_id == zoe.id)).one()
    assert job.since.isoformat() == "2025-02-03"


def test_an_error_names_the_column_as_it_is_headed_in_the_file(db, team):
    told = look(db, team, "zoe,Zoë", heads="E-MAIL address ,Full name".replace(" ,", ","))
    assert wrong(told) == [(2, "E-MAIL address", "not-an-email")]


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ("Email,Name,Shoe size", [(1, "Shoe size", "unknown-column")]),
        ("Email,Sector", [(1, "Name", "missing-column")]),
        ("Email,Name,E-mail", [(1, "E-mail", "column-repeated")]),
        ("Naam;Mail address", [(1, "Naam", "unknown-column"), (1, "Mail address", "unknown-column")]),
    ],
)
def test_a_header_that_is_wrong_is_all_that_is_said(db, team, heads, expected):
    told = look(db, team, "zoe@example.org,Zoë,x", heads=heads)
    assert wrong(told)[: len(expected)] == expected
    assert counts(told) == {"add": 0, "change": 0, "same": 0}


def test_an_unknown_column_is_answered_with_those_that_are_known(db, team):
    (error,) = look(db, team, "zoe@example.org,Zoë,43", heads="Email,Name,Shoe size")["errors"]
    assert error["limits"]["choices"] == [one.title for one in COLUMNS.values()]


def test_days_are_read_as_people_write_them():
    assert [day_in(text) for text in ("1/9/2024", "01.09.2024", "2024-09-01", "31/2/2024", "soon")] == [
        "2024-09-01",
        "2024-09-01",
        "2024-09-01",
        "31/2/2024",
        "soon",
    ]


# What is done


def test_one_wrong_line_has_nothing_saved_and_all_that_is_wrong_is_said(db, team):
    before = there(db)
    with db.begin_nested(), pytest.raises(Invalid) as refused:
        save(
            db,
            team,
            "zoe@example.org,Zoë",
            "sam,Sam,moon",
            "lee@example.org,",
            "ben@example.org,Ben,moon,,,31/12/2999",
            "Zoe@example.org,Zoë",
            "cleo@example.org,Cleo,,,,2020-01-01",
        )
    assert wrong(refused.value.facts) == [
        (3, "Email", "not-an-email"),
        (3, "Sector", "unknown-sector"),
        (4, "Name", "name-missing"),
        (5, "Sector", "unknown-sector"),
        (6, "Email", "listed-twice"),
        (7, "Since", "no-employer"),
    ]
    assert there(db)[0] == before[0] + [("zoe@example.org", "Zoë", None, None, None)]


def test_someone_who_is_known_by_any_address_is_changed_where_a_cell_says_something_else(db, team, person):
    zoe = person("zoe", organisation="Elm Court", job_role="Nurse")
    addresses.hold(db, zoe), addresses.hold(db, zoe, email="zoe@old.example")
    told = save(db, team, "zoe@old.example,Zoë Okafor,,elm  COURT,,")
    assert counts(told) == {"add": 0, "change": 1, "same": 0}
    assert (zoe.name, zoe.organisation, zoe.job_role, zoe.sector) == ("Zoë Okafor", "Elm Court", "Nurse", "hospital")


def test_the_same_file_again_changes_nothing(db, team):
    lines = ("zoe@example.org,Zoë,Hospitals,Elm Court,Nurse,2020-05-01", "sam@example.org,Sam")
    assert counts(save(db, team, *lines)) == {"add": 2, "change": 0, "same": 0}
    before, said = there(db), told_types(db)
    assert counts(save(db, team, *lines)) == {"add": 0, "change": 0, "same": 2}
    assert (there(db), told_types(db)) == (before, said)


def test_nobody_is_emailed_but_who_uses_their_account(db, team, person):
    person("idle"), person("zoe", last_used_at=NOW)
    save(db, team, "new@example.org,New", "idle@example.org,Idle Okafor", "zoe@example.org,Zoë Okafor")
    told = told_types(db)
    assert told.count("registration.person_corrected.v1") == 1
    assert told.count("registration.person_registered.v1") == 1


def test_two_addresses_of_one_person_are_listed_twice(db, team, person):
    zoe = person("zoe")
    addresses.hold(db, zoe, email="zoe@old.example")
    told = look(db, team, "zoe@example.org,Zoe", "zoe@old.example,Zoe")
    assert wrong(told) == [(3, "Email", "listed-twice")]


def test_who_may_be_there_already_is_said_and_not_refused(db, team, person):
    person("zoe.okafor", name="Zoë Okafor")
    told = look(db, team, "zoeokafor@example.org,Z O", "zoe@new.example,zoe okafor", "z@new.example,Zoe Okafor")
    assert [(pair["line"], pair["other_line"], pair["other_email"], pair["why"]) for pair in told["duplicates"]] == [
        (2, None, "zoe.okafor@example.org", "similar-address"),
        (3, None, "zoe.okafor@example.org", "same-name"),
        (4, None, "zoe.okafor@example.org", "same-name"),
        (4, 3, "zoe@new.example", "same-name"),
    ]
    assert counts(told) == {"add": 3, "change": 0, "same": 0}


@pytest.mark.one_database
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from(["amina@example.org", "ben@example.org", "new@example.org", "n.ew@example.org", "wrong"]),
            st.sampled_from(["Amina", "Amina B", ""]),
            st.sampled_from(["", "Hospitals", "citizen", "moon"]),
            st.sampled_from(["", "Elm Court", "elm court", "Oak House"]),
            st.sampled_from(["", "2020-01-01", "03/04/2021", "2999-01-01"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_looked_at_is_what_is_done_and_undoing_leaves_what_was(db, team, lines):
    db.rollback()
    boss = Person(email="boss@example.org", name="Boss", granted=["team"], created_at=NOW, version=1)
    amina = Person(email="amina@example.org", name="Amina", created_at=NOW, version=1, granted=[], sector="hospital")
    db.add_all([boss, amina]), db.flush()
    text = sheet(*(f"{email},{name},{sector},{work},,{since}" for email, name, sector, work, since in lines))
    before, heard = there(db), db.scalar(select(func.count()).select_from(outbox))
    seen = importing.look(db, boss, "people", text, NOW)
    assert (there(db), db.scalar(select(func.count()).select_from(outbox))) == (before, heard)
    if seen["errors"]:
        with db.begin_nested(), pytest.raises(Invalid) as refused:
            importing.save(db, boss, "people", text, NOW)
        assert refused.value.errors == seen["errors"]
    else:
        done = importing.save(db, boss, "people", text, NOW)
        assert counts(done) == counts(seen)
        assert importing.undo(db, boss, done["id"], LATER)["kept"] == []
        assert there(db)[0] == before[0]
    db.rollback()


# Undoing


def test_undoing_removes_who_was_added_and_puts_back_what_was_changed(db, team, person):
    zoe = person("zoe", organisation="Elm Court")
    before = there(db)[0]
    made = save(db, team, "zoe@example.org,Zoë,citizen,Oak House,Nurse,2020-05-01", "sam@example.org,Sam,hospital")
    undone = importing.undo(db, team, made["id"], LATER)
    assert (undone["undone"], undone["kept"], there(db)[0]) == (2, [], before)
    assert [row.organisation for row in Employment.all_of(db, zoe)] == ["Elm Court"]
    assert addresses.owner(db, "sam@example.org") is None
    assert counts(save(db, team, "sam@example.org,Sam")) == {"add": 1, "change": 0, "same": 0}


@pytest.mark.parametrize(
    ("code", "since"),
    [
        ("signed-in-since", lambda db, sam: sign_in.admit(db, sam, LATER)),
        ("booked-since", lambda db, sam: bookings.book(db, sam, NOW, "march")),
        ("role-since", lambda db, sam: setattr(sam, "granted", ["team"])),
        ("changed-since", lambda db, sam: setattr(sam, "name", "Samuel")),
    ],
)
def test_who_is_here_by_now_stays_and_it_is_said_of_which_line(db, team, told, code, since):
    told()
    made = save(db, team, "zoe@example.org,Zoë", "sam@example.org,Sam,hospital")
    since(db, addresses.owner(db, "sam@example.org"))
    db.flush(), db.expire_all()
    undone = importing.undo(db, team, made["id"], LATER)
    assert (undone["undone"], [(kept["line"], kept["code"]) for kept in undone["kept"]]) == (1, [(3, code)])
    assert addresses.owner(db, "sam@example.org")
    assert not addresses.owner(db, "zoe@example.org")


def test_it_is_undone_once_and_for_30_days(db, team):
    made = save(db, team, "zoe@example.org,Zoë")
    with pytest.raises(ImportOver):
        importing.undo(db, team, made["id"], NOW + UNDO_FOR)
    importing.undo(db, team, made["id"], LATER)
    with pytest.raises(ImportOver):
        importing.undo(db, team, made["id"], LATER)
    with pytest.raises(NotFound):
        importing.undo(db, team, "00000000-0000-4000-8000-000000000000", LATER)


def test_undoing_emails_nobody_who_never_signed_in(db, team):
    made = save(db, team, "zoe@example.org,Zoë")
    importing.undo(db, team, made["id"], LATER)
    gone = select(outbox.c.envelope).where(outbox.c.type == "registration.person_erased.v1")
    assert [json.loads(envelope)["data"]["told_before"] for envelope in db.scalars(gone)] == [True]


# The journal


def test_imports_are_listed_with_who_made_them_and_go_after_30_days(db, team, person):
    save(db, team, "zoe@example.org,Zoë")
    (item,) = page(db)
    assert (item["kind"], item["by"]["id"], item["add"], item["undo_until"]) == ("people", team.id, 1, NOW + UNDO_FOR)
    assert importers(db, [team.id, "nobody"]) == [{"id": team.id, "name": team.name}]
    earlier = person("earlier", merged_into=team.id, email=None, name=None)
    assert importers(db, [earlier.id]) == [{"id": earlier.id, "name": team.name}]
    let_go(db, NOW + UNDO_FOR - timedelta(seconds=1), "imports")
    assert len(page(db)) == 1
    let_go(db, NOW + UNDO_FOR, "imports")
    assert [db.scalars(select(kind)).all() for kind in (Import, ImportedLine)] == [[], []]


def test_what_an_import_said_of_someone_is_in_their_export_and_erased_with_them(db, team):
    save(db, team, "zoe@example.org,Zoë", "sam@example.org,Sam")
    zoe = addresses.owner(db, "zoe@example.org")
    (held,) = my_data.export(db, zoe)["imports"]
    assert (held["what"], held["facts"]["name"]) == ("added", [None, "Zoë"])
    my_data.erase(db, zoe, LATER)
    assert [line.facts["name"] for line in db.scalars(select(ImportedLine))] == [[None, "Sam"]]
