"""What people read is changed in one place: no test of behaviour holds a sentence of a page or an email itself."""

import ast
import html
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain

import pytest

from tests.project.tracked import ROOT, modules
from tests.sentences import HERE as SENTENCES
from tests.sentences import sentences

WORDS = 4  # so many of ours in a row are a sentence, and no name
EXAMPLES = ("services/demo/", "services/notifications/composing/samples.py")  # what made-up people say


@pytest.mark.parametrize("file", sorted(SENTENCES.glob("*.toml")), ids=lambda file: file.stem)
def test_a_sentence_has_one_name(file):
    """A page and an email may say the same, and one of them be worded anew."""
    tables = tomllib.loads(file.read_text(encoding="utf-8")).values()
    assert [sentence for sentence, names in Counter(chain(*map(dict.values, tables))).items() if names > 1] == []


def test_each_sentence_is_looked_for():
    assert sentences().keys() - {text for _, text in _texts_of_tests()} == set()


def test_no_test_holds_a_sentence_of_ours():
    """`says("booking.confirmed")` finds it in tests/sentences: one place to change when a page is reworded."""
    assert [f"{place}: {text!r}" for place, text in _texts_of_tests() if _ours(text)] == []


@cache
def _texts_of_tests() -> list[tuple[str, str]]:
    return [(f"{name}:{line}", text) for name, tree in modules("tests").items() for text, line in _texts(tree)]


def _texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield each text of a module and its line, but for docstrings, SQL, and what a failed assertion says."""
    left_out: set[int] = set()
    for node in ast.walk(tree):  # which comes to a statement before it comes to what is in it
        if isinstance(node, ast.Assert):
            left_out.add(id(node.msg))
        elif isinstance(node, ast.Expr):
            left_out.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
            left_out.update(map(id, node.args))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value, node.lineno


def _ours(text: str) -> bool:
    return not _runs(text).isdisjoint(_product())


def _runs(text: str) -> set[tuple[str, ...]]:
    """Return each run of so many words."""
    words = _plain(text).split()
    return {*zip(*(words[at:] for at in range(WORDS)), strict=False)}


@cache
def _product() -> set[tuple[str, ...]]:
    """Return the runs of all that the product says: its templates, and the texts in its code, but for its examples."""
    templates = [
        path.read_text(encoding="utf-8")
        for folder in ("gateway", "services")
        for path in (ROOT / folder).rglob("templates/**/*")
        if path.is_file()
    ]
    trees = [tree for name, tree in modules("gateway", "services").items() if not name.startswith(EXAMPLES)]
    code = [text for tree in trees for text, _ in _texts(tree)]
    return set().union(*map(_runs, [*templates, *code]))


def _plain(text: str) -> str:
    """Return words as somebody reads them."""
    return " ".join(re.sub("<[^>]+>", " ", html.unescape(text)).split()).translate({ord("'"): "’", ord("‘"): "’"})
