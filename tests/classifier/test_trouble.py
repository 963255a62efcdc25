"""What fails at each of many looks fills no log."""

import logging

import pytest

from classifier.watching import Trouble


class Meter:
    """Seconds that a test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def trouble(meter: Meter) -> Trouble:
    return Trouble("It cannot be read.", logging.getLogger("classifier"), meter)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_what_lasts_is_logged_as_it_begins_and_once_a_minute(
    trouble: Trouble, meter: Meter, caplog: pytest.LogCaptureFixture
) -> None:
    for second in range(121):
        meter.now = float(second)
        trouble.met(OSError())
    assert said(caplog) == [
        "It cannot be read.",
        "It cannot be read. (59 times more since it was last said.)",
        "It cannot be read. (59 times more since it was last said.)",
    ]
    assert all(record.exc_info for record in caplog.records)


def test_trouble_of_another_kind_is_logged_at_once(
    trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    trouble.met(OSError())
    trouble.met(ValueError())
    assert len(said(caplog)) == 2


def test_that_it_is_over_is_logged_once_and_what_comes_then_begins_anew(
    trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    trouble.over()
    trouble.met(OSError())
    trouble.over()
    trouble.over()
    trouble.met(OSError())
    assert said(caplog) == ["It cannot be read.", "Over: It cannot be read.", "It cannot be read."]
