"""Who may call what is said at each method; this holds the few that ask for nothing."""

import inspect

from services.registration import access
from services.registration.service import Registration
from tests.bus.operated import OF_THE_BUS

METHODS = dict(inspect.getmembers(Registration, lambda member: hasattr(member, "requires")))
ANYONE = {  # and the gateway asks for more before it calls the last of them
    *("request_sign_in", "confirm_sign_in", "check_welcome", "come_in", "verify_certificate", "places"),
    *("begin_at_provider", "prove_at_provider", "finish_at_provider", "mail_provider_code", "provider_sign_out"),
    "end_by_provider",  # what the provider signed says who
    *("check_email_undo", "undo_email"),  # whoever has the link from the email
    *OF_THE_BUS,
}


def test_anyone_may_ask_this_and_no_more():
    asks_for_nothing = {name for name, method in METHODS.items() if method.requires is None}
    knows_no_caller = {name for name in asks_for_nothing if "caller" not in inspect.signature(METHODS[name]).parameters}
    assert knows_no_caller == ANYONE


def test_whoever_gives_roles_or_merges_accounts_is_of_the_team_or_an_operator():
    assert {name for name, method in METHODS.items() if method.requires is access.staff} == {
        *("give_role", "roles", "take_role", "audit"),
        *("all_facilitators", "name_facilitator", "take_back_facilitator"),
        *("preview_merge_of", "merge_for", "merges_of", "undo_merge_of"),
    }
