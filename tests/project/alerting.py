"""deploy/ as data: the alerts, the panels, what their expressions name, and what there is to be named."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from prometheus_client.parser import text_string_to_metric_families

from gateway.assembly import SITE
from gateway.web.metrics import Metrics
from services.bus import metrics as of_services
from services.bus.calls import Reply
from services.bus.metrics import BOXES, Seen, Turns
from services.notifications.delivery.backlog import URGENCIES
from services.runtime.refusals import NotFound
from tests.gateway import fakes
from tests.project.tracked import ROOT

PROMETHEUS, GRAFANA = ROOT / "deploy" / "prometheus", ROOT / "deploy" / "grafana"
CONFIGURATION = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
RULES = yaml.safe_load((PROMETHEUS / "headrow.rules.yml").read_text())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
UNIT_TESTS = yaml.safe_load((PROMETHEUS / "headrow.tests.yml").read_text())["tests"]
DASHBOARD = json.loads((GRAFANA / "headrow.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}

RABBITMQ = "rabbitmq_"  # how the metrics of its own plugin begin
BY_A_SCRAPE = {"job", "instance"}  # labels that Prometheus adds
OPERATORS = {"and", "or", "unless", "bool", "offset"}
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?(\s*\()?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


@dataclass(frozen=True)
class Named:
    """A metric that an expression names, with the matchers of its labels: label, operator, value."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]


def expressions() -> dict[str, str]:
    """Return every expression of an alert or a panel, by where it stands."""
    alerts = {name: alert["expr"] for name, alert in ALERTS.items()}
    return alerts | {
        f"{title} {target['refId']}": target["expr"] for title, panel in PANELS.items() for target in panel["targets"]
    }


def named(expression: str) -> Iterator[Named]:
    """Return the metrics that an expression names: whatever is neither a function nor an operator."""
    without_ranges = re.sub(r"\[[^\]]*\]", "", GROUPING.sub("", expression))
    for metric, matchers, is_function in SELECTOR.findall(_with_safe_values(without_ranges)):
        if not is_function and metric not in OPERATORS:
            yield Named(metric, tuple((label, how, _plain(value)) for label, how, value in MATCHER.findall(matchers)))


def grouped_by(expression: str) -> set[str]:
    """Return the labels that an expression groups by."""
    return {label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",")} - {""}


def exported() -> dict[str, set[str]]:
    """Return the labels of everything that processes export once they have been asked something, by its name."""
    messages = {"queued": {"soon": 1}, "due": 1, "oldest_due_seconds": 1.0, "put_off": 1}
    report = {
        **fakes.HEALTH,
        "messages": {**messages, "oldest_code_seconds": 1.0, "failed_last_hour": 1},
        "sign_ins": {"codes_last_hour": 1},
    }
    gateway = Metrics()
    gateway.count("GET", "/", 200, 0.1)
    gateway.see_model({"sessions": 1}, fresh=True)
    gateway.see_service("notifications", report)
    of_services.answered("notifications", "health", lambda: Reply(refusal=NotFound()))
    timers = {"deliver": Turns(1, 5, failing=False)}
    families = [
        *text_string_to_metric_families(gateway.written().decode()),
        *of_services.of_process([Seen("notifications", {"rpc": True}, timers, leads=True, report=report)]),
        *of_services.CALLS.collect(),
        *of_services.REFUSALS.collect(),
    ]
    return {sample.name: {*sample.labels} for family in families for sample in family.samples}


def values() -> dict[str, set[str]]:
    """Return the values that a label can have, where that can be known."""
    return {
        "job": {job["job_name"] for job in CONFIGURATION["scrape_configs"]},
        "route": {route.path for route in SITE.routes},
        "status": {"200", "404", "500", "503"},
        "box": {*BOXES},
        "connection": {"calls", "feed", "inbox", "relay", "rpc"},
        "urgency": {*URGENCIES.values()},
    }


def _with_safe_values(expression: str) -> str:
    """Return the expression with no brace or bracket inside a value, where it would be taken for one of PromQL's."""
    return re.sub(r'"[^"]*"', lambda value: value[0].translate({ord("{"): "\x01", ord("}"): "\x02"}), expression)


def _plain(value: str) -> str:
    return value.replace("\x01", "{").replace("\x02", "}")
