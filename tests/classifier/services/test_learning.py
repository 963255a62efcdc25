"""Learning from what people said: build, judge, activate or wait."""

import pytest
from django.contrib.auth.models import User

from classifier.models import (
    Activation,
    Category,
    Example,
    Job,
    LearningPolicy,
    ModelVersion,
    PerformanceTargets,
    VersionJudgement,
)
from classifier.services.activations import retire_version
from classifier.services.examples import add_example
from classifier.services.learning import (
    LEFT_TO_A_PERSON,
    enqueue_learning,
    learn,
    learn_by_schedule,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_targets(db: None) -> None:
    names = [field.name for field in PerformanceTargets._meta.fields]
    limits = [name for name in names if name.startswith(("min_", "max_"))]
    PerformanceTargets.objects.update_or_create(pk=1, defaults=dict.fromkeys(limits))


def say_new_things() -> None:
    for slug, text in (
        ("coffee-shops", "PETITE BRULERIE 12 MONTREAL"),
        ("groceries", "OBST UND GEMUESE HUBER WIEN"),
    ):
        add_example(category=slug, text=text, source=Example.Source.FEEDBACK)


def allow() -> None:
    LearningPolicy.objects.update_or_create(pk=1, defaults={"is_self_activating": True})


def test_nothing_new_is_judged_by_nobody(active_version: ModelVersion) -> None:
    assert learn() == (active_version, None)
    assert not VersionJudgement.objects.exists()


def test_what_was_learned_waits_for_a_person_by_default(active_version: ModelVersion) -> None:
    say_new_things()
    version, judgement = learn()
    assert judgement is not None
    assert version.status == ModelVersion.Status.CANDIDATE
    assert judgement.waits_for == LEFT_TO_A_PERSON
    assert judgement.texts == active_version.example_count + 2
    assert ModelVersion.objects.active().get() == active_version


def test_it_goes_live_by_itself_where_the_policy_allows(active_version: ModelVersion) -> None:
    allow()
    say_new_things()
    version, judgement = learn()
    assert judgement is not None
    assert judgement.is_activated, judgement.waits_for
    assert ModelVersion.objects.active().get() == version
    activation = Activation.objects.latest("pk")
    assert activation.by is None
    assert activation.reason.startswith("Learned: ")
    assert "95% interval" in activation.reason


def test_what_misses_a_target_waits_and_says_which(active_version: ModelVersion) -> None:
    allow()
    PerformanceTargets.objects.update(min_accuracy=1.0)
    say_new_things()
    _, judgement = learn()
    assert judgement is not None
    assert "It misses targets: Out-of-sample accuracy" in judgement.waits_for
    assert ModelVersion.objects.active().get() == active_version


def test_what_may_be_worse_waits_and_says_by_how_much(active_version: ModelVersion) -> None:
    """Half of the examples are now said to be of a category that has nothing to do with them."""
    allow()
    categories = list(Category.objects.active().detailed().order_by("pk"))
    wrong = list(Example.objects.order_by("pk")[::2])
    for place, example in enumerate(wrong):
        example.category = categories[place % len(categories)]
    Example.objects.bulk_update(wrong, ["category"])
    _, judgement = learn()
    assert judgement is not None
    assert judgement.waits_for.startswith("It may lose a point or more: ")
    assert ModelVersion.objects.active().get() == active_version


def test_what_waited_goes_live_when_the_policy_changes(active_version: ModelVersion) -> None:
    say_new_things()
    _, waiting = learn()
    _, again = learn()
    assert waiting is not None
    assert again == waiting
    allow()
    version, judgement = learn()
    assert judgement is not None
    assert judgement.is_activated
    assert [row.is_activated for row in VersionJudgement.objects.order_by("pk")] == [False, True]
    assert ModelVersion.objects.active().get() == version


def test_what_a_person_put_aside_does_not_come_back_by_itself(
    active_version: ModelVersion, admin_user: User
) -> None:
    say_new_things()
    version, _ = learn()
    retire_version(version, by=admin_user, reason="not now")
    allow()
    assert learn() == (version, None)
    assert ModelVersion.objects.active().get() == active_version


def test_where_few_texts_can_tell_nothing_it_waits(active_version: ModelVersion) -> None:
    allow()
    few = ("groceries", "coffee-shops")
    Example.objects.exclude(category__slug__in=few).delete()
    version, judgement = learn()
    assert judgement is not None
    assert judgement.difference_low < -0.01
    assert version.status == ModelVersion.Status.CANDIDATE


def test_the_schedule_queues_one_job_at_a_time(admin_user: User) -> None:
    enqueue_learning(started_by=admin_user)
    learn_by_schedule()
    assert Job.objects.filter(kind=Job.Kind.LEARN).count() == 1
