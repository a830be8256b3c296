"""Since when someone has a role and by whose word, and how the first of the team comes in."""

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the tables, and write down the roles that there are; since when, nobody knows."""
    roles = op.create_table(
        "roles",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("since", Moment, nullable=True),
        sa.Column("given_by", sa.String(36), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_roles_person_id_people"),
        sa.ForeignKeyConstraint(["given_by"], ["people.id"], name="fk_roles_given_by_people"),
        sa.PrimaryKeyConstraint("position", name="pk_roles"),
        sa.UniqueConstraint("id", name="uq_roles_id"),
        sa.UniqueConstraint("person_id", "role", name="uq_roles_person_id_role"),
    )
    op.create_table(
        "welcomes",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_welcomes"),
    )
    there = [
        {"id": str(uuid.uuid4()), "person_id": person, "role": role}
        for person, granted in op.get_bind().execute(_GRANTED)
        for role in granted
    ]
    if there:
        op.bulk_insert(roles, there)


_PEOPLE: Any = sa.table("people", sa.column("id"), sa.column("granted", Json), sa.column("created_at"))
_SOME = sa.cast(_PEOPLE.c.granted, sa.Text) != "[]"  # one in thousands has a role
_GRANTED = sa.select(_PEOPLE.c.id, _PEOPLE.c.granted).where(_SOME).order_by(_PEOPLE.c.created_at)
