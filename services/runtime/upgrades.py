"""Running migrations with Alembic."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from services.runtime.database import BUSY_TIMEOUT

HERE = Path(__file__).parent


def upgrade(engine: Engine, versions: Path, revision: str = "head") -> None:
    """Run the migrations of a folder that the database has not had, up to a revision; safe in two processes at once."""
    with engine.connect() as connection, _waiting_for_others(connection):
        config = Config()
        config.set_main_option("script_location", str(HERE / "alembic").replace("%", "%%"))
        config.set_main_option("version_locations", str(versions).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


@contextmanager
def _waiting_for_others(connection: Connection) -> Iterator[None]:
    """On SQLite, wait for the whole of another process's migrations; PostgreSQL is told so in `alembic/env.py`."""
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=60000")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")
