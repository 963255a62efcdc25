"""A prediction says which variant of which experiment served it."""

import pytest
from django.test import Client

from classifier.admin.cells import change_url
from classifier.models import Prediction
from experiments.models import Experiment, Exposure
from tests.classifier.admin.conftest import classify
from tests.experiments.admin.conftest import page_of


@pytest.fixture
def prediction(running: Experiment) -> Prediction:
    (made,) = classify("NETFLIX.COM")
    return made


def expose(prediction: Prediction, experiment: Experiment, *, is_failed: bool = False) -> None:
    Exposure.objects.filter(prediction=prediction).delete()
    Exposure.objects.create(
        prediction=prediction,
        variant=experiment.variants.get(key="candidate"),
        unit="u1",
        latency_ms=1,
        is_abstained=False,
        is_failed=is_failed,
    )


def test_it_names_and_links_them(
    staff: Client, prediction: Prediction, running: Experiment
) -> None:
    expose(prediction, running)
    page = page_of(staff, change_url(prediction))
    assert "Served by variant" in page
    assert f'href="{change_url(running)}">new-head</a>' in page
    assert "whose engine failed" not in page
    expose(prediction, running, is_failed=True)
    assert "whose engine failed" in page_of(staff, change_url(prediction))


def test_outside_of_experiments_it_says_nothing(staff: Client, prediction: Prediction) -> None:
    Exposure.objects.all().delete()
    assert "Served by variant" not in page_of(staff, change_url(prediction))
