"""Two versions decide on the same texts; how many answers differ is kept."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from classifier import runtime
from classifier.engine.descriptors import normalize
from classifier.engine.engine import Engine
from classifier.engine.types import Transaction
from classifier.exceptions import BundleError, ConflictError, UnknownError
from classifier.jobs.context import JobContext
from classifier.models import Example, Job, ModelVersion, Prediction, VersionComparison
from classifier.services import comparisons
from classifier.services.comparisons import (
    compare_versions,
    compare_with_active,
    enqueue_comparison,
    run_comparison,
)
from classifier.services.predictions import TransactionRequest, classify_transactions
from classifier.services.versions import build_version
from tests.artifacts import copied, spoil

pytestmark = pytest.mark.django_db

Source = VersionComparison.Source


@pytest.fixture
def without_pets(active_version: ModelVersion) -> ModelVersion:
    """A version that has lost a category and with it all of its answers."""
    Example.objects.filter(category__slug="pets").update(is_active=False)
    version, _ = build_version()
    return version


@pytest.fixture
def few_real_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three real texts are enough."""
    monkeypatch.setattr(comparisons, "MIN_REAL_TEXTS", 3)


def ask(*texts: str, amount: int | None = None) -> None:
    amounts = None if amount is None else Decimal(amount)
    classify_transactions([TransactionRequest(text, amount=amounts) for text in texts])


def answer(version: ModelVersion, transaction: Transaction) -> str | None:
    (decision,) = Engine.load(copied(version)).classify([transaction])
    return decision.category.slug if decision.category else None


def running_job(version_id: int, user: User | None = None) -> JobContext:
    job = Job.objects.create(
        kind=Job.Kind.COMPARE_VERSION,
        status=Job.Status.RUNNING,
        claim=uuid4(),
        parameters={"version": version_id},
        started_by=user,
    )
    assert job.claim is not None
    return JobContext(job, job.claim, seconds=60)


def test_a_build_is_compared_with_the_active_version(
    active_version: ModelVersion, without_pets: ModelVersion
) -> None:
    comparison = without_pets.comparisons.get()
    assert (comparison.against, comparison.source) == (active_version, Source.EXAMPLES)
    assert comparison.texts == comparisons.MAX_TEXTS
    assert 0 < comparison.changed < comparison.texts / 10
    assert comparison.changed_low < comparison.share_changed < comparison.changed_high


