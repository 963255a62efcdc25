"""A variant that cannot answer harms nobody: the active version does, and it is told apart."""

from pathlib import Path

import pytest
from rest_framework.test import APIClient

from classifier import runtime
from classifier.artifacts import keep_folder
from classifier.exceptions import EngineError
from classifier.models import Encoder, ModelVersion, Prediction
from classifier.routing import get_router
from classifier.services.activations import activate_version
from classifier.services.predictions import Answer, TransactionRequest, classify_transactions
from experiments.models import Experiment, Exposure
from experiments.routing import MAX_FAILURES, ExperimentRouter
from experiments.services.lifecycle import start
from experiments.stats.assignment import variant_of
from tests.bundles import cut_vocabulary, write_seed_bundle
from tests.classifier.conftest import replace_by_a_file
from tests.experiments.conftest import Make
from tests.rows import copy_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]
Status = Experiment.Status
USERS = [f"user-{number}" for number in range(40)]
# The word of the first lies past the vocabulary that is left, those of the second do not.
FAILS, WORKS = "NETFLIX.COM", "SHELL OIL"
WORDS = 10_000


@pytest.fixture
def failing_version(
    active_version: ModelVersion, encoder: Encoder, exported_encoder: Path, tmp_path: Path
) -> ModelVersion:
    """It loads and warms, and its engine fails on some texts."""
    card = cut_vocabulary(exported_encoder, tmp_path / "encoder", WORDS)
    write_seed_bundle(tmp_path / "bundle", exported_encoder, answers_with=tmp_path / "encoder")
    return copy_of(
        active_version,
        name="failing",
        status=ModelVersion.Status.CANDIDATE,
        manifest_digest=keep_folder(tmp_path / "bundle"),
        encoder=copy_of(encoder, digest=card.digest),
    )


@pytest.fixture
def running(make_experiment: Make, failing_version: ModelVersion) -> Experiment:
    experiment = make_experiment(treatment=failing_version)
    start(experiment)
    return experiment


def ask(text: str, users: list[str]) -> list[Answer]:
    return classify_transactions([TransactionRequest(text, user_id=user) for user in users])


def treated(experiment: Experiment) -> list[str]:
    return [user for user in USERS if variant_of(experiment.salt, user, (0.5, 0.5)) == 1]


def test_where_the_engine_of_a_variant_fails_the_active_version_answers(
    running: Experiment, active_version: ModelVersion
) -> None:
    answers = ask(FAILS, USERS)
    assert {answer.version for answer in answers} == {active_version.name}
    failed = Exposure.objects.filter(is_failed=True)
    assert set(failed.values_list("variant__key", flat=True)) == {"treatment"}
    assert sorted(failed.values_list("unit", flat=True)) == sorted(treated(running))
    assert Exposure.objects.count() == len(USERS)
    assert set(Prediction.objects.values_list("version", flat=True)) == {active_version.pk}


def test_a_process_leaves_a_variant_alone_that_failed_too_often_in_a_row(
    running: Experiment, failing_version: ModelVersion
) -> None:
    user = treated(running)[0]
    for _ in range(MAX_FAILURES - 1):
        ask(FAILS, [user])
    (answer,) = ask(WORKS, [user])
    assert answer.version == failing_version.name
    for _ in range(MAX_FAILURES - 1):
        ask(FAILS, [user])
    running.refresh_from_db()
    assert running.status == Status.RUNNING
    ask(FAILS, [user])
    route = get_router().routes([user])[user]
    assert route.version.name != failing_version.name


def test_then_the_experiment_pauses_by_itself_and_says_why(running: Experiment) -> None:
    user = treated(running)[0]
    for _ in range(MAX_FAILURES):
        ask(FAILS, [user])
    (answer,) = ask(WORKS, [user])
    assert answer.version == running.control.version.name
    running.refresh_from_db()
    assert running.status == Status.PAUSED
    event = running.events.latest("id")
    assert (event.kind, event.by) == ("paused", None)
    assert "The engine of variant treatment failed 5 times in a row" in event.reason
    assert Exposure.objects.filter(variant__key="treatment").count() == MAX_FAILURES


def test_where_the_active_version_fails_itself_it_is_an_error_of_the_api(
    running: Experiment, failing_version: ModelVersion, api: APIClient
) -> None:
    activate_version(failing_version)
    body = {"transactions": [{"description": FAILS, "user_id": user} for user in USERS]}
    answer = api.post("/api/v1/classify", body, format="json")
    assert answer.status_code == 503
    assert not Prediction.objects.exists()
    with pytest.raises(EngineError):
        ask(FAILS, [treated(running)[0]])


def test_a_version_that_cannot_be_loaded_pauses_the_experiment_and_the_control_serves(
    make_experiment: Make, version_apart: ModelVersion, active_version: ModelVersion
) -> None:
    experiment = make_experiment(treatment=version_apart)
    start(experiment)
    replace_by_a_file(version_apart)
    # Another process, which has nothing loaded.
    runtime.get()._loaded.clear()
    routes = ExperimentRouter().routes(USERS)
    assert {route.version.name for route in routes.values()} == {active_version.name}
    assert {route.variant_id for route in routes.values()} == {None}
    experiment.refresh_from_db()
    assert experiment.status == Status.PAUSED
    reason = experiment.events.latest("id").reason
    assert reason.startswith(f"Version {version_apart} of variant treatment cannot be loaded")
