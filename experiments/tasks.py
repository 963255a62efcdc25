"""Doors for the workers: an id in, one call."""

from experiments.services import self_tests, supervision


def analyse(experiment_id: int, by_id: int | None) -> None:
    supervision.analyse_requested(experiment_id, by_id)


def run_self_test(self_test_id: int) -> None:
    self_tests.run_self_test(self_test_id)
