"""Putting versions live, taking them back, putting them aside."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classifier.exceptions import BundleError, ConflictError, InvalidItemError, ReadinessError
from classifier.models import Activation, ModelVersion, PerformanceTargets, Retirement
from classifier.services.activations import (
    activate_version,
    key_in_force,
    put_aside,
    retire_version,
    roll_back,
    rollback_target,
)
from classifier.services.targets import performance_targets
from tests.artifacts import spoil
from tests.classifier.conftest import replace_by
from tests.rows import copy_of

pytestmark = pytest.mark.django_db

Status = ModelVersion.Status


@pytest.fixture
def candidate(active_version: ModelVersion) -> ModelVersion:
    """One more version, with the files of the active one."""
    return copy_of(active_version, name="next", status=Status.CANDIDATE)


@pytest.fixture
def served(active_version: ModelVersion) -> list[ModelVersion]:
    """Three versions, activated one after the other; the last serves."""
    later = [copy_of(active_version, name=name, status=Status.CANDIDATE) for name in ("b", "c")]
    for version in later:
        activate_version(version)
    return [active_version, *later]


@pytest.fixture
def out_of_reach() -> None:
    """Targets that no version meets."""
    performance_targets()
    PerformanceTargets.objects.update(min_accuracy=0.99, max_calibration_error=0.0)


def serving() -> ModelVersion:
    """As the pointer says and as the newest row says."""
    newest = Activation.objects.latest("id")
    assert ModelVersion.objects.active().get() == newest.to_version
    return newest.to_version


def meanwhile(act: Callable[[], object]) -> Any:
    """Carries out another operator's act once, just before the next transaction begins."""
    performance_targets()
    coming = [act]

    def interrupt(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("SAVEPOINT") and coming:
            coming.pop()()
        return execute(sql, *arguments)

    return connection.execute_wrapper(interrupt)


def test_activating_moves_the_pointer_and_leaves_a_row(
    active_version: ModelVersion, candidate: ModelVersion, admin_user: User
) -> None:
    activation = activate_version(candidate, by=admin_user, reason="better coffee")
    assert activation is not None
    assert (activation.from_version, activation.to_version) == (active_version, candidate)
    assert (activation.by, activation.reason) == (admin_user, "better coffee")
    assert (activation.kind, activation.missed_targets) == (Activation.Kind.ACTIVATION, [])
    assert serving() == candidate
    active_version.refresh_from_db()
    assert active_version.status == Status.RETIRED


def test_activating_the_active_version_changes_nothing(
    active_version: ModelVersion, out_of_reach: None
) -> None:
    before = Activation.objects.count()
    assert activate_version(active_version) is None
    assert Activation.objects.count() == before


def test_a_version_with_spoiled_files_is_not_activated(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    spoil(second_version)
    with pytest.raises(BundleError, match=r"config\.json"):
        activate_version(second_version)
    assert serving() == active_version
    second_version.refresh_from_db()
    assert second_version.status == Status.CANDIDATE


def test_a_version_with_another_ones_files_is_not_activated(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    replace_by(second_version, active_version)
    with pytest.raises(BundleError, match=r"manifest\.json cannot be fetched: .* is damaged"):
        activate_version(second_version)
    assert serving() == active_version


def test_files_are_checked_before_the_transaction_that_others_wait_for(
    second_version: ModelVersion,
) -> None:
    spoil(second_version)
    with CaptureQueriesContext(connection) as queries, pytest.raises(BundleError):
        activate_version(second_version)
    assert len(queries) == 0


def test_a_version_that_misses_targets_is_refused_and_each_is_named(
    active_version: ModelVersion, candidate: ModelVersion, admin_user: User, out_of_reach: None
) -> None:
    with pytest.raises(ReadinessError) as refused:
        activate_version(candidate, by=admin_user, override_reason="  ")
    for words in ("Out-of-sample accuracy", "wanted at least 99%", "Calibration error"):
        assert words in str(refused.value)
    assert serving() == active_version


def test_a_superuser_overrides_with_a_reason_that_is_kept_with_what_was_missed(
    candidate: ModelVersion, admin_user: User, out_of_reach: None
) -> None:
    activation = activate_version(candidate, by=admin_user, override_reason="the fair is today")
    assert activation is not None
    activation.refresh_from_db()
    assert activation.reason == "the fair is today"
    accuracy, calibration = activation.missed_targets
    assert accuracy.startswith("Out-of-sample accuracy")
    assert calibration.startswith("Calibration error")


def test_nobody_else_overrides_whatever_they_write(
    active_version: ModelVersion,
    candidate: ModelVersion,
    make_staff: Callable[..., User],
    out_of_reach: None,
) -> None:
    vera = make_staff("classifier.activate_modelversion")
    with pytest.raises(ReadinessError, match="Only a superuser"):
        activate_version(candidate, by=vera, override_reason="please")
    assert serving() == active_version


def test_what_cannot_be_said_holds_nothing_up(candidate: ModelVersion) -> None:
    assert not candidate.encoder.benchmark_results.exists()
    assert activate_version(candidate) is not None


def test_the_first_version_is_activated_whatever_it_misses(
    active_version: ModelVersion, out_of_reach: None
) -> None:
    Activation.objects.all().delete()
    ModelVersion.objects.update(status=Status.CANDIDATE)
    active_version.refresh_from_db()
    activation = activate_version(active_version)
    assert activation is not None
    assert activation.from_version is None
    assert len(activation.missed_targets) == 2


def test_a_broken_active_version_gives_way_to_one_that_misses_targets(
    candidate: ModelVersion, second_version: ModelVersion, out_of_reach: None
) -> None:
    PerformanceTargets.objects.update(min_accuracy=0, max_calibration_error=1)
    activate_version(second_version)
    PerformanceTargets.objects.update(min_accuracy=0.99)
    with pytest.raises(ReadinessError):
        activate_version(candidate)
    spoil(second_version)
    activate_version(candidate)
    assert serving() == candidate


def test_an_active_version_of_another_normalizer_gives_way_too(
    active_version: ModelVersion, candidate: ModelVersion, out_of_reach: None
) -> None:
    ModelVersion.objects.filter(pk=active_version.pk).update(normalizer_version=0)
    activate_version(candidate)
    assert serving() == candidate


def test_a_reason_that_does_not_fit_is_refused(candidate: ModelVersion) -> None:
    with pytest.raises(InvalidItemError, match="501 characters"):
        activate_version(candidate, reason="x" * 501)


def test_of_two_operators_the_slower_is_told(
    active_version: ModelVersion, candidate: ModelVersion
) -> None:
    other = copy_of(active_version, name="other", status=Status.CANDIDATE)
    with (
        meanwhile(lambda: activate_version(other)),
        pytest.raises(ConflictError, match="activated just now"),
    ):
        activate_version(candidate)
    assert serving() == other
    candidate.refresh_from_db()
    assert candidate.status == Status.CANDIDATE


def test_two_clicks_on_one_version_leave_one_row(candidate: ModelVersion) -> None:
    again = ModelVersion.objects.get(pk=candidate.pk)
    with meanwhile(lambda: activate_version(again)):
        assert activate_version(candidate) is None
    assert Activation.objects.filter(to_version=candidate).count() == 1


def test_a_decision_made_before_another_activation_is_not_carried_out(
    candidate: ModelVersion, active_version: ModelVersion
) -> None:
    seen = key_in_force()
    other = copy_of(active_version, name="other", status=Status.CANDIDATE)
    activate_version(other)
    for act in (activate_version, lambda _, seen: roll_back(seen=seen)):
        with pytest.raises(ConflictError, match="activated just now"):
            act(candidate, seen=seen)
    assert serving() == other


def test_rolling_back_makes_the_version_before_live_and_leaves_a_row(
    served: list[ModelVersion], admin_user: User
) -> None:
    activation = roll_back(by=admin_user, reason="wrong coffee")
    assert activation.kind == Activation.Kind.ROLLBACK
    assert (activation.from_version, activation.to_version) == (served[2], served[1])
    assert (activation.by, activation.reason) == (admin_user, "wrong coffee")
    assert serving() == served[1]


def test_rolling_back_twice_goes_further_back_until_there_is_nothing(
    served: list[ModelVersion],
) -> None:
    assert roll_back().to_version == served[1]
    assert roll_back().to_version == served[0]
    assert rollback_target() is None
    with pytest.raises(ConflictError, match=f"No version served before {served[0]}"):
        roll_back()
    assert serving() == served[0]


def test_an_activation_after_a_rollback_is_what_the_next_one_takes_back(
    served: list[ModelVersion],
) -> None:
    roll_back()
    activate_version(ModelVersion.objects.get(pk=served[2].pk))
    assert roll_back().to_version == served[1]
    assert roll_back().to_version == served[0]


def test_the_same_version_may_have_served_before_and_after(served: list[ModelVersion]) -> None:
    activate_version(ModelVersion.objects.get(pk=served[0].pk))
    assert [roll_back().to_version for _ in range(3)] == [served[2], served[1], served[0]]


def test_targets_do_not_hold_a_rollback_up(served: list[ModelVersion], out_of_reach: None) -> None:
    assert roll_back().missed_targets == []
    assert serving() == served[1]


def test_a_rollback_to_broken_files_is_refused_and_the_file_named(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    activate_version(second_version)
    third = copy_of(active_version, name="third", status=Status.CANDIDATE)
    activate_version(third)
    spoil(second_version)
    with pytest.raises(BundleError, match=r"config\.json"):
        roll_back()
    assert serving() == third


def test_a_rollback_passes_over_what_was_retired_by_hand(served: list[ModelVersion]) -> None:
    retire_version(ModelVersion.objects.get(pk=served[1].pk))
    assert roll_back().to_version == served[0]
    assert rollback_target() is None


def test_a_rollback_goes_where_the_operator_saw_or_nowhere(served: list[ModelVersion]) -> None:
    seen = rollback_target()
    assert seen == served[1]
    retire_version(ModelVersion.objects.get(pk=served[1].pk))
    with pytest.raises(ConflictError, match=f"The version before is {served[0]} now"):
        roll_back(to=seen.pk)
    assert serving() == served[2]


def test_of_two_rollbacks_at_once_one_goes_back(served: list[ModelVersion]) -> None:
    with meanwhile(roll_back), pytest.raises(ConflictError):
        roll_back()
    assert serving() == served[1]
    assert Activation.objects.filter(kind=Activation.Kind.ROLLBACK).count() == 1


def test_retiring_leaves_who_when_and_why(candidate: ModelVersion, admin_user: User) -> None:
    retirement = retire_version(candidate, by=admin_user, reason="built from a bad import")
    assert retirement is not None
    candidate.refresh_from_db()
    assert candidate.status == Status.RETIRED
    assert put_aside([candidate]) == {candidate.pk: retirement}
    assert (retirement.by, retirement.reason) == (admin_user, "built from a bad import")


def test_the_active_version_is_not_retired(active_version: ModelVersion) -> None:
    with pytest.raises(ConflictError, match="serves now"):
        retire_version(active_version)
    assert not Retirement.objects.exists()


def test_a_version_is_retired_once(candidate: ModelVersion) -> None:
    assert retire_version(candidate) is not None
    assert retire_version(candidate) is None
    assert Retirement.objects.count() == 1


def test_a_version_that_was_superseded_is_not_one_that_was_put_aside(
    served: list[ModelVersion],
) -> None:
    assert put_aside(served) == {}
    superseded = ModelVersion.objects.get(pk=served[0].pk)
    assert superseded.status == Status.RETIRED
    assert retire_version(superseded) is not None
    assert put_aside(served).keys() == {superseded.pk}


def test_a_retired_version_is_activated_by_name_and_is_aside_no_more(
    candidate: ModelVersion, active_version: ModelVersion
) -> None:
    retire_version(candidate)
    activate_version(candidate)
    assert serving() == candidate
    activate_version(ModelVersion.objects.get(pk=active_version.pk))
    assert put_aside([candidate]) == {}
    assert rollback_target() == candidate


def test_a_version_that_goes_live_meanwhile_is_not_retired(candidate: ModelVersion) -> None:
    same = ModelVersion.objects.get(pk=candidate.pk)
    with (
        meanwhile(lambda: activate_version(same)),
        pytest.raises(ConflictError, match="serves now"),
    ):
        retire_version(candidate)
    assert serving() == candidate
