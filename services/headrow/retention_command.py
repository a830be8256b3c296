"""`headrow retention`: what is kept for how long, how much is over now, and letting go of that at once."""

from argparse import Namespace
from dataclasses import replace

from services.bus.keeping import Rule, count, let_go
from services.catalogue.retention import RULES as OF_CATALOGUE
from services.community.retention import RULES as OF_COMMUNITY
from services.headrow.data_folder import read_clock
from services.headrow.databases import database
from services.headrow.errors import CannotRun
from services.notifications.retention import RULES as OF_NOTIFICATIONS
from services.registration.retention import RULES as OF_REGISTRATION
from services.runtime import clock, erasures
from services.runtime.database import Transactions
from services.runtime.retention import RETENTION, Period
from services.runtime.settings import Settings

RULES = {
    **{"registration": OF_REGISTRATION, "notifications": OF_NOTIFICATIONS},
    **{"community": OF_COMMUNITY, "catalogue": OF_CATALOGUE},
}


def retention(settings: Settings, given: Namespace) -> None:
    """Print a line a rule; with `--apply`, what went is what is printed. Raises CannotRun."""
    read_clock(settings)
    for service, rules in RULES.items():
        with database(settings, service) as transactions:
            for rule in rules:
                _print(_over(rule, transactions, given.apply), RETENTION[rule.name], given.apply)
    listed = replace(RETENTION["erasures"], how_long=settings.backups_kept)
    _print(_over_on_the_list(settings, given.apply), listed, given.apply)


def _over(rule: Rule, transactions: Transactions, apply: bool) -> int:
    with transactions.look() as db:
        over = count(db, rule, clock.now())
    if apply:
        while transactions.run(lambda db: let_go(db, (rule,), clock.now())):
            pass
    return over


def _over_on_the_list(settings: Settings, apply: bool) -> int:
    """Return how many people were erased so long ago that they need not be on the list; with `apply`, they go."""
    since, over = clock.now() - settings.backups_kept, set()
    for file in erasures.lists(settings):
        try:
            over |= {id for id, at in erasures.read(file).items() if at < since}
            if apply:
                erasures.add(file, {}, since)
        except OSError as error:
            raise CannotRun(f"{file}: {error.strerror}") from error
    return len(over)


def _print(number: int, period: Period, apply: bool) -> None:
    said = "gone" if apply else "over"
    print(f"{number:8} {said}  {period.what}: {period.in_words} after {period.after}")
