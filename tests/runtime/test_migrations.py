"""Migrations: they lead to the very database that the models describe, and can be run by everybody at any time."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from services.bus import models
from services.headrow.names import SERVICES
from services.runtime.database import make_schema, open_engine
from services.runtime.migrations import is_current, migrate, newest, versions
from services.runtime.upgrades import upgrade

pytestmark = pytest.mark.patient

RUN = "import sys; from services.runtime.database import open_engine; from services.runtime.migrations import migrate; "
MIGRATE = RUN + "migrate(open_engine(sys.argv[1], 'registration'), 'registration')"


def metadata_of(service: str) -> list[MetaData]:
    return [import_module(f"services.{service}.models").Base.metadata, models.metadata]


def described(engine: Engine) -> dict[str, Any]:
    """Return all that a database says of its tables."""
    found = inspect(engine)
    return {table: _described(found, table) for table in found.get_table_names() if table != "alembic_version"}


def _described(found: Any, table: str) -> dict[str, Any]:
    columns = [{**column, "type": str(column["type"])} for column in found.get_columns(table)]
    return {
        "columns": sorted(columns, key=lambda column: column["name"]),
        "primary key": found.get_pk_constraint(table),
        "unique": sorted(found.get_unique_constraints(table), key=str),
        "foreign keys": sorted(found.get_foreign_keys(table), key=str),
        "checks": sorted(found.get_check_constraints(table), key=str),
        "indexes": sorted([_readable(index) for index in found.get_indexes(table)], key=str),
    }


def _readable(index: dict[str, Any]) -> dict[str, Any]:
    return {**index, "dialect_options": {name: str(value) for name, value in index["dialect_options"].items()}}


@pytest.mark.parametrize("service", SERVICES)
def test_the_migrations_lead_to_what_the_models_describe(make_engine, service):
    migrated = make_engine()
    migrate_here(migrated, service)
    modelled = make_engine(*metadata_of(service))
    assert migrated.url != modelled.url
    made, meant = described(migrated), described(modelled)
    assert made.keys() == meant.keys()
    for table, what in meant.items():
        assert made[table] == what, table


@pytest.mark.parametrize("service", SERVICES)
def test_alembic_sees_no_difference_either(make_engine, service):
    engine = make_engine()
    migrate_here(engine, service)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata_of(service)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_to_migrate_twice_is_harmless(make_engine, service):
    engine = make_engine()
    assert not is_current(engine, service)
    for _ in range(2):
        migrate_here(engine, service)
        assert is_current(engine, service)


@pytest.mark.parametrize("service", SERVICES)
def test_a_file_is_named_after_its_revision_so_the_last_one_is_known_without_alembic(service):
    scripts = ScriptDirectory(str(versions(service)), version_locations=[str(versions(service))])
    assert scripts.get_heads() == [newest(service)]
    files = {Path(script.path).name.partition("_")[0]: script.revision for script in scripts.walk_revisions()}
    assert all(prefix == revision for prefix, revision in files.items())
    assert len(files) == len(list(versions(service).glob("*.py")))


def test_a_database_that_is_behind_is_not_current(make_engine):
    engine = make_engine()
    migrate_here(engine, "catalogue")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not is_current(engine, "catalogue")


def test_two_processes_may_migrate_at_once(make_engine):
    engine = make_engine()
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", MIGRATE, url.replace("+psycopg2", "")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(process.communicate()[1], process.returncode) for process in both] == [("", 0)] * 2


@pytest.mark.parametrize("service", SERVICES)
def test_all_migrations_are_one_transaction_so_no_other_process_comes_between_two_of_them(make_engine, service):
    engine = make_engine()
    make_schema(engine, service)
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)
    upgrade(engine, versions(service))
    assert len(commits) == 1


def test_a_migration_that_fails_leaves_nothing_behind(make_engine):
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE compared (other integer)"))  # which the last but one wants to make
    with pytest.raises(SQLAlchemyError):
        migrate_here(engine, "registration")
    assert inspect(engine).get_table_names() == ["compared"]


@pytest.mark.postgresql
def test_each_service_is_migrated_in_a_schema_of_its_own(fresh_postgresql):
    for service in SERVICES:
        engine = open_engine(fresh_postgresql, service)
        migrate(engine, service)
        assert is_current(engine, service)
        assert "outbox" in inspect(engine).get_table_names(schema=service)
        engine.dispose()


def migrate_here(engine: Engine, service: str) -> None:
    """Migrate a database whose engine works in the default schema."""
    make_schema(engine, service)
    migrate(engine, service)
