"""The settings: their defaults, and for each wrong value an error that names its variable."""

import stat
import traceback
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.runtime.identity_providers import IdentityProvider
from services.runtime.settings import SECRET, VARIABLES, Settings, WrongSetting
from tests.sentences import says

KEY = "k" * 32
WRONG = {
    "HEADROW_BUS": [
        "rabbit",
        "http://localhost",
        "amqp://",
        "amqp://guest@:5672/",
        "amqp://h:port/",
        "amqp://[::1",
        "amqp://one;two",
        "amqp://one;",
        "embedded://;amqp://one",
    ],
    "HEADROW_DATABASE": ["mysql://localhost/x", "headrow.db", "postgresql://"],
    "HEADROW_MAIL": ["localhost:25", "imap://localhost", "smtp://", "smtp://localhost:mail", "notify://key@host"],
    "HEADROW_MAIL_FROM": ["headrow", "a@b.uk\nBcc: c@d.uk", "a@b.uk\x00"],
    "HEADROW_LANGUAGE": ["english", "en-GB", "../en"],
    "HEADROW_TIME_ZONE": ["London", "GMT+1", "europe/london", "Europe/Leeds", "../Europe/London", "US/Eastern"],
    "HEADROW_MAIL_PER_MINUTE": ["-1", "60001", "all"],
    "HEADROW_NAME": ["two\nlines", "x" * 61, "  "],
    "HEADROW_PUBLIC_URL": ["headrow.example", "ftp://headrow.example", "https://"],
    "HEADROW_SECRET_KEY": ["k" * 31],
    "HEADROW_SIGNING_KEY": ["k" * 42, "k" * 44, "k" * 42 + "=", f"{'k' * 43},{'k' * 43}"],
    "HEADROW_VERIFYING_KEYS": ["k" * 42, f"{'k' * 43};{'k' * 43}"],
    "HEADROW_HTTP_PORT": ["", "http", "-1", "65536", "8000.0", "٣", "1" * 30, " 80"],
    "HEADROW_HTTP_WORKERS": ["0", "65", "two", "-1"],
    "HEADROW_PROXIES": ["one", "-1", "1", "10.0.0.1/8"],
    "HEADROW_KNOWN_NETWORKS": ["hospital", "10.0.0.0/33", "10.0.0.0/8;192.0.2.1"],
    "HEADROW_CODES_PER_HOUR": ["0", "-1", "many", "1000001"],
    "HEADROW_SECOND_FACTOR": ["on", "Required"],
    "HEADROW_IDENTITY_PROVIDERS": ["/not/there.toml", str(Path(__file__))],
    "HEADROW_COMMUNITY_OPEN_TO": ["everyone", "ATTENDED", "no"],
    "HEADROW_NEW_ACCOUNTS_WAIT": ["-1", "721", "a day"],
    "HEADROW_BACKUPS_KEPT": ["0", "-1", "3651", "a year"],
    "HEADROW_LOG": ["xml", "JSON"],
    "HEADROW_METRICS": [
        "9464",
        ":9464",
        "0.0.0.0",
        "localhost:0",
        "localhost:65536",
        "localhost:metrics",
        "localhost:٣",
        "http://localhost:9464",
        "::1:9464",
    ],
    "HEADROW_LIMITS": ["no", "ON", "0"],
    "HEADROW_QUIET_HOURS": ["no", "21-7"],
    "HEADROW_CLOCK": ["noon", "2027-02-30T09:00", "25:00"],
    "HEADROW_SECURITY_CONTACT": [
        "us@example.org",
        "http://example.org",
        "https://",
        "mailto:nobody",
        "mailto:a@b\nExpires: never",
    ],
    "HEADROW_PLAYERS": ["you tube", "https://video.example.org", "video", "none,youtube", "*.example.org"],
    "HEADROW_CHECK_LINKS": ["yes", "On"],
    "HEADROW_HEAD_START": ["-1", "169", "a day"],
    "HEADROW_TRACES": [
        "on",
        "collector:4318",
        "grpc://collector:4317",
        "http://",
        "http://c:port",
        "http://[::1",
        "http://c ollector",
        "http://key@collector",
        "http://collector/?key=1",
        "http://collector#1",
    ],
    "HEADROW_CORS_ORIGINS": ["example.org", "https://a.uk,b", "https://a.uk/path", "*"],
    **{f"{name}_FILE": ["/nowhere/secret", "/", "/dev/null"] for name in SECRET},
}
CASES = [(name, value) for name, values in WRONG.items() for value in values if value]


