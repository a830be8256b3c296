"""Who may ask notifications for what: each method says it, and nothing is open that was not meant to be."""

import inspect
from datetime import UTC, datetime

import pytest

from services.notifications import access
from services.notifications.service import Notifications
from services.runtime.refusals import NotAllowed, NotSignedIn
from tests.bus.operated import OF_THE_BUS

NOW = datetime(2027, 1, 1, tzinfo=UTC)
METHODS = dict(inspect.getmembers(Notifications, lambda member: hasattr(member, "requires")))
BY_A_SECRET = {"invite", "calendar", "choices_by_link", "choose_by_link", "stop_by_link"}  # a link, or a reference
ON_THIS_MACHINE = {"letters_kept", "letter_kept"}


def test_what_is_open_needs_a_secret_or_this_very_machine():
    open_to_all = {name for name, method in METHODS.items() if method.requires is None}
    assert open_to_all == BY_A_SECRET | ON_THIS_MACHINE | OF_THE_BUS


@pytest.mark.parametrize(
    ("caller", "is_let_in"),
    [
        ({"id": "zoe", "roles": ["person"]}, True),
        ({"id": "ben", "roles": ["person", "team"]}, True),
        ({"id": "ben", "roles": ["person", "operator"]}, False),
    ],
)
def test_an_address_is_trusted_again_by_its_owner_or_the_team(caller, is_let_in):
    if is_let_in:
        access.themselves_or_team(None, caller, NOW, {"person": "zoe"})
    else:
        with pytest.raises(NotAllowed):
            access.themselves_or_team(None, caller, NOW, {"person": "zoe"})


def test_nobody_is_let_in_without_a_name():
    with pytest.raises(NotSignedIn):
        access.themselves_or_team(None, None, NOW, {"person": "zoe"})
