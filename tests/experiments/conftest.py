"""Experiments between the active version and another."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from classifier.models import ModelVersion
from experiments.models import Experiment, Metric
from tests.rows import copy_of, twin_of

Make = Callable[..., Experiment]


@pytest.fixture
def other_version(active_version: ModelVersion) -> ModelVersion:
    """Another version that answers from the files of the active one."""
    return copy_of(active_version, name="other", status=ModelVersion.Status.CANDIDATE)


@pytest.fixture
def version_apart(active_version: ModelVersion) -> ModelVersion:
    """Another version with files of its own, to be spoiled."""
    return twin_of(active_version)


@pytest.fixture
def make_experiment(active_version: ModelVersion, other_version: ModelVersion) -> Make:
    """A function from the fields that matter to a draft: the control at half of all users against
    another version. The key salts the split, so that a user meets the same variant in each run."""

    def make(
        key: str = "new-head", *, treatment: ModelVersion | None = None, **fields: object
    ) -> Experiment:
        values = {
            "hypothesis": "More is right.",
            "primary_metric": Metric.objects.get(key="abstention-rate"),
            "traffic_share": 1.0,
            "salt": f"salt of {key}",
            **fields,
        }
        experiment = Experiment.objects.create(key=key, **values)
        experiment.variants.create(
            key="control", version=active_version, weight=0.5, is_control=True
        )
        experiment.variants.create(key="treatment", version=treatment or other_version, weight=0.5)
        return experiment

    return make


@pytest.fixture
def at_once(settings: Settings) -> None:
    """Each request looks for what runs: no second passes in a test."""
    settings.ENGINE_POLL_SECONDS = 0.0
