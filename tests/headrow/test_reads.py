"""The list of who reads what is that of the services themselves."""

import subprocess
import sys
from argparse import _SubParsersAction
from importlib import import_module

import pytest

from services.bus.entrypoints import topology
from services.headrow.command_line import parser
from services.headrow.names import SERVICES, service_class
from services.headrow.reads import READS
from tests.project.tracked import ROOT


def test_the_list_of_what_each_service_reads_is_what_they_subscribe_to():
    subscribed = topology(*(service_class(name) for name in SERVICES))
    assert {name: [*types] for name, types in READS.items()} == subscribed


@pytest.mark.parametrize("name", SERVICES)
def test_to_serve_one_service_no_other_is_imported(name):
    """A process that imports what it does not need starts later, and takes more memory for as long as it runs."""
    others = [f"services.{other}.service" for other in SERVICES if other != name]
    asked = "import sys; import services.headrow.serving; from services.headrow.names import service_class; "
    asked += f"service_class({name!r}); print([other for other in {others} if other in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[]\n"


def test_a_command_line_that_is_only_explained_imports_no_framework():
    asked = "import sys; from services.headrow.command_line import parser; parser(); "
    asked += "print([name for name in ('eventlet', 'nameko', 'sqlalchemy', 'marshmallow') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_each_command_is_there_to_be_run():
    def commands_of(one):
        for action in one._actions:
            if isinstance(action, _SubParsersAction):
                yield from action.choices.values()

    def runs(one):
        for command in commands_of(one):
            yield from [command._defaults["run"]] if "run" in command._defaults else runs(command)

    named = [*runs(parser())]
    assert len(named) > 20
    for name in named:
        module, _, function = name.partition(".")
        assert callable(getattr(import_module(f"services.headrow.{module}"), function)), name
