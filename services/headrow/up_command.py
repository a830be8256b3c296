"""Running everything in one process, with a demonstration or a programme in it."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from services import demo
from services.demo import making
from services.demo.cast import CAST
from services.headrow import erasures, restoring
from services.headrow.account_commands import invitation
from services.headrow.data_folder import alone_in, set_clock
from services.headrow.databases import bring_up_to_date
from services.headrow.errors import CannotRun
from services.headrow.importing import describe_city, import_once
from services.headrow.names import SERVICES, service_class
from services.headrow.serving import check_language, listen, runner_of
from services.notifications import quiet_hours
from services.runtime import clock, logs
from services.runtime.settings import Settings


def up(settings: Settings, given: Namespace) -> int:
    """Run everything in this process until it is told to stop."""
    _check_embedded(settings)
    check_language(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.data):
        restoring.complete(settings, SERVICES)
        settings = replace(listen(settings.with_secret_key()), shows_mail=True)
        logs.log_to_stderr(settings.log)
        set_clock(settings)
        quiet_hours.keep(settings.quiet_hours)
        if given.demo:
            _make_demo_once(settings)
        for service in SERVICES:
            bring_up_to_date(settings, service)
        erasures.repeat(settings, SERVICES, erasures.listed(settings))
        if given.file:
            import_once(settings, Path(given.file))
        describe_city(settings)
        invited = invitation(settings)
        runner = runner_of(settings, [*SERVICES, "gateway"])
        runner.start()
        print(f"Headrow is on http://localhost:{settings.http_port} (mail: {settings.mail})", flush=True)
        if invited:
            print(invited, flush=True)
        if demo.is_in(settings.data):
            print(_who_to_be(settings), flush=True)
        return runner.run_until_stopped()


def _check_embedded(settings: Settings) -> None:
    if not settings.embedded:
        raise CannotRun("headrow up runs on the bus in memory; with HEADROW_BUS=amqp://… use headrow serve")
    if not settings.database.startswith("sqlite:"):
        raise CannotRun("headrow up runs on SQLite; with HEADROW_DATABASE=postgresql://… use headrow serve")
    if settings.http_workers != 1:
        raise CannotRun("headrow up is one process: unset HEADROW_HTTP_WORKERS, or use headrow serve")


def _make_demo_once(settings: Settings) -> None:
    """Make the demonstration, unless the data folder holds it already."""
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
