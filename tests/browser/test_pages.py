"""Every page but the team's, as everybody sees it: on a phone, on a screen, zoomed in, and without scripts."""

from pprint import pformat

import pytest

from tests.browser.addresses import PAGES, TEAM, named
from tests.browser.looking import hidden_without_scripts

pytestmark = pytest.mark.slow

EVERYBODY_S = [route for route in PAGES if not route.path.startswith(TEAM)]


@pytest.mark.parametrize("route", EVERYBODY_S, ids=named)
def test_a_page_can_be_used_by_everybody(route, look):
    faults = look.faults_of(route)
    assert not faults, pformat(faults, width=160)


@pytest.mark.parametrize("who", ["nobody", "newcomer", "asha", "fay", "team", "operator"])
def test_what_stands_around_each_page_can_be_used_by_everybody(who, look):
    assert look.faults_at("/contact", who) == []


@pytest.mark.parametrize("path", ["/nothing-here", "/sessions/nothing-here", "/problems/nothing"])
def test_a_page_that_is_not_there_can_be_used_by_everybody(path, look):
    assert look.faults_at(path, "nobody", status=404) == []


def test_every_page_shows_all_of_itself_without_scripts(browser, sample):
    assert hidden_without_scripts(browser, sample, "asha", EVERYBODY_S) == []


@pytest.mark.parametrize(
    ("main", "fault"),
    [
        ("<h1>A</h1><ul><div>B</div></ul>", "element-permitted-content"),
        ("<h1>A</h1><p><div>B</div></p>", "close-order"),
        ('<h1>A</h1><form><label for="b">B</label><input id="b" inputmode=""></form>', "attribute-allowed-values"),
        ('<h1>A</h1><form><label for="b">B</label><input id="b" type="email" step="2"></form>', "input-attributes"),
        ("<h1>A</h1><button>B</button>", "no-implicit-button-type"),
        ("<h1>A</h1><h3>B</h3>", "heading-level"),
    ],
)
def test_what_the_standard_forbids_is_found(main, fault, standard):
    page = '<!doctype html><html lang="en-GB"><head><title>A</title></head><body><main>{}</main></body></html>'
    assert standard.faults_of(page.format("<h1>A</h1><p>“B”\n</p>")) == []
    assert fault in {found.split(": ")[1] for found in standard.faults_of(page.format(main))}
