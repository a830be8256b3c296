"""What each `headrow` command does. Here, and in the demonstration, all services are known by name; nowhere else."""

import hashlib
import json
import os
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services import demo
from services.bus.entrypoints import topology
from services.bus.extensions import provider_of
from services.bus.runner import Runner
from services.catalogue import city
from services.catalogue.importing import import_programme
from services.community import population as members_population
from services.demo.cast import CAST
from services.headrow import backing_up, erasures, mailboxes, restoring, workers
from services.headrow import doctor as checkup
from services.headrow.data_folder import alone_in, read_clock, set_clock
from services.headrow.errors import CannotRun
from services.notifications import quiet_hours
from services.notifications.composing.wording import in_language
from services.notifications.delivery import bounces
from services.registration.accounts import people, roles, second_factor, tokens, welcome
from services.registration.audit import chain, recording
from services.registration.population import populate
from services.registration.schemas import SignIn
from services.runtime import clock, logs, schemas, web
from services.runtime.crowding import THIS_MACHINE
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.refusals import Invalid
from services.runtime.settings import Settings

READY_WITHIN = 30  # seconds; then people are told that it is not ready
SERVICES = ("catalogue", "registration", "notifications", "community")


def up(settings: Settings, given: Namespace) -> int:
    """Run everything in this process until it is told to stop."""
    _check_embedded(settings)
    _check_language(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.data):
        restoring.complete(settings, SERVICES)
        settings = replace(_listen(settings.with_secret_key()), shows_mail=True)
        logs.log_to_stderr(settings.log)
        set_clock(settings)
        quiet_hours.keep(settings.quiet_hours)
        if given.demo:
            _make_demo_once(settings)
        for service in SERVICES:
            _migrate(settings, service)
        erasures.repeat(settings, SERVICES, erasures.listed(settings))
        if given.file:
            _import_once(settings, Path(given.file))
        _describe_city(settings)
        invited = _invitation(settings)
        runner = _runner(settings, [*SERVICES, "gateway"])
        runner.start()
        print(f"Headrow is on http://localhost:{settings.http_port} (mail: {settings.mail})", flush=True)
        if invited:
            print(invited, flush=True)
        if demo.is_in(settings.data):
            print(_who_to_be(settings), flush=True)
        return runner.run_until_stopped()


def serve(settings: Settings, given: Namespace) -> int:
    """Run some services in this process, or the gateway in several, until told to stop."""
    if settings.embedded:
        raise CannotRun("services in processes of their own need a broker: set HEADROW_BUS=amqp://…, or use headrow up")
    _check_language(settings)
    names = list(dict.fromkeys(given.names))
    logs.log_to_stderr(settings.log)
    if "gateway" in names and settings.http_workers > 1 and not given.worker:
        if names != ["gateway"]:
            raise CannotRun("with HEADROW_HTTP_WORKERS above 1, serve the gateway by itself")
        if settings.metrics is not None:
            raise CannotRun("HEADROW_METRICS is a port of one process: unset it, or HEADROW_HTTP_WORKERS")
        settings = _listen(settings)
        return workers.Supervisor(settings, web.listener_at(settings.http_host, settings.http_port)).run()
    quiet_hours.keep(settings.quiet_hours)
    if names == ["notifications"]:
        os.nice(10)  # on a machine that all share, a message can wait for a booking, and not the other way round
    if given.worker:
        web.adopt(given.worker[0], settings.http_host, settings.http_port)
    elif "gateway" in names:
        settings = _listen(settings)
    erasures.repeat_in_the_end(settings, names)
    runner = _runner(settings, names)
    runner.start()
    if given.worker:
        _join(runner, settings, given.worker[1])
    return runner.run_until_stopped()


def _join(runner: Runner, settings: Settings, told: int) -> None:
    """Take connections once the gateway can answer reads, and say so; while it cannot, others on the port can."""
    application = provider_of(runner.containers[0], "application")
    for _ in range(READY_WITHIN * 10):
        if application.is_ready():
            break
        time.sleep(0.1)
    web.begin_to_accept(settings.http_host, settings.http_port)
    workers.say_started(told)


