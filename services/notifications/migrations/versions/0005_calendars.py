"""One letter a meeting, what each calendar holds meeting by meeting, and calendars as feeds."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json, Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Give messages a part, invites their entries and bookings the time of an offer; create the addresses."""
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("part", sa.Integer, server_default=sa.text("0"), nullable=False))
        messages.drop_constraint("uq_messages_event_id_recipient_template", type_="unique")
        messages.create_unique_constraint(
            "uq_messages_event_id_recipient_template_part", ["event_id", "recipient", "template", "part"]
        )
    op.add_column("bookings", sa.Column("offer_expires_at", Moment, nullable=True))
    op.add_column("bookings", sa.Column("told_at", Moment, nullable=True))
    op.add_column("invites", sa.Column("entries", Json, nullable=True))
    _fill_entries()
    with op.batch_alter_table("invites") as invites:
        invites.alter_column("entries", existing_type=Json, nullable=False)
    op.create_table(
        "calendar_addresses",
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_calendar_addresses"),
    )


def _fill_entries() -> None:
    """Write down what each calendar holds by what it was told at once; what is told has no numbers any more."""
    invites = sa.table(
        "invites",
        sa.column("reference", sa.String),
        sa.column("method", sa.String),
        sa.column("sequence", sa.Integer),
        sa.column("told", Json),
        sa.column("entries", Json),
        sa.column("issued_at", Moment),
    )
    change = (
        sa.update(invites)
        .where(invites.c.reference == sa.bindparam("key"))
        .values(told=sa.bindparam("told_now", type_=Json), entries=sa.bindparam("held", type_=Json))
    )
    rows = op.get_bind().execute(sa.select(invites)).mappings().all()
    if rows:
        op.get_bind().execute(change, [_filled(dict(row)) for row in rows])


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    told, meetings = row["told"], row["told"]["meetings"]
    issue = {"method": row["method"], "sequence": row["sequence"], "issued_at": row["issued_at"].isoformat()}
    common = {"of": len(meetings), **{name: told[name] for name in ("title", "mode", "venue")}, **issue}
    times = [{"starts_at": meeting["starts_at"], "ends_at": meeting["ends_at"]} for meeting in meetings]
    held = [{"n": n, "nth": n, **meeting, **common} for n, meeting in enumerate(times, start=1)]
    return {"key": row["reference"], "told_now": {**told, "meetings": times}, "held": held}
