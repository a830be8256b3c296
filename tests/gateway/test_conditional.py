"""ETags: when a copy is current, and which version a change is made to."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from gateway.web import conditional
from gateway.web.errors import PreconditionRequired
from services.runtime.refusals import StaleVersion


def request(**headers: str) -> Request:
    return Request(
        EnvironBuilder(headers={name.replace("_", "-"): value for name, value in headers.items()}).get_environ()
    )


@pytest.mark.parametrize("given", ['"a"', 'W/"a"', '"x", "a"', '"x" , W/"a" ,"y"', "*", '"x,y","a"'])
def test_a_copy_is_current_if_its_tag_is_among_those_given(given):
    assert conditional.is_current(request(If_None_Match=given), '"a"')


@pytest.mark.parametrize("given", ['"b"', "a", '"ab"', "", '"a', 'W/"b"'])
def test_any_other_tag_is_of_another_copy(given):
    assert not conditional.is_current(request(If_None_Match=given), '"a"')


def test_without_a_tag_nothing_is_current():
    assert not conditional.is_current(request(), '"a"')


@pytest.mark.parametrize(
    ("given", "version"), [('"5"', 5), ('"5-7-0a1b2c3d4e5f"', 5), ('"5-0a1b2c"', 5), ('"4", "5"', 5), (' "12" ', 12)]
)
def test_a_change_is_made_to_the_version_that_its_tag_begins_with(given, version):
    assert conditional.version_to_change(request(If_Match=given)) == version


@pytest.mark.parametrize("given", ['W/"5"', '"abc"', '"-5"', '"5x"', "5", '""', '"5'])
def test_a_tag_that_is_not_ours_is_stale(given):
    with pytest.raises(StaleVersion):
        conditional.version_to_change(request(If_Match=given))


@pytest.mark.parametrize("headers", [{}, {"If_Match": ""}, {"If_Match": "*"}])
def test_a_change_must_say_what_it_changes(headers):
    with pytest.raises(PreconditionRequired):
        conditional.version_to_change(request(**headers))


def test_a_tag_is_of_the_content_and_names_its_versions():
    assert conditional.tag(b"a", 3, 4).startswith('"3-4-')
    assert conditional.tag(b"a", 3, 4) == conditional.tag(b"a", 3, 4) != conditional.tag(b"b", 3, 4)
