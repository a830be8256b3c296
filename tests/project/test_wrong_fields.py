"""Whatever is wrong with a field has a code and its limits; and nothing in the code reads a sentence to find it out."""

import ast
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator

import marshmallow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields

import gateway
import services
from gateway.projection import response_schemas
from gateway.web import problem_schemas
from gateway.web.pages import field_errors
from services.runtime.faults import WORDS, in_words
from services.runtime.refusals import Invalid
from services.runtime.schemas import Schema, load
from tests.examples import examples
from tests.project.documents import page, quoted
from tests.project.tracked import modules

pytestmark = pytest.mark.patient  # it makes up values for every field of every schema

SCHEMAS_STAND_IN = re.compile(r".*\.(schemas|events|programme_file)(\.\w+)?")
MATCHING = {
    *("startswith", "endswith", "find", "index", "count", "partition", "rpartition", "split", "splitlines"),
    *("removeprefix", "removesuffix", "replace", "match", "search", "fullmatch", "findall", "finditer", "sub"),
}
TABLES = {"services/runtime/faults.py", "gateway/web/pages/field_errors.py"}
CODE = {name: tree for name, tree in modules("services", "gateway").items() if name not in TABLES}


def schemas() -> Iterator[Schema]:
    """Yield each schema of the services, and each of what the gateway reads of events."""
    for root in (services, gateway):
        for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            if SCHEMAS_STAND_IN.fullmatch(module.name):
                yield from _schemas_of(importlib.import_module(module.name))


def _schemas_of(module) -> Iterator[Schema]:
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, marshmallow.Schema) and thing.__module__ == module.__name__:
            yield thing()
        elif isinstance(thing, marshmallow.Schema):
            yield thing


SCHEMAS = list(schemas())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["x" * 300, "x" * 6000, "a@b.example", "A Slug", "a\x07", "http://", "2027-03-09T09:30"]),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=4), part, max_size=3),
    max_leaves=6,
)  # fmt: skip


def test_every_schema_that_is_loaded_refuses_with_codes():
    assert len(SCHEMAS) > 100
    assert [schema for schema in SCHEMAS if not isinstance(schema, Schema)] == []


def test_no_other_module_has_schemas_but_that_of_answers():
    others = {name for name, tree in CODE.items() if _defines_schemas(tree)}
    shown = {module.__name__.replace(".", "/") + ".py" for module in (response_schemas, problem_schemas)}
    assert others <= {
        name for name in others if SCHEMAS_STAND_IN.fullmatch(name.removesuffix(".py").replace("/", "."))
    } | {*shown, "services/runtime/schemas.py"}


def _defines_schemas(tree: ast.Module) -> bool:
    bases = (base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases)
    return any(getattr(base, "id", getattr(base, "attr", "")) in ("Schema", "Read") for base in bases)


def filled(schema: marshmallow.Schema) -> st.SearchStrategy:
    """Return objects with the fields of a schema, in which anything may stand, and with some that it does not know."""
    parts = {field.data_key or name: _values_of(field) for name, field in schema.load_fields.items()}
    return st.fixed_dictionaries({}, optional={**parts, "unknown": VALUES})


def _values_of(field: fields.Field) -> st.SearchStrategy:
    inside = (
        field.schema if isinstance(field, fields.Nested) else getattr(getattr(field, "inner", None), "schema", None)
    )
    if inside is None:
        return VALUES
    one = filled(inside)
    return VALUES | (st.lists(one, max_size=2) if getattr(field, "many", True) else one)


@settings(max_examples=examples(10), deadline=None)
@given(st.data())
@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: f"{type(schema).__module__}.{type(schema).__name__}")
def test_whatever_is_wrong_is_told_as_a_fact(schema, data):
    try:
        load(schema, data.draw(filled(schema)))
    except Invalid as refusal:
        for error in json.loads(json.dumps(refusal.errors)):
            assert error.keys() == {"field", "code", "limits", "message"}
            assert error["message"] == in_words(WORDS[error["code"]], error["limits"])


def test_every_code_has_words_and_all_words_are_needed():
    raised = {code for tree in CODE.values() for code, _ in _faults_in(tree)}
    assert raised - WORDS.keys() == set()
    named = {text for tree in CODE.values() for text in _texts(tree)}
    assert WORDS.keys() - named == set()


def test_every_fault_has_the_facts_that_its_words_need():
    told = [(code, facts) for tree in CODE.values() for code, facts in _faults_in(tree) if facts is not None]
    assert len(told) > 50
    assert [code for code, facts in told if not in_words(WORDS[code], dict.fromkeys(facts, "?"))] == []


def _faults_in(tree: ast.Module) -> Iterator[tuple[str, set[str] | None]]:
    """Yield each code where a fault is made, and the names of its facts, where those stand there too."""
    for node in ast.walk(tree):
        at = {"Fault": 0, "wrong": 0, "Invalid.field": 1, "_refused": 0}.get(_name(node))
        if at is None or not isinstance(node, ast.Call) or len(node.args) <= at:
            continue
        code = node.args[at]
        either = (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,)
        yield from ((text, _facts_of(node, at)) for one in either for text in _texts(one))


def _name(node: ast.AST) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def _facts_of(call: ast.Call, at: int) -> set[str] | None:
    given = call.args[at + 1] if _name(call) == "Fault" and len(call.args) > at + 1 else ast.Dict([], [])
    if not isinstance(given, ast.Dict) or None in [keyword.arg for keyword in call.keywords]:
        return None
    return {keyword.arg for keyword in call.keywords} | {text for key in given.keys if key for text in _texts(key)}


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_api_page_lists_every_code():
    [listed] = re.findall(r"^The codes are (.*?)\.$", page("docs/api.md"), re.MULTILINE | re.DOTALL)
    assert quoted(listed) == sorted(WORDS)


def test_pages_have_words_for_codes_that_there_are():
    assert {*field_errors.WORDS, *field_errors.EMPTY} - WORDS.keys() == set()


def test_nothing_decides_by_a_sentence():
    """What is said to people is not compared, and not searched: `message` and `detail` of a refusal are shown only."""
    assert [f"{name}: {ast.unparse(node)}" for name, tree in CODE.items() for node in _decisions(tree)] == []


def _decisions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.Match) and _reads_a_sentence(node):
            yield node
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in MATCHING and _reads_a_sentence(node):
            yield node


def _reads_a_sentence(tree: ast.AST) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ("detail", "messages"))
        or (isinstance(node, ast.Subscript) and ast.unparse(node.slice) in ("'message'", "'detail'"))
        for node in ast.walk(tree)
    )


def test_nothing_looks_for_the_words_of_the_table():
    """No sentence of the API, nor the beginning of one, is compared with anything, or the key of a table."""
    beginnings = {
        text.partition("{")[0] for words in WORDS.values() for text in ([words] if isinstance(words, str) else words)
    }
    known = {beginning for beginning in beginnings if len(beginning) > 8}
    looked_for = [(name, text) for name, tree in CODE.items() for text in _looked_for(tree) if len(text) > 8]
    assert [
        f"{name}: {text}" for name, text in looked_for if any(b.startswith(text) or text.startswith(b) for b in known)
    ] == []


def _looked_for(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from _texts(node)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) in (MATCHING | {"compile", "get"}):
            yield from (text for argument in node.args for text in _texts(argument))
        elif isinstance(node, ast.Dict):
            yield from (text for key in node.keys if key is not None for text in _texts(key))
