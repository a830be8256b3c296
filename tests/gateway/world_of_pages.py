"""A world in which each page can be shown and each form sent: what its address names, who sees it, what is filled in.

Whoever adds a page says here what `tests/gateway/test_page_habits.py` cannot know of it, and is told what that is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from gateway.assembly import SITE
from gateway.web.routing import Route
from services.runtime.identity_providers import IdentityProvider
from tests.gateway import catalogue, fakes
from tests.gateway.conftest import World
from tests.gateway.rows_of_pages import (
    ANOTHER,
    APP_ON,
    CANCELLED,
    CHANGES,
    DEALT_WITH,
    DRAFT,
    ID,
    LATER,
    READS,
    REFERENCE,
    REMOVED,
    SENT,
)
from tests.gateway.shown_page import Shown

SERVICES = ("registration", "catalogue", "notifications", "community")
PAGES = [route for route in SITE.routes if route.page and route.requires != "developer"]  # for those: test_dev_mail.py
BY_NAME = {route.name: route for route in PAGES}
LEEDS = IdentityProvider("leeds", "Leeds City Council", "https://login.leeds.example", "headrow")
TOKENS = {
    **{"person": "person-token", "member": "member-token", "facilitator": "facilitator-token"},
    "coordinator": "coordinator-token",
    **{"team": "team-token", "operator": "operator-token"},
}
NAMES = {  # what stands in an address: by the name before it and its own, or by its own alone
    **{"id": ID, "reference": REFERENCE, "token": "abc.def-1_2", "file": "style.css", "template": "thanks"},
    **{"sessions/slug": "maxims-in-practice", "met/slug": "maxims-in-practice", "topics/slug": "systems-thinking"},
    **{"programmes/slug": "virtual-sessions", "speakers/slug": "myron-rogers", "problems/slug": "session-full"},
    **{"providers/slug": "leeds", "add/slug": "leeds"},
    **{"people/person": ID, "addresses/address": ID, "employments/employment": ID},
    "questions/question": "1a2b3c4d",
    **{"move-in/kind": "people", "imports/kind": "people"},
    "evaluation/question": "1a2b3c4d",
    **{"sheet/report": "7", "attendance-reports/report": "7"},
    **{"certificates/code": "K3M9Q-XW2TB-7HJRD-PZ4CE", "sectors/code": "hospital"},
    **{"logos/logo": "ab" * 32, "colours/file": "5b2d8a.css"},
}
SEEN_BY = {  # whoever else a page is to be seen by than those whom it requires at least
    **dict.fromkeys(("community.show_community", "community.show_profile", "community.show_leave"), "member"),
    **dict.fromkeys(("community.keep_profile", "community.leave"), "member"),
    "facilitating.show_facilitating": "facilitator",
    "coordinating.show_organisations": "coordinator",
    "sign_in.sign_out": "person",
    **dict.fromkeys(("second_factor.show_second_factor", "second_factor.begin"), "team"),
}
ASKS = {  # the query with which a page shows all that it can, or is a list that was narrowed down
    "sign_in.show_signed_out": "provider=leeds",
    "audit.show_audit": "action=data-seen&from=2026-04-01",
    "members.show_members": "q=ben&topic=psychology",
    "messages.show_messages": "person=zoe%40example.org&state=failed",
    "team_calendar.show_calendar": "month=2027-02",
    "team_bookings.show_bookings": "sort=name&state=confirmed",
    "team_people.show_people": "q=zoe",
}
ALSO = {"team_sessions.show_sessions": ("when=drafts", "when=past&q=x")}  # other things that a page may be asked


def _have(service: str, **answers: Any) -> Callable[[World], None]:
    return lambda world: getattr(world, service).answers.update(answers)


_OFFERED = _have(
    "registration",
    booking=fakes.booking(
        reference=REFERENCE, state="offered", access_needs="A ramp", offer={"expires_at": "2026-11-25T10:00:00+00:00"}
    ),
)


def _hybrid(world: World) -> None:
    version = world.model.sessions["maxims-in-practice"].version + 1
    world.tell("sessions", catalogue.session(version=version, delivery="hybrid"))


_WITH_APP = _have("registration", second_factor={**READS["registration"]["second_factor"], **APP_ON})


def _been_there(world: World) -> None:
    """Have the browser be one that was sent to a provider, whose account is to be confirmed."""
    way = ["leeds", fakes.AT_PROVIDER["state"], "secret", "/", "asha@example.org"]
    signed = URLSafeTimedSerializer(world.settings.secret_key, salt="gateway.providers").dumps(way)
    world.client.set_cookie("__Host-headrow_provider", signed)


STATES = {  # in which state of things there is such a page, where that is not the usual one
    **{f"/account/second-factor/{what}": _WITH_APP for what in ("change", "recovery-codes", "remove")},
    **dict.fromkeys(("/sign-in/provider/confirm", "/sign-in/provider/code"), _been_there),
    "/bookings/{reference}/accept": _OFFERED,
    "/bookings/{reference}/decline": _OFFERED,
    "/bookings/{reference}/mode": _hybrid,
    "/introductions/{id}/withdraw": _have("community", introduction=SENT),
    "/team/reports/{id}/reopen": _have("community", one_report=DEALT_WITH),
    "/team/people/{id}/community/let-in": _have("community", standing=REMOVED),
    "/team/sessions/{slug}/delete": _have("catalogue", session=DRAFT),
    "/team/sessions/{slug}/template": _have("catalogue", session=DRAFT),
    "/team/sessions/{slug}/publish": _have("catalogue", session=DRAFT),
    "/team/sessions/{slug}/preview": _have("catalogue", session=DRAFT),
    "/team/sessions/{slug}/reinstate": _have("catalogue", session=CANCELLED),
    "/emails/{token}/start": _have(
        "notifications",
        choices_by_link={"topic": "reminders", "wanted": {**READS["notifications"]["choices"], "reminders": False}},
    ),
}


@dataclass(frozen=True)
class Form:
    """What is filled in, what it then asks for, the page that shows it, and why sending it twice is once without a key.

    `on` is the name of that page's route, where it has another address than the form is sent to; `first` is what is
    filled in on a page before it, which leads there.
    """

    asks: str
    said: dict[str, str] = field(default_factory=dict)
    on: str = ""
    keyless: str = ""
    first: dict[str, str] = field(default_factory=dict)


VERSION = "a change is made to the version that was read"
AGAIN = "doing it again is the same"
GONE = "what is over is no error"
LAST = "what was said last stands"
ONCE = "a code is good once"
APP_CODE = {"app_code": "123456"}
NEW_SESSION = {
    **{"programme": "virtual-sessions", "title": "From the middle", "summary": "One line", "delivery": "virtual"},
    **{"meetings-0-day": "9", "meetings-0-month": "6", "meetings-0-year": "2027", "meetings-0-from": "9am"},
    **{"meetings-0-to": "10am", "places_online": "40", "waiting_list": "offer"},
}
FORMS = {
    "account.delete": Form("registration.erase_me", {"sure": "yes"}, keyless=GONE),
    "account.keep_details": Form("registration.change_me", {"name": "Asha O", "access_needs": "Room"}, keyless=VERSION),
    "account.try_again": Form("notifications.trust_address", on="account.show_account", keyless=AGAIN),
    "book.book": Form("registration.book"),
    "book.keep_about_you": Form("registration.change_me", {"name": "Asha O"}, keyless=VERSION),
    "book.keep_needs": Form("registration.change_me", {"access_needs": "Room"}, keyless=VERSION),
    "answers.change_answers": Form("registration.change_answers", {"answer-1a2b3c4d": "The back"}, keyless=LAST),
    "bookings.accept": Form("registration.accept"),
    "bookings.cancel": Form("registration.cancel", {"reason": "I am ill"}),
    "bookings.decline": Form("registration.decline"),
    "calendar_address.stop": Form("notifications.end_calendar_address", keyless="the page names the address it ends"),
    "check_in.check_in": Form("registration.check_in", keyless=AGAIN),
    "community.join": Form("community.join", {"about": "I listen"}),
    "community.keep_profile": Form("community.change_profile", {"about": "I listen"}, keyless=VERSION),
    "community.leave": Form("community.leave", keyless=GONE),
    "email_addresses.add": Form("registration.add_address", {"email": "new@example.org"}),
    "email_addresses.confirm": Form("registration.confirm_address", {"code": "123456"}),
    "email_addresses.prefer": Form(
        "registration.prefer_address", on="email_addresses.show_addresses", keyless="emails go there already"
    ),
    "email_addresses.remove": Form("registration.remove_address", keyless=GONE),
    "employments.add": Form("registration.add_employment", {"organisation": "Elm Court"}),
    "employments.change": Form("registration.change_employment", {"organisation": "Elm Court"}, keyless=VERSION),
    "employments.remove": Form("registration.remove_employment", keyless=GONE),
    "email.change": Form("registration.change_email", {"email": "new@example.org"}),
    "email.confirm": Form("registration.confirm_email", {"code": "123456"}),
    "email.undo": Form("registration.undo_email", keyless="the link is good once"),
    "emails.choose": Form("notifications.choose", {"reminders": "yes"}, keyless=LAST),
    "emails.choose_by_link": Form("notifications.choose_by_link", on="emails.show_by_link", keyless=LAST),
    "emails.start": Form("notifications.choose_by_link", on="emails.show_by_link", keyless=LAST),
    "emails.stop": Form("notifications.stop_by_link", on="emails.show_by_link", keyless=AGAIN),
    "evaluation.send": Form("registration.answer_evaluation", {"answer-3c4d5e6f": "More calm"}, keyless=LAST),
    "feedback.send": Form("registration.give_feedback", {"useful": "4", "next": "Trust"}, keyless=LAST),
    "first_steps.hide": Form("", {"show": "no"}, on="team_home.show_home", keyless="it is kept in the browser alone"),
    "interests.stop": Form("registration.withdraw_interest", on="interests.show_interests", keyless=GONE),
    "introductions.accept": Form("community.accept", on="introductions.show_introduction"),
    "introductions.decline": Form("community.decline", on="introductions.show_introduction"),
    "introductions.report": Form("community.report", {"text": "Rude"}),
    "introductions.withdraw": Form("community.withdraw", on="introductions.show_introduction"),
    "members.block": Form("community.block", on="members.show_member", keyless=AGAIN),
    "members.propose": Form("community.propose", {"message": "Shall we talk?"}, on="members.show_member"),
    "members.unblock": Form("community.unblock", on="members.show_blocked", keyless=AGAIN),
    "merges.ask": Form("registration.ask_merge", {"email": "zoe@old.example"}),
    "merges.prove": Form("registration.prove_merge", {"code": "123456"}, keyless=ONCE),
    "merges.merge": Form("registration.merge", {"name": "other"}),
    "merges.undo": Form("registration.undo_merge"),
    "messages.resend": Form(
        "notifications.resend", on="messages.show_message", keyless="one that waits to go out again is not made twice"
    ),
    "handing_on.hand_on": Form("registration.hand_on", {"email": "ben@example.org"}),
    "needs.change_needs": Form("registration.change_booking", {"access_needs": "A loop"}, keyless="twice is once"),
    "modes.change_mode": Form("registration.move", {"mode": "in_room"}),
    "moves.move": Form("registration.move", {"session": LATER}),
    "operator.decide": Form("notifications.retry_parked", {"do": "retry"}, keyless=GONE),
    "pledges.answer": Form("registration.answer_pledge", {"did": "yes", "note": "Asked Ben"}, keyless=LAST),
    "providers.begin": Form("registration.begin_at_provider", on="sign_in.show_sign_in", keyless="the last one counts"),
    "providers.confirm": Form("registration.finish_at_provider", {"code": "123456"}, keyless=ONCE),
    "providers.send_code": Form(
        "registration.mail_provider_code", on="providers.show_confirm", keyless="registration counts codes by address"
    ),
    "second_factor.begin": Form(
        "registration.begin_second_factor", on="second_factor.show_second_factor", keyless="the last one counts"
    ),
    "second_factor.turn_on": Form("registration.confirm_second_factor", APP_CODE, keyless=ONCE),
    "second_factor.change": Form("registration.begin_second_factor", APP_CODE, keyless=ONCE),
    "second_factor.renew": Form("registration.renew_recovery_codes", APP_CODE, keyless=ONCE),
    "second_factor.remove": Form("registration.remove_second_factor", APP_CODE, keyless=ONCE),
    "sign_in.confirm": Form(
        "registration.confirm_sign_in", {"email": "asha@example.org", "code": "123456"}, keyless=ONCE
    ),
    "sign_in.send_code": Form(
        "registration.request_sign_in", {"email": "asha@example.org"}, keyless="registration counts codes by address"
    ),
    "sign_in.sign_out": Form("registration.sign_out", on="home.home", keyless=GONE),
    "sign_ins.end": Form("registration.end_sign_in", on="sign_ins.show_sign_ins", keyless=GONE),
    "sign_ins.end_all": Form("registration.end_sign_ins", on="sign_ins.show_sign_ins", keyless=GONE),
    "suggest.send": Form("registration.suggest", {"kind": "theme", "text": "Trust"}),
    "team_arrivals.add": Form("registration.add_attendee", {"name": "Pat", "sector": "hospital"}),
    "team_addresses.remove": Form("registration.remove_address_of", keyless=GONE),
    "team_employments.add": Form("registration.add_employment_of", {"organisation": "Elm Court"}),
    "team_employments.change": Form(
        "registration.change_employment_of", {"organisation": "Elm Court"}, keyless=VERSION
    ),
    "team_employments.remove": Form("registration.remove_employment_of", keyless=GONE),
    "team_admitting.admit": Form("registration.admit", {"over_capacity": "yes", "reason": "She speaks"}),
    "team_attendance.save_attendance": Form("registration.record_attendance", {f"p-{REFERENCE}": "yes"}),
    "team_reports.send_sheet": Form(
        "registration.take_attendance_report", {"step": "save"}, first={"csv": "Name,Email\nZoe,zoe@example.org"}
    ),
    "team_reports.undo_sheet": Form("registration.undo_attendance_report", on="team_reports.show_sheet", keyless=GONE),
    "team_booking.add_note": Form("registration.add_note", {"text": "Rang"}),
    "team_booking.cancel": Form("registration.cancel", {"reason": "She is ill"}),
    "team_booking.move": Form("registration.move", {"session": LATER}),
    "team_bookings.book": Form("registration.book_for", {"email": "zoe@example.org", "if_full": "wait"}),
    "team_move_in.send_file": Form(
        "registration.import_csv",
        {"step": "import"},
        on="team_move_in.show_file",
        first={"csv": "Email,Name\nzoe@example.org,Zoë"},
    ),
    "team_move_in.undo": Form("registration.undo_import", on="team_move_in.show_kinds"),
    "team_lists.send_list": Form(
        "registration.book_list", {"step": "book"}, first={"csv": "zoe@example.org,Zoe", "if_full": "wait"}
    ),
    "team_inviting.invite": Form(
        "registration.invite_waiting_list", {"step": "invite"}, first={"to": LATER, "days": "7"}
    ),
    "team_many.change_bookings": Form(
        "registration.cancel_bookings", {"step": "save"}, first={f"b-{REFERENCE}": "yes", "do": "cancel"}
    ),
    "team_drafts.delete": Form("notifications.drop_message_draft"),
    "team_texts.change_words": Form("notifications.change_own_text", {"closing": "Goodbye"}, keyless=VERSION),
    "team_applications.decide": Form(
        "registration.decide_applications", {"step": "save"}, first={f"b-{REFERENCE}": "yes", "rest": "refuse"}
    ),
    "team_city.change_city": Form("catalogue.change_city", {"name": "York"}, keyless=VERSION),
    "team_city.change_sector": Form("catalogue.change_sector", {"hint": "All"}, keyless=VERSION),
    "operator_roles.give_role": Form("registration.give_role", {"email": "ben@example.org", "role": "team"}),
    "operator_roles.remove": Form("registration.take_role", keyless=GONE),
    "team_colleagues.add_colleague": Form("registration.give_role", {"email": "ben@example.org"}),
    "team_colleagues.remove": Form("registration.take_role", keyless=GONE),
    "team_copying.copy": Form("catalogue.copy_session", {"do": "make"}, first={"how": "weeks", "days": "1"}),
    "team_unpublishing.unpublish": Form("catalogue.unpublish_session"),
    "team_speakers.delete_speaker": Form("catalogue.delete_speaker", keyless=GONE),
    "team_programme_copying.copy": Form(
        "catalogue.copy_programme", {"do": "make"}, first={"how": "weeks", "days": "1"}
    ),
    "team_session_templates.keep_template": Form("catalogue.keep_template", {"name": "Half a day"}),
    "team_copying.delete": Form("catalogue.delete_session", keyless=GONE),
    "team_corrections.correct": Form("registration.correct_person", {"name": "Ann"}, keyless=VERSION),
    "team_facilitators.name_facilitator": Form("registration.name_facilitator", {"email": "fay@example.org"}),
    "team_facilitators.take_back": Form("registration.take_back_facilitator", keyless=GONE),
    "team_imports.import_programme": Form("catalogue.import_programme", {"file": "{}"}),
    "team_materials.add_material": Form("catalogue.add_material", {"kind": "slides", "title": "Slides"}),
    "team_materials.change_material": Form("catalogue.change_material", {"title": "Slides"}, keyless=VERSION),
    **dict.fromkeys(
        ("team_pasting.paste", "team_library.paste_to_library", "team_library.paste_to_programme"),
        Form("catalogue.add_materials", {"do": "save"}, first={"lines": "Slides, https://example.org/slides, slides"}),
    ),
    **dict.fromkeys(
        ("team_library.add_to_library", "team_library.add_to_programme"),
        Form("catalogue.create_material", {"kind": "slides", "title": "Slides"}),
    ),
    "team_materials.publish": Form("catalogue.publish_material"),
    "team_materials.withdraw": Form("catalogue.withdraw_material"),
    "team_merges.merge": Form(
        "registration.merge_for", {"step": "merge", "reason": "She rang us"}, first={"email": "zoe@old.example"}
    ),
    "team_merges.undo": Form("registration.undo_merge_of"),
    "team_coordinators.name_coordinator": Form(
        "registration.name_coordinator", {"organisation": "Elm Court", "email": "cora@example.org"}
    ),
    "team_coordinators.remove_coordinator": Form("registration.take_back_coordinator", keyless=GONE),
    "nominating.send_list": Form(
        "registration.nominate",
        {"step": "nominate"},
        first={"session": "maxims-in-practice", "csv": "ben@example.org"},
    ),
    "sharing.change_sharing": Form("registration.change_sharing", {"shares": "yes"}, keyless=LAST),
    "team_organisations.confirm": Form("community.confirm_organisation", {"name": "City council"}),
    "team_organisations.withdraw": Form("community.withdraw_organisation", on="team_organisations.show_organisations"),
    "team_people.trust": Form("notifications.trust_address", on="team_people.show_undeliverable"),
    **{
        f"team_pictures.change_of_{one}": Form(f"catalogue.remove_picture_of_{one}", {"do": "remove"}, keyless=GONE)
        for one in ("session", "speaker")
    },
    "team_programmes.add_programme": Form("catalogue.create_programme", {"title": "Leading", "format": "series"}),
    "team_programmes.change_programme": Form("catalogue.change_programme", {"title": "Leading"}, keyless=VERSION),
    "team_questions.add_question": Form("registration.ask_questions", {"text": "Which seat now?"}, keyless=VERSION),
    "team_questions.change_question": Form("registration.ask_questions", {"text": "Which one?"}, keyless=VERSION),
    "team_questions.change_questions": Form("registration.ask_questions", {"do": "food"}, keyless=VERSION),
    "team_questions.keep_answers": Form(
        "registration.ask_questions", {"kept_days": "20"}, on="team_questions.show_questions", keyless=VERSION
    ),
    **{
        f"team_{of}_evaluation.{name}": Form("registration.ask_evaluation", said, keyless=VERSION)
        for of in ("programme", "session")
        for name, said in (
            ("add", {"text": "Which hopes?", "kind": "text"}),
            ("change_question", {"hint": "Choose"}),
            ("change", {"do": "moments", "moment-before": "yes"}),
        )
    },
    "team_reports.deal_with": Form("community.deal_with_report", {"note": "Spoke to Ben"}),
    "team_reports.let_in": Form("community.let_in", on="team_reports.show_standing"),
    "team_reports.remove": Form("community.remove_member", {"reason": "Rude"}),
    "team_reports.reopen": Form("community.reopen_report", on="team_reports.show_report"),
    "team_session_actions.cancel": Form("catalogue.cancel_session", {"reason": "The hall is flooded"}),
    "team_session_actions.convert": Form("catalogue.convert_session", {"delivery": "hybrid", "do": "checked"}),
    "team_session_actions.publish": Form("catalogue.publish_session"),
    "team_session_actions.reinstate": Form("catalogue.reinstate_session"),
    "team_sessions.add_session": Form("catalogue.create_session", NEW_SESSION),
    "team_sessions.change_session": Form("catalogue.change_session", {"title": "Maxims"}, keyless=VERSION),
    "team_speakers.add_speaker": Form("catalogue.create_speaker", {"name": "Ada"}),
    "team_speakers.change_speaker": Form("catalogue.change_speaker", {"name": "Ada"}, keyless=VERSION),
    "team_tables.make": Form("community.plan_tables", {"size": "2", "rounds": "1", "who": "booked", "do": "make"}),
    "team_tables.move": Form(
        "community.move_seat", {"reference": REFERENCE, "where": f"with-{ANOTHER}"}, on="team_tables.show_tables"
    ),
    "team_tables.publish": Form("community.publish_tables"),
    "team_tables.update": Form("community.update_tables", on="team_tables.show_tables"),
    "team_topics.change_topic": Form(
        "catalogue.rename_topic", {"step": "save"}, first={"do": "rename", "to": "Whole systems"}
    ),
    "team_writing.write": Form(
        "notifications.write_to_session",
        {"step": "send"},
        first={"to": "all", "subject": "Bring a pen", "body": "Hello"},
    ),
    "tell_me.tell_me": Form("registration.register_interest", on="topics.show_topic", keyless=AGAIN),
    "ways_to_sign_in.add": Form(
        "registration.begin_identity", on="ways_to_sign_in.show_ways", keyless="the last one counts"
    ),
    "ways_to_sign_in.remove": Form("registration.remove_identity", on="ways_to_sign_in.show_ways", keyless=GONE),
    "welcome.come_in": Form("registration.come_in", {"email": "ada@example.org"}, keyless="the address is good once"),
}


def furnish(world: World) -> World:
    """Have every service answer whatever a page may ask, and let there be two sessions."""
    for name in SERVICES:
        getattr(world, name).answers.update({**READS[name], **CHANGES[name]})
    world.application.settings = replace(world.settings, identity_providers=(LEEDS,))
    world.tell("sessions", catalogue.session(LATER, "2026-12-08T14:00:00+00:00", title="Trust"))
    return world


def path_of(route: Route) -> str:
    """Return an address of the route. Fails where it is not known what stands for a parameter."""

    def named(found: re.Match[str]) -> str:
        before, name = found[1], found[2]
        value = NAMES.get(f"{before}/{name}") or NAMES.get(name)
        if value is None:
            pytest.fail(f"Say in tests/gateway/world_of_pages.py, NAMES, what “{before}/{name}” of {route.path} is.")
        return f"{before}/{value}"

    return re.sub(r"([^/]+)/\{(\w+)\}", named, route.path)


def form_of(route: Route) -> Form:
    """Return what is known of the route's form. Fails where that is nothing."""
    if route.name not in FORMS:
        pytest.fail(f"Say in tests/gateway/world_of_pages.py, FORMS, how the form of {route.name} is filled in.")
    return FORMS[route.name]


