"""The manifests for Kubernetes are valid, and say what Compose, the image, the command and the settings say."""

import copy
import re
import tomllib
from urllib.parse import urlsplit

import jsonschema
import kubernetes_validate
import pytest

from gateway.assembly import SITE
from services.bus import topology, wire
from services.bus.runner import GRACE
from services.headrow.command_line import parser
from services.headrow.names import SERVICES
from services.runtime.database import open_engine
from services.runtime.networks import read_networks
from services.runtime.settings import VARIABLES, Settings
from tests.project import compose, custom_kinds
from tests.project.alerting import ALERTS, exported, grouped_by, named, values
from tests.project.documents import page, section
from tests.project.kubernetes import (
    FOLDER,
    KUSTOMIZATIONS,
    KUSTOMIZE,
    MANIFESTS,
    OUTSIDE,
    PARTS,
    SCALERS,
    SECRETS,
    WORKLOADS,
    container,
    environment,
    labels,
    manifests,
    may_talk,
    of_kind,
    pod,
    replicas,
    selects,
)
from tests.project.tracked import ROOT

VERSIONS = ("1.34", "1.37")  # of Kubernetes: the oldest that docs/operations.md names, and the newest there is
DEPLOYED = of_kind("Deployment")
SECTION = section(page("docs/operations.md"), "With Kubernetes")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RABBITMQ, POSTGRES = of_kind("RabbitmqCluster")["rabbitmq"]["spec"], of_kind("Cluster")["postgres"]["spec"]


def _check(manifest, version=VERSIONS[0]):
    """Hold a manifest against the schema of its kind: Kubernetes' own, or ours of an operator's."""
    schema = custom_kinds.schema(manifest)
    if schema is None:
        kubernetes_validate.validate(manifest, version, strict=True)
    else:
        jsonschema.validate(manifest, schema)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_what_the_schema_of_its_kind_says(name, version):
    _check(MANIFESTS[name], version)


@pytest.mark.parametrize("name", [name for name, manifest in MANIFESTS.items() if "spec" in manifest])
def test_a_field_that_there_is_not_is_refused(name):
    wrong = copy.deepcopy(MANIFESTS[name])
    wrong["spec"]["replica"] = 2
    with pytest.raises(jsonschema.ValidationError):
        _check(wrong)


def test_every_manifest_is_one_that_kustomize_is_told_of():
    for folder, kustomization in KUSTOMIZATIONS.items():
        here = {file.name for file in (FOLDER / folder).glob("*.yaml")} - {KUSTOMIZE}
        told = {*kustomization.get("resources", [])}
        assert {name for name in told if name.endswith(".yaml")} == here, folder
        for other in (told - here) | {*kustomization.get("components", [])}:
            assert (FOLDER / folder / other / KUSTOMIZE).exists(), folder
    assert len([*manifests()]) == len(MANIFESTS), "two of one kind have one name"


def test_everything_is_in_one_namespace():
    [namespace] = of_kind("Namespace")
    others = {name: manifest["metadata"].get("namespace") for name, manifest in MANIFESTS.items()}
    assert {name for name, where in others.items() if where != namespace} == {f"Namespace {namespace}"}


def test_every_part_of_compose_is_there_with_the_same_command():
    assert {part: container(part)["args"] for part in PARTS} == {
        name: part["command"] for name, part in compose.PARTS.items()
    }
    assert {*DEPLOYED} == {*SERVICES, "gateway"}


@pytest.mark.parametrize("part", PARTS)
def test_the_command_understands_what_a_part_is_told(part):
    given = parser().parse_args(container(part)["args"])
    assert getattr(given, "host", "0.0.0.0") == "0.0.0.0", "probes come from outside the pod"
    assert "command" not in container(part), "the image's own is what the arguments are for"


@pytest.mark.parametrize("part", WORKLOADS)
def test_a_part_can_start_with_the_settings_that_it_is_given(part):
    given = environment(part)
    ours = {name for name in given if name.startswith("HEADROW_")}
    assert ours <= {*VARIABLES}
    settings = Settings.from_environment(given)
    assert not settings.embedded
    assert "HEADROW_TIME_ZONE" in given, "one part that is left out would show other times"
    assert settings.log == "json"
    assert settings.http_workers == 1, "each scrape would reach any one of them"
    assert settings.database.startswith("postgresql:") == (part != "gateway"), "the gateway has none"
    assert (not settings.mail.startswith("file:")) == (part == "notifications"), "files would go with the pod"


