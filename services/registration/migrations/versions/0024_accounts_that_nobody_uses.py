"""When an account was last used, and when its person was warned that nobody does."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the columns. Whoever is signed in now has used their account: the rest is counted from when it was made."""
    op.add_column("people", sa.Column("last_used_at", Moment, nullable=True))
    op.add_column("people", sa.Column("warned_at", Moment, nullable=True))
    op.execute(
        "UPDATE people SET last_used_at = (SELECT max(coalesce(tokens.seen_at, tokens.created_at)) FROM tokens"
        " WHERE tokens.person_id = people.id) WHERE id IN (SELECT person_id FROM tokens)"
    )
