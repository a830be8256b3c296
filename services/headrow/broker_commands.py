"""What `headrow secrets` and `headrow definitions` do, and what `headrow migrate` does at the broker."""

import json
import os
import secrets
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from amqp.exceptions import AccessRefused, PreconditionFailed

from services.bus import topology, wire
from services.bus.broker import opened
from services.bus.declaring import declare_exchange
from services.bus.entrypoints import heard
from services.bus.permissions import OWNER, Part, definitions
from services.bus.rpc import RpcClient
from services.headrow import keys
from services.headrow.commands import migrate_all
from services.headrow.errors import CannotRun
from services.headrow.names import SERVICES, service_class
from services.headrow.reads import READS
from services.runtime.settings import Settings, addresses

ANSWERS_WITHIN = 60.0  # seconds; a broker that is started beside it takes some


def parts() -> list[Part]:
    """Return all parts of Headrow, as the broker knows them."""
    return [*(Part(name, reads=tuple(READS.get(name, ()))) for name in SERVICES), _gateway()]


def _gateway() -> Part:
    gateway = service_class("gateway")
    calls = [client.service for client in vars(gateway).values() if isinstance(client, RpcClient)]
    return Part("gateway", hears=heard(gateway), calls=tuple(sorted(calls)), serves=False)


def print_secrets(settings: Settings, given: Namespace) -> None:
    """Print new secrets, as lines for the file `.env` beside docker-compose.yml."""
    print(f"HEADROW_SECRET_KEY={secrets.token_hex(24)}")
    keys.print_keys(settings, given)
    for variable in ("POSTGRES_PASSWORD", *(_variable(name, "POSTGRES") for name in SERVICES)):
        print(f"{variable}={secrets.token_hex(24)}")
    for variable in _password_variables().values():
        print(f"{variable}={secrets.token_hex(24)}")


def print_definitions(settings: Settings, given: Namespace) -> None:
    """Print what each part may do at RabbitMQ, for `rabbitmqctl import_definitions`, or write it to a file.

    Passwords come from the environment; with `--without-users` there are none, and no users. Raises CannotRun.
    """
    wanted = {} if given.without_users else _password_variables()
    missing = [variable for variable in wanted.values() if not os.environ.get(variable)]
    if missing:
        raise CannotRun(f"{', '.join(missing)} must be set to the passwords of RabbitMQ's users: see headrow secrets")
    passwords = None if given.without_users else {user: os.environ[variable] for user, variable in wanted.items()}
    written = json.dumps(definitions(parts(), given.vhost, passwords), indent=2) + "\n"
    if given.output is None:
        sys.stdout.write(written)
        return
    try:
        file = Path(given.output)
        file.write_text(written)
        file.chmod(0o644)  # RabbitMQ reads it as a user of its own; passwords are in it as hashes alone
    except OSError as error:
        raise CannotRun(f"{given.output}: {error.strerror}") from error


def _password_variables() -> dict[str, str]:
    return {OWNER: "RABBITMQ_PASSWORD", **{part.user: _variable(part.name, "RABBITMQ") for part in parts()}}


def _variable(part: str, server: str) -> str:
    return f"{part.upper()}_{server}_PASSWORD"


def migrate(settings: Settings, given: Namespace) -> None:
    """Bring the databases of some services up to date; or those of all, and the queues at the broker."""
    migrate_all(settings, given)
    if not settings.embedded and not given.names:
        declare_all(settings)
        print("queues: up to date")


def declare_all(settings: Settings) -> None:
    """Declare all exchanges and queues, and bind them as this version reads them. Raises CannotRun."""
    until = time.monotonic() + ANSWERS_WITHIN
    nodes: Sequence[str] = addresses(settings.bus)
    while True:
        try:
            with opened(nodes[0]) as channel:
                for exchange in (topology.EVENTS, wire.EXCHANGE):
                    declare_exchange(channel, exchange)
                for service in SERVICES:
                    wire.declare_requests(channel, service)
                for service, types in READS.items():
                    topology.declare_queue(channel, service, types)
            return
        except (AccessRefused, PreconditionFailed) as refusal:
            raise CannotRun(f"the broker does not let us declare what Headrow needs: {refusal}") from refusal
        except Exception as error:  # py-amqp raises many kinds
            if time.monotonic() > until:
                raise CannotRun(f"the broker cannot be reached: mend HEADROW_BUS, or start it ({error})") from error
        nodes = [*nodes[1:], nodes[0]]
        time.sleep(1)
