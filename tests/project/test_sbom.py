"""The bill of materials is one that other tools can read, and names all that the locks have, and nothing else."""

import json
import re
import subprocess
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from setting_up.sbom import bill
from tests.project.tracked import ROOT


@pytest.fixture(scope="module")
def parts():
    return bill()["components"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What `make sbom` writes."""
    file = tmp_path_factory.mktemp("dist") / "new" / "sbom.json"
    subprocess.run([sys.executable, ROOT / "setting_up" / "sbom.py", file], check=True, capture_output=True)
    return file.read_text()


def faults_of(text):
    """Return in what a bill differs from the schema of CycloneDX."""
    faults = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True)
    return [f"{fault.data.json_path}: {fault.data.message}" for fault in faults or ()]


def test_what_is_written_is_cyclonedx_by_its_schema(written):
    assert faults_of(written) == []
    assert json.loads(written) == bill()


@pytest.mark.parametrize(
    ("spoilt", "where"),
    [
        ({"type": "package"}, "$.components[0].type"),
        ({"hashes": [{"alg": "SHA-512", "content": "no hash"}]}, "$.components[0].hashes[0].content"),
        ({"maker": "someone"}, "$.components[0]"),
    ],
)
def test_what_is_not_cyclonedx_is_found_out(spoilt, where):
    whole = bill()
    whole["components"][0].update(spoilt)
    [fault] = faults_of(json.dumps(whole))
    assert fault.startswith(f"{where}: ")


def test_each_package_has_an_address_that_names_it_and_its_version(parts):
    for part in parts:
        found = PackageURL.from_string(part["purl"])
        assert ("/".join(filter(None, [found.namespace, found.name])), found.version) == (part["name"], part["version"])
        assert found.to_string() == part["purl"], "written as every tool writes it"


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
