"""A mail server in a process of its own that takes every letter and keeps nothing but its name.

`python -m tests.servers.mail_sink` says its port in a line; told to stop (its input ends), it says the Message-IDs of
all that it took, a line each.
"""

import asyncio
import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"
LONGEST = 2**20  # bytes of a letter


class Sink:
    """The process, for who measures: where it listens, and what it says in the end."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(process.stdout.readline())

    def finish(self) -> list[str]:
        """Stop it; return the Message-IDs of what it took, in order."""
        return self.process.communicate(timeout=30)[0].decode().split()


@contextmanager
def running() -> Iterator[Sink]:
    """Yield a sink."""
    command = [sys.executable, "-m", "tests.servers.mail_sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Sink(process)
        finally:
            process.kill()


async def _serve() -> None:
    names: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            writer.write(b"220 sink\r\n")
            while line := await reader.readline():
                word = line[:4].upper().strip()
                if word == b"DATA":
                    writer.write(b"354 Go on\r\n")
                    named = MESSAGE_ID.search(await reader.readuntil(END))
                    names.append(named[1] if named else b"nameless")
                writer.write(b"221 Bye\r\n" if word == b"QUIT" else b"250 OK\r\n")
                await writer.drain()
                if word == b"QUIT":
                    break
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, limit=LONGEST)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(b"\n".join(names).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