def seen_by(route: Route) -> str | None:
    """Return the token of somebody who may see the page; None where nobody needs one."""
    return TOKENS.get(SEEN_BY.get(route.name, route.requires))


def sign_in(world: World, token: str | None) -> None:
    """Have the browser be somebody's, or nobody's."""
    world.client.delete_cookie("__Host-headrow_session")
    if token:
        world.client.set_cookie("__Host-headrow_session", token)


def prepare(world: World, route: Route) -> None:
    """Have things stand so that there is such a page, and the browser be of somebody who may see it."""
    STATES.get(route.path, lambda _: None)(world)
    sign_in(world, seen_by(route))
    forget(world)


def address_of(route: Route) -> str:
    """Return the address of the page, with what it is asked."""
    return f"{path_of(route)}?{ASKS.get(route.name, '')}".removesuffix("?")


def see(world: World, route: Route, method: str = "GET", query: str | None = None) -> Any:
    address = address_of(route) if query is None else f"{path_of(route)}?{query}"
    return world.client.open(address, method=method)


def look(world: World, route: Route, method: str = "GET", query: str | None = None) -> Any:
    """Look at the page in the state of things in which there is one."""
    prepare(world, route)
    return see(world, route, method, query)


def form_shown(world: World, route: Route) -> tuple[dict[str, str], list[str]]:
    """Return the fields of the route's form, and which of them are text areas. Fails where no page shows it."""
    form = form_of(route)
    on = BY_NAME.get(form.on) or next((r for r in PAGES if (r.method, r.path) == ("GET", route.path)), None)
    if on is None:
        pytest.fail(f"Say in tests/gateway/world_of_pages.py, FORMS, on which page the form of {route.name} is.")
    prepare(world, route)
    answer = see(world, on)
    fields, areas = _form_in(answer, on, route)
    if form.first:
        fields, _ = _form_in(post(world, route, {**fields, **form.first}), route, route)
    return fields, areas


