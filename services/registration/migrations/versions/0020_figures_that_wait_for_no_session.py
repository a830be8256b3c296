"""What was announced of a session's places is no child of the session: to write it down waits for no session's row."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Drop the foreign key: its check locks the row of each session that is announced."""
    with op.batch_alter_table("places_announced") as announced:
        announced.drop_constraint(op.f("fk_places_announced_session_slug_sessions"), type_="foreignkey")
