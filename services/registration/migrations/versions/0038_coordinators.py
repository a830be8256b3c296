"""Who coordinates which organisation, who they nominated, and who lets them see their places."""

import sqlalchemy as sa
from alembic import op

from services.registration.models.people import Folded
from services.runtime.dialects import BigId, Moment

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Add the tables and the columns. Nobody lets anyone see their places until they say so."""
    op.create_table(
        "coordinators",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organisation", sa.String(160), nullable=False),
        sa.Column("organisation_key", Folded, nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("named_by", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_coordinators_person_id_people"),
        sa.ForeignKeyConstraint(["named_by"], ["people.id"], name="fk_coordinators_named_by_people"),
        sa.PrimaryKeyConstraint("position", name="pk_coordinators"),
        sa.UniqueConstraint("id", name="uq_coordinators_id"),
        sa.UniqueConstraint("person_id", "organisation_key", name="uq_coordinators_person_id_organisation_key"),
    )
    op.create_index("ix_coordinators_of_organisation", "coordinators", ["organisation_key", "position"])
    op.create_table(
        "nominations",
        sa.Column("position", BigId, nullable=False),
        sa.Column("organisation_key", Folded, nullable=False),
        sa.Column("session", sa.String(80), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=True),
        sa.Column("nominated_at", Moment, nullable=False),
        sa.Column("nominated_by", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.slug"], name="fk_nominations_session_sessions"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_nominations_person_id_people"),
        sa.ForeignKeyConstraint(["nominated_by"], ["people.id"], name="fk_nominations_nominated_by_people"),
        sa.PrimaryKeyConstraint("position", name="pk_nominations"),
        sa.UniqueConstraint(
            "nominated_by",
            "organisation_key",
            "session",
            "email",
            name="uq_nominations_nominated_by_organisation_key_session_email",
        ),
    )
    op.create_index("ix_nominations_session", "nominations", ["session"])
    op.create_index("ix_nominations_person_id", "nominations", ["person_id"])
    op.add_column("people", sa.Column("shares_with", Folded, nullable=True))
    op.add_column("people", sa.Column("shares_since", Moment, nullable=True))
    shares = sa.text("shares_with IS NOT NULL")
    op.create_index("ix_people_shares_with", "people", ["shares_with"], postgresql_where=shares, sqlite_where=shares)