def _form_in(answer: Any, on: Route, route: Route) -> tuple[dict[str, str], list[str]]:
    shown = Shown(answer.text)
    action = path_of(route) if path_of(route) in shown.forms else None
    there = action in shown.forms and (action or on.path == route.path)
    assert there, f"{path_of(on)} ({answer.status_code}) shows no form that is sent to {path_of(route)}"
    return shown.forms[action], shown.areas_of.get(action, [])


def filled_in(world: World, route: Route) -> dict[str, str]:
    """Return what a browser would send of the route's form, once it is filled in."""
    fields, _ = form_shown(world, route)
    forget(world)
    return {**fields, **form_of(route).said}


def post(world: World, route: Route, form: dict[str, str]) -> Any:
    return world.client.post(path_of(route), data=form, content_type="application/x-www-form-urlencoded")


def forget(world: World) -> None:
    for name in SERVICES:
        getattr(world, name).asked.clear()


def asked_of(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Return what services were asked, `registration.book` and with what."""
    return [(f"{name}.{method}", named) for name in SERVICES for method, named in getattr(world, name).asked]


TEXTS = {
    *("name", "title", "summary", "audience", "bio", "affiliation", "hint", "about", "message", "text", "note", "why"),
    *("reason", "organisation", "job_role", "access_needs", "subject", "body", "plain", "next", "pledge", "actor"),
    *("actor_name", "person_name", "opening", "closing"),
    *(
        "differently",
        "cancel_reason",
        "programme_title",
        "address",
        "access",
        "email",
        "error",
        "where",
        "resent_by_name",
        "saved_by_name",
        "written_by_name",
    ),
}


def written(value: Any, words: str, key: str = "") -> Any:
    """Return what a service tells, with these words wherever somebody has written something."""
    if isinstance(value, dict):
        return {name: written(told, words, name) for name, told in value.items()}
    if isinstance(value, list):
        return [written(told, words, "text" if key in ("outcomes", "why") else key) for told in value]
    if callable(value) and not isinstance(value, type):
        return lambda **named: written(value(**named), words)
    return words if isinstance(value, str) and key in TEXTS and value != "everyone" else value
