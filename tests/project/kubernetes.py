"""deploy/kubernetes as data: its manifests, what a part runs with, and who may talk to whom."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.project.compose import KEY, SECRET
from tests.project.tracked import ROOT

Manifest = dict[str, Any]
FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZE = "kustomization.yaml"
SIGNING_KEY = "y" * len(KEY)


def _passwords(part: str, *servers: str) -> dict[str, str]:
    return {f"{part.upper()}_{server}_PASSWORD": f"{part}s-{server.lower()}-password" for server in servers}


Secrets = Mapping[str, Mapping[str, str]]
SECRETS: Secrets = {  # what each secret holds: ours by docs/operations.md, the others by the operators that make them
    "headrow": {"HEADROW_SECRET_KEY": SECRET, "HEADROW_VERIFYING_KEYS": KEY},
    "owner": {"RABBITMQ_PASSWORD": "owners-rabbitmq-password"},
    "catalogue": _passwords("catalogue", "RABBITMQ", "POSTGRES"),
    "registration": _passwords("registration", "RABBITMQ", "POSTGRES") | {"HEADROW_SIGNING_KEY": SIGNING_KEY},
    "notifications": _passwords("notifications", "RABBITMQ", "POSTGRES")
    | {"HEADROW_MAIL": "smtps://user:password@mail.example.org"},
    "community": _passwords("community", "RABBITMQ", "POSTGRES"),
    "gateway": _passwords("gateway", "RABBITMQ"),
    "postgres-app": {"uri": "postgresql://headrow:secret@postgres-rw.headrow:5432/headrow"},
    "rabbitmq-default-user": {
        "connection_string": "amqp://default_user_x:default-users-password@rabbitmq.headrow.svc:5672/",
    },
}


def manifests() -> Iterator[tuple[Path, Manifest]]:
    """Return each manifest with its file, those for kustomize itself left out."""
    for file in sorted(FOLDER.rglob("*.yaml")):
        if file.name != KUSTOMIZE:
            yield from ((file, manifest) for manifest in yaml.safe_load_all(file.read_text()))


MANIFESTS = {f"{manifest['kind']} {manifest['metadata']['name']}": manifest for _, manifest in manifests()}
KUSTOMIZATIONS = {
    str(file.parent.relative_to(FOLDER)): yaml.safe_load(file.read_text()) for file in sorted(FOLDER.rglob(KUSTOMIZE))
}


def of_kind(kind: str) -> dict[str, Manifest]:
    """Return the manifests of a kind by their names."""
    return {name.split()[1]: manifest for name, manifest in MANIFESTS.items() if name.split()[0] == kind}


PARTS = {**of_kind("Deployment"), **of_kind("Job")}  # which run all the time, or at each upgrade
WORKLOADS = {**PARTS, **of_kind("Pod")}  # all that are ours
SCALERS = {scaler["spec"]["scaleTargetRef"]["name"]: scaler["spec"] for scaler in of_kind("ScaledObject").values()}


def pod(part: str) -> Manifest:
    """Return what a pod of a part is like."""
    return _template(part)["spec"]


def labels(part: str) -> dict[str, str]:
    """Return the labels of a part's pods."""
    return _template(part)["metadata"]["labels"]


def _template(part: str) -> Manifest:
    workload = WORKLOADS[part]
    return workload if workload["kind"] == "Pod" else workload["spec"]["template"]


def container(part: str) -> Manifest:
    """Return the only container of a part."""
    [only] = pod(part)["containers"]
    return only


def replicas(part: str) -> tuple[int, int]:
    """Return how many of a part there are at least and at most."""
    if part in SCALERS:
        return SCALERS[part]["minReplicaCount"], SCALERS[part]["maxReplicaCount"]
    number = WORKLOADS[part]["spec"].get("replicas", 1)
    return number, number


def environment(part: str, secrets: Secrets = SECRETS) -> dict[str, str]:
    """Return the environment that a part would run with, as Kubernetes puts it together."""
    given: dict[str, str] = {}
    for source in container(part)["envFrom"]:
        given |= of_kind("ConfigMap")[source["configMapRef"]["name"]]["data"]
    for variable in container(part)["env"]:
        value = variable["value"] if "value" in variable else _secret(secrets, **variable["valueFrom"]["secretKeyRef"])
        for name, before in given.items():
            value = value.replace(f"$({name})", before)
        given[variable["name"]] = value
    return given


def _secret(secrets: Secrets, name: str, key: str) -> str:
    return secrets[name][key]


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Tell whether a selector of pods or namespaces chooses what has these labels."""
    equal = all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
    return equal and all(_is_one_of(labels, **one) for one in selector.get("matchExpressions", []))


def _is_one_of(labels: dict[str, str], key: str, operator: str, values: list[str]) -> bool:
    assert operator == "In", "no other one is understood here"
    return labels.get(key) in values


NAMESPACE = "kubernetes.io/metadata.name"
OURS = {NAMESPACE: "headrow"}
OUTSIDE = ("traefik", "monitoring", "keda", "cnpg-system", "rabbitmq-system", "kube-system", "the internet")


def peers() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Return the labels of the namespace and of the pods of everyone who may want to talk, by what they are called."""
    ours = {part: (OURS, labels(part)) for part in WORKLOADS}
    others = {name: ({NAMESPACE: name}, {}) for name in OUTSIDE}
    servers = {"rabbitmq": {"app.kubernetes.io/name": "rabbitmq"}, "postgres": {"cnpg.io/cluster": "postgres"}}
    return ours | others | {name: (OURS, labels) for name, labels in servers.items()}


def may_talk(one: str, other: str, port: int) -> bool:
    """Tell whether the policies let `one` connect to a port of `other`. Pods outside have no policies of ours."""
    everyone = peers()
    return _lets("Egress", everyone[one], everyone[other], port) and _lets(
        "Ingress", everyone[other], everyone[one], port
    )


def _lets(direction: str, own: tuple[dict, dict], peer: tuple[dict, dict], port: int) -> bool:
    if own[0] != OURS:
        return True
    about = [
        policy["spec"]
        for policy in of_kind("NetworkPolicy").values()
        if direction in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], own[1])
    ]
    assert about, "what no policy is about may talk to all"
    side = {"Egress": "to", "Ingress": "from"}[direction]
    rules = [rule for policy in about for rule in policy.get(direction.lower(), [])]
    return any(_has_peer(rule.get(side), *peer) and _has_port(rule["ports"], port) for rule in rules)


def _has_peer(named: list[Manifest] | None, namespace: dict[str, str], labels: dict[str, str]) -> bool:
    if named is None:
        return True
    return any(
        (selects(one["namespaceSelector"], namespace) if "namespaceSelector" in one else namespace == OURS)
        and selects(one.get("podSelector", {}), labels)
        for one in named
    )


def _has_port(named: list[Manifest], port: int) -> bool:
    return any(one["port"] <= port <= one.get("endPort", one["port"]) for one in named)