def test_the_virtual_host_is_the_one_that_the_broker_makes():
    config = dict(re.findall(r"^(\w+) = (\w+)$", RABBITMQ["rabbitmq"]["additionalConfig"], re.MULTILINE))
    assert config == {"default_vhost": "headrow"}
    assert {urlsplit(environment(part)["HEADROW_BUS"]).path for part in WORKLOADS} == {f"/{config['default_vhost']}"}
    for scaler in SCALERS.values():
        queues = [trigger["metadata"] for trigger in scaler["triggers"] if trigger["type"] == "rabbitmq"]
        assert [queue["vhostName"] for queue in queues] == [config["default_vhost"]]


def test_what_is_read_of_a_secret_is_in_it():
    assert {f"{name}-app" for name in of_kind("Cluster")} | {
        f"{name}-default-user" for name in of_kind("RabbitmqCluster")
    } < {*SECRETS}, "as their operators name them"
    [authentication] = of_kind("TriggerAuthentication").values()
    for reference in authentication["spec"]["secretTargetRef"]:
        assert reference["key"] in SECRETS[reference["name"]]
    assert of_kind("Secret") == {}, "a secret that is committed is none"


def test_the_gateway_listens_where_it_is_looked_for():
    port, _ = container("gateway")["ports"]
    assert str(port["containerPort"]) == environment("gateway")["HEADROW_HTTP_PORT"]
    service = of_kind("Service")["gateway"]["spec"]
    assert selects({"matchLabels": service["selector"]}, labels("gateway"))
    assert [there["targetPort"] for there in service["ports"]] == [port["name"]]
    probes = {name: probe["httpGet"] for name, probe in container("gateway").items() if name.endswith("Probe")}
    assert {name: (probe["path"], probe["port"]) for name, probe in probes.items()} == {
        "startupProbe": ("/health/live", port["name"]),
        "livenessProbe": ("/health/live", port["name"]),
        "readinessProbe": ("/health/ready", port["name"]),
    }
    open_to_anyone = {route.path for route in SITE.routes if route.requires == "anyone"}
    assert {probe["path"] for probe in probes.values()} <= open_to_anyone


def test_the_address_that_people_see_leads_to_the_gateway():
    ingress = of_kind("Ingress")["gateway"]["spec"]
    address = urlsplit(environment("gateway")["HEADROW_PUBLIC_URL"])
    [rule], [tls] = ingress["rules"], ingress["tls"]
    assert (address.scheme, [rule["host"]], tls["hosts"]) == ("https", [address.hostname], [address.hostname])
    [path] = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "gateway", "port": {"name": "http"}}
    assert read_networks(environment("gateway")["HEADROW_PROXIES"]), "the ingress controller is one of ours"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_asked_for_a_sign_of_life_where_it_tells_its_metrics(service):
    for probe in ("startupProbe", "livenessProbe"):
        assert container(service)[probe]["httpGet"] == {"path": "/health/live", "port": "metrics"}
    assert "readinessProbe" not in container(service), "nobody is sent there by Kubernetes"


@pytest.mark.parametrize("part", DEPLOYED)
def test_a_part_tells_its_metrics_where_prometheus_looks(part):
    _, port = Settings.from_environment(environment(part)).metrics
    assert {"name": "metrics", "containerPort": port} in container(part)["ports"]
    [monitor] = [one for one in of_kind("PodMonitor").values() if selects(one["spec"]["selector"], labels(part))]
    assert monitor["spec"]["podMetricsEndpoints"] == [{"port": "metrics", "path": "/metrics", "interval": "15s"}]
    assert labels(part)[monitor["spec"]["jobLabel"]] == ("headrow" if part == "gateway" else "headrow-services")


@pytest.mark.parametrize("part", WORKLOADS)
def test_stopping_takes_no_longer_than_kubernetes_waits(part):
    before = container(part).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert pod(part)["terminationGracePeriodSeconds"] > before + GRACE


