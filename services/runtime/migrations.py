"""Migrations: each service's folder `migrations/`, run by Alembic on the service's own database.

Alembic is imported only where there is something to migrate: it takes a fifth of the time in which a process starts.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from services.runtime.database import let_in, make_schema

HERE = Path(__file__).parent


def migrate(engine: Engine, service: str) -> None:
    """Bring the service's database up to date; safe to run twice, and in two processes at once."""
    make_schema(engine, service)
    if not is_current(engine, service):
        from services.runtime.upgrades import upgrade

        upgrade(engine, versions(service))
    let_in(engine, service)


def is_current(engine: Engine, service: str) -> bool:
    """Tell whether the service's database has every migration."""
    if not inspect(engine).has_table("alembic_version"):
        return False
    with engine.connect() as connection:
        there = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    return there == {newest(service)}


def newest(service: str) -> str:
    """Return the service's last revision. A migration's file is named after it: 0002_travel_time.py is 0002."""
    return max(_revisions(service))


def knows(service: str, revision: str) -> bool:
    """Tell whether a database at that revision can be brought up to date: one of a newer Headrow cannot."""
    return revision in _revisions(service)


def _revisions(service: str) -> set[str]:
    return {file.name.partition("_")[0] for file in versions(service).glob("[0-9]*_*.py")}


def versions(service: str) -> Path:
    """Return the folder of the service's migrations."""
    return HERE.parent / service / "migrations" / "versions"