def migrate_all(settings: Settings, given: Namespace) -> None:
    """Bring the databases of some services, or of all, up to date."""
    for service in given.names or SERVICES:
        _migrate(settings, service)
        if service == "catalogue":
            _describe_city(settings)
        print(f"{service}: up to date")


def import_file(settings: Settings, given: Namespace) -> None:
    """Import a programme file."""
    read_clock(settings)
    counts = _import(settings, _read(Path(given.file)))
    for what, kinds in counts.items():
        print(f"{what}: {', '.join(f'{number} {kind}' for kind, number in kinds.items() if number) or 'nothing'}")


def token(settings: Settings, given: Namespace) -> None:
    """Print a bearer token of an account, which is made if it is new."""
    email = schemas.load(SignIn(), {"email": given.email})["email"]
    read_clock(settings)
    with _accounts(settings) as db:
        person = people.ensure_account(db, email, clock.now())
        if given.role:
            roles.give(db, person, given.role, clock.now())
        printed, _ = tokens.issue(db, person, clock.now())
        recording.record_of(db, recording.COMMAND, recording.TOKEN_MADE, person, clock.now())
        db.flush()
    print(printed)


def role(settings: Settings, given: Namespace) -> None:
    """Give a role to an account, which is made if it is new; or take it, which signs the person out everywhere."""
    email = schemas.load(SignIn(), {"email": given.email})["email"]
    read_clock(settings)
    with _accounts(settings) as db:
        if given.give:
            roles.give(db, people.ensure_account(db, email, clock.now()), given.give, clock.now())
        else:
            roles.take_from(db, email, given.take, clock.now())
    print(f"{email}: {f'{given.give} from now on' if given.give else f'no longer {given.take}, and signed out'}")


def remove_second_factor(settings: Settings, given: Namespace) -> None:
    """Remove the second factor of an account, and sign the person out, so that they can set up another one."""
    email = schemas.load(SignIn(), {"email": given.email})["email"]
    read_clock(settings)
    with _accounts(settings) as db:
        second_factor.remove_for(db, email, clock.now())
    print(f"{email}: no second factor any more, and signed out")


def welcome_first(settings: Settings, given: Namespace) -> None:
    """Print an address at which the first team member comes in; one that was printed before no longer works."""
    read_clock(settings)
    invited = _invitation(settings)
    if invited is None:
        raise CannotRun("there is a team member already, who can add others at /team/colleagues")
    print(invited)


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
            _migrate(settings, service)
    again = erasures.repeat(settings, SERVICES, erased)
    print(f"{settings.data}: restored as of {made_at:%Y-%m-%d %H:%M:%S} UTC. Start headrow up on it")
    print(erasures.told(settings, lists, again, made_at))


def doctor(settings: Settings, given: Namespace) -> int:
    """Check what Headrow needs, and say what is wrong and how to mend it."""
    findings = list(checkup.examine(settings, given.names or SERVICES))
    for finding in findings:
        print(f"{'ok  ' if finding.well else 'BAD '} {finding.what}{'' if finding.well else f': {finding.remedy}'}")
    return 0 if all(finding.well for finding in findings) else 1


def service_class(name: str) -> Any:
    """Return the class of a service, or of the gateway."""
    module = import_module("gateway.service" if name == "gateway" else f"services.{name}.service")
    return getattr(module, name.capitalize())


def _runner(settings: Settings, names: list[str]) -> Runner:
    everywhere = topology(*(service_class(name) for name in SERVICES))
    if settings.metrics is not None:
        _bind(*settings.metrics)
    # Behind one address of theirs there are many people.
    unlimited = (*THIS_MACHINE, *settings.proxies, *settings.known_networks)
    http = {"HTTP_HOST": settings.http_host, "HTTP_PORT": settings.http_port, "HTTP_UNLIMITED": unlimited}
    return Runner(settings, everywhere, [service_class(name) for name in names], **http)


def _check_language(settings: Settings) -> None:
    try:
        in_language(settings.language)
    except ValueError as error:
        raise CannotRun(f"HEADROW_LANGUAGE: {error}") from error


def _listen(settings: Settings) -> Settings:
    """Take the port now, and return the settings with the port that it is (0 asks for any)."""
    port = _bind(settings.http_host, settings.http_port)
    if settings.http_port == port:
        return settings
    return replace(settings, http_port=port, public_url=settings.public_url.replace("localhost:0", f"localhost:{port}"))


