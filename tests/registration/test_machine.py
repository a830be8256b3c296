"""Whatever people, the team, the catalogue and the clock do, in whatever order: after each step the rules hold.

Hypothesis makes up the steps, on the real code and database, and shrinks what breaks a rule to the shortest way there.
"""

import itertools

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine

from services.bus import models as bus
from services.registration.models import Base
from tests.examples import examples
from tests.registration.machine.attending import Attending
from tests.registration.machine.holds import Holds
from tests.registration.machine.merging import Merging
from tests.registration.machine.steps import Steps


class Places(Steps, Attending, Merging, Holds):
    """All that may happen, and all that holds."""


def run(engine: Engine, at_least: int) -> None:
    """Run the machine until it has taken so many steps."""
    Places.engine, Places.steps = engine, 0
    how = settings(
        max_examples=10,
        stateful_step_count=30,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    for _ in itertools.takewhile(lambda _: Places.steps < at_least, itertools.count()):
        run_state_machine_as_test(Places, settings=how)


def test_the_rules_hold_whatever_happens(make_engine):
    run(make_engine(Base.metadata, bus.metadata), at_least=examples(300))


@pytest.mark.slow
@pytest.mark.one_database  # the steps are the same as above, and their statements too
@pytest.mark.parametrize("thousand", range(1, 11))
def test_the_rules_hold_over_ten_thousand_steps(make_engine, thousand):
    """In ten parts, as each has its time."""
    run(make_engine(Base.metadata, bus.metadata), at_least=1000)
