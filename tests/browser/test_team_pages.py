"""Every page of the team, as everybody sees it: on a phone, on a screen, zoomed in, and without scripts.

A module of its own, so that it runs beside the one of all other pages.
"""

from pprint import pformat

import pytest

from tests.browser.addresses import PAGES, TEAM, named
from tests.browser.looking import hidden_without_scripts

pytestmark = pytest.mark.slow

TEAM_S = [route for route in PAGES if route.path.startswith(TEAM)]


@pytest.mark.parametrize("route", TEAM_S, ids=named)
def test_a_page_can_be_used_by_everybody(route, look):
    faults = look.faults_of(route)
    assert not faults, pformat(faults, width=160)


def test_every_page_shows_all_of_itself_without_scripts(browser, sample):
    assert hidden_without_scripts(browser, sample, "team", TEAM_S) == []
