"""What the doctor looks at: data folder, bus, databases, migrations, lag, mail. Each finding says how to mend it."""

import os
import smtplib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus import health
from services.bus.broker import opened
from services.catalogue.models import City
from services.community import people as acquaintances
from services.headrow import erasures
from services.notifications.delivery import backlog
from services.registration.accounts import people as registered
from services.registration.accounts import provider_sign_in
from services.registration.audit import chain
from services.runtime import clock
from services.runtime.database import Transactions, open_engine
from services.runtime.erasures import lists
from services.runtime.identity_providers import WrongProvider
from services.runtime.migrations import is_current
from services.runtime.refusals import Refusal
from services.runtime.settings import Settings, addresses

PATIENCE = 3  # seconds
LATE_MAIL = 600  # seconds: many messages at once take their time, and a mail server may allow few a minute


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, whether it is well, and what to do where it is not."""

    what: str
    well: bool
    remedy: str = ""


def examine(settings: Settings, services: Collection[str]) -> Iterator[Finding]:
    """Look at everything, whatever is found on the way."""
    yield _folder(settings)
    yield from _bus(settings)
    for service in services:
        yield from _database(settings, service)
    if "registration" in services:
        yield from _erasures(settings, services)
    if {"registration", "community"} <= {*services}:
        yield from _acquainted(settings)
    if "registration" in services:
        yield from _providers(settings)
    if "notifications" in services:
        yield _mail(settings)


def _providers(settings: Settings) -> Iterator[Finding]:
    for provider in settings.identity_providers:
        what = f"identity provider {provider.id}"
        try:
            provider.secret(), provider.key()
            provider_sign_in.look_up(settings, provider.id)
            yield Finding(what, True)
        except WrongProvider as error:
            yield Finding(what, False, str(error))
        except Refusal:
            remedy = (
                f"see that {provider.issuer}/.well-known/openid-configuration and its jwks_uri can be read from here"
            )
            yield Finding(what, False, remedy)


def _folder(settings: Settings) -> Finding:
    what = f"data folder {settings.data}"
    if not settings.embedded:
        return Finding(f"{what} (not used)", True)
    return Finding(what, _writable(settings.data), "make it writable, or set HEADROW_DATA to a folder that is")


def _writable(folder: Path) -> bool:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def _can_be_replaced(file: Path) -> bool:
    return file.parent.is_dir() and os.access(file.parent, os.W_OK) and (not file.exists() or os.access(file, os.R_OK))


def _bus(settings: Settings) -> Iterator[Finding]:
    if settings.embedded:
        yield Finding("bus in memory", True)
        return
    for address in addresses(settings.bus):
        where = f"bus at {urlsplit(address).hostname}"
        try:
            with opened(address):
                pass
            yield Finding(where, True)
        except Exception as error:  # py-amqp raises many kinds
            yield Finding(where, False, f"start RabbitMQ there, or mend HEADROW_BUS ({error})")


def _database(settings: Settings, service: str) -> Iterator[Finding]:
    engine = open_engine(settings.database_url(service), schema=service)
    what = f"database of {service}"
    try:
        with engine.connect():
            current = is_current(engine, service)
        yield Finding(what, True)
        yield Finding(f"migrations of {service}", current, f"run: headrow migrate {service}")
        if current:
            yield from _lag(Transactions(engine), service)
        if current and service == "catalogue":
            yield _time_zone(Transactions(engine), settings)
        if current and service == "notifications":
            yield _backlog(Transactions(engine))
        if current and service == "registration":
            yield from _audit(Transactions(engine), settings)
    except Exception as error:
        yield Finding(what, False, f"start it, or mend HEADROW_DATABASE ({str(error).strip().splitlines()[0]})")
    finally:
        engine.dispose()


def _lag(transactions: Transactions, service: str) -> Iterator[Finding]:
    try:
        with transactions.begin() as db:
            report = health.report(db)
    except Refusal as refusal:
        yield Finding(f"events of {service}", False, str(refusal))
        return
    out, came = report["outbox"], report["inbox"]
    yield Finding(
        f"{service} announces ({out['waiting']} waiting)",
        out["lag_seconds"] < health.WORRYING_LAG,
        f"{out['waiting']} events have waited for up to {out['lag_seconds']:.0f} s: is {service} running, and the bus?",
    )
    yield Finding(
        f"{service} listens ({came['waiting']} waiting)",
        came["lag_seconds"] < health.WORRYING_LAG,
        f"{came['waiting']} events have waited for up to {came['lag_seconds']:.0f} s: is {service} running?",
    )
    yield Finding(
        f"{service} misses nothing that others announced",
        not came["missing"],
        f"{came['missing']} events were lost on the way and are announced again; look again in a minute",
    )
    yield Finding(
        f"{service} fails at no event again and again",
        not came["retrying"],
        f"{came['retrying']} are tried again for up to 71 minutes, and then parked: the log of {service} says why",
    )
    yield Finding(
        f"{service} has no parked events", not came["parked"], f"{came['parked']} parked: see headrow failed list"
    )


def _time_zone(transactions: Transactions, settings: Settings) -> Finding:
    """Whether the zone of this process is the one that the catalogue has told everyone."""
    with transactions.look() as db:
        told = db.scalar(select(City.time_zone)) or settings.time_zone
    remedy = f"the catalogue has told {told}: set HEADROW_TIME_ZONE for every process, stop all, run headrow migrate"
    return Finding(f"time zone {settings.time_zone}", told == settings.time_zone, remedy)


def _backlog(transactions: Transactions) -> Finding:
    with transactions.begin() as db:
        report = backlog.report(db, clock.now())
    waits = f"{sum(report['queued'].values())} queued, {report['put_off']} put off"
    remedy = f"{report['due']} should have gone, the oldest {report['oldest_due_seconds']:.0f} s ago: see the log"
    return Finding(f"messages go out ({waits})", report["oldest_due_seconds"] < LATE_MAIL, remedy)


def _audit(transactions: Transactions, settings: Settings) -> Iterator[Finding]:
    """Whether the audit record is whole: each row as it was written, and none gone."""
    with transactions.look() as db:
        found = chain.check(db, chain.Key(settings.with_secret_key().secret_key), clock.now())
    rows = f"{found.rows} rows" + (f", {found.other_key} of them under another secret key" if found.other_key else "")
    remedy = f"it breaks at number {found.broken_at}: {found.why}. Keep a copy of the database, and find out who did it"
    yield Finding(f"audit record is whole ({rows})", found.broken_at is None, remedy)
    late = f"{found.late} rows have waited for more than 5 minutes: is registration running?"
    yield Finding("audit record has every row in its chain", not found.late, late)


def _erasures(settings: Settings, services: Collection[str]) -> Iterator[Finding]:
    """Whether who is erased is listed outside the databases, and nobody on the list is back in one."""
    files = lists(settings)
    if not files:
        yield Finding("no list of erasures is kept: HEADROW_ERASURES is not set", True)
        return
    for file in files:
        what = f"list of erasures {file}"
        yield Finding(what, _can_be_replaced(file), "have its folder there, and writable")
    try:
        erased = erasures.listed(settings)
        there = erasures.still_there(settings, services, erased)
    except Exception:  # what is wrong with these databases and files is said already
        return
    remedy = f"{there} people are back, as from a backup: run headrow erasures repeat"
    yield Finding(f"nobody is back who was erased ({len(erased)} listed)", not there, remedy)


def _acquainted(settings: Settings) -> Iterator[Finding]:
    """Whether the community knows everybody, as far as nothing is on its way to it just now."""
    try:
        there, on_its_way, _ = _counted(settings, "registration", registered.number)
        known, _, waiting = _counted(settings, "community", acquaintances.number)
    except Exception:  # what is wrong with these databases is said already
        return
    missing = max(0, there - known)
    remedy = f"{missing} of {there} are missing: run headrow announce community"
    yield Finding(f"community knows everybody ({known} people)", not missing or on_its_way or waiting, remedy)


def _counted(settings: Settings, service: str, number: Callable[[OrmSession], int]) -> tuple[int, bool, bool]:
    """Return a number, and whether events wait in the outbox and the inbox."""
    engine = open_engine(settings.database_url(service), schema=service)
    try:
        with Transactions(engine).begin() as db:
            report = health.report(db)
            return number(db), bool(report["outbox"]["waiting"]), bool(report["inbox"]["waiting"])
    finally:
        engine.dispose()


def _mail(settings: Settings) -> Finding:
    parts = urlsplit(settings.mail)
    if parts.scheme == "file":
        remedy = "make the folder writable, or set HEADROW_MAIL"
        return Finding(f"mail to files in {parts.path}", _writable(Path(parts.path)), remedy)
    if parts.scheme.startswith("notify"):
        return _notify(settings.mail)
    where = f"mail server {parts.hostname}"
    connect = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with connect(parts.hostname or "", parts.port or 0, timeout=PATIENCE) as server:
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.noop()
        return Finding(where, True)
    except (OSError, smtplib.SMTPException) as error:
        return Finding(where, False, f"start it, or mend HEADROW_MAIL ({error})")


def _notify(url: str) -> Finding:
    from services.notifications.delivery.notify import Notify  # not for every command
    from services.notifications.delivery.transports import NotDelivered

    try:
        Notify(url, PATIENCE, PATIENCE).look()
        return Finding("mail by GOV.UK Notify", True)
    except (NotDelivered, ValueError) as error:
        return Finding("mail by GOV.UK Notify", False, f"mend HEADROW_MAIL, or wait for GOV.UK Notify ({error})")
