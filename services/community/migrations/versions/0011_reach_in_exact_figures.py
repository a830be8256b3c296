"""What exact figures of reach are made of."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json

revision = "0011"
down_revision = "0010"
PLACES = ("booked", "attended", "absent", "minutes", "waiting")


def upgrade() -> None:
    """Add what sessions come to. Those that are over are all counted again, by this release."""
    op.add_column("reached", sa.Column("absent", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("reached", sa.Column("minutes", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_table(
        "reach_who",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("sector", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(160), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reach_who"),
    )
    op.create_index("ix_reach_who_person", "reach_who", ["person"])
    op.create_index("ix_reach_who_organisation", "reach_who", ["organisation", "sector"])
    op.create_table(
        "reach_places",
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("sector", sa.String(40), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in PLACES),
        sa.PrimaryKeyConstraint("session", "sector", name="pk_reach_places"),
    )
    op.add_column("reach_rooms", sa.Column("over", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("reach_rooms", sa.Column("came", sa.LargeBinary, nullable=True))
    op.add_column("reach_rooms", sa.Column("first_meetings", sa.Integer, nullable=True))
    op.execute(
        "UPDATE reached SET absent = true WHERE EXISTS (SELECT 1 FROM bookings "
        "WHERE bookings.reference = reached.booking AND bookings.attendance = 'absent')"
    )
    _fill_minutes(op.get_bind())


def _fill_minutes(db: sa.Connection) -> None:
    """Add up the meetings that people were at. Of whoever was erased it is not known any more which these were."""
    reached = sa.table("reached", *map(sa.column, ("session", "person", "attended", "minutes")))
    presences = sa.table("presences", *map(sa.column, ("session", "meeting", "person")))
    sessions = sa.table("sessions", sa.column("slug"), sa.column("meetings", Json))
    there = sa.exists().where(
        presences.c.session == reached.c.session,
        presences.c.person == reached.c.person,
        presences.c.meeting == sa.bindparam("number"),
    )
    add = sa.update(reached).where(reached.c.session == sa.bindparam("slug"), reached.c.attended, there)
    add = add.values(minutes=reached.c.minutes + sa.bindparam("length", type_=sa.Integer))
    for slug, meetings in db.execute(sa.select(sessions.c.slug, sessions.c.meetings)).all():
        for number, meeting in enumerate(meetings or [], 1):
            length = datetime.fromisoformat(meeting["ends_at"]) - datetime.fromisoformat(meeting["starts_at"])
            db.execute(add, {"slug": slug, "number": number, "length": int(length.total_seconds() // 60)})
