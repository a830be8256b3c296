"""What the `headrow` command does besides serving: databases, demonstrations, reports of mail servers, backups."""

from argparse import Namespace
from pathlib import Path

from services.community import population as members_population
from services.headrow import backing_up, erasures, mailboxes, restoring
from services.headrow import doctor as checkup
from services.headrow.data_folder import read_clock
from services.headrow.databases import bring_up_to_date, database
from services.headrow.importing import describe_city
from services.headrow.names import SERVICES
from services.notifications.delivery import bounces
from services.registration.population import populate
from services.runtime import clock
from services.runtime.refusals import Invalid
from services.runtime.settings import Settings


def migrate_all(settings: Settings, given: Namespace) -> None:
    """Bring the databases of some services, or of all, up to date."""
    for service in given.names or SERVICES:
        bring_up_to_date(settings, service)
        if service == "catalogue":
            describe_city(settings)
        print(f"{service}: up to date")


def population(settings: Settings, given: Namespace) -> None:
    """Make up some people, of whom a part are members of the community."""
    read_clock(settings)
    with database(settings, "registration") as transactions:
        ids = populate(transactions, given.number, clock.now())
    with database(settings, "community") as transactions:
        members = members_population.populate(transactions, ids, clock.now())
    print(f"{given.number} people made up, {members} of them members of the community")


def take_bounces(settings: Settings, given: Namespace) -> int:
    """Take in mail servers' reports on letters of ours, and say what came of each."""
    read_clock(settings)
    refused = 0
    with database(settings, "notifications") as transactions:
        for name, report in mailboxes.mails(Path(given.file)):
            try:
                taken = transactions.run(lambda db, report=report: bounces.take(db, report, clock.now()))  # type: ignore[misc]
            except Invalid as refusal:
                refused += 1
                print(f"{name}: not taken in: {refusal.errors[0]['message']}")
            else:
                print(f"{name}: message {taken['message']}: {taken['action']} {taken['status']}, now {taken['state']}")
    return 1 if refused else 0


def back_up(settings: Settings, given: Namespace) -> None:
    """Write what `headrow up` keeps into one new file, as it is at one moment, while it runs or not."""
    made_at = backing_up.back_up(settings, SERVICES, Path(given.file))
    print(f"{given.file}: a backup as of {made_at:%Y-%m-%d %H:%M:%S} UTC")


def restore(settings: Settings, given: Namespace) -> None:
    """Put a backup into a data folder that holds nothing yet."""
    file, named = Path(given.file), [Path(given.erasures)] if given.erasures else []
    lists = [*erasures.lists_of_backup(file), *named]
    erased = erasures.listed(settings, *lists)
    made_at = restoring.restore(settings, SERVICES, file, erased)
    if erased:
        for service in SERVICES:
            bring_up_to_date(settings, service)
    again = erasures.repeat(settings, SERVICES, erased)
    print(f"{settings.data}: restored as of {made_at:%Y-%m-%d %H:%M:%S} UTC. Start headrow up on it")
    print(erasures.told(settings, lists, again, made_at))


def doctor(settings: Settings, given: Namespace) -> int:
    """Check what Headrow needs, and say what is wrong and how to mend it."""
    findings = list(checkup.examine(settings, given.names or SERVICES))
    for finding in findings:
        print(f"{'ok  ' if finding.well else 'BAD '} {finding.what}{'' if finding.well else f': {finding.remedy}'}")
    return 0 if all(finding.well for finding in findings) else 1
