"""deploy/: what Prometheus and Grafana are given, against the metrics that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.runbooks import DOCUMENT, section_of
from tests.deploy.dockerfile import ROOT
from tests.deploy.promtool import promtool
from tests.monitoring.exposition.families import families

DEPLOY = ROOT / "deploy"
NAME = re.compile(r"\b(?:txcat|django)_\w+")
MATCHER = re.compile(r"\b((?:txcat|django)_\w+)\{([^}]*)\}")


def rules() -> list[dict[str, Any]]:
    content = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    return [rule for group in content["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    shown = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + shown


def test_promtool_takes_the_rules() -> None:
    assert promtool("check", "rules", "alerts.yml", folder=DEPLOY)[0] == 0


def test_promtool_takes_the_configuration() -> None:
    code, said = promtool("check", "config", "--syntax-only", "prometheus.yml", folder=DEPLOY)
    assert code == 0, said


def test_each_alert_fires_where_it_must_and_not_where_it_must_not() -> None:
    code, said = promtool("test", "rules", "alerts_test.yml", folder=DEPLOY)
    assert code == 0, said


def test_every_alert_names_a_place_in_the_runbooks() -> None:
    for rule in rules():
        runbook = rule["annotations"]["runbook"]
        assert runbook == DOCUMENT or section_of(runbook) is not None, rule["alert"]


def test_every_alert_is_tested_to_fire() -> None:
    tests = yaml.safe_load((DEPLOY / "alerts_test.yml").read_text())["tests"]
    fires = {
        case["alertname"]
        for test in tests
        for case in test["alert_rule_test"]
        if case["exp_alerts"]
    }
    assert fires == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize(
    ("title", "labels"),
    [("CPU", '{role="web"}'), ("Processes by version served", '{role="web", version="v1"}')],
)
def test_a_process_that_two_web_servers_tell_of_counts_once(
    title: str, labels: str, tmp_path: Path
) -> None:
    told = [f'instance="web-{number}:8000",role="web",machine="a",pid="7"' for number in (1, 2)]
    (panel,) = (panel for panel in panels() if panel["title"] == title)
    expression = panel["targets"][0]["expr"].replace("$__rate_interval", "1m")
    case = {
        "interval": "15s",
        "input_series": [
            {"series": f"txcat_process_cpu_seconds_total{{{each}}}", "values": "0+15x40"}
            for each in told
        ]
        + [
            {"series": f'txcat_process_serving{{{each},version="v1"}}', "values": "1x40"}
            for each in told
        ],
        "promql_expr_test": [
            {"expr": expression, "eval_time": "5m", "exp_samples": [{"labels": labels, "value": 1}]}
        ],
    }
    (tmp_path / "panel.yml").write_text(yaml.safe_dump({"tests": [case]}))
    code, said = promtool("test", "rules", "panel.yml", folder=tmp_path)
    assert code == 0, said


@pytest.mark.django_db
def test_every_name_in_an_expression_is_a_metrics() -> None:
    known = {name for family in families() for name in family.series}
    used = {name for expression in expressions() for name in NAME.findall(expression)}
    assert used - known == set()
    assert len(used) > 20


@pytest.mark.django_db
def test_every_label_that_is_asked_for_is_the_metrics() -> None:
    labels = {name: family.labels for family in families() for name in family.series}
    wrong = [
        (name, label)
        for expression in expressions()
        for name, matchers in MATCHER.findall(expression)
        for label in re.findall(r"(\w+)\s*[=!]", matchers)
        if label not in (*labels[name], "le", "role")
    ]
    assert wrong == []


@pytest.mark.django_db
def test_every_metric_of_ours_is_on_the_dashboard_or_in_an_alert() -> None:
    """But for what a panel of processes has no use for."""
    used = {name for expression in expressions() for name in NAME.findall(expression)}
    unseen = {
        family.name
        for family in families()
        if family.name.startswith("txcat_") and not family.series & used
    }
    assert unseen == {
        "txcat_disk_free_bytes",
        "txcat_experiment_running",
        "txcat_process_start_time_seconds",
    }


def test_panels_are_numbered_apart_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in panels()]
    assert len(ids) == len(set(ids))
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels()]
    assert len(places) == len(set(places))
    assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in panels())
