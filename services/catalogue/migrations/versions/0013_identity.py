"""What the site is called and looks like in the team's own words; what is null is ours."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

COLUMNS = (
    ("site_name", sa.String(60)),
    ("contact_email", sa.String(254)),
    ("contact_phone", sa.String(40)),
    ("contact_text", sa.Text),
    ("hero_heading", sa.String(120)),
    ("hero_text", sa.Text),
    ("accent", sa.String(7)),
    ("logo", sa.String(64)),
    ("logo_alt", sa.String(200)),
)


def upgrade() -> None:
    """Add the columns, of which nobody has filled in any, and the pictures."""
    for name, kind in COLUMNS:
        op.add_column("cities", sa.Column(name, kind, nullable=True))
    op.create_table(
        "logos",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("media", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_logos"),
    )
