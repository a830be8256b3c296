"""A private RabbitMQ."""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.servers import installed
from tests.servers.certificates import Certificate
from tests.servers.named import EVERYTHING, RabbitMQ, fresh_name
from tests.servers.private import Private, free_port, keep

COOKIE = ".erlang.cookie"
VHOSTS_AT_A_TIME = 24  # each new batch takes `rabbitmqctl` two seconds and more
ON_LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"
NO_SPINNING = "+sbwt none +sbwtdcpu none +sbwtdio none"  # idle schedulers would eat the tests' processors


class PrivateRabbitMQ(Private, RabbitMQ):
    """A broker with an Erlang port mapper of its own, so that it meets no other node of this machine."""

    name = "rabbitmq"

    def __init__(self, joins: "PrivateRabbitMQ | None" = None, tls: Certificate | None = None) -> None:
        """Prepare a node: one by itself, or one of the cluster of another, whose mapper it uses.

        With `tls` it also speaks TLS, at `tls_port`.
        """
        self._binaries = installed.RABBITMQ.found()
        Private.__init__(self)
        self.port, self._distribution_port = free_port(), free_port()
        self._mapper_port = joins._mapper_port if joins else free_port()
        self.node = f"headrow{self.port}@localhost"
        RabbitMQ.__init__(self, f"amqp://guest:guest@127.0.0.1:{self.port}/")
        self._vhosts = [] if joins else [fresh_name() for _ in range(VHOSTS_AT_A_TIME)]
        self._joins = joins
        self._tls, self.tls_port = tls, free_port() if tls else 0
        self._mapper: subprocess.Popen[bytes] | None = None
        self._write_configuration()

    def start(self) -> None:
        if self._mapper is None and self._joins is None:
            self._start_mapper()
        self._keep([str(self._binaries / "rabbitmq-server")], environment=self._environment)

    def _start_mapper(self) -> None:
        mapper = ["epmd", "-address", "127.0.0.1", "-port", str(self._mapper_port)]
        spare = Path(tempfile.mkdtemp(prefix="headrow-epmd-", dir="/tmp"))
        self._mapper = keep(mapper, spare, self.log, environment=self._environment)

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
        return False

    def _close(self, word: bytes) -> None:
        super()._close(word)
        if self._mapper:
            self._mapper.communicate(b"")
            self._mapper = None

    def new_vhost(self) -> str:
        if not self._vhosts:
            self._vhosts = [fresh_name() for _ in range(VHOSTS_AT_A_TIME)]
            names = ",".join(f'<<"{name}">>' for name in self._vhosts)
            permitted = 'rabbit_auth_backend_internal:set_permissions(<<"guest">>,V,<<".*">>,<<".*">>,<<".*">>,<<"t">>)'
            self.ctl("eval", f'[begin rabbit_vhost:add(V,<<"t">>),{permitted} end || V <- [{names}]].')
        return self._vhosts.pop()

    def import_definitions(self, definitions: dict[str, Any]) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(definitions, file)
            file.flush()
            self.ctl("import_definitions", file.name)

    def drop_vhost(self, name: str) -> None:
        """Leave it: it goes with the broker, and deleting it would take a second."""

    def ctl(self, *words: str, script: str = "rabbitmqctl") -> str:
        """Run one of RabbitMQ's scripts on this node (a second or two) and return what it printed."""
        command = [str(self._binaries / script), *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{script} {' '.join(words)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return kept | {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "empty"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            # So the script becomes the broker (exec), and the keeper's child is the node itself, not a shell.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-noinput {ON_LOOPBACK} {NO_SPINNING}",
        }

    def _write_configuration(self) -> None:
        (self.folder / "empty").touch()
        (self.folder / "enabled_plugins").write_text("[].\n")
        if self._joins:
            shutil.copy2(self._joins.folder / COOKIE, self.folder / COOKIE)
            begins = (
                "cluster_formation.peer_discovery_backend = classic_config\n"
                f"cluster_formation.classic_config.nodes.1 = {self._joins.node}\n"
                f"cluster_formation.classic_config.nodes.2 = {self.node}\n"
            )
        else:
            (self.folder / COOKIE).write_text(secrets.token_hex(16))
            (self.folder / COOKIE).chmod(0o400)
            (self.folder / "definitions.json").write_text(json.dumps(_definitions(self._vhosts)))
            begins = f"load_definitions = {self.folder}/definitions.json\n"
        if self._tls:
            begins += (
                f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\nssl_options.cacertfile = {self._tls.authority}\n"
                f"ssl_options.certfile = {self._tls.certificate}\nssl_options.keyfile = {self._tls.key}\n"
            )
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n{begins}"
            "log.file = false\nlog.console = true\nlog.console.level = warning\n"
        )


def _definitions(vhosts: list[str]) -> dict[str, object]:
    """Return what the broker holds from its first second: the user guest, and virtual hosts to give away."""
    salt = secrets.token_bytes(4)
    password = base64.b64encode(salt + hashlib.sha256(salt + b"guest").digest()).decode()
    hosts = ["/", *vhosts]
    return {
        "users": [{"name": "guest", "password_hash": password, "tags": ["administrator"]}],
        "vhosts": [{"name": name} for name in hosts],
        "permissions": [{"user": "guest", "vhost": name, **EVERYTHING} for name in hosts],
    }
