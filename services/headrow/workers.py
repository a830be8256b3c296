"""Several gateway processes on one port: starts them, starts another for one that died, stops them all."""

import os
import signal
import subprocess
import sys
import time

from services.runtime.settings import Settings

PAUSE = 1.0


def supervise(settings: Settings) -> int:
    """Keep `http_workers` gateways running until SIGTERM or SIGINT; return the exit status."""
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    running = [_start(settings) for _ in range(settings.http_workers)]
    while not stopping:
        time.sleep(PAUSE)
        running = [worker if worker.poll() is None else _start(settings) for worker in running]
    for worker in running:
        worker.terminate()
    return max(worker.wait() for worker in running)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    where = ["--host", settings.http_host, "--port", str(settings.http_port), "--data", str(settings.data)]
    command = [sys.executable, "-m", "services", "serve", "gateway", "--one-of-several", *where]
    return subprocess.Popen(command, env={**os.environ, "HEADROW_HTTP_WORKERS": "1"})
