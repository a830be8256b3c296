"""The way of one booking through the code is the one that docs/architecture.md shows, and it is short."""

import re
import sys
from itertools import takewhile

import pytest

from tests.journeys.running import ROOT, Embedded

pytestmark = pytest.mark.slow
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
MOST = 35  # files from the request to 201, the broker in memory left out
AFTER_THE_ANSWER = "8."


class Traced(Embedded):
    """`headrow up`, which writes down through which files a booking goes."""

    serving = (sys.executable, "-m", "tests.journeys.traced")


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    """The files that a booking passes until it is answered, in the order of the first call into each."""
    folder = tmp_path_factory.mktemp("traced")
    system = Traced(folder, HEADROW_TEST_TRACE=str(folder / "trace"))
    system.start()
    try:
        amina = system.caller("amina@example.org")
        assert amina.post("/bookings", {"session": "maxims-in-practice"}, key="once").status_code == 201
        return [file for file in (folder / "trace").read_text().split() if file != "services/bus/embedded.py"]
    finally:
        system.stop()


def test_the_hops_of_the_architecture_page_are_the_real_ones_in_order(trace):
    section = ARCHITECTURE.partition("## One booking")[2].partition("\n## ")[0]
    hops = takewhile(lambda hop: not hop.startswith(AFTER_THE_ANSWER), re.split(r"\n(?=\d\. )", section)[1:])
    named = [re.findall(r"`((?:gateway|services)/\S+\.py)`", hop) for hop in hops]
    assert [file for hop in named for file in hop if file not in trace] == []
    firsts = [min(trace.index(file) for file in hop) for hop in named]
    assert firsts == sorted(firsts)


def test_a_booking_passes_few_files(trace):
    assert len(trace) <= MOST, "\n".join(trace)
