"""Schemas of the kinds that operators bring: the fields that deploy/kubernetes has, and no others.

They are ours: no registry of packages has the operators' own. They were written after KEDA 2.20.2, CloudNativePG 1.30.0
and its Barman Cloud plugin 0.14.0, RabbitMQ's cluster operator 2.22.3 and the Prometheus operator 0.93.0.
"""

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "integer", "minimum": 1}
YES: Schema = {"type": "boolean"}
DURATION: Schema = {"type": "string", "pattern": "^[0-9]+s$"}
SIZE: Schema = {"type": "string", "pattern": "^[0-9]+Gi$"}
BUILT_IN: Schema = {"type": "object"}  # Kubernetes' own, within: resources and affinity of a pod


def _all(**fields: Schema) -> Schema:
    """Return the schema of an object with these fields, all of which must be there."""
    return _some([*fields], **fields)


def _some(required: list[str], **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def _one_of(*values: str) -> Schema:
    return {"enum": [*values]}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of, "minItems": 1}


def _texts(*names: str) -> Schema:
    """Return the schema of an object whose fields are text: KEDA and the operators' settings take nothing else."""
    return _all(**dict.fromkeys(names, TEXT))


def _trigger(of: str, authentication: list[str], *metadata: str) -> Schema:
    fields = {"type": _one_of(of), "authenticationRef": _texts("name"), "metadata": _texts(*metadata)}
    return _some(["type", "metadata", *authentication], **fields)


_QUEUE = _trigger("rabbitmq", ["authenticationRef"], "protocol", "vhostName", "queueName", "mode", "value")
_QUERY = _trigger("prometheus", [], "serverAddress", "query", "ignoreNullValues", "threshold")
_BEHAVIOURS = ("static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower")
_SELECTOR = _all(matchLabels={"type": "object", "additionalProperties": TEXT})
_KEY = _texts("name", "key")

SPECS: dict[tuple[str, str], Schema] = {
    ("keda.sh/v1alpha1", "ScaledObject"): _all(
        scaleTargetRef=_texts("name"),
        minReplicaCount=NUMBER,
        maxReplicaCount=NUMBER,
        pollingInterval=NUMBER,
        fallback=_all(failureThreshold=NUMBER, replicas=NUMBER, behavior=_one_of(*_BEHAVIOURS)),
        triggers=_list({"oneOf": [_QUEUE, _QUERY]}),
    ),
    ("keda.sh/v1alpha1", "TriggerAuthentication"): _all(secretTargetRef=_list(_texts("parameter", "name", "key"))),
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"): _all(
        replicas=NUMBER,
        persistence=_all(storage=SIZE),
        resources=BUILT_IN,
        affinity=BUILT_IN,
        rabbitmq=_texts("additionalConfig"),
    ),
    ("postgresql.cnpg.io/v1", "Cluster"): _all(
        instances=NUMBER,
        imageName=TEXT,
        bootstrap=_all(initdb=_texts("database", "owner")),
        storage=_all(size=SIZE),
        resources=BUILT_IN,
        affinity=_all(podAntiAffinityType=_one_of("preferred", "required")),
        postgresql=_all(
            parameters=_texts("max_connections", "shared_buffers"),
            synchronous=_all(
                method=_one_of("any", "first"),
                number=NUMBER,
                dataDurability=_one_of("required", "preferred"),
                failoverQuorum=YES,
            ),
        ),
    ),
    ("postgresql.cnpg.io/v1", "ScheduledBackup"): _all(
        schedule={"type": "string", "pattern": r"^(\S+ ){5}\S+$"},
        cluster=_texts("name"),
        backupOwnerReference=_one_of("none", "self", "cluster"),
        method=_one_of("barmanObjectStore", "volumeSnapshot", "plugin"),
        pluginConfiguration=_texts("name"),
    ),
    ("barmancloud.cnpg.io/v1", "ObjectStore"): _all(
        retentionPolicy={"type": "string", "pattern": "^[1-9][0-9]*[dwm]$"},
        configuration=_all(
            destinationPath=TEXT,
            endpointURL=TEXT,
            s3Credentials=_all(accessKeyId=_KEY, secretAccessKey=_KEY),
            wal=_texts("compression"),
            data=_texts("compression"),
        ),
    ),
    ("monitoring.coreos.com/v1", "PodMonitor"): _all(
        selector=_SELECTOR,
        jobLabel=TEXT,
        podMetricsEndpoints=_list(
            _some(
                ["port", "interval"],
                port=TEXT,
                path=TEXT,
                interval=DURATION,
            )
        ),
    ),
}


def schema(manifest: dict[str, Any]) -> Schema | None:
    """Return the schema of a manifest's kind; None where that is one of Kubernetes' own."""
    spec = SPECS.get((manifest["apiVersion"], manifest["kind"]))
    return spec and _all(apiVersion=TEXT, kind=TEXT, metadata=_texts("name", "namespace"), spec=spec)
