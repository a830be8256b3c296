"""What the environment says: the `HEADROW_*` variables, their defaults, and what is wrong with a value."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from services.runtime.identity_providers import IdentityProvider, WrongProvider, read_providers
from services.runtime.kept_key import kept_key
from services.runtime.networks import Network, read_networks
from services.runtime.players import read_players
from services.runtime.time_zones import DEFAULT, names
from services.runtime.variables import SECRET, VARIABLES

__all__ = ["SECRET", "VARIABLES", "Settings", "WrongSetting", "addresses"]


class WrongSetting(ValueError):
    """A variable has a value that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True)
class Settings:
    """The settings of one process, checked."""

    data: Path = Path("var")
    bus: str = "embedded://"
    database: str = "sqlite:///{data}/{service}.db"
    mail: str = field(default="file:var/mail", repr=False)  # there may be a password or a key in it
    mail_from: str = "Headrow <headrow@localhost>"
    language: str = "en_GB"
    time_zone: str = DEFAULT  # which services.runtime.schemas.CITY is, in the process that was started with it
    name: str = "Headrow"
    mail_per_minute: int = 0
    public_url: str = "http://localhost:8000"
    secret_key: str = field(default="", repr=False)
    signing_key: str = field(default="", repr=False)
    verifying_keys: tuple[str, ...] = ()
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    http_workers: int = 1
    proxies: tuple[Network, ...] = ()
    known_networks: tuple[Network, ...] = ()
    codes_per_hour: int = 10_000
    second_factor: str = ""  # required or optional; nothing: as it is with this bus
    identity_providers: tuple[IdentityProvider, ...] = ()
    community_open_to: str = "anyone"
    new_accounts_wait: timedelta = timedelta(0)
    erasures: Path | None = None
    backups_kept: timedelta = timedelta(days=730)
    log: str = "text"
    alive: Path | None = None
    metrics: tuple[str, int] | None = None  # host and port
    limits: bool = True
    quiet_hours: bool = True
    clock: datetime | None = None
    cors_origins: tuple[str, ...] = ()
    security_contact: str = ""
    traces: str = ""
    players: tuple[str, ...] = ("youtube", "vimeo")
    check_links: bool = False
    head_start: timedelta = timedelta(hours=24)
    shows_mail: bool = False  # no variable: `headrow up` alone sets it, for a page that shows mail only on this machine

    @property
    def embedded(self) -> bool:
        """Whether the bus lives in this process."""
        return self.bus.startswith("embedded:")

    @cached_property
    def needs_second_factor(self) -> bool:
        """Whether a role counts only for someone who signed in with a second factor."""
        return self.second_factor == "required" or (not self.second_factor and not self.embedded)

    def database_url(self, service: str) -> str:
        """Return the URL of one service's database."""
        return self.database.replace("{data}", str(self.data)).replace("{service}", service)

    def with_secret_key(self) -> "Settings":
        """Return these settings with a secret key, made and kept in the data folder if need be."""
        return self if self.secret_key else replace(self, secret_key=kept_key(self.data / "secret-key"))

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] = os.environ,
        *,
        data: str | None = None,
        host: str | None = None,
        port: int | None = None,
    ) -> "Settings":
        """Read the variables; `data`, `host` and `port` overrule them. Raises WrongSetting."""
        unknown = sorted(name for name in environ if name.startswith("HEADROW_") and not _known(name))
        if unknown:
            raise WrongSetting(f"{unknown[0]} is not a setting of Headrow. Known: {', '.join(VARIABLES)}.")
        given = {**environ, **_read_from_files(environ)}
        value = {name: given.get(name) or variable.default for name, variable in VARIABLES.items()}
        folder = Path(data or str(value["HEADROW_DATA"])).absolute()
        configured = _whole("HEADROW_HTTP_PORT", value, 0, 65535)
        number = configured if port is None else port
        settings = cls(
            data=folder,
            bus=_bus(value),
            database=_url("HEADROW_DATABASE", str(value["HEADROW_DATABASE"]), "sqlite", "postgresql"),
            mail=_mail(value).replace("{data}", str(folder)),
            mail_from=_sender(value),
            language=_language(value),
            time_zone=_time_zone(value),
            name=_name(value),
            mail_per_minute=_whole("HEADROW_MAIL_PER_MINUTE", value, 0, 60_000),
            public_url=_public_url(value, number),
            secret_key=_secret_key(value),
            signing_key="".join(_keys("HEADROW_SIGNING_KEY", value)),
            verifying_keys=_keys("HEADROW_VERIFYING_KEYS", value),
            http_host=host or "127.0.0.1",
            http_port=number,
            http_workers=_whole("HEADROW_HTTP_WORKERS", value, 1, 64),
            proxies=_networks("HEADROW_PROXIES", value),
            known_networks=_networks("HEADROW_KNOWN_NETWORKS", value),
            codes_per_hour=_whole("HEADROW_CODES_PER_HOUR", value, 1, 1_000_000),
            second_factor=_one_of("HEADROW_SECOND_FACTOR", value, "required", "optional", None),
            identity_providers=_identity_providers(value),
            community_open_to=_one_of("HEADROW_COMMUNITY_OPEN_TO", value, "anyone", "attended"),
            new_accounts_wait=timedelta(hours=_whole("HEADROW_NEW_ACCOUNTS_WAIT", value, 0, 720)),
            erasures=_file("HEADROW_ERASURES", value),
            backups_kept=timedelta(days=_whole("HEADROW_BACKUPS_KEPT", value, 1, 3650)),
            log=_one_of("HEADROW_LOG", value, "text", "json"),
            alive=_file("HEADROW_ALIVE", value),
            metrics=_address("HEADROW_METRICS", value),
            limits=_one_of("HEADROW_LIMITS", value, "on", "off") == "on",
            quiet_hours=_one_of("HEADROW_QUIET_HOURS", value, "on", "off") == "on",
            clock=_clock(value),
            cors_origins=_origins(value),
            security_contact=_security_contact(value),
            traces=_collector(value),
            players=_players(value),
            check_links=_one_of("HEADROW_CHECK_LINKS", value, "on", "off") == "on",
            head_start=timedelta(hours=_whole("HEADROW_HEAD_START", value, 0, 168)),
        )
        if settings.clock and not settings.embedded:
            raise WrongSetting("HEADROW_CLOCK works only with HEADROW_BUS=embedded://; unset it.")
        return settings


