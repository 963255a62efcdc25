"""How values look."""

import pytest

from classifier.admin.cells import confidence


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(None, "-"), (0.691175, "69.1%"), (0.9994, "99.9%"), (0.9996, "> 99.9%"), (1.0, "100.0%")],
)
def test_confidence_is_not_rounded_up_to_certainty(probability: float | None, shown: str) -> None:
    assert confidence(probability) == shown
