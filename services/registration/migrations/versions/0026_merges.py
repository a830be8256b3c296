"""Accounts that were merged, what passed from one to the other, and the codes that prove whose an account is."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the tables and the column; the release before knows nothing of them."""
    op.add_column("people", sa.Column("merged_into", sa.String(36), nullable=True))
    op.create_index("ix_people_merged_into", "people", ["merged_into"])
    op.create_table(
        "merges",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kept_id", sa.String(36), nullable=False),
        sa.Column("merged_id", sa.String(36), nullable=False),
        sa.Column("by_id", sa.String(36), nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("before", Json, nullable=False),
        sa.Column("let_go", Json, nullable=False),
        sa.Column("merged_at", Moment, nullable=False),
        sa.Column("undo_until", Moment, nullable=False),
        sa.Column("undone_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["people.id"], name="fk_merges_kept_id_people"),
        sa.ForeignKeyConstraint(["merged_id"], ["people.id"], name="fk_merges_merged_id_people"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_merges_by_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_merges"),
    )
    for column in ("kept_id", "merged_id"):
        op.create_index(f"ix_merges_{column}", "merges", [column])
    op.create_table(
        "merge_moves",
        sa.Column("position", BigId, nullable=False),
        sa.Column("owner", sa.String(36), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("key", Json, nullable=False),
        sa.Column("row", Json, nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_merge_moves"),
    )
    op.create_index("ix_merge_moves_owner", "merge_moves", ["owner"])
    op.create_table(
        "merge_codes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("other_id", sa.String(36), nullable=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("digits", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("used", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("proven_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_merge_codes_person_id_people"),
        sa.ForeignKeyConstraint(["other_id"], ["people.id"], name="fk_merge_codes_other_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_merge_codes"),
    )
    for column in ("person_id", "email"):
        op.create_index(f"ix_merge_codes_{column}", "merge_codes", [column])
