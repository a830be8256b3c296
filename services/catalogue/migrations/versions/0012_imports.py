"""What was imported from sheets, and the journal by which that can be undone."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the two tables; they fill with the first import."""
    op.create_table(
        "imports",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(36), nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("undone_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_imports"),
        sa.UniqueConstraint("id", name="uq_imports_id"),
        sa.CheckConstraint("kind IN ('speakers', 'sessions', 'materials')", name="ck_imports_kind"),
    )
    op.create_index("ix_imports_made_at", "imports", ["made_at"])
    op.create_table(
        "import_lines",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("import_number", BigId, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("before", Json, nullable=True),
        sa.Column("after", Json, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_import_lines"),
        sa.ForeignKeyConstraint(["import_number"], ["imports.number"], name="fk_import_lines_import_number_imports"),
    )
    op.create_index("ix_import_lines_import_number", "import_lines", ["import_number"])