def test_versions_that_are_alike_differ_in_nothing(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    comparison = compare_versions(second_version, active_version)
    assert (comparison.changed, comparison.samples) == (0, [])
    assert comparison.changed_low == pytest.approx(0)


def test_samples_show_both_answers(
    active_version: ModelVersion, without_pets: ModelVersion
) -> None:
    samples = without_pets.comparisons.get().samples
    assert len(samples) == comparisons.SAMPLES
    lost = [sample for sample in samples if "Pet" in (sample["before"] or "")]
    assert lost
    for sample in samples:
        assert sample["before"] != sample["after"]
        assert "Pet supplies" not in (sample["after"] or "")


def test_what_one_of_them_has_lost_is_among_the_texts(
    active_version: ModelVersion, without_pets: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In either order: texts of both versions' examples are compared, all of them here."""
    monkeypatch.setattr(comparisons, "MAX_TEXTS", 10_000)
    without_pets.comparisons.all().delete()
    compare_versions(without_pets, active_version)
    back = compare_versions(active_version, without_pets)
    assert back.changed == without_pets.comparisons.get().changed


def test_real_texts_are_taken_where_there_are_enough(
    active_version: ModelVersion, without_pets: ModelVersion, few_real_texts: None
) -> None:
    ask("PETCO 1234", "NETFLIX.COM")
    assert compare_versions(without_pets, active_version).source == Source.EXAMPLES
    ask("SHELL OIL 57442", "NETFLIX.COM", "petco 1234", "123 456")
    comparison = compare_versions(without_pets, active_version)
    assert (comparison.source, comparison.texts) == (Source.PREDICTIONS, 3)
    assert comparison.changed == 1
    (sample,) = comparison.samples
    assert sample["text"] == normalize("PETCO 1234")


def test_real_texts_are_the_newest(
    active_version: ModelVersion,
    second_version: ModelVersion,
    few_real_texts: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparisons, "MAX_TEXTS", 3)
    ask("NETFLIX.COM", "SHELL OIL", "PETCO", "SPOTIFY", "UBER TRIP")
    taken = [transaction.description for transaction in comparisons._real_transactions()]
    assert taken == ["UBER TRIP", "SPOTIFY", "PETCO"]


def test_a_real_text_is_judged_with_its_direction(
    active_version: ModelVersion, second_version: ModelVersion, few_real_texts: None
) -> None:
    ask("PAYROLL ACME", "SHELL OIL", "REFUND", amount=5)
    assert {each.amount for each in comparisons._real_transactions()} == {Decimal(5)}


def test_the_count_is_of_answers_that_the_versions_give_alone(
    active_version: ModelVersion, without_pets: ModelVersion, few_real_texts: None
) -> None:
    texts = ["PETCO 1234", "PETSMART", "NETFLIX.COM", "CHEWY.COM", "SHELL OIL"]
    ask(*texts)
    differing = sum(
        answer(without_pets, Transaction(text)) != answer(active_version, Transaction(text))
        for text in texts
    )
    comparison = compare_versions(without_pets, active_version)
    assert (comparison.texts, comparison.changed) == (len(texts), differing)
    assert differing > 0


def test_vectors_of_examples_are_taken_from_the_files(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    runtime.reset()
    compare_versions(second_version, active_version)
    stats = runtime.get().cache.stats()
    assert (stats.misses, stats.hits) == (0, 2 * comparisons.MAX_TEXTS)


def test_comparing_leaves_no_version_loaded(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    compare_versions(second_version, active_version)
    assert not runtime.get()._loaded


def test_broken_files_of_the_active_version_do_not_spoil_a_build(
    active_version: ModelVersion, second_version: ModelVersion
) -> None:
    ModelVersion.objects.filter(pk=active_version.pk).update(status="retired")
    ModelVersion.objects.filter(pk=second_version.pk).update(status="active")
    spoil(second_version)
    version, is_new = build_version(force=True)
    assert is_new
    assert not version.comparisons.exists()
    with pytest.raises(BundleError, match=r"config\.json"):
        compare_versions(version, second_version)


def test_without_an_active_version_nothing_is_compared(second_version: ModelVersion) -> None:
    ModelVersion.objects.update(status="candidate")
    assert compare_with_active(second_version) is None


def test_a_job_compares_and_says_what_it_found(
    active_version: ModelVersion, without_pets: ModelVersion, admin_user: User
) -> None:
    VersionComparison.objects.all().delete()
    result = run_comparison(running_job(without_pets.pk, admin_user))
    comparison = VersionComparison.objects.get()
    assert (comparison.version, comparison.by) == (without_pets, admin_user)
    assert result["version"] == without_pets.pk
    words = f"{comparison.changed} of {comparison.texts} texts otherwise than {active_version}"
    assert words in result["message"]


def test_a_job_whose_version_is_gone_or_active_now_says_so(active_version: ModelVersion) -> None:
    with pytest.raises(UnknownError):
        run_comparison(running_job(active_version.pk + 100))
    with pytest.raises(ConflictError, match="is the active version itself"):
        run_comparison(running_job(active_version.pk))


def test_a_version_is_compared_once_at_a_time(
    active_version: ModelVersion, second_version: ModelVersion, admin_user: User
) -> None:
    job = enqueue_comparison(second_version, admin_user)
    assert (job.started_by, job.parameters) == (admin_user, {"version": second_version.pk})
    with pytest.raises(ConflictError, match=f"{job} is not finished yet"):
        enqueue_comparison(second_version)
    other, _ = build_version(force=True)
    enqueue_comparison(other)


@pytest.mark.parametrize("status", ["active", "candidate"])
def test_a_comparison_with_itself_or_with_nothing_is_refused(
    status: str, active_version: ModelVersion
) -> None:
    ModelVersion.objects.update(status=status)
    with pytest.raises(ConflictError):
        enqueue_comparison(active_version)
    assert not Job.objects.exists()


def test_the_texts_of_examples_are_spread_over_all_of_them() -> None:
    assert comparisons._spread(list(range(10)), 4) == [0, 2, 5, 7]
    assert comparisons._spread([1, 2], 4) == [1, 2]
    assert comparisons._spread([], 4) == []


def test_predictions_are_left_as_they_are(
    active_version: ModelVersion, second_version: ModelVersion, few_real_texts: None
) -> None:
    ask("NETFLIX.COM", "SHELL OIL", "PETCO")
    compare_versions(second_version, active_version)
    assert Prediction.objects.count() == 3