def read(**environ: str) -> Settings:
    return Settings.from_environment(environ)


def test_without_any_variable_everything_has_its_default():
    settings = read()
    assert settings == Settings(data=Path("var").absolute(), mail=f"file:{Path('var').absolute()}/mail")
    assert settings.embedded
    assert settings.secret_key == ""


def test_an_empty_variable_is_one_that_is_not_set():
    assert read(**dict.fromkeys(VARIABLES, "")) == read()


def test_every_variable_is_read(tmp_path):
    providers = tmp_path / "providers.toml"
    providers.write_text('[leeds]\nname = "Leeds"\nissuer = "https://leeds.example"\nclient_id = "headrow"\n')
    settings = read(
        HEADROW_DATA=str(tmp_path),
        HEADROW_BUS="amqp://guest:guest@rabbit:5672/headrow",
        HEADROW_DATABASE="postgresql://headrow@db/headrow",
        HEADROW_LANGUAGE="cy_GB",
        HEADROW_TIME_ZONE="Asia/Kolkata",
        HEADROW_MAIL="smtps://user:password@mail.example:465",
        HEADROW_MAIL_FROM="Academy <academy@leeds.example>",
        HEADROW_MAIL_PER_MINUTE="600",
        HEADROW_NAME="Leeds Academy",
        HEADROW_PUBLIC_URL="https://academy.leeds.example/",
        HEADROW_SECRET_KEY=KEY,
        HEADROW_SIGNING_KEY="s" * 43,
        HEADROW_VERIFYING_KEYS=f"{'v' * 43}, {'w' * 43}",
        HEADROW_HTTP_PORT="80",
        HEADROW_HTTP_WORKERS="4",
        HEADROW_PROXIES="192.0.2.7, 10.0.0.0/8",
        HEADROW_KNOWN_NETWORKS="2001:db8::/32",
        HEADROW_CODES_PER_HOUR="500",
        HEADROW_SECOND_FACTOR="optional",
        HEADROW_IDENTITY_PROVIDERS=str(providers),
        HEADROW_COMMUNITY_OPEN_TO="attended",
        HEADROW_NEW_ACCOUNTS_WAIT="24",
        HEADROW_ERASURES=str(tmp_path / "erasures"),
        HEADROW_BACKUPS_KEPT="90",
        HEADROW_LOG="json",
        HEADROW_ALIVE=str(tmp_path / "alive"),
        HEADROW_METRICS="0.0.0.0:9464",
        HEADROW_LIMITS="off",
        HEADROW_QUIET_HOURS="off",
        HEADROW_CORS_ORIGINS="https://a.example, http://localhost:3000",
        HEADROW_SECURITY_CONTACT="mailto:security@leeds.example",
        HEADROW_TRACES="http://collector:4318/",
        HEADROW_PLAYERS="vimeo, Video.example.org",
        HEADROW_CHECK_LINKS="on",
        HEADROW_HEAD_START="48",
    )
    assert settings == Settings(
        data=tmp_path,
        bus="amqp://guest:guest@rabbit:5672/headrow",
        database="postgresql://headrow@db/headrow",
        language="cy_GB",
        time_zone="Asia/Kolkata",
        mail="smtps://user:password@mail.example:465",
        mail_from="Academy <academy@leeds.example>",
        mail_per_minute=600,
        name="Leeds Academy",
        public_url="https://academy.leeds.example",
        secret_key=KEY,
        signing_key="s" * 43,
        verifying_keys=("v" * 43, "w" * 43),
        http_port=80,
        http_workers=4,
        proxies=(ip_network("192.0.2.7"), ip_network("10.0.0.0/8")),
        known_networks=(ip_network("2001:db8::/32"),),
        codes_per_hour=500,
        second_factor="optional",
        identity_providers=(IdentityProvider("leeds", "Leeds", "https://leeds.example", "headrow"),),
        community_open_to="attended",
        new_accounts_wait=timedelta(hours=24),
        erasures=tmp_path / "erasures",
        backups_kept=timedelta(days=90),
        log="json",
        alive=tmp_path / "alive",
        metrics=("0.0.0.0", 9464),
        limits=False,
        quiet_hours=False,
        cors_origins=("https://a.example", "http://localhost:3000"),
        security_contact="mailto:security@leeds.example",
        traces="http://collector:4318",
        players=("vimeo", "video.example.org"),
        check_links=True,
        head_start=timedelta(hours=48),
    )
    assert not settings.embedded


