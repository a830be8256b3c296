"""The first tables of registration."""

import sqlalchemy as sa
from alembic import op

from services.bus.migrations import create_bus_tables_v1
from services.runtime.dialects import BigId, Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    create_bus_tables_v1()
    _create_sectors()
    _create_people()
    _create_sign_in_codes()
    _create_tokens()
    _create_sessions()
    _create_bookings()
    _create_places_announced()


def _create_sectors() -> None:
    op.create_table(
        "sectors",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("workforce", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("code", name="pk_sectors"),
    )


def _create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("name", sa.String(120), nullable=True),
        sa.Column("sector", sa.String(40), nullable=True),
        sa.Column("organisation", sa.String(160), nullable=True),
        sa.Column("job_role", sa.String(120), nullable=True),
        sa.Column("access_needs", sa.Text, nullable=True),
        sa.Column("granted", Json, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("erased_at", Moment, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email", name="uq_people_email"),
    )


def _create_sign_in_codes() -> None:
    op.create_table(
        "sign_in_codes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("closed_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_codes"),
    )
    op.create_index("ix_sign_in_codes_address_created_at", "sign_in_codes", ["address", "created_at"])
    op.create_index("ix_sign_in_codes_email_created_at", "sign_in_codes", ["email", "created_at"])


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_tokens_person_id_people"),
        sa.PrimaryKeyConstraint("hash", name="pk_tokens"),
    )
    op.create_index("ix_tokens_person_id", "tokens", ["person_id"])


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("programme", sa.String(80), nullable=False),
        sa.Column("meetings", Json, nullable=False),
        sa.Column("starts_at", Moment, nullable=False),
        sa.Column("ends_at", Moment, nullable=False),
        sa.Column("booking_opens_at", Moment, nullable=True),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("join_url", sa.Text, nullable=True),
        sa.Column("waiting_list", sa.String(12), nullable=False),
        sa.Column("capacity_in_room", sa.Integer, nullable=False),
        sa.Column("capacity_online", sa.Integer, nullable=False),
        sa.Column("taken_in_room", sa.Integer, nullable=False),
        sa.Column("taken_online", sa.Integer, nullable=False),
        sa.Column("waiting_in_room", sa.Integer, nullable=False),
        sa.Column("waiting_online", sa.Integer, nullable=False),
        sa.Column("line_end", BigId, nullable=False),
        sa.Column("line_front", BigId, nullable=False),
        sa.Column("catalogue_version", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("taken_in_room BETWEEN 0 AND capacity_in_room", name="ck_sessions_room_not_overbooked"),
        sa.CheckConstraint("taken_online BETWEEN 0 AND capacity_online", name="ck_sessions_online_not_overbooked"),
        sa.CheckConstraint("waiting_in_room >= 0 AND waiting_online >= 0", name="ck_sessions_waiting"),
        sa.PrimaryKeyConstraint("slug", name="pk_sessions"),
    )


def _create_bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("reference", sa.String(11), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("session_slug", sa.String(80), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("line", BigId, nullable=True),
        sa.Column("offer_expires_at", Moment, nullable=True),
        sa.Column("expired_offers", sa.Integer, nullable=False),
        sa.Column("access_needs", sa.Text, nullable=True),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("confirmed_at", Moment, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("(state = 'offered') = (offer_expires_at IS NOT NULL)", name="ck_bookings_offer"),
        sa.CheckConstraint("(state = 'waiting') = (line IS NOT NULL)", name="ck_bookings_line"),
        sa.CheckConstraint("mode IN ('in_room', 'online')", name="ck_bookings_mode"),
        sa.CheckConstraint("state IN ('confirmed', 'waiting', 'offered', 'cancelled')", name="ck_bookings_state"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_bookings_person_id_people"),
        sa.ForeignKeyConstraint(["session_slug"], ["sessions.slug"], name="fk_bookings_session_slug_sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
        sa.UniqueConstraint("reference", name="uq_bookings_reference"),
    )
    op.create_index(
        "ix_bookings_line",
        "bookings",
        ["session_slug", "mode", "line"],
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_bookings_of_person", "bookings", ["person_id", "id"])
    op.create_index("ix_bookings_of_session", "bookings", ["session_slug", "id"])
    op.create_index(
        "ix_bookings_offers",
        "bookings",
        ["offer_expires_at"],
        postgresql_where=sa.text("state = 'offered'"),
        sqlite_where=sa.text("state = 'offered'"),
    )
    op.create_index(
        "uq_bookings_one_live",
        "bookings",
        ["person_id", "session_slug"],
        unique=True,
        postgresql_where=sa.text("state IN ('confirmed', 'waiting', 'offered')"),
        sqlite_where=sa.text("state IN ('confirmed', 'waiting', 'offered')"),
    )


def _create_places_announced() -> None:
    op.create_table(
        "places_announced",
        sa.Column("session_slug", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["session_slug"], ["sessions.slug"], name="fk_places_announced_session_slug_sessions"),
        sa.PrimaryKeyConstraint("session_slug", name="pk_places_announced"),
    )
