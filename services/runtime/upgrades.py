"""Running migrations with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

HERE = Path(__file__).parent


def upgrade(engine: Engine, versions: Path, revision: str = "head") -> None:
    """Run the migrations of a folder that the database has not had, up to a revision; safe in two processes at once."""
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(HERE / "alembic").replace("%", "%%"))
        config.set_main_option("version_locations", str(versions).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