def test_metrics_can_be_served_at_an_address_of_version_6():
    assert read(HEADROW_METRICS="[::1]:9464").metrics == ("::1", 9464)


@pytest.mark.parametrize(
    ("bus", "said", "needed"),
    [
        ("embedded://", "", False),
        ("embedded://", "required", True),
        ("amqp://rabbit:5672/headrow", "", True),
        ("amqp://rabbit:5672/headrow", "optional", False),
    ],
)
def test_a_second_factor_is_needed_with_a_broker_unless_it_is_said_otherwise(bus, said, needed):
    settings = read(HEADROW_BUS=bus, HEADROW_SECRET_KEY=KEY, HEADROW_SECOND_FACTOR=said)
    assert settings.needs_second_factor is needed


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_wrong_value_is_told_by_the_name_of_its_variable(name, value):
    with pytest.raises(WrongSetting, match=name):
        read(**{name: value})


def test_every_variable_that_can_be_wrong_is_in_the_table_above():
    assert VARIABLES.keys() - WRONG.keys() == {"HEADROW_DATA", "HEADROW_ALIVE", "HEADROW_ERASURES"}


def test_a_variable_that_does_not_exist_is_refused():
    """A slip of the pen would otherwise be a default in silence."""
    with pytest.raises(WrongSetting, match=says("refusal.setting_unknown", variable="HEADROW_DATABSE")):
        read(HEADROW_DATABSE="postgresql://headrow@db/headrow")
    assert read(HEADROW_TEST_POSTGRESQL="x", PATH="/bin") == read()


def test_what_the_command_says_overrules_the_environment(tmp_path):
    settings = Settings.from_environment(
        {"HEADROW_DATA": "elsewhere", "HEADROW_HTTP_PORT": "80"}, data=str(tmp_path), host="0.0.0.0", port=8080
    )
    assert (settings.data, settings.http_host, settings.http_port) == (tmp_path, "0.0.0.0", 8080)
    assert settings.public_url == "http://localhost:8080"


def test_each_service_has_a_database_of_its_own(tmp_path):
    assert read(HEADROW_DATA=str(tmp_path)).database_url("echo") == f"sqlite:///{tmp_path}/echo.db"
    assert Settings(database="postgresql://db/headrow").database_url("echo") == "postgresql://db/headrow"


def test_a_secret_key_is_required_where_there_are_several_processes():
    with pytest.raises(WrongSetting, match=says("refusal.setting_required", variable="HEADROW_SECRET_KEY")):
        read(HEADROW_BUS="amqp://rabbit")


def test_a_secret_key_is_made_once_and_read_by_its_owner_alone(tmp_path):
    folder = tmp_path / "new" / "data"
    first, second = (read(HEADROW_DATA=str(folder)).with_secret_key().secret_key for _ in range(2))
    assert first == second
    assert len(first) >= 32
    assert stat.S_IMODE((folder / "secret-key").stat().st_mode) == 0o600


