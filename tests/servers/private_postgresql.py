"""A private PostgreSQL."""

import os
import pwd
import shutil
import subprocess

import psycopg2

from tests.servers import installed
from tests.servers.certificates import Certificate
from tests.servers.named import PostgreSQL
from tests.servers.private import Private, free_port


class PrivatePostgreSQL(Private, PostgreSQL):
    """A cluster with the default durability: fsync is on, so that what the tests prove holds in production."""

    name = "postgresql"

    def __init__(self, tls: Certificate | None = None) -> None:
        """Prepare a cluster; with `tls` it speaks that too, to whoever asks for it."""
        self.binaries = installed.POSTGRESQL.found()
        Private.__init__(self)
        self.port = free_port()
        self.user = _somebody_else() if os.geteuid() == 0 else ""  # PostgreSQL refuses to run as root
        PostgreSQL.__init__(self, f"postgresql://headrow@127.0.0.1:{self.port}/postgres")
        if self.user:
            shutil.chown(self.folder, self.user, self.user)
        self._tls = self._speaking(tls) if tls else {}
        self._postgres = str(self.binaries / "postgres")
        cluster = ["--pgdata", self._data, "--username", "headrow", "--auth", "trust", "--encoding", "UTF8"]
        self._run([str(self.binaries / "initdb"), *cluster, "--locale", "C", "--no-sync"])

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            **self._tls,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._keep([self._postgres, "-D", self._data, *options], self.user)

    def _speaking(self, tls: Certificate) -> dict[str, str]:
        """Return the settings for it; the key has to be the server's own."""
        key = self.folder / "server.key"
        shutil.copy(tls.key, key)
        certificate = self.folder / "server.pem"
        shutil.copy(tls.certificate, certificate)
        if self.user:
            shutil.chown(key, self.user)
            shutil.chown(certificate, self.user)
        return {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)}

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def _run(self, command: list[str]) -> None:
        identity = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **identity)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr}")


def _somebody_else() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise installed.Missing(
            "PostgreSQL does not run as root, and this machine has no user `postgres` to run it as."
        ) from None
