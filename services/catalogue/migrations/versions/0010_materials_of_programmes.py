"""Materials of a programme, and of nothing; and such as are for those who booked a session."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId

revision = "0010"
down_revision = "0009"

KEPT = {  # SQLite's tables are copied without their checks
    "kind": "kind IN ('recording', 'slides', 'document', 'link')",
    "status": "status IN ('draft', 'published', 'withdrawn')",
    "minutes": "minutes > 0",
    "checked": "kind <> 'recording' OR status <> 'published' OR "
    "(speaker_consents AND captions_checked AND attendee_voices_checked)",
}
NEW = {
    "audience": "audience IN ('everyone', 'community', 'attendees', 'booked')",
    "of_one": "session_id IS NULL OR programme_id IS NULL",
    "audience_of_session": "session_id IS NOT NULL OR audience IN ('everyone', 'community')",
}


def upgrade() -> None:
    """Let a material be of no session. An older release beside this one goes on writing those of sessions."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("materials") as materials:
        materials.alter_column("session_id", existing_type=BigId, nullable=True)
        materials.add_column(sa.Column("programme_id", BigId, nullable=True))
        materials.create_foreign_key(
            op.f("fk_materials_programme_id_programmes"), "programmes", ["programme_id"], ["id"]
        )
        materials.create_unique_constraint(op.f("uq_materials_programme_id_url"), ["programme_id", "url"])
        if not on_sqlite:
            materials.drop_constraint(op.f("ck_materials_audience"), type_="check")
        for name, rule in {**(KEPT if on_sqlite else {}), **NEW}.items():
            materials.create_check_constraint(op.f(f"ck_materials_{name}"), rule)
    of_neither = sa.text("session_id IS NULL AND programme_id IS NULL")
    op.create_index(
        "uq_materials_url_of_neither",
        "materials",
        ["url"],
        unique=True,
        sqlite_where=of_neither,
        postgresql_where=of_neither,
    )
