"""What is published is numbered, so that a reader can see whether it holds all of it."""

from services.bus.migrations import number_what_is_published_v2

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Number what is published from now on; what was published before is not compared."""
    number_what_is_published_v2()
