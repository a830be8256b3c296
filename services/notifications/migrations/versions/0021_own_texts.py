"""What the team says in its emails in its own words, and what its site is called."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Create both tables: of emails that the team has not changed there is no row."""
    op.create_table(
        "own_texts",
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("opening", sa.Text, nullable=True),
        sa.Column("closing", sa.Text, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("template", name="pk_own_texts"),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(60), nullable=True),
        sa.Column("contact_email", sa.String(254), nullable=True),
        sa.Column("contact_phone", sa.String(40), nullable=True),
        sa.Column("accent", sa.String(7), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.CheckConstraint("id = 1", name="ck_site_only_one"),
    )
