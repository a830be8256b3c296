"""The words for what is wrong with a form, and the limits that pages state: both are the services' own."""

import re

import pytest

from gateway.features.community import team as reports
from gateway.features.feedback import pages, pledges
from gateway.features.interests import suggest
from gateway.features.messages import team as messages
from gateway.features.messages import team_writing
from gateway.parts import edited_sessions, team_views
from gateway.projection import lists
from gateway.web.pages.field_errors import SHORT, Asked, found, in_form
from services.catalogue import schemas as catalogue
from services.community import schemas as community
from services.notifications import schemas as notifications
from services.registration import schemas as registration
from services.runtime import limits
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid
from tests.project.tracked import texts
from tests.sentences import says

PAGES = re.compile(r"gateway/.*\.html|gateway/features/\w+/\w+(?<!api)\.py")
NOTE = Asked("your note", "Write your note")
TOO_LONG = Fault("too-long", {"min": 1, "max": 1000})


def said(asked, typed, *faults):
    """Return what is said of the field `note`."""
    return in_form(Invalid([fault.at("note") for fault in faults]), {"note": asked}, {"note": typed})["note"]


@pytest.mark.parametrize(
    ("asked", "typed", "fault", "words"),
    [
        (NOTE, " ", Fault("too-short", {"min": 1, "max": 9}), "Write your note"),
        (NOTE, None, Fault("null"), "Write your note"),
        (NOTE, "x" * 1234, TOO_LONG, says("field_errors.too_long_text", what="Your note", most=1000, written=1234)),
        (Asked("the name", but=SHORT), "x" * 1234, TOO_LONG, says("field_errors.too_long", what="The name", most=1000)),
        (NOTE, "a\x07", Fault("not-text"), says("field_errors.not_text", what="Your note")),
        (Asked(ask="Choose a note"), "a\x07", Fault("not-text"), "Choose a note"),
        (Asked("the way"), "", Fault("not-a-choice", {"choices": ["a"]}), says("field_errors.enter", what="the way")),
        (
            Asked("the way"),
            "b",
            Fault("not-a-choice", {"choices": ["a"]}),
            says("field_errors.choose_from_list", what="the way"),
        ),
        (NOTE, "x", Fault("no-slug"), says("field_errors.no_slug")),
        (NOTE, "x", Fault("out-of-range", {"min": 1, "of": "number"}), says("field_errors.number_from", least=1)),
    ],
)
def test_a_sentence_is_made_of_what_it_is_called_and_of_the_fault(asked, typed, fault, words):
    assert said(asked, typed, fault) == words


def test_the_first_fault_of_a_field_is_told():
    told = says("field_errors.too_long_text", what="Your note", most=1000, written=1001)
    assert said(NOTE, "x" * 1001, TOO_LONG, Fault("not-text")) == told


def test_what_is_wrong_is_told_from_top_to_bottom():
    refusal = Invalid([Fault("missing").at(name) for name in ("other_part", "b.0", "a")])
    errors = in_form(refusal, {"a": Asked("a"), "b": Asked("b")}, {})
    assert list(errors.items()) == [
        ("a", says("field_errors.enter", what="a")),
        ("b", says("field_errors.enter", what="b")),
        ("other_part", says("field_errors.enter", what="other part")),
    ]


def test_a_service_of_the_version_before_is_told_by_its_sentence():
    refusal = Invalid([{"field": "note", "message": "It cannot be."}])
    assert in_form(refusal, {"note": NOTE}, {"note": "x"}) == {"note": "It cannot be"}


def test_a_form_is_looked_at_with_the_service_s_own_schema():
    asked = {"text": NOTE}
    assert found(registration.Note(), {"text": "x"}, asked) == {}
    assert found(registration.Note(), {"text": " "}, asked) == {"text": "Write your note"}


@pytest.mark.parametrize(
    ("words", "schema", "field"),
    [
        (edited_sessions.CHOICES["delivery"], catalogue.NewSession, "delivery"),
        (edited_sessions.CHOICES["waiting_list"], catalogue.NewSession, "waiting_list"),
        (lists.CHOICES["delivery"], catalogue.NewSession, "delivery"),
        (lists.CHOICES["kind"], catalogue.NewMaterial, "kind"),
        (suggest.KINDS, registration.SuggestionMade, "kind"),
        (pledges.CHOICES, registration.PledgeAnswer, "did"),
        (team_writing.TO, notifications.TeamMessage, "to"),
        (messages.STATES, notifications.MessageView, "state"),
        (team_views.STATES, registration.BookingView, "state"),
        (reports.STATUSES, community.ReportView, "status"),
    ],
)
def test_a_page_has_words_for_each_choice_of_its_schema(words, schema, field):
    assert [*words] == limits.of(schema, field)["choices"]


def test_feedback_offers_the_numbers_that_there_are():
    scale = limits.of(registration.FeedbackGiven, "useful")
    assert [*pages.CHOICES] == [str(n) for n in range(scale["min"], scale["max"] + 1)]
    assert f"from {scale['min']} to {scale['max']}" in pages.ASKED["useful"].ask


def test_no_page_states_a_limit_of_its_own():
    typed = re.compile(r"""(?:maxlength|max|min)["']?[=:] ?["']?\d|\d characters|[Uu]p to \d""")
    pages = {name: text for name, text in texts().items() if PAGES.fullmatch(name)}
    found = {name: typed.findall(text) for name, text in pages.items() if name.endswith((".html", ".py"))}
    assert {name: numbers for name, numbers in found.items() if numbers} == {}