def addresses(bus: str) -> list[str]:
    """Return the addresses of the nodes of a broker, which stand in one setting with semicolons between them."""
    return bus.split(";")


def _known(name: str) -> bool:
    return name in VARIABLES or name.startswith("HEADROW_TEST_")


def _read_from_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is given by files, by the variable that it is the value of. Raises WrongSetting."""
    named = {name: environ[f"{name}_FILE"] for name in SECRET if environ.get(f"{name}_FILE")}
    for name in named:
        if environ.get(name):
            raise WrongSetting(f"{name} and {name}_FILE are both set; unset one of them.")
    return {name: _content(f"{name}_FILE", file) for name, file in named.items()}


def _content(variable: str, file: str) -> str:
    """Return what is in the file, without the end of the line. No message quotes it: it is a secret."""
    try:
        content = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise WrongSetting(f"{variable} names {file}, which cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise WrongSetting(f"{variable} names {file}, but that is not text in UTF-8.") from None
    if not content or not content.isprintable():
        raise WrongSetting(f"{variable} names {file}, which must hold one line of text and nothing else.")
    return content


def _bus(value: Mapping[str, str | None]) -> str:
    nodes = [node.strip() for node in addresses(str(value["HEADROW_BUS"]))]
    schemes = ("amqp", "amqps") if len(nodes) > 1 else ("embedded", "amqp", "amqps")
    return ";".join(_url("HEADROW_BUS", node, *schemes) for node in nodes)


def _mail(value: Mapping[str, str | None]) -> str:
    return _url("HEADROW_MAIL", str(value["HEADROW_MAIL"]), "file", "smtp", "smtps", "notify", "notify+http")


def _url(name: str, url: str, *schemes: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:  # it may quote a password
        raise WrongSetting(f"{name} is not a URL, or its port is not a number.") from None
    if parts.scheme not in schemes:
        raise WrongSetting(f"{name} must start with one of {', '.join(s + ':' for s in schemes)}")
    if parts.scheme in ("amqp", "amqps", "smtp", "smtps", "postgresql") and not (parts.hostname or parts.query):
        raise WrongSetting(f"{name} names no host.")
    if parts.scheme.startswith("notify") and not (parts.username and parts.hostname and parts.path.strip("/")):
        raise WrongSetting(f"{name} must be notify://API_KEY@HOST/TEMPLATE_ID.")
    return url


def _whole(name: str, value: Mapping[str, str | None], least: int, most: int) -> int:
    text = str(value[name])
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise WrongSetting(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _one_of(name: str, value: Mapping[str, str | None], *choices: str | None) -> str:
    """Return the choice that was made; nothing where none is one of the choices, and none was made."""
    if value[name] not in choices:
        raise WrongSetting(f"{name} must be {' or '.join(filter(None, choices))}, not {value[name]!r}.")
    return value[name] or ""


def _security_contact(value: Mapping[str, str | None]) -> str:
    text = str(value["HEADROW_SECURITY_CONTACT"] or "")
    if text and not re.fullmatch(r"mailto:[!-?A-~]+@[!-?A-~]+|https://[!-.0-~][!-~]*", text):
        raise WrongSetting(
            f"HEADROW_SECURITY_CONTACT must be mailto:name@example.com or https://example.com/report, not {text!r}."
        )
    return text


def _address(name: str, value: Mapping[str, str | None]) -> tuple[str, int] | None:
    text = str(value[name] or "")
    if not text:
        return None
    found = re.fullmatch(r"([\w.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", text, re.ASCII)
    if not found or not 0 < int(found[2]) < 65536:
        raise WrongSetting(f"{name} must be a host and a port such as 127.0.0.1:9464, not {text!r}.")
    return found[1].strip("[]"), int(found[2])


def _file(name: str, value: Mapping[str, str | None]) -> Path | None:
    return Path(str(value[name])).absolute() if value[name] else None


def _networks(name: str, value: Mapping[str, str | None]) -> tuple[Network, ...]:
    try:
        return read_networks(str(value[name] or ""))
    except ValueError as error:
        raise WrongSetting(f"{name} must list networks such as 192.0.2.7, 10.0.0.0/8: {error}.") from error


def _identity_providers(value: Mapping[str, str | None]) -> tuple[IdentityProvider, ...]:
    try:
        return read_providers(Path(file)) if (file := value["HEADROW_IDENTITY_PROVIDERS"]) else ()
    except WrongProvider as error:
        raise WrongSetting(f"HEADROW_IDENTITY_PROVIDERS: {error}.") from error


def _sender(value: Mapping[str, str | None]) -> str:
    sender = str(value["HEADROW_MAIL_FROM"])
    if "@" not in sender or any(ord(character) < 32 for character in sender):
        raise WrongSetting("HEADROW_MAIL_FROM must be an address such as 'Academy <academy@example.org>'.")
    return sender


def _language(value: Mapping[str, str | None]) -> str:
    language = str(value["HEADROW_LANGUAGE"])
    if not re.fullmatch("[a-z]{2,3}(_[A-Z]{2})?", language):
        raise WrongSetting(f"HEADROW_LANGUAGE must be a language such as en_GB, not {language!r}.")
    return language


def _time_zone(value: Mapping[str, str | None]) -> str:
    name = str(value["HEADROW_TIME_ZONE"])
    if name not in names():
        raise WrongSetting(
            f"HEADROW_TIME_ZONE must be the name of a time zone, such as Europe/London or Asia/Kolkata, not {name!r}."
        )
    return name


def _name(value: Mapping[str, str | None]) -> str:
    name = str(value["HEADROW_NAME"]).strip()
    if not name.isprintable() or not 0 < len(name) <= 60:
        raise WrongSetting("HEADROW_NAME must be one line of at most 60 characters.")
    return name


def _public_url(value: Mapping[str, str | None], port: int) -> str:
    url = value["HEADROW_PUBLIC_URL"] or f"http://localhost:{port}"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise WrongSetting(f"HEADROW_PUBLIC_URL must be an http or https address, not {url!r}.")
    return url.rstrip("/")


def _secret_key(value: Mapping[str, str | None]) -> str:
    key = value["HEADROW_SECRET_KEY"] or ""
    if key and len(key) < 32:
        raise WrongSetting("HEADROW_SECRET_KEY must have at least 32 characters.")
    if not key and not str(value["HEADROW_BUS"]).startswith("embedded:"):
        raise WrongSetting("HEADROW_SECRET_KEY is required when the bus is not embedded.")
    return key


def _keys(name: str, value: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return keys of 32 bytes as they stand in the setting. No message quotes them."""
    keys = [key.strip() for key in str(value[name] or "").split(",") if key.strip()]
    if not all(re.fullmatch("[A-Za-z0-9_-]{43}", key) for key in keys):
        raise WrongSetting(f"{name} must be as `headrow keys` prints it: 43 letters, digits, - and _.")
    if name == "HEADROW_SIGNING_KEY" and len(keys) > 1:
        raise WrongSetting(f"{name} is one key.")
    return tuple(keys)