@pytest.mark.parametrize("part", WORKLOADS)
def test_a_part_may_do_no_more_than_with_compose(part):
    with_compose = compose.PARTS.get(part, compose.PARTS["migrate"])
    assert (with_compose["read_only"], with_compose["cap_drop"], with_compose["init"]) == (True, ["ALL"], True)
    assert container(part)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    [uid] = map(int, re.findall(r"useradd .*--uid (\d+)", (ROOT / "Dockerfile").read_text()))
    assert pod(part)["securityContext"] == {
        **{"runAsNonRoot": True, "runAsUser": uid, "runAsGroup": uid, "fsGroup": uid},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod(part)["automountServiceAccountToken"] is False
    assert pod(part)["shareProcessNamespace"] is True


@pytest.mark.parametrize("part", WORKLOADS)
def test_what_is_written_can_be_written(part):
    writable = {mount["mountPath"]: mount["name"] for mount in container(part)["volumeMounts"]}
    assert {*writable} == ({"/tmp", "/data"} if part == "gateway" else {"/tmp"})
    assert {volume["name"]: [*volume["emptyDir"]] for volume in pod(part)["volumes"]} == {
        name: ["sizeLimit"] for name in writable.values()
    }
    assert "HEADROW_DATA=/data" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("part", WORKLOADS)
def test_no_variable_comes_in_that_would_stop_the_start(part):
    """For each service of a namespace Kubernetes adds variables that begin with its name, unless it is told not to."""
    assert pod(part)["enableServiceLinks"] is False
    named_for_services = {*of_kind("Service"), *of_kind("Cluster"), *of_kind("RabbitmqCluster")}
    assert [name for name in named_for_services if name.startswith("headrow")] == []


@pytest.mark.parametrize("part", WORKLOADS)
def test_a_part_says_what_it_needs_and_has_a_limit(part):
    resources = container(part)["resources"]
    assert {*resources["requests"]} == {*resources["limits"]} == {"cpu", "memory"}


@pytest.mark.parametrize("part", DEPLOYED)
def test_a_part_of_which_there_are_several_is_spread_and_never_all_away(part):
    assert replicas(part)[0] > 1
    [budget] = [
        one["spec"] for one in of_kind("PodDisruptionBudget").values() if selects(one["spec"]["selector"], labels(part))
    ]
    assert budget["maxUnavailable"] == 1
    spread = {one["topologyKey"]: one["labelSelector"] for one in pod(part)["topologySpreadConstraints"]}
    assert {*spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    for selector in (*spread.values(), DEPLOYED[part]["spec"]["selector"]):
        assert selects(selector, labels(part))
        assert [other for other in WORKLOADS if other != part and selects(selector, labels(other))] == []


@pytest.mark.parametrize("part", SCALERS)
def test_nobody_but_keda_says_how_many_there_are_of_what_it_scales(part):
    assert "replicas" not in DEPLOYED[part]["spec"]
    least, most = replicas(part)
    assert least < most
    assert least == SCALERS[part]["fallback"]["replicas"]


def test_the_queues_that_keda_looks_at_are_those_that_the_part_reads():
    looked_at = {
        part: [trigger["metadata"]["queueName"] for trigger in scaler["triggers"] if trigger["type"] == "rabbitmq"]
        for part, scaler in SCALERS.items()
    }
    assert looked_at == {
        "registration": [wire.queue_of("registration")],
        "notifications": [topology.queue_of("notifications")],
    }


def test_what_keda_asks_prometheus_for_is_exported():
    asked = [t["metadata"]["query"] for s in SCALERS.values() for t in s["triggers"] if t["type"] == "prometheus"]
    found = [one for query in asked for one in named(query)]
    assert {one.metric for one in found} == {"headrow_messages_due", "headrow_events_lag_seconds"}
    known = {**values(), "service": {*SERVICES}}
    for one in found:
        assert {label for label, *_ in one.matchers} <= exported()[one.metric]
        assert all(value in known[label] for label, _, value in one.matchers)
    assert [query for query in asked if not query.startswith("max(") or grouped_by(query)] == []


def test_all_processes_together_keep_below_the_connections_of_the_database():
    pool = open_engine("postgresql://nobody@nowhere/headrow", schema="x").pool
    each = pool.size() + pool._max_overflow
    assert f"at most {each} connections" in re.sub(r"\s+", " ", page("docs/operations.md"))
    processes = sum(
        replicas(part)[1] + DEPLOYED[part]["spec"]["strategy"]["rollingUpdate"]["maxSurge"] for part in SERVICES
    )
    processes += 1  # migrate, or a command that someone runs
    assert processes * each < int(POSTGRES["postgresql"]["parameters"]["max_connections"])


def test_the_servers_are_three_and_of_the_versions_that_compose_runs():
    assert (RABBITMQ["replicas"], POSTGRES["instances"]) == (3, 3)
    assert POSTGRES["imageName"].rpartition(":")[2] == compose.CONTAINERS["postgres"]["image"].rpartition(":")[2]
    budget = of_kind("PodDisruptionBudget")["rabbitmq"]["spec"]
    [apart] = RABBITMQ["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert budget["selector"] == apart["labelSelector"]


def test_the_image_is_named_once_and_is_this_version():
    assert {container(part)["image"] for part in WORKLOADS} == {"headrow"}
    [image] = KUSTOMIZATIONS["image"]["images"]
    assert (image["name"], image["newTag"]) == ("headrow", PROJECT["version"])
    for folder in ("migrate", "services", "gateway", "command"):
        assert KUSTOMIZATIONS[folder]["components"] == ["../image"]


def _flows():
    """Return who talks to whom and by which port: one of ours, or one to whom one of ours talks."""
    parts, databases = [*DEPLOYED], ["migrate", "command", *SERVICES]
    api = [(server, "the internet", port) for server in ("rabbitmq", "postgres") for port in (443, 6443)]
    between = [("rabbitmq", "rabbitmq", port) for port in (4369, 25672, 35672, 35682)]
    between += [(one, "postgres", port) for one in ("postgres", "cnpg-system") for port in (5432, 8000)]
    return {
        *[(part, "rabbitmq", 5672) for part in (*parts, "migrate", "command", "keda")],
        *[(part, "postgres", 5432) for part in databases],
        ("traefik", "gateway", 8000),
        *[("monitoring", part, 9464) for part in parts],
        *[("notifications", "the internet", port) for port in (25, 465, 587, 443)],
        ("registration", "the internet", 443),
        *[("monitoring", "rabbitmq", 15692), ("rabbitmq-system", "rabbitmq", 15672), *between, *api],
    }


def test_everyone_can_talk_to_those_they_need_and_to_no_one_else():
    ours = [*WORKLOADS, "rabbitmq", "postgres"]
    ports = {port for *_, port in _flows()} | {22, 53}
    outside = [name for name in OUTSIDE if name != "kube-system"]
    pairs = [(one, other) for one in ours for other in (*ours, "the internet")]
    pairs += [(one, other) for one in outside for other in ours]
    assert {(*pair, port) for pair in pairs for port in ports if may_talk(*pair, port)} == _flows()
    assert [one for one in ours if not may_talk(one, "kube-system", 53)] == [], "names"


def test_what_no_policy_names_is_refused():
    closed = [one["spec"] for one in of_kind("NetworkPolicy").values() if one["spec"]["podSelector"] == {}]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in closed


def test_prometheus_gives_what_it_reads_the_names_that_the_alerts_look_for():
    broker = of_kind("PodMonitor")["rabbitmq"]["spec"]
    assert (broker["selector"], broker["jobLabel"]) == (
        {"matchLabels": {"app.kubernetes.io/name": "rabbitmq"}},
        "app.kubernetes.io/component",  # its operator says rabbitmq there, whatever the cluster is called
    )
    jobs = {job for alert in ALERTS.values() for job in re.findall(r'job="([^"]+)"', alert["expr"])}
    assert jobs == {"headrow", "headrow-services"} < values()["job"]


def test_a_backup_is_of_the_database_and_goes_where_the_store_is():
    [patch] = KUSTOMIZATIONS["backup"]["patches"]
    assert patch["target"] == {"kind": "Cluster", "name": "postgres"}
    [store] = of_kind("ObjectStore")
    assert f"barmanObjectName: {store}" in patch["patch"]
    [nightly] = of_kind("ScheduledBackup").values()
    assert nightly["spec"]["cluster"]["name"] in of_kind("Cluster")
    assert f"name: {nightly['spec']['pluginConfiguration']['name']}" in patch["patch"]


def test_the_operations_page_applies_everything_in_the_order_of_an_upgrade():
    applied = re.findall(r"^kubectl apply -k deploy/kubernetes/(\w+)", SECTION, re.MULTILINE)
    at_first, when_needed, in_an_upgrade = applied[:-4], applied[-4], applied[-3:]
    assert at_first == KUSTOMIZATIONS["."]["resources"]
    assert when_needed == "command"
    assert in_an_upgrade == ["migrate", "services", "gateway"]
    assert {*KUSTOMIZATIONS} - {".", *applied} == {"image", "backup"}, "components, which others apply"


def test_what_the_operations_page_has_someone_run_can_be_run():
    commands = [line.split() for line in re.findall(r"-- headrow ([\w /.@-]+)", SECTION)]
    commands += [line.split() for line in re.findall(r"registry.example.org/headrow:\S+ ([\w -]+)", SECTION)]
    assert {"welcome", "doctor", "failed", "secrets", "definitions"} <= {words[0] for words in commands}
    for words in commands:
        parser().parse_args(words)
    assert {*re.findall(r"deployment/(\w+)", SECTION)} <= {*DEPLOYED}
    assert {*re.findall(r"scaledobject (\w+)", SECTION)} <= {*SCALERS}


def test_the_operations_page_names_the_versions_that_were_checked():
    assert f"Kubernetes {VERSIONS[0]} or newer" in SECTION
    versions = re.findall(r"\b\d+\.\d+\.\d+\b", custom_kinds.__doc__)
    assert len(versions) == 5
    assert [version for version in versions if version not in SECTION] == []
