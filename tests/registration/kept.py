"""What registration lets go of by itself, for tests that have time pass."""

from services.bus import keeping
from services.registration import retention


def let_go(db, now, *names):
    """Apply the rules of these names, or all, until there is nothing left to do."""
    rules = [rule for rule in retention.RULES if not names or rule.name in names]
    while keeping.let_go(db, rules, now):
        pass
    db.flush()
