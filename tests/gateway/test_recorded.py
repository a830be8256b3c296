"""Nobody with a role sees or changes what is other people's without a row in the audit record: no route forgets it.

Data of people are asked of a service. So each method of each service records, or it is said here why it need not; and
what a route for a role asks is watched, page by page.
"""

import inspect

import pytest

from gateway.assembly import SITE
from gateway.web.routing import Route
from services.catalogue.service import Catalogue
from services.community.service import Community
from services.notifications.service import Notifications
from services.registration.service import Registration
from tests.bus.operated import OF_THE_BUS
from tests.gateway import world_of_pages as pages
from tests.gateway.rows_of_pages import MAILING

ROLES = {"team", "facilitator", "coordinator", "operator", "staff", "monitoring"}
METHODS = {
    f"{service.name}.{name}": method
    for service in (Catalogue, Registration, Notifications, Community)
    for name, method in inspect.getmembers(service, lambda member: hasattr(member, "records"))
}
NOT_RECORDED = {  # and why
    "what the site shows to everyone, before it is published": {
        name for name in METHODS if name.startswith("catalogue.")
    },
    "the row is written where it is done, whoever asks for it": {
        *("registration.confirm_sign_in", "registration.come_in", "registration.end_sign_in"),
        *("registration.end_sign_ins", "registration.export_me", "registration.erase_me", "registration.give_role"),
        *("registration.take_role", "registration.name_facilitator", "registration.take_back_facilitator"),
        *("registration.name_coordinator", "registration.take_back_coordinator", "registration.change_sharing"),
        "registration.nominate",
        *("registration.confirm_second_factor", "registration.renew_recovery_codes"),
        *("registration.remove_second_factor", "registration.confirm_email", "registration.undo_email"),
        *("registration.check_email_undo", "registration.merge", "registration.undo_merge"),
        *("registration.merge_for", "registration.undo_merge_of", "registration.end_by_provider"),
        *("registration.prove_at_provider", "registration.finish_at_provider", "registration.remove_identity"),
    },
    "what is said of organisations, and of no person": {
        *("community.confirmed_organisations", "community.confirm_organisation", "community.withdraw_organisation"),
    },
    "which sessions are known, and nothing of anyone": {"registration.sessions_behind"},
    "figures of many people": {
        *("registration.demand", "registration.fillings", "registration.forecast_reinstatement"),
        *(
            "registration.withdraw_session",
            "registration.check_unbooked",
            "registration.sectors_of",
            "registration.turnout",
            "registration.feedback_of_period",
            "registration.places",
            "community.reach",
        ),
        *("community.reports_waiting", "community.picked_topics", "registration.interest_in_topics"),
        "registration.interest_in_programmes",
    },
    "what emails say to everyone, with made-up people": {
        *("notifications.own_texts", "notifications.own_text", "notifications.preview_own_text"),
        "notifications.send_test",
    },
    "answers that nobody can tell whose they are": {"registration.session_feedback", "registration.evaluation_report"},
    "of a draft: recorded on publication": {
        *("registration.copy_to_drafts", "registration.forget_draft", "registration.forget_drafts"),
    },
    "what a session asks, and not what anyone answered": {
        *("registration.questions", "registration.ask_questions"),
        *("registration.evaluation", "registration.ask_evaluation"),
    },
    "what people see and do of their own": {
        *(
            f"registration.{name}"
            for name in (
                *(
                    "accept",
                    "answer_evaluation",
                    "evaluation_form",
                    "answer_pledge",
                    "book",
                    "bookings",
                    "change_me",
                    "check_in_token",
                    "decline",
                    "feedback",
                ),
                *(
                    "feedback_form",
                    "feedback_forms",
                    "forms_of_booking",
                    "give_feedback",
                    "own_learning",
                    "interest",
                    "interests",
                    "me",
                    "own_booking",
                ),
                *("begin_second_factor", "begun_second_factor", "second_factor"),
                *("employments", "employment", "add_employment", "change_employment", "remove_employment"),
                *("add_address", "address", "address_under_way", "addresses", "confirm_address", "prefer_address"),
                *(
                    "remove_address",
                    "change_email",
                    "email_change",
                    "identities",
                    "begin_identity",
                    "begin_at_provider",
                ),
                *("mail_provider_code", "provider_sign_out", "ask_merge", "prove_merge", "merge_preview", "merges"),
                *("pledge", "register_interest", "sign_ins", "sign_out", "suggest", "suggestion", "who"),
                *("withdraw_interest", "sharing", "coordinated"),
            )
        ),
        *("notifications.address_of", "notifications.calendar_generation", "notifications.choices"),
        *("notifications.choose", "notifications.end_calendar_address", "notifications.messages_of"),
        *(
            f"community.{name}"
            for name in (
                *(
                    "accept",
                    "block",
                    "blocked",
                    "change_profile",
                    "check_may_join",
                    "check_member",
                    "decline",
                    "export_of",
                    "join",
                ),
                *("introduction", "introductions", "leave", "membership", "own_table", "own_tables", "profile"),
                *("propose", "report", "unblock", "withdraw"),
            )
        ),
    },
    "by consent of each member to all others": {
        *("community.member", "community.members", "community.met", "community.suggested"),
    },
    "for the holder of a link or a code, and names of organisations": {
        *("registration.request_sign_in", "registration.check_welcome", "registration.verify_certificate"),
        *("registration.organisations", "notifications.calendar", "notifications.invite"),
        *("notifications.choices_by_link", "notifications.choose_by_link", "notifications.stop_by_link"),
    },
    "messages of the team, by how many they went to": {
        *("notifications.write_to_session", "notifications.mailing", "notifications.mailings"),
        *("notifications.message_draft", "notifications.message_drafts"),
    },
    "examples and settings": {"notifications.preview", "notifications.previews", "notifications.mail_way"},
    "reports of mail servers, of which only a state is told": {"notifications.take_bounce"},
    "made-up mail on a developer's own machine": {"notifications.letter_kept", "notifications.letters_kept"},
    "how the services are, by the ids of events": {name for name in METHODS if name.partition(".")[2] in OF_THE_BUS},
}
EXPLAINED = set().union(*NOT_RECORDED.values())
FOR_A_ROLE = [route for route in SITE.routes if route.requires in ROLES]


