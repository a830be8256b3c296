"""Codes to sign in that stay good beside each other, and the guesses that were made at them."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add what new codes have besides; the release before goes on reading and writing what it knows."""
    op.add_column("sign_in_codes", sa.Column("browser", sa.String(64), nullable=True))
    for name, default in (("digits", "6"), ("mailed", "1"), ("own_tries", "0")):
        op.add_column("sign_in_codes", sa.Column(name, sa.Integer, nullable=False, server_default=default))
    op.create_index("ix_sign_in_codes_created_at", "sign_in_codes", ["created_at"])
    op.create_table(
        "sign_in_guesses",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("whose", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=True),
        sa.Column("codes", sa.Integer, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_guesses"),
    )
    op.create_index("ix_sign_in_guesses_whose_at", "sign_in_guesses", ["whose", "at"])