def _bind(host: str, port: int) -> int:
    """Take a port, and return which it is."""
    try:
        return int(web.bind(host, port).getsockname()[1])
    except OSError as error:
        raise CannotRun(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _check_embedded(settings: Settings) -> None:
    if not settings.embedded:
        raise CannotRun("headrow up runs on the bus in memory; with HEADROW_BUS=amqp://… use headrow serve")
    if not settings.database.startswith("sqlite:"):
        raise CannotRun("headrow up runs on SQLite; with HEADROW_DATABASE=postgresql://… use headrow serve")
    if settings.http_workers != 1:
        raise CannotRun("headrow up is one process: unset HEADROW_HTTP_WORKERS, or use headrow serve")


@contextmanager
def database(settings: Settings, service: str) -> Iterator[Transactions]:
    """Open the database of a service for a command, and close it afterwards."""
    if settings.embedded:
        _migrate(settings, service)
    transactions = Transactions(open_engine(settings.database_url(service), schema=service))
    try:
        yield transactions
    finally:
        transactions.engine.dispose()


@contextmanager
def _accounts(settings: Settings) -> Iterator[OrmSession]:
    """Open the accounts for a command, and put what is recorded of it into the chain: no service may be running."""
    with database(settings, "registration") as transactions:
        with transactions.begin() as db:
            yield db
        key = chain.Key(settings.with_secret_key().secret_key)
        transactions.run(lambda db: chain.extend(db, key))


def _migrate(settings: Settings, service: str) -> None:
    engine = open_engine(settings.database_url(service), schema=service)
    try:
        migrate(engine, service)
    finally:
        engine.dispose()


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise CannotRun(f"{file}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise CannotRun(f"{file}, line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise CannotRun(f"{file}: not JSON in UTF-8 ({error})") from error


def _import(settings: Settings, given: Any) -> Any:
    with database(settings, "catalogue") as transactions:
        return transactions.run(lambda db: import_programme(db, given, clock.now()))


def _invitation(settings: Settings) -> str | None:
    """Return the line with the address of the first team member; None where there is a team."""
    with database(settings, "registration") as transactions:
        token = transactions.run(lambda db: welcome.invite(db, clock.now()))
    return f"First team member: {settings.public_url}/welcome/{token}" if token else None


def _describe_city(settings: Settings) -> None:
    """Have the sectors there, so that people can say where they work before anyone has imported a thing."""
    with database(settings, "catalogue") as transactions:
        transactions.run(lambda db: city.ensure(db, clock.now()))


def _import_once(settings: Settings, file: Path) -> None:
    """Import the file unless this very file was imported before: what the team has changed since is theirs."""
    given = _read(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    remembered = settings.data / "imported"
    if remembered.exists() and digest in remembered.read_text().split():
        return
    _import(settings, given)
    with remembered.open("a") as notes:
        notes.write(f"{digest}\n")


def _make_demo_once(settings: Settings) -> None:
    """Make the demonstration, unless the data folder holds it already."""
    from services.demo import making  # it imports all services, and no other command has use for it

    if "{data}" not in settings.database:
        raise CannotRun("a demonstration keeps its databases in the data folder: unset HEADROW_DATABASE")
    if not demo.is_in(settings.data):
        print("Making a demonstration of half a year, which takes a few seconds", flush=True)
    try:
        making.make_once(settings, {name: service_class(name) for name in SERVICES}, clock.now())
    except making.InUse as refusal:
        raise CannotRun(
            f"the data folder {settings.data} holds something else, and a demonstration is not mixed into it: "
            "start without --demo, or name a new folder with --data FOLDER"
        ) from refusal


def _who_to_be(settings: Settings) -> str:
    """Return who anyone may sign in as in a demonstration, and where the code is."""
    where = f"at {settings.public_url}/dev/mail" if settings.mail.startswith("file:") else "in the mail"
    lines = [f"  {named.email:25}{named.sees}" for named in CAST]
    return "\n".join([f"All people in it are made up. Sign in as one of these; the code is {where}", *lines])
