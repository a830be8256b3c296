"""Who may do what in the catalogue: the team all of it. What everyone reads is told by events, and in snapshots."""

from typing import Final

from services.bus.callers import with_role

team: Final = with_role("team")
staff: Final = with_role("team", "operator")
