"""Organisations by name, without regard to case and spaces."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

MOST = 160
Folded = sa.String(MOST).with_variant(sa.String(MOST, collation="C"), "postgresql")


def upgrade() -> None:
    """Give people the folded name of their organisation, and an index of those."""
    op.add_column("people", sa.Column("organisation_key", Folded, nullable=True))
    _fold()
    named = sa.text("organisation_key IS NOT NULL")
    op.create_index(
        "ix_people_organisation", "people", ["organisation_key", "sector", "organisation"], postgresql_where=named,
        sqlite_where=named,
    )  # fmt: skip


def _fold() -> None:
    columns = (
        sa.column("id", sa.String),
        sa.column("organisation", sa.String),
        sa.column("organisation_key", sa.String),
    )
    people = sa.table("people", *columns)
    rows = op.get_bind().execute(sa.select(people.c.id, people.c.organisation)).all()
    change = sa.update(people).where(people.c.id == sa.bindparam("one")).values(organisation_key=sa.bindparam("key"))
    named = [{"one": id, "key": " ".join(name.casefold().split())[:MOST]} for id, name in rows if name and name.strip()]
    if named:
        op.get_bind().execute(change, named)
