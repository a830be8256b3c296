"""Who may ask the catalogue for what: the team all of it; the gateway has its snapshot, and the bus its own."""

import inspect

import pytest

from services.catalogue import access
from services.catalogue.service import Catalogue
from services.runtime.refusals import NotAllowed, NotSignedIn
from tests.bus.operated import OF_THE_BUS

METHODS = dict(inspect.getmembers(Catalogue, lambda member: hasattr(member, "requires")))


MOVES_AN_INSTALLATION = {"export", "import_programme", "session_versions"}  # for operators too: docs/decisions/0049


def test_all_is_the_teams_but_the_snapshot_and_what_every_page_shows():
    of_others = {name for name, method in METHODS.items() if method.requires is not access.team}
    assert of_others == OF_THE_BUS | {"snapshot", "logo", "picture_file"} | MOVES_AN_INSTALLATION
    assert {name for name, method in METHODS.items() if method.requires is access.staff} == MOVES_AN_INSTALLATION


def test_nobody_else_changes_anything(catalogue):
    with pytest.raises(NotAllowed):
        catalogue.ask(
            "change_city", caller={"id": "x", "roles": ["person", "operator"]}, version=1, given={"name": "Ours"}
        )
    with pytest.raises(NotAllowed):
        catalogue.ask("export", caller={"id": "x", "roles": ["person"]})
    with pytest.raises(NotSignedIn):
        catalogue.ask("export", caller=None)
