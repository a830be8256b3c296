"""The pages for readers are true of the code: events and their readers, rules, citations, links, versions."""

import ast
import configparser
import re
import tomllib

import pytest

from gateway.projection.events import HEARD
from services.bus.entrypoints import topology
from services.headrow.names import SERVICES, service_class
from tests.project.documents import headings, links, page, pages, quoted, rows, section
from tests.project.tracked import ROOT, files, modules, name_of, texts

ARCHITECTURE = page("docs/architecture.md")
CONTRIBUTING = page("CONTRIBUTING.md")
CHANGELOG = page("CHANGELOG.md")
DECISIONS = sorted(path.name for path in ROOT.glob("docs/decisions/[0-9]*.md"))
FORM = re.compile(
    r"# (?P<number>\d{4}): (?P<title>\S.*\S)\n\n"
    r"- Status: (?P<status>Accepted|Superseded by \[\d{4}\]\(\d{4}-[a-z0-9-]+\.md\))\n"
    r"- Date: \d{4}-\d\d-\d\d\n\n"
)
# As the pages write the name of a file or folder: `services/bus/rpc.py`, `tests/contracts`, `pyproject.toml`.
PATH = re.compile(
    r"(?:services|gateway|deploy|benchmarks|tests|docs|assets|samples)/[\w./-]*|[\w-]+\.(?:md|toml|txt|yml)|\.importlinter"
)


def readers() -> dict[str, set[str]]:
    """Return who reads each type of event that there is a contract of."""
    hear = {**topology(*(service_class(name) for name in SERVICES)), "gateway": HEARD}
    types = {file.stem for file in ROOT.glob("services/*/contracts/*.json")}
    return {type_: {name for name, heard in hear.items() if type_ in heard} for type_ in types}


def test_the_architecture_page_has_every_event_with_its_readers():
    listed = [(quoted(types), read) for types, _, read in rows(section(ARCHITECTURE, "Events"))]
    assert {type_: {*read.split(", ")} - {"–"} for types, read in listed for type_ in types} == readers()


def test_the_architecture_page_has_every_rule_about_imports():
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    named = {rules[part]["name"] for part in rules.sections() if part.startswith("importlinter:contract:")}
    assert {*re.findall(r"^- (.+)$", section(ARCHITECTURE, "Rules that a tool checks"), re.MULTILINE)} == named


def test_the_glossary_explains_names_that_are_in_the_code():
    """A name that was changed to the usual one needs no line here any more."""
    code = "\n".join(texts()[name] for name in modules("services", "gateway", "setting_up"))
    words = {*re.findall(r"\w+", code), *(name_of(path) for path in files())}
    names = [name for cells in rows(section(ARCHITECTURE, "Glossary")) for name in quoted(cells[0])]
    assert [name for name in names if name not in words] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/measured.md"])
def test_what_a_page_names_as_a_file_is_there(name):
    named = {word for word in quoted(page(name)) if PATH.fullmatch(word)}
    assert [word for word in sorted(named) if not (ROOT / word).exists()] == []


@pytest.mark.parametrize("name", pages())
def test_every_link_of_a_page_leads_somewhere(name):
    broken = []
    for file, anchor in links(page(name)):
        target = (ROOT / name).parent / file if file else ROOT / name
        if not target.exists() or (anchor and anchor not in headings(target.read_text())):
            broken.append(f"{file}#{anchor}")
    assert broken == []


def test_every_page_that_the_code_cites_is_there():
    cited = re.compile(r"(?<![\w/.:-])((?:[\w.-]+/)*[\w-]+\.md)\b")
    code = {name: text for name, text in texts().items() if not name.startswith("tests/") and name not in pages()}
    broken = {
        name: [found for found in cited.findall(text) if not (ROOT / found).exists()] for name, text in code.items()
    }
    assert {name: citations for name, citations in broken.items() if citations} == {}


def test_every_number_and_heading_that_the_code_cites_is_there():
    numbers = {int(number) for number in re.findall(r"^(\d+)\. \*\*", page("docs/measured.md"), re.MULTILINE)}
    assert numbers == {*range(1, len(numbers) + 1)}
    code = "\n".join(text for name, text in texts().items() if name.startswith(("services/", "gateway/")))
    cited = re.findall(r"docs/measured\.md, (\d+)(?: (?:to|and) (\d+))?", code)
    assert {int(number) for pair in cited for number in pair if number} <= numbers
    assert cited
    for heading in re.findall(r"docs/api\.md, (\w+)", code):
        assert heading.lower() in headings(page("docs/api.md"))


@pytest.mark.parametrize("name", DECISIONS)
def test_every_decision_has_one_form(name):
    form = FORM.match(page(f"docs/decisions/{name}"))
    assert form, "title, status, date"
    assert name.startswith(form["number"])


def test_the_index_has_every_decision_with_its_title_and_status():
    indexed = {}
    for number, title, status in rows(page("docs/decisions/README.md")):
        [(file, _)] = links(number)
        indexed[file] = (title, status)
    forms = {name: FORM.match(page(f"docs/decisions/{name}")) for name in DECISIONS}
    assert indexed == {name: (form["title"], form["status"]) for name, form in forms.items()}


def test_the_newest_version_of_the_changelog_is_the_one_that_is_built():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    unreleased, newest = re.findall(r"^## \[(.+?)\](?: – \d{4}-\d\d-\d\d)?$", CHANGELOG, re.MULTILINE)[:2]
    assert (unreleased, newest) == ("Unreleased", version)


def test_the_licence_is_the_one_that_is_stated():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert [(ROOT / name).read_text().splitlines()[0] for name in project["license-files"]] == ["MIT License"]


def test_contributing_names_all_that_can_be_made():
    targets = re.findall(r"^([a-z]+):.*## \S", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = " ".join(quoted(CONTRIBUTING))
    assert [target for target in targets if not re.search(rf"\bmake {target}\b", named)] == []


def test_the_pages_are_written_in_the_words_that_people_use():
    words = re.compile(r"\b(whom|somebody|everybody|anew|told of)\b", re.IGNORECASE)
    found = {name: {*words.findall(re.sub(r"`[^`]*`", "", text))} for name, text in pages().items()}
    assert {name: odd for name, odd in found.items() if odd} == {}


def test_each_fault_names_tests_that_there_are_and_each_test_of_a_fault_is_named():
    defined = {name: _functions(tree) for name, tree in modules("tests").items()}
    named = {name for cells in rows(page("docs/faults.md")) if len(cells) == 4 for name in quoted(cells[2])}
    assert sorted(named - set().union(*defined.values())) == []
    of_faults = [found for file, found in defined.items() if file.startswith("tests/faults/test_")]
    tests = {name for name in set().union(*of_faults) if name.startswith("test_") and "the_judge" not in name}
    assert sorted(tests - named) == []


def test_each_answer_to_a_threat_names_tests_or_files_that_there_are():
    defined = set().union(*(_functions(tree) for tree in modules("tests").values()))
    answers = [cells[2] for cells in rows(page("docs/security.md")) if len(cells) == 3]
    named = {name for answer in answers for name in quoted(answer)}
    assert len(answers) > 10
    assert [answer for answer in answers if not quoted(answer)] == []
    assert [name for name in named if name not in defined and not (ROOT / name).is_file()] == []


def _functions(tree: ast.Module) -> set[str]:
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