@pytest.mark.parametrize("name", METHODS)
def test_each_method_records_or_it_is_said_why_not(name):
    assert (METHODS[name].records is not None) != (name in EXPLAINED)


def test_what_is_explained_is_there():
    assert EXPLAINED - METHODS.keys() == set()


@pytest.mark.parametrize(
    "route", [route for route in FOR_A_ROLE if route.method == "GET"], ids=lambda route: f"{route.method} {route.path}"
)
def test_what_is_shown_to_a_role_comes_from_methods_that_record_or_show_nobody(world, route: Route):
    pages.furnish(world)
    world.catalogue.answers["export"] = {}
    world.notifications.answers["mailing"] = MAILING
    of_others = {**dict.fromkeys(("operator", "monitoring"), "operator-token"), "coordinator": "coordinator-token"}
    role = of_others.get(route.requires, "team-token")
    pages.prepare(world, route)
    pages.sign_in(world, role)
    answer = world.client.get(pages.address_of(route), headers={"Authorization": f"Bearer {role}"})
    assert answer.status_code == 200, answer.text  # all that it asks for is asked
    asked = {name for name, _ in pages.asked_of(world)}
    assert {name for name in asked if METHODS[name].records is None} <= EXPLAINED
    if route.returns is not None and _names_people(route.returns()):
        assert any(METHODS[name].records for name in asked)


def _names_people(schema) -> bool:
    """Say whether an answer of this shape holds an address or someone's needs, however deep."""
    inner = (getattr(field, "inner", field) for name, field in schema.fields.items() if name != "share")  # links
    nested = [field.schema for field in inner if hasattr(field, "schema")]
    return bool({"email", "access_needs"} & schema.fields.keys()) or any(map(_names_people, nested))


def test_a_shape_with_people_in_it_is_known():
    shapes = {route.path for route in FOR_A_ROLE if route.returns is not None and _names_people(route.returns())}
    assert {"/api/v1/sessions/{slug}/bookings", "/api/v1/roles", "/api/v1/messages"} <= shapes
    assert "/api/v1/reach" not in shapes
