"""Figures as people read them."""

import pytest

from monitoring.measures import Unit
from monitoring.wording import figure


@pytest.mark.parametrize(
    ("value", "unit", "says"),
    [
        (0.1234, Unit.SHARE, "12.3%"),
        (0.25, Unit.SECONDS, "250 ms"),
        (75, Unit.SECONDS, "75 s"),
        (1800, Unit.SECONDS, "1,800 s"),
        (0.8333, Unit.PER_SECOND, "0.833/s"),
        (3 * 2**30, Unit.BYTES, "3,072 MiB"),
        (1.5, Unit.CORES, "1.5 cores"),
        (2, Unit.NUMBER, "2"),
    ],
)
def test_a_figure_has_its_unit(value: float, unit: Unit, says: str) -> None:
    assert figure(value, unit) == says
