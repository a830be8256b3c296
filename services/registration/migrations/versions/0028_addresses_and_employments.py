"""Several addresses for one account, and where people worked before."""

import sqlalchemy as sa
from alembic import op

from services.registration.models.people import Folded
from services.runtime.dialects import Json, Moment

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the tables and columns, with the address and the employment that each account has.

    The release before knows nothing of them. Accounts that it makes meanwhile have no rows here, and get them once
    something of theirs is changed.
    """
    op.create_table(
        "addresses",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_addresses_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_addresses"),
        sa.UniqueConstraint("email", name="uq_addresses_email"),
    )
    op.create_index("ix_addresses_person_id", "addresses", ["person_id"])
    op.create_table(
        "employments",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("sector", sa.String(40), nullable=True),
        sa.Column("organisation", sa.String(160), nullable=True),
        sa.Column("organisation_key", Folded, nullable=True),
        sa.Column("job_role", sa.String(120), nullable=True),
        sa.Column("since", sa.Date, nullable=True),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint('"until" >= since', name="ck_employments_ends_after_it_began"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_employments_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_employments"),
    )
    op.create_index("ix_employments_of_person", "employments", ["person_id", "since"])
    present = sa.text('"until" IS NULL')
    op.create_index(
        "uq_employments_one_present",
        "employments",
        ["person_id"],
        unique=True,
        postgresql_where=present,
        sqlite_where=present,
    )
    op.add_column("email_changes", sa.Column("what", sa.String(10), nullable=False, server_default="changed"))
    op.add_column("email_changes", sa.Column("before", Json, nullable=True))
    op.execute(
        "INSERT INTO addresses (id, person_id, email, added_at)"
        " SELECT id, id, email, created_at FROM people WHERE email IS NOT NULL"
    )
    op.execute(
        "INSERT INTO employments (id, person_id, sector, organisation, organisation_key, job_role, created_at)"
        " SELECT id, id, sector, organisation, organisation_key, job_role, created_at FROM people"
        " WHERE erased_at IS NULL AND (sector IS NOT NULL OR organisation IS NOT NULL OR job_role IS NOT NULL)"
    )
