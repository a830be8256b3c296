"""Runs `headrow` and writes down through which files of ours a booking passes until it is answered, in order.

`HEADROW_TEST_TRACE` names the file that gets them, a line each. What others do meanwhile is left out: only the green
threads that the request goes through are followed.
"""

from services.runtime.monkey_patch import monkey_patch

monkey_patch()  # before anything else is imported

import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from types import FrameType  # noqa: E402
from typing import Any  # noqa: E402

from greenlet import getcurrent  # noqa: E402

from gateway.web.application import Application  # noqa: E402
from services.bus.calls import Call  # noqa: E402
from services.bus.rpc_server import RpcServer  # noqa: E402
from services.headrow.command_line import main  # noqa: E402

ROOT = Path(__file__).parents[2]
OURS = (f"{ROOT / 'gateway'}{os.sep}", f"{ROOT / 'services'}{os.sep}")


class Trace:
    """The files that were called into, in the order of the first call of each."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self._followed: set[Any] = set()
        self.on = False

    def follow(self) -> None:
        """Follow this green thread from here on."""
        self._followed.add(getcurrent())
        sys.setprofile(self._see)

    def _see(self, frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        if self.on and event == "call" and name.startswith(OURS) and getcurrent() in self._followed:
            self.files.setdefault(str(Path(name).relative_to(ROOT)))


trace = Trace()


def follow_booking(answer: Any) -> Any:
    """Have the trace begin with a request to book, and end with its answer."""

    def traced(app: Application[Any], request: Any, services: Any) -> Any:
        if (request.method, request.path) != ("POST", "/api/v1/bookings"):
            return answer(app, request, services)
        trace.on = True
        trace.follow()
        try:
            return answer(app, request, services)
        finally:
            sys.setprofile(None)
            trace.on = False
            Path(os.environ["HEADROW_TEST_TRACE"]).write_text("\n".join(trace.files))

    return traced


def follow(method: Any) -> Any:
    """Have the trace follow whoever calls this method while it is on."""

    def traced(*given: Any, **named: Any) -> Any:
        if trace.on:
            trace.follow()
        return method(*given, **named)

    return traced


Application.answer = follow_booking(Application.answer)  # type: ignore[method-assign]
RpcServer._dispatch = follow(RpcServer._dispatch)  # type: ignore[method-assign]
Call.answer = follow(Call.answer)  # type: ignore[method-assign]

if __name__ == "__main__":
    sys.exit(main())
