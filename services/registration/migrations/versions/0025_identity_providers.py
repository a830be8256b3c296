"""Signing in with an identity provider: who people are there, sign-ins under way, and which tokens came of it."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add two tables, and three columns to the tokens."""
    op.create_table(
        "identities",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("last_used_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_identities_person_id_people"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
    )
    op.create_index("ix_identities_person_id", "identities", ["person_id"])
    op.create_table(
        "provider_sign_ins",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("proven_at", Moment, nullable=True),
        sa.Column("issuer", sa.String(255), nullable=True),
        sa.Column("subject", sa.String(255), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("factored", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("session", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_provider_sign_ins"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_provider_sign_ins_person_id_people"),
    )
    op.create_index("ix_provider_sign_ins_person_id", "provider_sign_ins", ["person_id"])
    op.create_index("ix_provider_sign_ins_created_at", "provider_sign_ins", ["created_at"])
    op.add_column("tokens", sa.Column("identity_id", sa.String(36), nullable=True))
    op.add_column("tokens", sa.Column("provider_session", sa.String(255), nullable=True))
    op.add_column("tokens", sa.Column("vouched", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_tokens_identity_id", "tokens", ["identity_id"])
