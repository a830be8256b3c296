"""The wheel: all of the product, dressed, and it runs where there is nothing else of ours."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from tests.journeys.running import PATIENCE, Caller, eventually
from tests.project.tracked import ROOT
from tests.sentences import says

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BUILDING = "-m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist ."
PARTS = ("services", "gateway")
NAMED = ("pyproject.toml", "setup.py", "README.md")
LICENCES = [*ROOT.glob("LICEN[CS]E*")]
LEFT_OUT = ("__pycache__", "*.pyc")
COMMITTED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
WITHOUT_END = {"tzdata", "setuptools"}  # pyproject.toml says why
UV = [sys.executable, ROOT / "setting_up" / "uv.py"]
LOCK = str(ROOT / "requirements.txt")
ADA = "ada@example.org"
STARTS_WITHIN = 400  # seconds, on a busy machine: nothing is compiled yet, and a demonstration is made first

pytestmark = pytest.mark.timeout(900)  # the first test that asks for it installs the wheel, and starts it


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel is built from, in a folder where building it changes nothing of ours."""
    folder = tmp_path_factory.mktemp("source")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for file in (*(ROOT / name for name in NAMED), *LICENCES):
        shutil.copy(file, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    """The wheel, as `make wheel` builds it."""
    done = _build(source)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = (source / "dist").iterdir()
    return built


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_code_and_nothing_else(source, wheel):
    """Templates, styles, migrations and contracts too: a wheel leaves out what no pattern names."""
    ours = {str(file.relative_to(source)) for part in PARTS for file in (source / part).rglob("*") if file.is_file()}
    assert "gateway/web/pages/static/built/headrow.css" in ours
    held = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in held if ".dist-info/" not in name} == ours
    about = f"headrow-{PROJECT['version']}.dist-info"
    assert {f"{about}/licenses/{file.name}" for file in LICENCES} <= held


@pytest.mark.slow
def test_the_same_files_give_the_same_wheel(wheel):
    """Their times are those of the last commit, whenever it is built."""
    written = {entry.date_time for entry in zipfile.ZipFile(wheel).infolist()}
    assert written == {COMMITTED.timetuple()[:6]}


