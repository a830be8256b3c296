"""The rules of the house that no other tool checks."""

import ast
import configparser
import re
import tomllib
from pathlib import Path

import grimp
import pytest

from services.runtime.settings import VARIABLES
from tests.project.tracked import ROOT, files, modules, name_of, texts

CODE = ("services", "gateway", "setting_up", "benchmarks", "tests")
RUNNING = {"nameko", "kombu", "amqp", "eventlet", "greenlet"}
RULES = re.compile(r"services/(?!bus/|runtime/|headrow/)[a-z]+/(?!([a-z]+_)?service\.py)[a-z_/]+\.py")
SERVICES = sorted(folder.parent.name for folder in ROOT.glob("services/*/service.py"))


def test_no_file_has_a_name_that_says_nothing():
    empty_words = {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}
    assert [name_of(path) for path in files() if empty_words & {path.stem, *Path(name_of(path)).parts}] == []


def test_every_module_says_what_it_is_for():
    assert [name for name, tree in modules(*CODE).items() if not ast.get_docstring(tree)] == []


def test_a_database_session_is_called_db():
    """A Session is something that people attend, so the other kind has a name of its own."""
    faults = []
    for name, tree in modules(*CODE).items():
        faults += [f"{name}: {called}" for called in _names_of_orm_sessions(tree) if called != "db"]
    assert faults == []


def test_rules_are_given_the_time():
    """Only what runs by itself may look at the clock: a rule that does cannot be tested."""
    rules = [name for name in modules(*CODE) if RULES.fullmatch(name)]
    assert [name for name in rules if re.search(r"\bclock\.now\(|datetime\.(utc)?now\(", texts()[name])] == []


def test_no_test_patches_by_the_path_of_a_name():
    faults = [
        f"{name}:{call.lineno}"
        for name, tree in modules("benchmarks", "tests").items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and (getattr(call.func, "id", None) or getattr(call.func, "attr", None)) == "patch"
        and ast.unparse(call.func) in {"patch", "mock.patch", "mocker.patch"}
    ]
    assert faults == []


def test_what_tests_share_is_in_no_module_of_tests():
    """Two test modules that both need something find it in a conftest.py, or in a module that is named for it."""
    faults = [
        f"{name}:{node.lineno}"
        for name, tree in modules(*CODE).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and _imports_tests(node)
    ]
    assert faults == []


def test_no_module_has_grown_too_long_to_be_read():
    lengths = {name: len(texts()[name].splitlines()) for name in modules("services", "gateway")}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_file_says_where_packages_come_from():
    """A mirror's address in a lock file works for one house and breaks all others."""
    address = re.compile(r"--(extra-)?index-url|--find-links|--trusted-host|pypi\.org/simple|registry\.npmjs")
    lines = [
        f"{name}: {line.strip()}"
        for name, text in texts().items()
        if name != name_of(Path(__file__))
        for line in text.splitlines()
        if address.search(line)
    ]
    assert lines == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_hashes(lock):
    assert [name for name, entry in _locked(lock).items() if "--hash=sha256:" not in entry] == []


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {_distribution(line) for line in project["dependencies"]}
    wanted = needed | {_distribution(line) for line in project["optional-dependencies"]["dev"]}
    assert needed <= set(_locked("requirements.txt"))
    assert wanted <= set(_locked("requirements-dev.txt"))


def test_tests_run_on_the_versions_that_are_shipped():
    shipped, tested = _locked("requirements.txt"), _locked("requirements-dev.txt")
    assert {name: entry.split()[0] for name, entry in shipped.items()} == {
        name: tested[name].split()[0] for name in shipped
    }


def test_no_file_names_a_variable_that_does_not_exist():
    known = {*VARIABLES, "HEADROW_TEST_POSTGRESQL", "HEADROW_TEST_RABBITMQ", "HEADROW_TEST_RABBITMQ_MANAGEMENT"}
    known |= {"HEADROW_TEST_CHROMIUM", "HEADROW_TEST_PROMTOOL"}
    strangers = {
        f"{name}: {variable}"
        for name, text in texts().items()
        if not name.startswith("tests/")
        for variable in re.findall(r"\bHEADROW_[A-Z]+(?:_[A-Z]+)*\b", text)
        if variable not in known
    }
    assert strangers == set()


def test_the_import_rules_name_every_service():
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    for contract, option in [("services", "modules"), ("domain", "forbidden_modules"), ("running", "source_modules")]:
        named = set(rules[f"importlinter:contract:{contract}"][option].split())
        assert {f"services.{service}" for service in SERVICES} <= named, contract


def test_the_import_rules_name_every_module_that_needs_no_event_loop():
    """What does not reach nameko today is kept from reaching it tomorrow."""
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    kept_pure = set(rules["importlinter:contract:pure"]["source_modules"].split())
    graph = grimp.build_graph("services", include_external_packages=True, cache_dir=None)
    below = {name for name in graph.modules if re.fullmatch(r"services\.(bus|runtime)\.\w+", name)}
    pure = {name for name in below if not graph.find_upstream_modules(name) & RUNNING}
    assert kept_pure == pure - {"services.runtime.alembic"}


def test_make_lists_what_can_be_made():
    makefile = (ROOT / "Makefile").read_text()
    public = {
        "help",
        "install",
        "up",
        "check",
        "test",
        "cleanroom",
        "bench",
        "faults",
        "wheel",
        "sbom",
        "pictures",
        "lock",
        "words",
        "clean",
    }
    assert set(re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE)) == public
    assert public <= set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())


def test_continuous_integration_can_start():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_every_decision_is_numbered_once():
    numbers = [path.name.split("-")[0] for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def _imports_tests(node: ast.Import | ast.ImportFrom) -> bool:
    named = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    return any(part.startswith("test_") for name in named for part in name.split("."))


def _names_of_orm_sessions(tree: ast.Module) -> list[str]:
    arguments = [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]
    names = [node.arg for node in arguments if ast.unparse(node.annotation).strip("'\"") == "OrmSession"]
    names += [
        f"imported as {alias.asname or alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy.orm"
        for alias in node.names
        if alias.name == "Session" and alias.asname != "OrmSession"
    ]
    for node in ast.walk(tree):
        opened = isinstance(node, ast.withitem) and ast.unparse(node.context_expr).startswith("OrmSession(")
        if opened and node.optional_vars:
            names.append(ast.unparse(node.optional_vars))
    return names


def _locked(lock: str) -> dict[str, str]:
    """Return each entry of a lock file, a distribution with all its hashes, by the distribution's name."""
    lines = (line for line in (ROOT / lock).read_text().splitlines() if not line.lstrip().startswith("#"))
    entries = "\n".join(lines).replace("\\\n", " ").splitlines()
    return {_distribution(entry): entry for entry in entries if entry.strip()}


def _distribution(requirement: str) -> str:
    name = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)[1]
    return re.sub(r"[-_.]+", "-", name).lower()
