"""The columns of the waiting list are named for it."""

from alembic import op

revision = "0012"
down_revision = "0011"

NAMES = (
    ("bookings", "line", "waiting_number"),
    ("bookings", "line_for", "changing_number"),
    ("sessions", "line_end", "last_waiting_number"),
    ("sessions", "line_front", "first_waiting_number"),
)


def upgrade() -> None:
    """Rename them; indexes and checks follow by themselves, and the indexes get the new names.

    In SQL, as Alembic would have SQLite write both tables anew.
    """
    for table, before, name in NAMES:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {before} TO {name}")
    for before, name, columns, where in (
        ("ix_bookings_line", "ix_bookings_waiting", "mode, waiting_number", "state = 'waiting'"),
        ("ix_bookings_line_for", "ix_bookings_changing", "waits_for, changing_number", "waits_for IS NOT NULL"),
    ):
        op.execute(f"DROP INDEX {before}")
        op.execute(f"CREATE INDEX {name} ON bookings (session_slug, {columns}) WHERE {where}")
