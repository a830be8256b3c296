"""Many people who all ask something at the same moment, each on a connection of their own, and insist."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.running import Caller

TRIES = 300


@dataclass(frozen=True)
class Asked:
    """One POST of one person. The same key goes with every try, so that what was done is not done again."""

    token: str
    path: str
    key: str
    body: dict[str, Any] = field(default_factory=dict)


def asked_by(caller: Caller, path: str, key: str, **body: Any) -> Asked:
    """Return what somebody asks."""
    return Asked(str(caller.http.headers["Authorization"]).removeprefix("Bearer "), path, key, body)


def all_at_once(port: int, asked: Sequence[Asked]) -> list[tuple[int, Any]]:
    """Ask everything at the same moment, and return the statuses and answers, in the order in which it was asked.

    Who is told 503, or nothing, tries again; any other answer is the last.
    """
    return asyncio.run(_all_at_once(port, asked))


async def _all_at_once(port: int, asked: Sequence[Asked]) -> list[tuple[int, Any]]:
    gate = asyncio.Event()

    async def insist(one: Asked) -> tuple[int, Any]:
        await gate.wait()
        for _ in range(TRIES):
            status, answer, pause = await _ask(port, one)
            if status != 503:
                return status, answer
            await asyncio.sleep(pause)
        raise AssertionError(f"no answer in {TRIES} tries")

    tasks = [asyncio.create_task(insist(one)) for one in asked]
    await asyncio.sleep(0)
    gate.set()
    return list(await asyncio.gather(*tasks))


async def _ask(port: int, asked: Asked) -> tuple[int, Any, int]:
    """Send one request; return status, answer and Retry-After. A broken connection counts as 503."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = json.dumps(asked.body).encode()
        head = (
            f"POST /api/v1{asked.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {asked.token}\r\n"
            f"Idempotency-Key: {asked.key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        whole = await reader.read()
        writer.close()
        head, _, answer = whole.partition(b"\r\n\r\n")
        pause = re.search(rb"(?i)retry-after: *(\d+)", head)
        return int(head.split()[1]), json.loads(answer), int(pause[1]) if pause else 0
    except (OSError, IndexError, ValueError):
        return 503, None, 2