def test_a_secret_key_that_was_given_is_kept_nowhere(tmp_path):
    settings = read(HEADROW_DATA=str(tmp_path), HEADROW_SECRET_KEY=KEY)
    assert settings.with_secret_key() is settings
    assert list(tmp_path.iterdir()) == []


def test_a_secret_key_is_not_shown():
    assert KEY not in repr(read(HEADROW_SECRET_KEY=KEY))


def test_the_clock_can_be_set_on_the_bus_in_memory_only():
    assert read(HEADROW_CLOCK="2027-07-09T09:30:00Z").clock == datetime(2027, 7, 9, 9, 30, tzinfo=UTC)
    local = read(HEADROW_CLOCK="2027-07-09T09:30:00").clock
    assert local == datetime(2027, 7, 9, 9, 30, tzinfo=ZoneInfo("Europe/London"))
    elsewhere = read(HEADROW_CLOCK="2027-07-09T09:30:00", HEADROW_TIME_ZONE="Asia/Kolkata").clock
    assert elsewhere == datetime(2027, 7, 9, 4, 0, tzinfo=UTC)
    with pytest.raises(WrongSetting, match="HEADROW_CLOCK"):
        read(HEADROW_CLOCK="2027-07-09T09:30:00Z", HEADROW_BUS="amqp://rabbit", HEADROW_SECRET_KEY=KEY)


def test_no_error_tells_a_password(tmp_path):
    urls = (
        "ftp://user:swordfish@host",
        "amqp://user:swordfish@",
        "http://user:swordfish@[::1",
        "amqp://user:swordfish",
    )
    for name in ("HEADROW_BUS", "HEADROW_DATABASE", "HEADROW_MAIL", "HEADROW_TRACES"):
        for url in urls:
            (tmp_path / "secret").write_text(url)
            for given in ({name: url}, {f"{name}_FILE": str(tmp_path / "secret")}):
                with pytest.raises(WrongSetting, match=name) as error:
                    read(**given)
                assert "swordfish" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_can_be_given_by_a_file_without_the_end_of_its_line(tmp_path, end):
    secrets = {
        "HEADROW_BUS": "amqp://guest:guest@rabbit:5672/headrow",
        "HEADROW_DATABASE": "postgresql://headrow:pass@db/headrow",
        "HEADROW_MAIL": "smtps://user:password@mail.example:465",
        "HEADROW_SECRET_KEY": f" {KEY} ",
        "HEADROW_SIGNING_KEY": "s" * 43,
    }
    assert secrets.keys() == {*SECRET}
    for name, value in secrets.items():
        (tmp_path / name).write_bytes(f"{value}{end}".encode())
    assert read(**{f"{name}_FILE": str(tmp_path / name) for name in secrets}) == read(**secrets)


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_that_is_given_twice_is_refused(tmp_path, name):
    (tmp_path / "secret").write_text(KEY)
    with pytest.raises(WrongSetting, match=f"{name} and {name}_FILE") as error:
        read(**{name: KEY, f"{name}_FILE": str(tmp_path / "secret")})
    assert KEY not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"k" * 32 + b"\nsecond line", b"\xff" * 32, b"\0" * 32])
def test_a_file_that_holds_no_secret_is_told_by_variable_and_path(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(WrongSetting) as error:
        read(HEADROW_SECRET_KEY_FILE=str(tmp_path / "key"))
    assert f"HEADROW_SECRET_KEY_FILE names {tmp_path / 'key'}," in str(error.value)
    assert "kkk" not in str(error.value)


def test_a_file_that_cannot_be_read_is_told_by_variable_and_path(tmp_path):
    with pytest.raises(WrongSetting, match=f"HEADROW_BUS_FILE.*{tmp_path}/nowhere"):
        read(HEADROW_BUS_FILE=f"{tmp_path}/nowhere")


def test_what_a_file_gives_is_checked_like_any_value(tmp_path):
    (tmp_path / "key").write_text("k" * 31)
    with pytest.raises(WrongSetting, match="HEADROW_SECRET_KEY"):
        read(HEADROW_SECRET_KEY_FILE=str(tmp_path / "key"))
