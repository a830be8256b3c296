"""Who may ask the community for what: each method says it, and nothing is open that was not meant to be."""

import inspect

import pytest

from services.community import access
from services.community.service import Community
from services.runtime.refusals import NotAllowed, NotSignedIn
from tests.bus.operated import OF_THE_BUS
from tests.community.conftest import NOW

METHODS = dict(inspect.getmembers(Community, lambda member: hasattr(member, "requires")))


def requiring(what):
    return {name for name, method in METHODS.items() if method.requires is what}


def test_methods_that_say_nothing_are_about_the_caller_alone():
    for name in requiring(None) - OF_THE_BUS:
        assert "caller" in inspect.signature(METHODS[name].__wrapped__).parameters, name


def test_the_team_and_facilitators_each_have_theirs():
    assert requiring(access.facilitator) == {
        "plan_tables", "tables", "people_to_seat", "move_seat", "update_tables", "publish_tables",
    }  # fmt: skip
    assert requiring(access.team) == {
        "reports", "one_report", "reports_waiting", "deal_with_report", "reopen_report",
        "confirmed_organisations", "confirm_organisation", "withdraw_organisation",
        "removed", "remove_member", "let_in", "standing", "reach", "picked_topics",
    }  # fmt: skip
    assert requiring(access.themselves) == {"export_of"}


@pytest.mark.parametrize(
    ("roles", "facilitates", "is_let_in"),
    [(["team"], [], True), (["person"], ["march"], True), (["person"], ["may"], False), (["operator"], [], False)],
)
def test_a_facilitator_is_let_in_to_their_own_sessions(roles, facilitates, is_let_in):
    caller = {"id": "x", "roles": roles, "facilitates": facilitates}
    if is_let_in:
        access.facilitator(None, caller, NOW, {"slug": "march"})
    else:
        with pytest.raises(NotAllowed):
            access.facilitator(None, caller, NOW, {"slug": "march"})


@pytest.mark.parametrize("check", [access.team, access.facilitator, access.themselves])
def test_nobody_is_let_in_without_a_name(check):
    with pytest.raises(NotSignedIn):
        check(None, None, NOW, {"slug": "march", "person": "x"})
