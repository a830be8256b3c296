"""Certificates: a document that everybody can read, that says what was recorded, and that anybody can check."""

import re
import zlib
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.features.bookings import certificates
from gateway.projection.read_model import ReadModel
from gateway.web.documents import typesetting
from tests.examples import examples
from tests.gateway import catalogue, fakes
from tests.gateway.conftest import World
from tests.sentences import says

STATED = {
    "title": "Myron’s Maxims in practice",
    "dates": ["2027-03-09", "2027-03-28"],
    "hours": 8.0,
    "participatory_hours": 7.5,
    "name": "Zoë O’Connor-Łukasz",
}
FACTS = {
    **STATED,
    "code": "K3M9Q-XW2TB-7HJRD-PZ4CE",
    "reference": "K3M9Q-XW2TB",
    "session": "maxims-in-practice",
    "programme": "virtual-sessions",
    "state": "partly_attended",
    "version": 2,
}
PATH = "/bookings/K3M9Q-XW2TB/certificate.pdf"
URL = "https://headrow.example"
SENDER = "Academy <academy@example.org>"


@pytest.fixture
def certified(world):
    world.registration.answers.update(certificate=FACTS, verify_certificate=STATED)
    return world


def texts_of(world, **changes):
    return certificates._told({**FACTS, **changes}, world.model, f"{URL}/certificates/{FACTS['code']}", "Academy")


