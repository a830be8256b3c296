"""The `HEADROW_*` variables: their defaults, and what each is for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """One `HEADROW_*` variable: its default as text (None: none) and what it is for."""

    default: str | None
    meaning: str


VARIABLES: dict[str, Variable] = {
    "HEADROW_DATA": Variable("var", "folder of the SQLite files, mail as files, and the secret key when embedded"),
    "HEADROW_BUS": Variable(
        "embedded://", "embedded:// or amqp://user:password@host:5672/vhost; the nodes of a cluster with ; between them"
    ),
    "HEADROW_DATABASE": Variable(
        "sqlite:///{data}/{service}.db", "an SQLite file a service, or postgresql://…/headrow: one schema a service"
    ),
    "HEADROW_MAIL": Variable(
        "file:{data}/mail",
        "file:FOLDER, smtp://host:port, smtps://user:password@host, or for GOV.UK Notify notify://key@host/template",
    ),
    "HEADROW_MAIL_FROM": Variable("Headrow <headrow@localhost>", "sender of every message"),
    "HEADROW_LANGUAGE": Variable("en_GB", "the language of messages, as one of the catalogues names it"),
    "HEADROW_TIME_ZONE": Variable(
        "Europe/London", "the city's time zone, such as Asia/Kolkata: the same in every process"
    ),
    "HEADROW_MAIL_PER_MINUTE": Variable("0", "letters in any minute, of all processes together; 0: as fast as it goes"),
    "HEADROW_QUIET_HOURS": Variable("on", "on: what can wait is not sent between 21:00 and 07:00; or off"),
    "HEADROW_NAME": Variable("Headrow", "what the pages call the site"),
    "HEADROW_PUBLIC_URL": Variable(None, "the address that people see; default http://localhost:PORT"),
    "HEADROW_SECRET_KEY": Variable(None, "at least 32 characters; made and kept in the data folder when embedded"),
    "HEADROW_SIGNING_KEY": Variable(
        None, "registration's, from `headrow keys`; without it, it follows from HEADROW_SECRET_KEY"
    ),
    "HEADROW_VERIFYING_KEYS": Variable("", "the other services': what belongs to it; several with commas between them"),
    "HEADROW_HTTP_PORT": Variable("8000", "the gateway's port"),
    "HEADROW_HTTP_WORKERS": Variable("1", "gateway processes of one `headrow serve gateway`, 1 to 64"),
    "HEADROW_PROXIES": Variable(
        "", "networks of your proxies, comma-separated: only they are believed about a caller's address"
    ),
    "HEADROW_KNOWN_NETWORKS": Variable(
        "", "networks, comma-separated, of hospitals and others: codes asked for there are not counted together"
    ),
    "HEADROW_CODES_PER_HOUR": Variable("10000", "codes to sign in that are mailed in an hour, to everyone together"),
    "HEADROW_SECOND_FACTOR": Variable(
        None, "required or optional, for the team and operators; default: optional when embedded, else required"
    ),
    "HEADROW_IDENTITY_PROVIDERS": Variable(
        None, "a file (TOML) that describes the identity providers which people can sign in with as well"
    ),
    "HEADROW_COMMUNITY_OPEN_TO": Variable(
        "anyone", "who may join the community: anyone, or attended, for those who came to a session or are vouched for"
    ),
    "HEADROW_NEW_ACCOUNTS_WAIT": Variable("0", "hours before a new account can ask to meet people, 0 to 720"),
    "HEADROW_ERASURES": Variable(None, "the list of who was erased; embedded, it is in the data folder by default"),
    "HEADROW_BACKUPS_KEPT": Variable("730", "days for which backups are kept at most, and who was erased is listed"),
    "HEADROW_LOG": Variable("text", "text or json"),
    "HEADROW_ALIVE": Variable(None, "a file that is touched every 5 seconds while the process works"),
    "HEADROW_METRICS": Variable(None, "host:port at which the process tells anyone who asks how it is: keep it inside"),
    "HEADROW_LIMITS": Variable("on", "on, or off for benchmarks"),
    "HEADROW_CLOCK": Variable(None, "ISO time at which the clock starts; embedded only, for demonstrations and tests"),
    "HEADROW_CORS_ORIGINS": Variable("", "origins, comma-separated, that may call the API from a browser"),
    "HEADROW_SECURITY_CONTACT": Variable(
        "", "mailto:… or https://… where weaknesses are reported, for /.well-known/security.txt; empty: no such page"
    ),
    "HEADROW_PLAYERS": Variable(
        "youtube,vimeo", "whose players pages show once asked: youtube, vimeo, other hosts, comma-separated; or none"
    ),
    "HEADROW_CHECK_LINKS": Variable("off", "on: the addresses of materials are asked once a week; or off"),
    "HEADROW_HEAD_START": Variable(
        "24", "hours, 0 to 168, in which only those who asked for its programme are emailed about a first date"
    ),
    "HEADROW_TRACES": Variable("", "http://host:4318 of an OpenTelemetry collector (OTLP over HTTP); empty: no traces"),
}

# What a secret may be in can also be given as a file, as Docker and Kubernetes hand secrets over.
SECRET = ("HEADROW_BUS", "HEADROW_DATABASE", "HEADROW_MAIL", "HEADROW_SECRET_KEY", "HEADROW_SIGNING_KEY")
VARIABLES |= {f"{name}_FILE": Variable(None, f"a file whose content is {name}") for name in SECRET}
