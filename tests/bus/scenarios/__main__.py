"""Plays one scenario; or, with `--on-request`, one in a fork of its own for each line of JSON on standard input."""

from services.runtime.monkey_patch import monkey_patch

monkey_patch()  # before anything else is imported

import faulthandler  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402

from eventlet import hubs, patcher  # noqa: E402
from eventlet.timeout import Timeout  # noqa: E402

from tests.bus.scenarios import programme  # noqa: E402
from tests.bus.scenarios.system import System  # noqa: E402

LIMIT = 90  # seconds that a scenario may take
real_os = patcher.original("os")  # the green `waitpid` would start a hub, which the forks would share


def play(name: str, bus: str, database: str, folder: str) -> int:
    """Play a scenario; return 0 if all that it asserts is so."""
    logging.basicConfig(level=logging.INFO, format="%(relativeCreated)6d %(levelname)s %(name)s %(message)s")
    faulthandler.dump_traceback_later(LIMIT + 5, exit=True)  # should something block the whole process
    system = System(bus, database, Path(folder))
    try:
        with Timeout(LIMIT, TimeoutError(f"took more than {LIMIT} seconds")):
            programme.SCENARIOS[name].play(system)
        with Timeout(10, TimeoutError("did not stop")):
            system.stop()
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def play_on_request() -> None:
    """Fork for each line `[name, bus, database, folder]`, and answer with the fork's exit status."""
    for line in sys.stdin:
        name, bus, database, folder = json.loads(line)
        child = real_os.fork()
        if not child:
            hubs.use_hub()
            output = os.open(Path(folder) / "output", os.O_WRONLY | os.O_CREAT)
            os.dup2(output, 1)
            os.dup2(output, 2)
            status = play(name, bus, database, folder)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        print(real_os.waitpid(child, 0)[1], flush=True)


programme.read()
if sys.argv[1:] == ["--on-request"]:
    play_on_request()
else:
    sys.exit(play(*sys.argv[1:]))
