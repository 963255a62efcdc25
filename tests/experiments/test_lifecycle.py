"""What an operator may do to an experiment, and what is kept of it."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from classifier.exceptions import BundleError, ConflictError, InvalidItemError
from classifier.models import ModelVersion
from classifier.services.activations import retire_version
from experiments.models import Experiment, ExperimentEvent, Metric
from experiments.models.experiment import SplitChoices
from experiments.services.lifecycle import pause, promote, ramp, resume, start, stop
from tests.classifier.conftest import replace_by_a_file
from tests.experiments.conftest import Make

pytestmark = pytest.mark.django_db
Status = Experiment.Status


def test_every_change_is_a_row_that_says_who_from_what_to_what_and_why(
    make_experiment: Make, admin_user: User
) -> None:
    experiment = make_experiment(traffic_share=0.01)
    start(experiment, by=admin_user, reason="go", planned_units=500)
    ramp(experiment, 0.05, by=admin_user)
    pause(experiment, reason="too slow", seen={"effect": 3})
    resume(experiment, by=admin_user)
    stop(experiment, by=admin_user, reason="done")
    rows = experiment.events.order_by("id").values_list(
        "kind", "from_status", "to_status", "by__username", "reason", "details"
    )
    assert list(rows) == [
        ("started", "draft", "running", "ada", "go", {}),
        ("ramped", "running", "running", "ada", "", {"from": 0.01, "to": 0.05}),
        ("paused", "running", "paused", None, "too slow", {"seen": {"effect": 3}}),
        ("resumed", "paused", "running", "ada", "", {}),
        ("stopped", "running", "stopped", "ada", "done", {}),
    ]
    experiment.refresh_from_db()
    assert experiment.started_at is not None
    assert experiment.stopped_at is not None
    assert experiment.started_at <= experiment.stopped_at <= timezone.now()
    assert (experiment.planned_units, experiment.traffic_share) == (500, 0.05)


def test_weights_that_do_not_sum_to_one_are_named(make_experiment: Make) -> None:
    experiment = make_experiment()
    experiment.variants.update(weight=0.4)
    with pytest.raises(ConflictError, match=r"The weights sum to 0\.8, not to 1\."):
        start(experiment)
    assert not experiment.events.exists()


def test_without_a_control_it_does_not_start(make_experiment: Make) -> None:
    experiment = make_experiment()
    experiment.variants.update(is_control=False)
    with pytest.raises(ConflictError, match="No variant is the control"):
        start(experiment)


def test_with_one_variant_it_does_not_start(make_experiment: Make) -> None:
    experiment = make_experiment()
    experiment.variants.filter(is_control=False).delete()
    with pytest.raises(ConflictError, match="It needs 2 variants and has 1"):
        start(experiment)


def test_a_retired_version_is_named(make_experiment: Make, other_version: ModelVersion) -> None:
    experiment = make_experiment()
    retire_version(other_version)
    with pytest.raises(
        ConflictError, match=f"Version {other_version} of variant treatment is retired"
    ):
        start(experiment)


def test_a_control_that_is_not_active_is_named(
    make_experiment: Make, other_version: ModelVersion
) -> None:
    experiment = make_experiment()
    experiment.variants.filter(is_control=True).update(version=other_version)
    with pytest.raises(ConflictError, match="of the control is not active"):
        start(experiment)


def test_a_split_by_time_has_equal_weights(make_experiment: Make) -> None:
    experiment = make_experiment(split=SplitChoices.TIME)
    experiment.variants.filter(is_control=True).update(weight=0.6)
    experiment.variants.filter(is_control=False).update(weight=0.4)
    with pytest.raises(ConflictError, match="split by time"):
        start(experiment)


def test_a_version_that_cannot_be_loaded_is_refused_before_anybody_gets_it(
    make_experiment: Make, version_apart: ModelVersion
) -> None:
    experiment = make_experiment(treatment=version_apart)
    replace_by_a_file(version_apart)
    with pytest.raises(BundleError):
        start(experiment)
    experiment.refresh_from_db()
    assert experiment.status == Status.DRAFT


def test_two_cannot_run_at_once(make_experiment: Make) -> None:
    first, second = make_experiment("first"), make_experiment("second")
    start(first)
    with pytest.raises(ConflictError, match="first is running on the same traffic"):
        start(second)
    pause(first)
    start(second)
    with pytest.raises(ConflictError, match="second is running on the same traffic"):
        resume(first)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.PAUSED, Status.STOPPED])
def test_what_does_not_run_cannot_be_paused(status: str, make_experiment: Make) -> None:
    experiment = make_experiment()
    Experiment.objects.filter(pk=experiment.pk).update(status=status)
    experiment.refresh_from_db()
    with pytest.raises(ConflictError, match=f"new-head is {status}: it cannot be paused"):
        pause(experiment)


def test_of_two_who_pause_at_once_one_is_told_so(make_experiment: Make) -> None:
    experiment = make_experiment()
    start(experiment)
    stale = Experiment.objects.get(pk=experiment.pk)
    pause(experiment)
    with pytest.raises(ConflictError, match="is paused: it cannot be paused"):
        pause(stale)
    assert experiment.events.filter(kind="paused").count() == 1


def test_what_was_stopped_stays_so(make_experiment: Make) -> None:
    experiment = make_experiment()
    start(experiment)
    stop(experiment)
    for act in (start, pause, resume, stop):
        with pytest.raises(ConflictError, match="is stopped"):
            act(experiment)
    with pytest.raises(ConflictError, match="has ended"):
        ramp(experiment, 0.5)


@pytest.mark.parametrize("share", [0, -0.1, 1.01, float("nan")])
def test_a_share_is_above_0_and_at_most_1(share: float, make_experiment: Make) -> None:
    experiment = make_experiment()
    start(experiment)
    with pytest.raises(InvalidItemError, match="is no share") as caught:
        ramp(experiment, share)
    assert caught.value.path == "traffic_share"


def test_the_same_share_again_is_no_event(make_experiment: Make) -> None:
    experiment = make_experiment(traffic_share=0.5)
    start(experiment)
    assert ramp(experiment, 0.5) is None
    assert not experiment.events.filter(kind="ramped").exists()


def test_a_reason_that_is_too_long_changes_nothing(make_experiment: Make) -> None:
    experiment = make_experiment()
    with pytest.raises(InvalidItemError, match="501 characters"):
        start(experiment, reason="x" * 501)
    experiment.refresh_from_db()
    assert experiment.status == Status.DRAFT


@pytest.mark.parametrize("field", ["salt", "split", "method", "expected_effect", "max_days"])
def test_what_a_start_has_frozen_is_not_saved(field: str, make_experiment: Make) -> None:
    experiment = make_experiment()
    start(experiment)
    with pytest.raises(ValueError, match="frozen"):
        experiment.save(update_fields=[field])
    with pytest.raises(ValueError, match="frozen"):
        experiment.save()


@pytest.mark.parametrize("name", ["variants", "guardrails"])
def test_variants_and_guardrails_are_frozen_by_a_start(name: str, make_experiment: Make) -> None:
    experiment = make_experiment()
    metric = Metric.objects.get(key="latency-mean")
    experiment.guardrails.create(metric=metric, harm="increase", margin=1)
    start(experiment)
    row = getattr(experiment, name).all()[0]
    with pytest.raises(ValueError, match="frozen"):
        row.save()
    with pytest.raises(ValueError, match="frozen"):
        row.delete()


def test_promoting_the_winner_stops_the_experiment_and_activates_its_version(
    make_experiment: Make, other_version: ModelVersion, admin_user: User
) -> None:
    experiment = make_experiment()
    start(experiment)
    activation = promote(experiment.variants.get(key="treatment"), by=admin_user)
    assert activation is not None
    assert activation.to_version == other_version
    assert activation.reason == "Won the experiment new-head."
    experiment.refresh_from_db()
    assert experiment.status == Status.STOPPED
    kinds = ExperimentEvent.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["started", "stopped", "promoted"]


def test_a_draft_has_no_winner(make_experiment: Make) -> None:
    experiment = make_experiment()
    with pytest.raises(ConflictError, match="was never started"):
        promote(experiment.variants.get(key="treatment"))


def test_where_the_winner_cannot_be_activated_the_experiment_goes_on(
    make_experiment: Make, version_apart: ModelVersion
) -> None:
    experiment = make_experiment(treatment=version_apart)
    start(experiment)
    replace_by_a_file(version_apart)
    with pytest.raises(BundleError):
        promote(experiment.variants.get(key="treatment"))
    experiment.refresh_from_db()
    assert experiment.status == Status.RUNNING
