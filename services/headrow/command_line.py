"""The command line: what can be asked for.

What a command needs is imported when it is run, by the name that stands here: `module.function` of this package.
"""

import argparse
from collections.abc import Sequence
from datetime import datetime

from services.headrow.names import SERVICES


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    headrow = argparse.ArgumentParser(prog="headrow", description="Runs a system leadership programme.")
    headrow.set_defaults(green=True)  # what asks nothing but a database has no use for it, and starts sooner
    headrow.add_argument("--version", action=_Version, nargs=0, help="show which Headrow this is, and exit")
    commands_of = headrow.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands_of.add_parser("up", help="everything in one process, on SQLite and a bus in memory")
    up.add_argument("--host", default="127.0.0.1")
    up.add_argument("--port", type=_port)
    _add_data(up)
    filled = up.add_mutually_exclusive_group()
    filled.add_argument("--import", dest="file", metavar="FILE", help="a programme to import, if it was not yet")
    filled.add_argument("--demo", action="store_true", help="the sample programme around today, with made-up people")
    up.set_defaults(run="up_command.up")

    serve = commands_of.add_parser("serve", help="some services, on the configured bus and databases")
    serve.add_argument("names", nargs="+", metavar="NAME", choices=[*SERVICES, "gateway"])
    serve.add_argument("--host", default="0.0.0.0")
    serve.add_argument("--port", type=_port)
    serve.add_argument("--worker", metavar="LISTENER,TOLD", type=_descriptors, help=argparse.SUPPRESS)
    _add_data(serve)
    serve.set_defaults(run="serving.serve")

    migrate = commands_of.add_parser("migrate", help="bring databases up to date, and without a NAME the queues")
    migrate.add_argument("names", nargs="*", metavar="NAME", choices=[[], *SERVICES])
    _add_data(migrate)
    migrate.set_defaults(run="broker_commands.migrate")

    bring_in = commands_of.add_parser("import", help="import a programme: all of it or nothing")
    bring_in.add_argument("file", metavar="FILE")
    _add_data(bring_in)
    bring_in.set_defaults(run="importing.import_file")

    token = commands_of.add_parser("token", help="print a bearer token for a script")
    token.add_argument("email", metavar="EMAIL")
    token.add_argument("--role", choices=["team", "operator"])
    _add_data(token)
    token.set_defaults(run="account_commands.token", green=False)

    pair = commands_of.add_parser("keys", help="print a new pair of keys, for registration and for the others")
    _add_data(pair)
    pair.set_defaults(run="keys.print_keys")

    secrets = commands_of.add_parser("secrets", help="print new secrets for an installation: keys, and passwords")
    _add_data(secrets)
    secrets.set_defaults(run="broker_commands.print_secrets")

    definitions = commands_of.add_parser("definitions", help="print what each part may do at RabbitMQ")
    definitions.add_argument("--output", metavar="FILE", help="write it there")
    definitions.add_argument("--vhost", default="headrow", metavar="NAME", help="the virtual host; default: headrow")
    definitions.add_argument("--without-users", action="store_true", help="leave out the users and their passwords")
    _add_data(definitions)
    definitions.set_defaults(run="broker_commands.print_definitions")

    role = commands_of.add_parser("role", help="give a role to an account, or take it")
    role.add_argument("email", metavar="EMAIL")
    which = role.add_mutually_exclusive_group(required=True)
    which.add_argument("--give", choices=["team", "operator"])
    which.add_argument("--take", choices=["team", "operator"])
    _add_data(role)
    role.set_defaults(run="account_commands.role", green=False)

    factor = commands_of.add_parser("second-factor", help="remove the second factor of someone who lost their phone")
    factor.add_argument("email", metavar="EMAIL")
    factor.add_argument("--remove", action="store_true", required=True)
    _add_data(factor)
    factor.set_defaults(run="account_commands.remove_second_factor", green=False)

    welcome = commands_of.add_parser("welcome", help="print the address at which the first team member comes in")
    _add_data(welcome)
    welcome.set_defaults(run="account_commands.welcome_first", green=False)

    population = commands_of.add_parser(
        "population", help="make up people, and members of the community, for demonstrations"
    )
    population.add_argument("number", type=_count, metavar="N")
    _add_data(population)
    population.set_defaults(run="commands.population")

    failed = commands_of.add_parser("failed", help="events that were parked after failing again and again")
    failed.add_argument("action", nargs="?", default="list", choices=["list", "show", "retry", "drop"])
    failed.add_argument("ids", nargs="*", metavar="ID")
    _add_data(failed)
    failed.set_defaults(run="event_commands.failed")

    announce = commands_of.add_parser("announce", help="announce again what there is, to a service that lost it")
    announce.add_argument("name", metavar="NAME", choices=SERVICES)
    _add_data(announce)
    announce.set_defaults(run="event_commands.announce")

    republish = commands_of.add_parser("republish", help="publish again what a service published since a moment")
    republish.add_argument("name", metavar="NAME", choices=SERVICES)
    republish.add_argument("--since", type=_moment, required=True, metavar="MOMENT", help="such as 2027-03-09T14:00Z")
    republish.add_argument("--to", choices=SERVICES, metavar="READER", help="one reader alone")
    _add_data(republish)
    republish.set_defaults(run="event_commands.republish")

    bounces = commands_of.add_parser("bounces", help="take in mail servers' reports: one mail, an mbox or a Maildir")
    bounces.add_argument("file", metavar="FILE")
    _add_data(bounces)
    bounces.set_defaults(run="commands.take_bounces")

    backup = commands_of.add_parser("backup", help="write what headrow up keeps into one file, while it runs or not")
    backup.add_argument("file", metavar="FILE", help="a file that is not there yet, such as headrow.tar.gz")
    _add_data(backup)
    backup.set_defaults(run="commands.back_up")

    restore = commands_of.add_parser("restore", help="put a backup into a data folder that holds nothing yet")
    restore.add_argument("file", metavar="FILE")
    restore.add_argument("--erasures", metavar="LIST", help="who was erased since, if it is not beside the backup")
    _add_data(restore)
    restore.set_defaults(run="commands.restore")

    erasures = commands_of.add_parser("erasures", help="who was erased: list them, or erase again who is back")
    what = erasures.add_subparsers(required=True, metavar="export|repeat")
    exported = what.add_parser("export", help="add all who were erased to a file, to be kept beside backups")
    exported.add_argument("file", metavar="FILE")
    repeated = what.add_parser("repeat", help="erase again who is back after a restore")
    repeated.add_argument("file", nargs="?", metavar="FILE", help="a list beside those that are known")
    for command, run in ((exported, "erasures_command.export"), (repeated, "erasures_command.repeat")):
        _add_data(command)
        command.set_defaults(run=run)

    retention = commands_of.add_parser("retention", help="what is kept for how long, and how much of it is over")
    retention.add_argument("--apply", action="store_true", help="let go of what is over now, and not within the hour")
    _add_data(retention)
    retention.set_defaults(run="retention_command.retention")

    links = commands_of.add_parser("links", help="which addresses of materials are broken")
    links.add_argument("--check", action="store_true", help="ask first those that are due, over the network")
    _add_data(links)
    links.set_defaults(run="links_command.links")

    doctor = commands_of.add_parser("doctor", help="check everything that Headrow needs, and say how to mend it")
    doctor.add_argument("names", nargs="*", metavar="NAME", choices=[[], *SERVICES])
    _add_data(doctor)
    doctor.set_defaults(run="commands.doctor")
    return headrow


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status: 0 done, 1 refused or failed, 2 not understood."""
    return run(parser().parse_args(arguments))


def run(given: argparse.Namespace) -> int:
    """Run the command that was understood, and return its exit status."""
    from services.headrow.running import run_command

    return run_command(given)


class _Version(argparse.Action):
    """Looks up which Headrow this is when it is asked for, and not before each command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it, and exit."""
        from services.runtime.version import headrow_version

        print(f"headrow {headrow_version()}")
        parser.exit()


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", metavar="FOLDER", help="default: HEADROW_DATA, or var")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a whole number from 0 to 65535")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a moment is a date and a time with its offset, such as 2027-03-09T14:00Z")
    return moment


def _descriptors(text: str) -> tuple[int, int]:
    listener, told = map(int, text.split(","))
    return listener, told


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError("a whole number from 1 to 1000000")
    return int(text)
