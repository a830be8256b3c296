"""The files that the rules of the house are held against: all of ours, and nothing that a tool has made."""

from tests.project.tracked import files, name_of


def test_what_is_ours_is_found_and_what_was_made_is_not():
    names = {name_of(path) for path in files()}
    assert {"Makefile", ".gitignore", ".ci/run", "services/bus/outbox.py", "docs/pictures/home.png"} <= names
    made = (".git/", ".venv/", "var/", "assets/node_modules/", "gateway/web/pages/static/built/")
    assert [name for name in names if name.startswith(made) or "__pycache__" in name] == []
