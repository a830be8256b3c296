"""A second factor for people who have a role."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the tables. The release before goes on signing people in without: what it lets in has given no factor."""
    op.add_column("tokens", sa.Column("factored", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "second_factors",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("seed", sa.String(36), nullable=True),
        sa.Column("since", Moment, nullable=True),
        sa.Column("last_step", sa.BigInteger, nullable=True),
        sa.Column("next_seed", sa.String(36), nullable=True),
        sa.Column("begun_at", Moment, nullable=True),
        sa.Column("begun_by", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_second_factors_person_id_people"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_recovery_codes_person_id_people"),
    )
    op.create_index("ix_recovery_codes_person_id", "recovery_codes", ["person_id"])
    op.create_table(
        "second_factor_tries",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("short", sa.Boolean, nullable=False),
        sa.Column("by", sa.String(64), nullable=True),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_second_factor_tries"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_second_factor_tries_person_id_people"),
    )
    op.create_index("ix_second_factor_tries_person_id_at", "second_factor_tries", ["person_id", "at"])
