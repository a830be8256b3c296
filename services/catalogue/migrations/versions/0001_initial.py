"""The first tables of the catalogue.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from services.bus.migrations import create_bus_tables_v1
from services.runtime.dialects import BigId, Json, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_bus_tables_v1()
    _create_city()
    _create_programmes()
    _create_sessions()
    _create_parts_of_sessions()
    _create_materials()


def _create_city() -> None:
    op.create_table(
        "cities",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("workforce", sa.Integer, nullable=True),
        sa.Column("time_zone", sa.String(60), nullable=False),
        sa.Column("ways_to_get_involved", Json, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cities"),
        sa.CheckConstraint("id = 1", name="ck_cities_only_one"),
        sa.CheckConstraint("workforce >= 0", name="ck_cities_workforce"),
    )
    op.create_table(
        "sectors",
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("city_id", BigId, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("workforce", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("code", name="pk_sectors"),
        sa.ForeignKeyConstraint(["city_id"], ["cities.id"], name="fk_sectors_city_id_cities"),
        sa.CheckConstraint("workforce >= 0", name="ck_sectors_workforce"),
    )


def _create_programmes() -> None:
    op.create_table(
        "topics",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
        sa.UniqueConstraint("slug", name="uq_topics_slug"),
    )
    op.create_table(
        "speakers",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("bio", sa.Text, nullable=False),
        sa.Column("affiliation", sa.String(200), nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_speakers"),
        sa.UniqueConstraint("slug", name="uq_speakers_slug"),
    )
    op.create_table(
        "programmes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("format", sa.String(20), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("outcomes", Json, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_programmes"),
        sa.UniqueConstraint("slug", name="uq_programmes_slug"),
        sa.CheckConstraint("format IN ('structured', 'series')", name="ck_programmes_format"),
    )
    op.create_table(
        "programme_topics",
        sa.Column("programme_id", BigId, nullable=False),
        sa.Column("topic", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("programme_id", "topic", name="pk_programme_topics"),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name="fk_programme_topics_programme_id_programmes"
        ),
        sa.ForeignKeyConstraint(["topic"], ["topics.slug"], name="fk_programme_topics_topic_topics"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("programme_id", BigId, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("delivery", sa.String(20), nullable=False),
        sa.Column("venue_name", sa.String(200), nullable=True),
        sa.Column("venue_address", sa.String(500), nullable=True),
        sa.Column("venue_access", sa.String(500), nullable=True),
        sa.Column("join_url", sa.String(2000), nullable=True),
        sa.Column("places_in_room", sa.Integer, nullable=False),
        sa.Column("places_online", sa.Integer, nullable=False),
        sa.Column("waiting_list", sa.String(20), nullable=False),
        sa.Column("booking_opens_at", Moment, nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("cancel_reason", sa.Text, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("slug", name="uq_sessions_slug"),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name="fk_sessions_programme_id_programmes"),
        sa.CheckConstraint("delivery IN ('face_to_face', 'virtual', 'hybrid')", name="ck_sessions_delivery"),
        sa.CheckConstraint("status IN ('draft', 'published', 'cancelled')", name="ck_sessions_status"),
        sa.CheckConstraint("waiting_list IN ('automatic', 'offer', 'none')", name="ck_sessions_waiting_list"),
        sa.CheckConstraint("places_in_room BETWEEN 0 AND 100000", name="ck_sessions_places_in_room"),
        sa.CheckConstraint("places_online BETWEEN 0 AND 100000", name="ck_sessions_places_online"),
        sa.CheckConstraint("(delivery = 'virtual') = (places_in_room = 0)", name="ck_sessions_room_for_whom"),
        sa.CheckConstraint("(delivery = 'virtual') = (venue_name IS NULL)", name="ck_sessions_venue"),
        sa.CheckConstraint("(delivery = 'face_to_face') = (places_online = 0)", name="ck_sessions_online_for_whom"),
        sa.CheckConstraint("delivery <> 'face_to_face' OR join_url IS NULL", name="ck_sessions_join_url"),
        sa.CheckConstraint("(status = 'cancelled') = (cancel_reason IS NOT NULL)", name="ck_sessions_cancel_reason"),
    )
    op.create_index("ix_sessions_programme_id", "sessions", ["programme_id"])


def _create_parts_of_sessions() -> None:
    op.create_table(
        "meetings",
        sa.Column("session_id", BigId, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("starts_at", Moment, nullable=False),
        sa.Column("ends_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "position", name="pk_meetings"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_meetings_session_id_sessions"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_meetings_in_order"),
    )
    op.create_table(
        "held_places",
        sa.Column("session_id", BigId, nullable=False),
        sa.Column("sector", sa.String(60), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "sector", name="pk_held_places"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_held_places_session_id_sessions"),
        sa.ForeignKeyConstraint(["sector"], ["sectors.code"], name="fk_held_places_sector_sectors"),
        sa.CheckConstraint("places BETWEEN 1 AND 100000", name="ck_held_places_places"),
    )
    op.create_table(
        "session_topics",
        sa.Column("session_id", BigId, nullable=False),
        sa.Column("topic", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "topic", name="pk_session_topics"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_session_topics_session_id_sessions"),
        sa.ForeignKeyConstraint(["topic"], ["topics.slug"], name="fk_session_topics_topic_topics"),
    )
    op.create_table(
        "session_speakers",
        sa.Column("session_id", BigId, nullable=False),
        sa.Column("speaker_id", BigId, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "speaker_id", name="pk_session_speakers"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_session_speakers_session_id_sessions"),
        sa.ForeignKeyConstraint(["speaker_id"], ["speakers.id"], name="fk_session_speakers_speaker_id_speakers"),
    )
    op.create_index("ix_session_speakers_speaker_id", "session_speakers", ["speaker_id"])


def _create_materials() -> None:
    op.create_table(
        "materials",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("session_id", BigId, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=True),
        sa.Column("captions", sa.Boolean, nullable=True),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("speaker_consents", sa.Boolean, nullable=False),
        sa.Column("captions_checked", sa.Boolean, nullable=False),
        sa.Column("attendee_voices_checked", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_materials"),
        sa.UniqueConstraint("id", name="uq_materials_id"),
        sa.UniqueConstraint("session_id", "url", name="uq_materials_session_id_url"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_materials_session_id_sessions"),
        sa.CheckConstraint("kind IN ('recording', 'slides', 'document', 'link')", name="ck_materials_kind"),
        sa.CheckConstraint("audience IN ('everyone', 'community', 'attendees')", name="ck_materials_audience"),
        sa.CheckConstraint("status IN ('draft', 'published', 'withdrawn')", name="ck_materials_status"),
        sa.CheckConstraint("minutes > 0", name="ck_materials_minutes"),
        sa.CheckConstraint(
            "kind <> 'recording' OR status <> 'published' OR "
            "(speaker_consents AND captions_checked AND attendee_voices_checked)",
            name="ck_materials_checked",
        ),
    )
