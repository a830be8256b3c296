"""The bill of materials names all that the locks have, and nothing else."""

import json
import re

import pytest

from setting_up.sbom import bill
from tests.project.tracked import ROOT


@pytest.fixture(scope="module")
def parts():
    return bill()["components"]


def test_it_names_each_package_of_python_that_is_installed_in_its_version(parts):
    lock = (ROOT / "requirements.txt").read_text()
    locked = set(re.findall(r"^(\S+)==(\S+)", lock, re.MULTILINE))
    assert {(part["name"], part["version"]) for part in parts if part["purl"].startswith("pkg:pypi/")} == locked
    for hash_ in re.findall(r"sha256:(\w+)", lock):
        assert any({"name": "headrow:sha256", "value": hash_} in part.get("properties", []) for part in parts)


def test_it_names_what_pages_are_dressed_with_and_not_what_only_tests_need(parts):
    wanted = json.loads((ROOT / "assets" / "package.json").read_text())
    named = {part["name"] for part in parts if part["purl"].startswith("pkg:npm/")}
    assert {*wanted["dependencies"]} <= named
    assert not {*wanted["devDependencies"]} & named


def test_it_is_the_same_each_time_and_refers_to_each_part_once(parts):
    whole = bill()
    assert whole == bill()
    references = [part["bom-ref"] for part in parts]
    assert len({*references}) == len(references)
    assert whole["dependencies"] == [{"ref": "headrow", "dependsOn": references}]
    assert (whole["bomFormat"], whole["specVersion"]) == ("CycloneDX", "1.6")