def opened(pdf: bytes) -> bytes:
    """Return the PDF with its compressed streams opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(_inflated(stream) for stream in streams)


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


# The document


def test_the_certificate_is_a_pdf_for_its_owner(certified):
    answer = certified.get(PATH, "person-token")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-1.7")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="certificate-K3M9Q-XW2TB.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert certified.get(PATH, "person-token", If_None_Match=answer.headers["ETag"]).status_code == 304


def test_it_can_be_read_by_whoever_cannot_see_it(certified):
    pdf = opened(certified.get(PATH, "person-token").data)
    assert re.search(rb"pdfuaid:part>\s*1\s*<|pdfuaid:part=\"1\"", pdf), "it says that it is PDF/UA-1"
    for needed in (b"/StructTreeRoot", b"/Marked true", b"/Lang(en-GB)", b"/DisplayDocTitle true", b"/Alt"):
        assert needed in pdf, needed
    for structure in (b"/H1", b"/H2", b"/L", b"/LI", b"/Figure", b"/Link"):
        assert re.search(rb"/S\s*" + structure + rb"\b", pdf), structure


def test_the_same_facts_give_the_same_bytes(world):
    first = certificates.pdf_of(FACTS, world.model, URL, SENDER, typesetting.typeset)
    typesetting._compiler.cache_clear()
    typesetting._fonts.cache_clear()
    assert certificates.pdf_of(dict(FACTS), world.model, URL, SENDER, typesetting.typeset) == first


def test_it_says_all_that_a_certificate_must(world):
    told = texts_of(world)
    assert told["name"] == FACTS["name"]
    assert told["session"] == "Myron’s Maxims in practice"
    assert told["programme"] == says("certificate.programme", title="System leadership sessions")
    assert {part["title"]: part["items"] for part in told["parts"]} == {
        says("certificate.dates"): ["Tuesday 9 March 2027", "Sunday 28 March 2027"],
        says("certificate.hours"): ["8 hours"],
        says("certificate.participatory_hours"): ["7.5 hours"],
        says("certificate.outcomes"): ["One idea to take back to work"],
        says("certificate.organiser"): ["Academy"],
    }
    assert (told["address"], told["code"]) == (f"{URL}/certificates/{FACTS['code']}", FACTS["code"])


def test_only_whoever_was_at_every_meeting_took_part_in_all_of_it(world):
    assert texts_of(world)["took_part"] == says("certificate.took_part_in_some")
    assert texts_of(world, state="attended")["took_part"] == says("certificate.took_part")


def test_it_claims_no_accreditation(world):
    words = str(texts_of(world)) + certificates.TEMPLATE.read_text() + world.client.get("/problems/not-attended").text
    assert "accredit" not in words.casefold()


def test_a_programme_that_is_not_known_is_left_out(world):
    assert texts_of(world, programme="gone")["programme"] == ""
    assert certificates.pdf_of(
        {**FACTS, "programme": "gone"}, world.model, URL, SENDER, typesetting.typeset
    ).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("sender", "organiser"),
    [
        ("Academy <a@example.org>", "Academy, Leeds"),
        ("Leeds Health and Care Academy <a@example.org>", "Leeds Health and Care Academy"),
        ("a@example.org", "Headrow, Leeds"),
    ],
)
def test_the_organiser_is_whoever_writes_to_people(world, sender, organiser):
    assert certificates.organiser_of(world.model, sender) == organiser
    assert certificates.organiser_of(ReadModel(), "a@example.org") == "Headrow"


@pytest.mark.parametrize("hours", [(1.0, "1 hour"), (7.0, "7 hours"), (0.25, "0.25 hours"), (1.5, "1.5 hours")])
def test_hours_are_told_in_words(hours):
    assert certificates.hours_in_words(hours[0]) == hours[1]


MARKUP = [
    '#eval("1+1")',
    "*bold* _x_ $x$ `raw`",
    "] #panic() [",
    '"; #read("/etc/passwd")',
    "= Heading",
    "<label> @ref",
    "\\",
]


@pytest.mark.parametrize("markup", MARKUP)
def test_what_people_wrote_is_text_and_never_markup(world, markup):
    world.tell("programmes", catalogue.programme(version=2, title=markup, outcomes=[markup, markup]))
    facts = {**FACTS, "name": markup, "title": markup}
    pdf = opened(certificates.pdf_of(facts, world.model, URL, SENDER, typesetting.typeset))
    plain = opened(certificates.pdf_of(FACTS, world.model, URL, SENDER, typesetting.typeset))
    assert pdf.count(b"/S/H1") == plain.count(b"/S/H1") == 1
    assert pdf.count(b"/S/H2") == plain.count(b"/S/H2")


@hypothesis_settings(max_examples=examples(50), deadline=None)
@example("0\u1dc0")  # a mark that no font here can put on a digit
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_name_is_an_error_of_ours(name):
    assert certificates.pdf_of({**FACTS, "name": name}, ReadModel(), URL, SENDER, typesetting.typeset).startswith(
        b"%PDF"
    )


@pytest.mark.parametrize("name", ["أمينة", "Ελένη", "Юлия", "张伟", "🎉", ""])
def test_a_name_in_any_script_has_a_certificate(world, name):
    assert certificates.pdf_of({**FACTS, "name": name}, world.model, URL, SENDER, typesetting.typeset).startswith(
        b"%PDF"
    )


def test_what_no_font_can_show_leaves_a_mark_and_the_rest_of_the_name():
    assert typesetting.showable({"name": ["Amina 🎉 Łukasz"]}) == {"name": ["Amina □ Łukasz"]}


def test_there_is_none_before_it_is_recorded(world):
    world.registration.answers["certificate"] = fakes.refused("not-attended", state="confirmed")
    answer = world.get(PATH, "person-token")
    assert (answer.status_code, answer.json["type"], answer.json["state"]) == (
        409,
        "/problems/not-attended",
        "confirmed",
    )


# Checking one


def test_anybody_may_check_a_certificate(certified):
    answer = certified.get(f"/certificates/{FACTS['code']}")
    assert (answer.status_code, answer.json) == (200, STATED)
    assert answer.headers["ETag"]
    assert certified.registration.last("verify_certificate") == {"code": FACTS["code"]}


def test_whoever_checks_is_nobody_in_particular(certified):
    assert certified.get(f"/certificates/{FACTS['code']}", "a-dead-token").status_code == 200


def test_the_page_that_the_code_leads_to_says_the_same(certified):
    text = certified.client.get(f"/certificates/{FACTS['code']}").text
    for words in ("Zoë O’Connor-Łukasz", "Myron’s Maxims in practice", "Sunday 28 March 2027", "8 hours", "7.5 hours"):
        assert words in text
    assert FACTS["reference"] not in text


@pytest.mark.parametrize("path", ["/api/v1/certificates/AAAAA", "/certificates/AAAAA"])
def test_an_unknown_code_is_not_found(world, path):
    world.registration.answers["verify_certificate"] = fakes.refused("not-found")
    assert world.client.get(path).status_code == 404


def test_checking_is_limited_as_everything_is(settings):
    world = World(replace(settings, limits=True))
    world.registration.answers["verify_certificate"] = fakes.refused("not-found")
    statuses = [world.client.get("/api/v1/certificates/AAAAA").status_code for _ in range(201)]
    assert statuses == [404] * 200 + [429]
