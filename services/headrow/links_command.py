"""`headrow links`: which addresses of materials are broken; with `--check`, those that are due are asked first."""

from argparse import Namespace

from services.catalogue.links import broken, check_next, keep_up
from services.headrow.data_folder import read_clock
from services.headrow.databases import database
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.settings import Settings


def links(settings: Settings, given: Namespace) -> None:
    """Print a line a broken address, and how many were checked."""
    read_clock(settings)
    with database(settings, "catalogue") as transactions:
        if given.check:
            transactions.run(lambda db: keep_up(db, clock.now()))
            while check_next(transactions.begin, clock.now):
                pass
        _print(transactions)


def _print(transactions: Transactions) -> None:
    cursor: str | None = None
    while True:
        with transactions.look() as db:
            page = broken(db, cursor, 100)
        for link in page["items"]:
            titles = ", ".join(material.title for material in link["materials"])
            print(f"{link['broken_since']:%Y-%m-%d}  {link['said']}  {link['url']}  {titles}")
        cursor = page["next"]
        if cursor is None:
            break
    print(f"{page['total']} broken of {page['checked']} checked")
