"""What people search by, in plain letters: see services/runtime/search.py."""

import sqlalchemy as sa
from alembic import op

from services.runtime.search import fill_keys

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add and fill the columns. The release before writes none: such a row is searched as before."""
    op.add_column("people", sa.Column("search_key", sa.Text, nullable=True))
    op.add_column("members", sa.Column("search_key", sa.Text, nullable=True))
    fill_keys(op.get_bind(), "people", "id", "name", "organisation")
    fill_keys(op.get_bind(), "members", "position", "about", "topics")
