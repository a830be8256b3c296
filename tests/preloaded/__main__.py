"""Forks a `headrow` process for each line of JSON that asks for one, and says how those ended that are asked about."""

from services.runtime.monkey_patch import monkey_patch

monkey_patch()  # before anything else is imported

import gc  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

from eventlet import hubs, patcher  # noqa: E402

import services.demo.making  # noqa: E402
import services.runtime.upgrades  # noqa: E402, F401
from services.headrow.command_line import main  # noqa: E402
from services.headrow.names import SERVICES, service_class  # noqa: E402
from tests.faults import dying  # noqa: E402

real_os = patcher.original("os")  # the green `waitpid` would start a hub, which the forks would share


def serve() -> None:
    """Answer each line in turn: by a process id, by an exit status, or by null for what still runs.

    A fork returns from here as what it was asked to be, and ends by itself.
    """
    for line in sys.stdin:
        question = json.loads(line)
        if "ended" in question:
            answer = _status_of(question["ended"])
        elif not (answer := real_os.fork()):
            _become(**question)
            sys.exit(main())
        print(json.dumps(answer), flush=True)


def _status_of(pid: int) -> int | None:
    ended, status = real_os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(arguments: list[str], environment: dict[str, str], files: list[str]) -> None:
    hubs.use_hub()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = ["headrow", *arguments]
    if step := environment.get(dying.DIES_AT):
        dying.prepare(step)


for name in (*SERVICES, "gateway"):
    service_class(name)
gc.freeze()  # the collector writes to what it looks at, and so would copy it into each fork
serve()
