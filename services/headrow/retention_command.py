"""`headrow retention`: what is kept for how long, how much is over now, and letting go of that at once."""

from argparse import Namespace

from services.bus.keeping import Rule, count, let_go
from services.headrow.commands import database
from services.headrow.data_folder import read_clock
from services.notifications.retention import RULES as OF_NOTIFICATIONS
from services.registration.retention import RULES as OF_REGISTRATION
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.retention import RETENTION
from services.runtime.settings import Settings

RULES = {"registration": OF_REGISTRATION, "notifications": OF_NOTIFICATIONS}


def retention(settings: Settings, given: Namespace) -> None:
    """Print a line a rule; with `--apply`, what went is what is printed."""
    read_clock(settings)
    for service, rules in RULES.items():
        with database(settings, service) as transactions:
            for rule in rules:
                _print(rule, transactions, given.apply)


def _print(rule: Rule, transactions: Transactions, apply: bool) -> None:
    with transactions.look() as db:
        over = count(db, rule, clock.now())
    if apply:
        while transactions.run(lambda db: let_go(db, (rule,), clock.now())):
            pass
    period = RETENTION[rule.name]
    said = "gone" if apply else "over"
    print(f"{over:8} {said}  {period.what}: {period.in_words} after {period.after}")
