"""docs/metrics.md lists what `/metrics` can tell: no more, no less."""

import re

import pytest

from tests.monitoring.exposition.families import Family, families
from tests.processes import ROOT

ROW = re.compile(r"^\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\| [^|]+ \|$", re.MULTILINE)


def documented() -> set[Family]:
    rows = ROW.findall((ROOT / "docs" / "metrics.md").read_text())
    return {Family(name, kind, tuple(re.findall(r"\w+", labels))) for name, kind, labels in rows}


@pytest.mark.django_db
def test_every_metric_is_documented_and_every_documented_one_is_told() -> None:
    assert documented() == set(families())


def test_every_row_of_the_tables_is_read() -> None:
    lines = (ROOT / "docs" / "metrics.md").read_text().splitlines()
    assert len(documented()) == sum(line.startswith("| `") for line in lines)


@pytest.mark.django_db
def test_names_end_in_what_they_are_measured_in() -> None:
    """promtool looks at forms; that a time is in seconds and a share from 0 to 1 it cannot know."""
    wrong = [
        family.name
        for family in families()
        if family.kind == "counter" and not family.name.endswith("_total")
    ]
    assert wrong == []
    units = ("_ms", "_milliseconds", "_kb", "_mb", "_percent", "_minutes")
    assert [family.name for family in families() if family.name.endswith(units)] == []
