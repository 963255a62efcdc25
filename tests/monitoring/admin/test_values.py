"""Values are told in the unit that fits them."""

import pytest

from monitoring.admin.values import scaled, shown
from monitoring.measures import Unit


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("error_rate", None, "-"),
        ("error_rate", 0.0, "0%"),
        ("error_rate", 0.0004, "0.04%"),
        ("error_rate", 0.123, "12.3%"),
        ("p95_latency", 0.0412, "41.2 ms"),
        ("queue_age", 90.0, "90 s"),
        ("predictions", 1234567.0, "1,234,567"),
        ("throughput", 12.345, "12.3/s"),
        ("cpu", 1.5, "1.5 cores"),
    ],
)
def test_a_value_has_its_unit(measure: str, value: float | None, text: str) -> None:
    assert shown(measure, value) == text


def test_a_chart_has_one_unit_for_all_its_lines_and_keeps_gaps() -> None:
    assert scaled(Unit.SECONDS, [[0.01, None], [0.2, 0.3]]) == ("ms", [[10, None], [200, 300]])
    assert scaled(Unit.SECONDS, [[0.5], [60.0]]) == ("s", [[0.5], [60.0]])
    assert scaled(Unit.SHARE, [[]]) == ("%", [[]])
