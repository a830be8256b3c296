"""What the team brought from another programme, and what each line of it did."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "imports",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by_id", sa.String(36), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("undo_until", Moment, nullable=False),
        sa.Column("undone_at", Moment, nullable=True),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_imports_by_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_made_at", "imports", ["made_at"])
    op.create_table(
        "imported_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("key", sa.String(160), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_imported_lines_import_id_imports"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_imported_lines_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_imported_lines"),
        sa.CheckConstraint("what IN ('added', 'changed')", name="ck_imported_lines_what"),
    )
    op.create_index("ix_imported_lines_import_id", "imported_lines", ["import_id", "id"])
    op.create_index("ix_imported_lines_person_id", "imported_lines", ["person_id"])