@pytest.mark.slow
def test_no_wheel_is_built_of_pages_that_are_not_dressed(source, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(source, bare, ignore=shutil.ignore_patterns("built", "dist", "build", "*.egg-info"))
    done = _build(bare)
    assert done.returncode != 0
    assert "Run `make wheel`" in done.stdout + done.stderr
    assert not list(bare.glob("dist/*"))


def test_make_dresses_the_pages_and_builds_the_wheel_as_it_is_built_here():
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.search(r"^wheel: install ##.*\n(?:\t.*\n)+", makefile, re.MULTILINE)[0]
    assert BUILDING in recipe
    assert "SOURCE_DATE_EPOCH=" in recipe
    assert "$(VENV)/dressed" in re.search(r"^install:(.*)##", makefile, re.MULTILINE)[1]


def test_every_dependency_ends_before_the_version_that_may_break_us():
    endless = [line for line in PROJECT["dependencies"] if not re.search(r"==|,<", line)]
    assert {re.match(r"[\w-]+", line)[0] for line in endless} == WITHOUT_END


@dataclass(frozen=True)
class Product:
    """What was installed from the wheel: its commands, the folder that it works in, and the environment it has."""

    headrow: Path
    folder: Path
    environment: dict[str, str]

    def run(self, *words: str) -> str:
        """Run a command, and return what it prints."""
        return subprocess.check_output([self.headrow, *words], cwd=self.folder, env=self.environment, text=True)


@pytest.fixture(scope="module")
def product(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The wheel in an environment of its own with what the lock names, and no word of where the checkout is."""
    home = tmp_path_factory.mktemp("elsewhere")
    python = home / "venv" / "bin" / "python"
    _uv("venv", "--python", sys.executable, str(home / "venv"))
    _uv(
        "pip",
        "install",
        "--python",
        str(python),
        "--no-deps",
        "--require-hashes",
        "-r",
        LOCK,
        "--build-constraints",
        LOCK,
    )
    _uv("pip", "install", "--python", str(python), "--no-deps", str(wheel))
    _uv("pip", "check", "--python", str(python))  # that the lock is what the wheel says it needs
    (home / "empty").mkdir()
    environment = {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(home)}
    return Product(python.parent / "headrow", home / "empty", environment)


@pytest.fixture(scope="module")
def address(product: Product) -> Iterator[str]:
    """Where `headrow up` answers."""
    command = [product.headrow, "up", "--port", "0", "--demo"]
    log = product.folder.parent / "log"
    with log.open("w") as output:
        up = subprocess.Popen(command, cwd=product.folder, env=product.environment, stdout=output, stderr=output)
    try:
        yield eventually(lambda: _address(up, log), seconds=STARTS_WITHIN)
    finally:
        up.send_signal(signal.SIGTERM)
        status = up.wait(PATIENCE)
    assert status == 0, log.read_text()


@pytest.mark.slow
def test_nothing_of_the_checkout_is_used(product):
    where = "import gateway, services; print(*gateway.__path__, *services.__path__)"
    paths = subprocess.check_output(
        [product.headrow.parent / "python", "-c", where], cwd=product.folder, env=product.environment, text=True
    )
    assert str(ROOT) not in paths
    assert paths.count("site-packages") == 2


@pytest.mark.slow
def test_a_page_comes_dressed(address):
    page = requests.get(f"{address}/", timeout=20)
    assert page.status_code == 200
    sheets = re.findall(r'<link[^>]* rel="stylesheet"[^>]*>', page.text)
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page.text)
    found = [re.search(r'href="([^"]+)"', sheet)[1] for sheet in sheets]
    assert found
    assert scripts
    for path in (*found, *scripts):
        answer = requests.get(urljoin(address, path), timeout=20)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] in ("text/css", "text/javascript")
        assert len(answer.content) > 1000


@pytest.mark.slow
def test_there_is_one_version(product, address, wheel):
    served = requests.get(f"{address}/api/v1/version", timeout=20).json()["version"]
    assert product.run("--version").split() == ["headrow", served]
    assert wheel.name.split("-")[1] == served == PROJECT["version"]


@pytest.mark.slow
def test_a_place_is_booked_and_the_mail_comes(product, address):
    newcomer = Caller(address)
    assert newcomer.post("/sign-in", {"email": ADA}).status_code == 202
    code = eventually(lambda: re.search(r"^(\d{6})\r?$", _mail(product), re.MULTILINE))[1]
    ada = Caller(address, newcomer.post("/sign-in/confirm", {"email": ADA, "code": code}).json()["token"])
    ada.introduce(name="Ada Lovelace", sector="social_care")
    assert ada.book("maxims-in-practice")["state"] == "confirmed"
    eventually(lambda: f"Subject: {says('booking_email.confirmed')}: Myron's Maxims in practice" in _mail(product))


def _build(folder: Path) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "SOURCE_DATE_EPOCH": str(int(COMMITTED.timestamp()))}
    return subprocess.run(
        [sys.executable, *BUILDING.split()], cwd=folder, env=settings, capture_output=True, text=True, check=False
    )


def _uv(*words: str) -> None:
    done = subprocess.run([*UV, "--quiet", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"uv {' '.join(words)}\n{done.stdout}{done.stderr}"


def _address(up: subprocess.Popen, log: Path) -> str | None:
    """Return where it says that it is, once it is ready there."""
    said = log.read_text()
    assert up.poll() is None, said
    where = says("command.running", address=r"(\S+)")
    found = re.search(f"^{where}", said, re.MULTILINE)
    if not found:
        return None
    ready = requests.get(f"{found[1]}/health/ready", timeout=5).status_code == 200
    return found[1] if ready and requests.get(f"{found[1]}/api/v1/sessions", timeout=5).json()["items"] else None


def _mail(product: Product) -> str:
    """Return all that was mailed to Ada, as it is in the folder that it works in."""
    mails = [file.read_text() for file in sorted(product.folder.glob("var/mail/*.eml"))]
    return "\n".join(mail for mail in mails if ADA in mail)
