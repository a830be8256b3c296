"""What a booking costs each part, and where that was measured.

CPU is in milliseconds. The totals are of one run of `python -m benchmarks bookings`, distributed, with 32 connections,
on 2 cores of an Intel Xeon with Linux 6.18: below its table it says how much CPU each process took for a booking, with
all that follows from it. `SHARES` says how a total is divided into the steps of the simulation, and why so.
"""

from dataclasses import dataclass, field

# Milliseconds of CPU a booking, by process: with 1,000 sessions, and with one.
SPREAD = {
    "gateway": 1.77,
    "registration": 5.61,
    "notifications": 8.38,
    "community": 7.92,
    "PostgreSQL": 9.27,
    "RabbitMQ": 2.21,
    "load": 0.10,
}
HOT = {
    "gateway": 1.90,
    "registration": 6.21,
    "notifications": 8.43,
    "community": 6.57,
    "PostgreSQL": 8.79,
    "RabbitMQ": 2.61,
    "load": 0.13,
}
FLUSH = 0.16  # milliseconds that the disk takes to make a commit safe: pg_test_fsync, fdatasync of one 8 kB block
# What a booking costs on the quiet machine of docs/performance.md, where that was not printed, as a share of the above.
# This is the one figure that is fitted: with it, the simulation gives the 123 bookings a second of that page.
QUIET = 0.80


@dataclass(frozen=True)
class MeasuredRun:
    """What came of a run on 2 cores, over 32 connections: bookings a second, and milliseconds; None is not known.

    `others` is how many cores were busy with what was none of ours.
    """

    where: str
    sessions: int
    bookings: int
    cpu: dict[str, float]
    others: float
    rate: float
    p50: float | None
    p99: float


def scaled(cpu: dict[str, float], factor: float) -> dict[str, float]:
    """Return the costs on a machine on which all of them are so many times as high."""
    return {process: cost * factor for process, cost in cpu.items()}


MEASURED_RUNS = (
    MeasuredRun("over 1,000 sessions", 1000, 4000, SPREAD, 0.80, 57.8, 522, 1285),
    MeasuredRun("in one session", 1, 2000, HOT, 0.24, 63.8, 497, 759),
    MeasuredRun("docs/performance.md: over 1,000 sessions", 1000, 4000, scaled(SPREAD, QUIET), 0.0, 123, None, 418),
    MeasuredRun("docs/performance.md: in one session", 1, 2000, scaled(HOT, QUIET), 0.0, 83, None, 781),
)

# Statements of a group of bookings, however many (tests/registration/test_groups.py counts them): BEGIN, people and
# keys come before the one that locks the sessions, and COMMIT is the last.
BEFORE_LOCK, UNDER_LOCK = 3, 8
STATEMENTS = BEFORE_LOCK + UNDER_LOCK
OF_A_LOOK = 3  # statements of a call that only asks who is there: BEGIN, the token, COMMIT

# Milliseconds of CPU that a transaction takes, and each booking in it (`python -m benchmarks groups`): the figures for
# groups of 8 and of 32. How many bookings a transaction made in the runs above is below their table.
IN_GROUPS = {"registration": (4.05, 0.67), "PostgreSQL": (6.5, 0.33)}
USUAL_GROUP = 12.0

SHARES = {
    # Half of it before the call, half after it: as much is read and sent each time.
    "gateway": {"request": 1 / 2, "answer": 1 / 2},
    # Two thirds in the transaction (docs/performance.md). The relay was measured alone. A request is more than a reply.
    "registration": {"request": 0.20, "transaction": 0.67, "reply": 0.11, "relay": 0.02},
    # Of the readers and the relay measured alone, the transaction is the rest. An email takes 2 ms of it
    # (docs/performance.md, "Where an email's time goes").
    "PostgreSQL": {"transaction": 0.38, "relay": 0.01, "notifications": 0.11, "email": 0.22, "community": 0.28},
    # The event was measured alone: published, and handed to two readers. The rest is the request and the reply.
    "RabbitMQ": {"request": 0.39, "reply": 0.39, "event": 0.22},
    # An email takes 3.5 of 6 ms (docs/performance.md, "Where an email's time goes").
    "notifications": {"event": 0.42, "email": 0.58},
    # The rest was its part in the figures of reach, which bookings no longer change before their session is over.
    "community": {"event": 0.93},
    "load": {"request": 1 / 2, "answer": 1 / 2},
}

PAGE = 1.3  # milliseconds of the gateway's CPU for a page, the median of all (docs/performance.md)
SESSION_KEPT = 3.4  # kilobytes that a gateway keeps of a session (`python -m benchmarks growth`)
LOOK = 0.65  # milliseconds that registration takes to find what places to announce among 1,000 sessions (the same)
LIST = 0.91  # milliseconds of the gateway's CPU to list 1,000 sessions (the same)
PLACES_LEFT = 0.11  # milliseconds of each gateway's CPU to take in the places left in one session (the same)
RELAY = 2595  # events a second that a relay publishes that has a core (`python -m benchmarks following`)


@dataclass(frozen=True)
class Costs:
    """What a booking costs, by process and step. `cpu` is in milliseconds a booking, `flush` in milliseconds."""

    cpu: dict[str, float] = field(default_factory=lambda: scaled(SPREAD, QUIET))
    flush: float = FLUSH

    def of_group(self, process: str, size: int) -> float:
        """Return the milliseconds of CPU that the transaction takes that makes so many bookings at once."""
        transaction, booking = IN_GROUPS[process]
        usual = transaction + booking * USUAL_GROUP
        return self.of(process, "transaction") * USUAL_GROUP * (transaction + booking * size) / usual

    def of(self, process: str, step: str) -> float:
        """Return the milliseconds of CPU that a step of a booking takes."""
        return self.cpu[process] * SHARES[process][step]
