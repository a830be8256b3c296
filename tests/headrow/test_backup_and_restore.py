"""`headrow backup` and `headrow restore`: what comes back, what is refused, and that nothing is left half done."""

import gzip
import json
import sqlite3
import stat
import tarfile
import zlib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from services.headrow import backing_up, restoring
from services.headrow.command_line import main
from services.headrow.data_folder import alone_in
from services.headrow.names import SERVICES
from services.runtime.database import open_engine
from services.runtime.erasures import BESIDE, FOLDERS
from services.runtime.migrations import migrate, newest, versions
from services.runtime.settings import VARIABLES, Settings
from services.runtime.upgrades import upgrade
from tests.journeys.running import SAMPLE
from tests.sentences import says

DATABASES = [f"{service}.db" for service in SERVICES]
FILES = len(DATABASES) + 2  # with the secret key, and what was imported
SECRET = "a-key-of-at-least-thirty-two-characters"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A data folder with the sample programme, and a backup of it."""
    folder = tmp_path_factory.mktemp("kept")
    data, file = folder / "data", folder / "backup.tar.gz"
    with pytest.MonkeyPatch.context() as for_now:
        for name in VARIABLES:
            for_now.delenv(name, raising=False)
        for command in (["migrate"], ["import", str(SAMPLE)]):
            assert main([*command, "--data", str(data)]) == 0
        for name, content in {"secret-key": SECRET, "imported": "digest\n", "lock": "", "clock": "0.0"}.items():
            (data / name).write_text(content)
        (data / "mail").mkdir()
        (data / "mail" / "letter.eml").write_text("Your code is 123456")
        assert main(["backup", str(file), "--data", str(data)]) == 0
    return data, file


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(kept):
    return kept[0]


@pytest.fixture
def backup(kept):
    return kept[1]


@pytest.fixture
def run(capsys):
    """Run a command; return its exit status and what it said."""

    def run(*arguments):
        capsys.readouterr()
        status = main([*map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


@pytest.fixture
def rewritten(backup, tmp_path):
    """Make an archive of what a change makes of the manifest and the files of the backup."""

    def rewritten(change):
        members = content_of(backup)
        manifest = json.loads(members.pop("manifest.json"))
        entries = [(tarfile.TarInfo(name), content) for name, content in members.items()]
        change(manifest, entries)
        file = tmp_path / "rewritten.tar.gz"
        with tarfile.open(file, "w:gz") as tar:
            for entry, content in [(tarfile.TarInfo("manifest.json"), json.dumps(manifest).encode()), *entries]:
                entry.size = len(content)
                tar.addfile(entry, BytesIO(content))
        return file

    return rewritten


def content_of(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def dump(database):
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def test_what_is_restored_is_what_was_backed_up(run, data, backup, tmp_path):
    status, said = run("restore", backup, "--data", tmp_path / "new")
    assert (status, says("backup.restored", folder=tmp_path / "new") in said) == (0, True)
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        *DATABASES,
        "secret-key",
        "imported",
        "lock",
        FOLDERS,
    }
    for name in DATABASES:
        assert dump(tmp_path / "new" / name) == dump(data / name)
        assert stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) == 0o600
    assert (tmp_path / "new" / "secret-key").read_text() == SECRET
    assert any("maxims-in-practice" in line for line in dump(tmp_path / "new" / "catalogue.db"))


def test_a_backup_says_what_it_is_of_and_holds_no_mail(backup):
    members = content_of(backup)
    assert next(iter(members)) == "manifest.json"
    assert {*members} == {"manifest.json", *DATABASES, "secret-key", "imported"}
    manifest = json.loads(members["manifest.json"])
    assert manifest["revisions"] == {service: newest(service) for service in SERVICES}
    assert abs(datetime.now(UTC) - datetime.fromisoformat(manifest["made_at"])) < timedelta(hours=1)


def test_a_backup_is_one_file_that_its_owner_alone_can_read(run, data, tmp_path):
    status, said = run("backup", tmp_path / "new.tar.gz", "--data", data)
    assert (status, says("backup.made", file=tmp_path / "new.tar.gz") in said) == (0, True)
    assert [path.name for path in tmp_path.iterdir()] == ["new.tar.gz"]
    assert stat.S_IMODE((tmp_path / "new.tar.gz").stat().st_mode) == 0o600


def test_a_backup_changes_nothing_in_the_data_folder_but_the_note_of_where_backups_are(run, data, tmp_path):
    before = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    for name in ("new.tar.gz", "newer.tar.gz"):
        assert run("backup", tmp_path / name, "--data", data)[0] == 0
    before[FOLDERS] += f"{tmp_path}\n".encode()
    assert {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()} == before


def test_a_backup_overwrites_nothing(run, data, tmp_path):
    (tmp_path / "there").write_text("mine")
    (tmp_path / "leads-nowhere").symlink_to(tmp_path / "nowhere")
    for name in ("there", "leads-nowhere"):
        status, said = run("backup", tmp_path / name, "--data", data)
        assert (status, says("backup.is_there") in said) == (1, True)
    assert (tmp_path / "there").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_came_while_the_backup_was_made_is_not_overwritten(run, data, tmp_path, monkeypatch):
    pack = backing_up.archive.pack

    def while_another_writes(*what):
        pack(*what)
        (tmp_path / "new.tar.gz").write_text("mine")

    monkeypatch.setattr(backing_up.archive, "pack", while_another_writes)
    status, said = run("backup", tmp_path / "new.tar.gz", "--data", data)
    assert (status, says("backup.is_there") in said) == (1, True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_backup_that_fails_leaves_nothing(run, data, tmp_path):
    shelved, folder = tmp_path / "shelved", tmp_path / "broken"
    folder.mkdir()
    for name in DATABASES:
        (folder / name).write_bytes((data / name).read_bytes())
    (folder / "community.db").write_bytes(b"no database" * 1000)
    shelved.mkdir()
    status, said = run("backup", shelved / "new.tar.gz", "--data", folder)
    assert (status, "community.db" in said) == (1, True)
    assert list(shelved.iterdir()) == []


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_databases_is_not_backed_up(run, tmp_path, name):
    (tmp_path / "empty").mkdir()
    status, said = run("backup", tmp_path / "new.tar.gz", "--data", tmp_path / name)
    assert (status, says("backup.no_databases") in said) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_folder_for_the_backup_that_is_not_there_is_named(run, data, tmp_path):
    status, said = run("backup", tmp_path / "nowhere" / "new.tar.gz", "--data", data)
    assert (status, str(tmp_path / "nowhere" / "new.tar.gz") in said, "Traceback" in said) == (1, True, False)


def test_a_folder_in_use_is_not_restored_into(run, backup, tmp_path):
    with alone_in(tmp_path):
        status, said = run("restore", backup, "--data", tmp_path)
    assert (status, says("backup.in_use", folder=tmp_path) in said) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("name", ["registration.db", "community.db-wal", "secret-key", "imported", "demo"])
def test_a_folder_that_holds_data_is_not_restored_into(run, backup, tmp_path, name):
    (tmp_path / name).write_text("mine")
    status, said = run("restore", backup, "--data", tmp_path)
    assert (status, says("backup.holds_data", file=name) in said, "--data" in said) == (1, True, True)
    assert {path.name for path in tmp_path.iterdir()} == {name, "lock"}
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.7, 0.999])
def test_a_backup_that_was_cut_off_is_refused_before_anything_is_written(run, backup, tmp_path, share):
    content = backup.read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(content[: int(len(content) * share)])
    status, said = run("restore", tmp_path / "cut.tar.gz", "--data", tmp_path / "new")
    assert (status, says("backup.damaged") in said) == (1, True)
    assert not (tmp_path / "new").exists()


def with_a_wrong_byte(archive: bytes, share: float) -> bytes:
    """Return an archive with another byte so far into it, or after that: one that changes what is unpacked.

    Deflate can write one content in several ways. So a few bytes make no difference, as in a run of zeros.
    """
    for place in range(int(len(archive) * share), len(archive)):
        wrong = bytes([*archive[:place], archive[place] ^ 0xFF, *archive[place + 1 :]])
        try:
            if gzip.decompress(wrong) != gzip.decompress(archive):
                return wrong
        except (gzip.BadGzipFile, zlib.error, EOFError):
            return wrong
    raise AssertionError("no byte makes a difference")


@pytest.mark.parametrize("share", [0, 0.01, 0.2, 0.5, 0.9, 0.99])
def test_a_backup_with_a_wrong_byte_is_refused_before_anything_is_written(run, backup, tmp_path, share):
    (tmp_path / "wrong.tar.gz").write_bytes(with_a_wrong_byte(backup.read_bytes(), share))
    status, said = run("restore", tmp_path / "wrong.tar.gz", "--data", tmp_path / "new")
    assert (status, says("backup.damaged") in said) == (1, True)
    assert not (tmp_path / "new").exists()


def lose_a_file(manifest, entries):
    del entries[-1]


def change_a_file(manifest, entries):
    entries[0] = (entries[0][0], entries[0][1] + b"x")


def have_a_file_twice(manifest, entries):
    entries.append(entries[0])


def have_a_file_unsaid(manifest, entries):
    entries.append((tarfile.TarInfo("demo"), b"2026-12-01"))


def have_no_local_time(manifest, entries):
    manifest["made_at"] = "2026-12-01T10:00:00"


def have_no_files(manifest, entries):
    del manifest["files"]


def have_a_list(manifest, entries):
    manifest["revisions"] = ["0001"]


@pytest.mark.parametrize(
    "change",
    [lose_a_file, change_a_file, have_a_file_twice, have_a_file_unsaid, have_no_local_time, have_no_files, have_a_list],
)
def test_an_archive_that_is_not_as_its_manifest_says_is_refused(run, rewritten, tmp_path, change):
    status, said = run("restore", rewritten(change), "--data", tmp_path / "new")
    assert (status, says("backup.damaged") in said, "Traceback" in said) == (1, True, False)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../evil", tarfile.REGTYPE),
        ("/tmp/evil", tarfile.REGTYPE),
        ("registration/../../evil", tarfile.REGTYPE),
        ("mail/letter.eml", tarfile.REGTYPE),
        ("secret-key", tarfile.SYMTYPE),
        ("secret-key", tarfile.LNKTYPE),
        ("imported", tarfile.FIFOTYPE),
        ("imported", tarfile.DIRTYPE),
    ],
)
def test_an_archive_that_holds_what_no_backup_does_is_refused(run, rewritten, tmp_path, name, kind):
    def add(manifest, entries):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        entries.insert(0, (entry, b""))
        manifest["files"][name] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    status, said = run("restore", rewritten(add), "--data", tmp_path / "new" / "data")
    assert (status, says("backup.no_part", name=name) in said) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["rewritten.tar.gz"]


def have_a_later_revision(manifest):
    manifest["revisions"]["registration"] = "9999"


def have_another_service(manifest):
    manifest["revisions"]["payments"] = "0001"


def have_another_form(manifest):
    manifest["format"] = 2


@pytest.mark.parametrize("change", [have_a_later_revision, have_another_service, have_another_form])
def test_a_backup_of_a_newer_headrow_is_refused_with_its_version(run, rewritten, tmp_path, change):
    def make_newer(manifest, entries):
        manifest["headrow"] = "9.8.7"
        change(manifest)

    status, said = run("restore", rewritten(make_newer), "--data", tmp_path / "new")
    assert (status, says("backup.newer") in said, "9.8.7" in said) == (1, True, True)
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_not_there_is_named(run, tmp_path):
    status, said = run("restore", tmp_path / "nowhere.tar.gz", "--data", tmp_path / "new")
    assert (status, str(tmp_path / "nowhere.tar.gz") in said, "Traceback" in said) == (1, True, False)
    assert not (tmp_path / "new").exists()


def test_a_backup_of_an_older_headrow_is_restored_and_migrated_like_any_data_folder(run, tmp_path):
    old = open_engine(f"sqlite:///{tmp_path}/old/catalogue.db")
    upgrade(old, versions("catalogue"), "0001")
    old.dispose()
    assert run("backup", tmp_path / "old.tar.gz", "--data", tmp_path / "old")[0] == 0
    assert json.loads(content_of(tmp_path / "old.tar.gz")["manifest.json"])["revisions"] == {"catalogue": "0001"}
    assert run("restore", tmp_path / "old.tar.gz", "--data", tmp_path / "new")[0] == 0
    assert run("migrate", "--data", tmp_path / "new")[0] == 0


@pytest.mark.parametrize("moved", range(FILES))
def test_a_restore_that_was_broken_off_is_completed_and_nothing_else_is_done_meanwhile(
    run, data, backup, tmp_path, monkeypatch, moved
):
    """Killed after so many files were put in place: the next start puts the others in place."""
    move, done = restoring._move, []

    def until_killed(made, place):
        if len(done) == moved:
            raise KeyboardInterrupt
        move(made, place)
        done.append(place)

    with monkeypatch.context() as for_now:
        for_now.setattr(restoring, "_move", until_killed)
        assert run("restore", backup, "--data", tmp_path / "new")[0] == 130
    for command, file in (("backup", tmp_path / "other.tar.gz"), ("restore", backup)):
        status, said = run(command, file, "--data", tmp_path / "new")
        assert (status, says("backup.broken_off") in said) == (1, True)
    settings = Settings.from_environment({}, data=str(tmp_path / "new"))
    migrate_too_early(settings)
    for _ in range(2):
        restoring.complete(settings, SERVICES)
        assert [dump(tmp_path / "new" / name) for name in DATABASES] == [dump(data / name) for name in DATABASES]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        *DATABASES,
        "secret-key",
        "imported",
        "lock",
        FOLDERS,
    }


def migrate_too_early(settings):
    """Bring a database up to date, as other commands do; it may be an empty one that is yet to be replaced."""
    engine = open_engine(settings.database_url("community"))
    migrate(engine, "community")
    engine.dispose()


def test_a_restore_that_was_broken_off_while_it_unpacked_has_restored_nothing(run, backup, tmp_path, monkeypatch):
    def killed(*what):
        raise KeyboardInterrupt

    with monkeypatch.context() as for_now:
        for_now.setattr(restoring, "sync", killed)
        assert run("restore", backup, "--data", tmp_path)[0] == 130
    assert {path.name for path in tmp_path.iterdir()} == {"restore.begun", "lock", FOLDERS}
    assert run("restore", backup, "--data", tmp_path)[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {*DATABASES, "secret-key", "imported", "lock", FOLDERS}


@pytest.mark.parametrize("command", ["backup", "restore"])
@pytest.mark.parametrize(
    "settings",
    [
        {"HEADROW_BUS": "amqp://localhost", "HEADROW_SECRET_KEY": SECRET},
        {"HEADROW_DATABASE": "postgresql://localhost/headrow"},
    ],
)
def test_what_is_not_one_process_is_referred_to_the_operations_page(
    run, backup, tmp_path, monkeypatch, command, settings
):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    file = backup if command == "restore" else tmp_path / "new.tar.gz"
    status, said = run(command, file, "--data", tmp_path / "data")
    assert (status, says("backup.see_page") in said) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_databases_in_a_folder_of_their_own_come_back_there(run, data, backup, tmp_path, monkeypatch):
    monkeypatch.setenv("HEADROW_DATABASE", "sqlite:///{data}/databases/{service}.db")
    assert run("restore", backup, "--data", tmp_path / "new")[0] == 0
    assert {path.name for path in (tmp_path / "new" / "databases").iterdir()} == {*DATABASES}
    assert run("backup", tmp_path / "again.tar.gz", "--data", tmp_path / "new")[0] == 0
    assert {*content_of(tmp_path / "again.tar.gz")} == {*content_of(backup)}


@pytest.mark.parametrize(
    "place", ["sqlite:////elsewhere/{service}.db", "sqlite:///{data}/../{service}.db", "sqlite://"]
)
def test_databases_outside_the_data_folder_are_refused(run, data, tmp_path, monkeypatch, place):
    monkeypatch.setenv("HEADROW_DATABASE", place)
    status, said = run("backup", tmp_path / "new.tar.gz", "--data", data)
    assert (status, says("backup.elsewhere") in said) == (1, True)


def test_the_audit_record_is_whole_after_it_is_restored(run, tmp_path):
    """The rows, where the chain ends, the key that its hashes are made with, and what refuses changes."""
    first, second, file = tmp_path / "first", tmp_path / "second", tmp_path / "backup.tar.gz"
    assert run("role", "tess@example.org", "--give", "team", "--data", first)[0] == 0
    assert run("backup", file, "--data", first)[0] == 0
    assert run("restore", file, "--data", second)[0] == 0
    assert f"{says('doctor.audit')} (1 rows)" in run("doctor", "registration", "--data", second)[1]
    refused = pytest.raises(sqlite3.IntegrityError)
    with closing(sqlite3.connect(second / "registration.db")) as database, refused:
        database.execute("UPDATE audit SET actor = 'someone else'")


def test_a_backup_that_is_older_than_the_list_of_erasures_goes_back_is_said_to_be(run, rewritten, tmp_path):
    def make_old(manifest, entries):
        manifest["made_at"] = "2020-01-01T00:00:00Z"

    (tmp_path / BESIDE).write_text("2026-12-01T10:00:00+00:00 5d0a5f0e-0000-4000-8000-000000000001\n")
    status, said = run("restore", rewritten(make_old), "--data", tmp_path / "new")
    assert (status, says("backup.erased_again", number=0) in said) == (0, True)
    assert says("backup.list_too_short", days=730) in said


def test_a_list_of_erasures_that_cannot_be_read_stops_the_restore(run, backup, tmp_path):
    (tmp_path / "list").mkdir()
    status, said = run("restore", backup, "--data", tmp_path / "new", "--erasures", tmp_path / "list")
    assert (status, str(tmp_path / "list") in said, (tmp_path / "new").exists()) == (1, True, False)
