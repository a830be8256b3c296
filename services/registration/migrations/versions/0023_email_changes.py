"""Changes of the address that people sign in with, until they cannot be undone any more."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the table; the release before knows nothing of it."""
    op.create_table(
        "email_changes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("old_email", sa.String(254), nullable=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("digits", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("confirmed_at", Moment, nullable=True),
        sa.Column("undo_until", Moment, nullable=True),
        sa.Column("undone_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_email_changes_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_email_changes"),
    )
    for column in ("person_id", "email", "old_email"):
        op.create_index(f"ix_email_changes_{column}", "email_changes", [column])
