"""Held places, waiting for either mode, places beyond the capacity, and the history of a booking."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0002"
down_revision = "0001"

COUNTERS = ("extra_in_room", "extra_online", "either_in_room", "either_online")
NO, NONE = sa.text("false"), sa.text("0")


def upgrade() -> None:
    """Add the columns and the table. What is there counts as it did: nothing is held, nobody is beyond the capacity."""
    columns: list[sa.Column[Any]] = [
        sa.Column("travel_minutes", sa.Integer, nullable=False, server_default=NONE),
        sa.Column("held_places", Json, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("next_release_at", Moment, nullable=True),
        sa.Column("taken_by_sector", Json, nullable=False, server_default=sa.text("'{}'")),
        *(sa.Column(name, sa.Integer, nullable=False, server_default=NONE) for name in COUNTERS),
    ]
    for column in columns:
        op.add_column("sessions", column)
    op.create_index("ix_sessions_next_release_at", "sessions", ["next_release_at"])
    op.add_column("bookings", sa.Column("sector", sa.String(40), nullable=True))
    for name in ("either", "extra", "allow_clash"):
        op.add_column("bookings", sa.Column(name, sa.Boolean, nullable=False, server_default=NO))
    _count_sectors()
    _create_booking_changes()


def _count_sectors() -> None:
    op.execute("UPDATE bookings SET sector = (SELECT sector FROM people WHERE people.id = bookings.person_id)")
    names = ("session_slug", "mode", "sector", "state")
    bookings = sa.table("bookings", *map(sa.column, names))
    sessions = sa.table("sessions", sa.column("slug"), sa.column("taken_by_sector", Json))
    query = sa.select(bookings.c.session_slug, bookings.c.mode, bookings.c.sector, sa.func.count())
    query = query.where(bookings.c.state.in_(("confirmed", "offered")), bookings.c.sector.is_not(None))
    taken: dict[str, dict[str, dict[str, int]]] = {}
    for slug, mode, sector, number in op.get_bind().execute(query.group_by(*(bookings.c[n] for n in names[:3]))):
        taken.setdefault(slug, {}).setdefault(mode, {})[sector] = number
    for slug, counted in taken.items():
        op.execute(sessions.update().where(sessions.c.slug == slug).values(taken_by_sector=counted))


def _create_booking_changes() -> None:
    op.create_table(
        "booking_changes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("booking_id", BigId, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("cause", sa.String(30), nullable=False),
        sa.Column("by", sa.String(10), nullable=False),
        sa.Column("actor_id", sa.String(36), nullable=True),
        sa.Column("session_slug", sa.String(80), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_booking_changes_booking_id_bookings"),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name="fk_booking_changes_actor_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_booking_changes"),
    )
    op.create_index("ix_booking_changes_of_booking", "booking_changes", ["booking_id", "id"])