def _clock(value: Mapping[str, str | None]) -> datetime | None:
    text = value["HEADROW_CLOCK"]
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongSetting(f"HEADROW_CLOCK must be an ISO time such as 2027-03-09T09:30:00, not {text!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(_time_zone(value)))


def _origins(value: Mapping[str, str | None]) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in str(value["HEADROW_CORS_ORIGINS"] or "").split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
            raise WrongSetting(f"HEADROW_CORS_ORIGINS must list origins such as https://example.org, not {origin!r}.")
    return origins


def _collector(value: Mapping[str, str | None]) -> str:
    """Return the address of the collector. No message quotes it: there may be a password in a wrong one."""
    url = str(value["HEADROW_TRACES"] or "")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise WrongSetting("HEADROW_TRACES is not a URL, or its port is not a number.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise WrongSetting("HEADROW_TRACES must be an http or https address such as http://collector:4318.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise WrongSetting(
            "HEADROW_TRACES takes no user, password or query: "
            "put what the collector asks for in OTEL_EXPORTER_OTLP_HEADERS."
        )
    return url.rstrip("/")


def _players(value: Mapping[str, str | None]) -> tuple[str, ...]:
    try:
        return read_players(str(value["HEADROW_PLAYERS"]))
    except ValueError as error:
        raise WrongSetting(f"HEADROW_PLAYERS must be none, or name youtube, vimeo and hosts, not {error}.") from None
