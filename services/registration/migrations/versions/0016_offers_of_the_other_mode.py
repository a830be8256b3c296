"""Who was offered the other mode, and has not answered, is counted among those who wait for their own."""

from alembic import op

revision = "0016"
down_revision = "0015"

COUNTED = """
UPDATE sessions SET changing_{mode} =
(SELECT count(*) FROM bookings b WHERE b.session_slug = sessions.slug AND b.waits_for = '{mode}')
"""


def upgrade() -> None:
    """Count them: until now those alone were counted who have a place of the other mode."""
    for mode in ("in_room", "online"):
        op.execute(COUNTED.format(mode=mode))
