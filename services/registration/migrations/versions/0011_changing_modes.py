"""Waiting for the other mode while one has a place, and being asked once whether the other mode would do."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NO, NONE = sa.text("false"), sa.text("0")
WAITING_FOR_THE_OTHER = sa.text("waits_for IS NOT NULL")


def upgrade() -> None:
    """Add the columns. Who booked a session with both modes has chosen, and is not asked."""
    for name in ("changing_in_room", "changing_online"):
        op.add_column("sessions", sa.Column(name, sa.Integer, nullable=False, server_default=NONE))
    op.add_column("bookings", sa.Column("chose_mode", sa.Boolean, nullable=False, server_default=NO))
    op.add_column("bookings", sa.Column("waits_for", sa.String(8), nullable=True))
    # In SQL, because SQLite takes a check of an existing table only together with a new column of it.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE bookings ADD COLUMN line_for {number} CONSTRAINT ck_bookings_waits_for"
        " CHECK ((waits_for IS NULL) = (line_for IS NULL) AND waits_for <> mode)"
    )
    op.create_index(
        "ix_bookings_line_for",
        "bookings",
        ["session_slug", "waits_for", "line_for"],
        postgresql_where=WAITING_FOR_THE_OTHER,
        sqlite_where=WAITING_FOR_THE_OTHER,
    )
    op.execute(
        "UPDATE bookings SET chose_mode = true WHERE session_slug IN"
        " (SELECT slug FROM sessions WHERE capacity_in_room > 0 AND capacity_online > 0)"
    )
