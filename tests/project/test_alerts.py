"""What Prometheus and Grafana are given: it names what there is, fires when it should, and says what to do."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from tests.project.alerting import (
    ALERTS,
    BY_A_SCRAPE,
    DASHBOARD,
    GRAFANA,
    PANELS,
    PROMETHEUS,
    RABBITMQ,
    UNIT_TESTS,
    Named,
    exported,
    expressions,
    grouped_by,
    named,
    values,
)
from tests.project.documents import headings, page, section

OPERATIONS = page("docs/operations.md")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", section(OPERATIONS, "Alerts"), re.MULTILINE | re.DOTALL))
PARTS_OF_A_SECTION = ["What it means", "How to see it", "What to do first", "When it is over"]
EXPRESSIONS = expressions()
EXPORTED = {**exported(), "up": set()}  # `up` is Prometheus' own


def _ours(expression):
    return [found for found in named(expression) if not found.metric.startswith(RABBITMQ)]


def test_an_expression_is_understood():
    expression = 'sum by (le, a) (rate(x_total{status=~"5..", route!="/{slug}"}[5m])) / y > 0.5 and on (b) z{c="d"}'
    x = Named("x_total", (("status", "=~", "5.."), ("route", "!=", "/{slug}")))
    assert [*named(expression)] == [x, Named("y", ()), Named("z", (("c", "=", "d"),))]
    assert grouped_by(expression) == {"le", "a", "b"}


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_what_an_expression_names_is_exported(where):
    assert [*named(EXPRESSIONS[where])]
    for found in _ours(EXPRESSIONS[where]):
        assert found.metric in EXPORTED
        assert {label for label, *_ in found.matchers} <= EXPORTED[found.metric] | BY_A_SCRAPE, found.metric


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_an_expression_groups_by_labels_that_there_are(where):
    of_any = {label for found in _ours(EXPRESSIONS[where]) for label in EXPORTED[found.metric]}
    assert grouped_by(EXPRESSIONS[where]) <= of_any | BY_A_SCRAPE


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_an_expression_looks_for_values_that_there_are(where):
    """A route that was moved, or an urgency that was renamed, would be looked for in vain, and in silence."""
    for found in _ours(EXPRESSIONS[where]):
        for label, _, value in found.matchers:
            assert any(re.fullmatch(value, known) for known in values()[label]), f"{label}={value}"


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_neither_a_health_check_nor_a_scrape_is_taken_for_a_request_of_people(where):
    for found in _ours(EXPRESSIONS[where]):
        if found.metric.startswith("headrow_http_"):
            [left_out] = [value for label, how, value in found.matchers if (label, how) == ("route", "!~")]
            assert {"/health/live", "/health/ready", "/health/all", "/metrics"} == {
                route for route in values()["route"] if re.fullmatch(left_out, route)
            }


def test_every_alert_has_a_section_that_says_what_to_do():
    assert [*SECTIONS] == [*ALERTS]
    for name, text in SECTIONS.items():
        assert re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE) == PARTS_OF_A_SECTION, name


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_who_acts_what_it_is_and_where_to_read_on(name):
    alert = ALERTS[name]
    assert alert["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert {*alert["annotations"]} == {"summary", "description", "runbook"}
    file, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert file == "docs/operations.md"
    assert anchor == name.lower()
    assert anchor in headings(OPERATIONS)
    assert f"({alert['labels']['severity']})" in SECTIONS[name].splitlines()[1]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_seen_to_fire_and_not_to(name):
    seen = [case["exp_alerts"] for test in UNIT_TESTS for case in test["alert_rule_test"] if case["alertname"] == name]
    assert {bool(alerts) for alerts in seen} == {True, False}


def test_a_panel_asks_the_prometheus_that_was_chosen():
    [variable] = DASHBOARD["templating"]["list"]
    assert (variable["name"], variable["type"]) == ("datasource", "datasource")
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    asked = [one["datasource"] for panel in PANELS.values() for one in (panel, *panel["targets"])]
    assert [source for source in asked if source != chosen] == []
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len({*ids})


def test_an_alert_that_a_panel_names_is_one():
    in_panels = {name for panel in PANELS.values() for name in re.findall(r"\bHeadrow[A-Z]\w+", json.dumps(panel))}
    assert in_panels
    assert in_panels <= {*ALERTS}


def test_grafana_is_told_where_things_are():
    [source] = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((GRAFANA / "provisioning/dashboards/headrow.yml").read_text())["providers"]
    assert source["type"] == "prometheus"
    assert f"{provider['options']['path']}/headrow.json" in OPERATIONS


@pytest.mark.slow
def test_prometheus_takes_the_configuration(promtool, tmp_path):
    for file in PROMETHEUS.iterdir():
        shutil.copy(file, tmp_path)
    assert f"{len(ALERTS)} rules found" in _run(promtool, "check", "config", tmp_path / "prometheus.yml")


@pytest.mark.slow
def test_prometheus_takes_the_rules_without_a_remark(promtool):
    _run(promtool, "check", "rules", "--lint=all", "--lint-fatal", PROMETHEUS / "headrow.rules.yml")


@pytest.mark.slow
def test_alerts_fire_when_they_should_and_not_otherwise(promtool):
    assert "SUCCESS" in _run(promtool, "test", "rules", PROMETHEUS / "headrow.tests.yml")


@pytest.mark.slow
def test_what_a_panel_asks_is_promql(promtool, tmp_path):
    asked = [target["expr"] for panel in PANELS.values() for target in panel["targets"]]
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, expression in enumerate(asked)
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(asked)} rules found" in _run(promtool, "check", "rules", file)


# Asks the plugin what it would export, without running it: its port is the same for all brokers of a machine.
ALARMS_OF_RABBITMQ = """
    Me = self(),
    prometheus_rabbitmq_alarm_metrics_collector:collect_mf(default, fun(F) -> Me ! {exported, element(2, F)} end),
    (fun Next() -> receive {exported, Name} -> [Name | Next()] after 0 -> [] end end)().
"""


@pytest.mark.rabbitmq
def test_what_the_alerts_name_of_rabbitmq_is_exported_by_its_plugin(rabbitmq_server):
    if not hasattr(rabbitmq_server, "ctl"):
        pytest.skip("the broker is not ours to run commands on")
    theirs = {found.metric for text in EXPRESSIONS.values() for found in named(text)} - {*EXPORTED}
    assert theirs
    assert theirs <= {*re.findall(r'<<"(\w+)">>', rabbitmq_server.ctl("eval", ALARMS_OF_RABBITMQ))}


def _run(promtool, *words):
    """Run promtool; return what it said, all of which is shown where it finds a fault."""
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
