"""What is published is numbered, so that a reader can see whether it holds all of it."""

from services.bus.migrations import number_what_is_published_v2

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Number what is published from now on; what was published before is not compared."""
    number_what_is_published_v2()
