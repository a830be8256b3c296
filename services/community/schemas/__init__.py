"""What the community service accepts and what it returns."""

from services.community.schemas.reach import ReachAsked, ReachView

__all__ = ["ReachAsked", "ReachView"]
