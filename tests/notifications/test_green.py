"""Under eventlet, as in production, a mail server that is slow or silent holds up nothing but its own letter."""

import subprocess
import sys
import textwrap

SCRIPT = """
    import eventlet
    eventlet.monkey_patch()
    import socket, time
    from datetime import UTC, datetime
    from services.notifications.emails import Letter
    from services.notifications.delivery.transports import Server, Unreachable

    silent = socket.create_server(("127.0.0.1", 0))
    letter = Letter("1", datetime.now(UTC), "a@example.org", "z@example.org", "s", b"Subject: s\\r\\n\\r\\n")

    def send():
        try:
            Server(f"smtp://127.0.0.1:{silent.getsockname()[1]}", 0.5).send(letter)
        except Unreachable as error:
            return str(error)

    started = time.monotonic()
    senders = [eventlet.spawn(send) for _ in range(4)]
    longest_wait = 0.0
    while not all(sender.dead for sender in senders) and time.monotonic() - started < 5:
        before = time.monotonic()
        eventlet.sleep(0.01)
        longest_wait = max(longest_wait, time.monotonic() - before)
    assert all("timed out" in sender.wait() for sender in senders)
    assert time.monotonic() - started < 1.5, "the senders waited for one another"
    assert longest_wait < 0.4, longest_wait
"""


def test_four_senders_wait_for_a_silent_server_side_by_side_and_others_go_on():
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(SCRIPT)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr
