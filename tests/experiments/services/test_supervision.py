"""Every minute: harm is ended, what is over is stopped, and results are kept when they are due."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.models import ModelVersion
from experiments.models import Analysis, Experiment, ExperimentEvent, Guardrail, GuardrailAlert
from experiments.services.lifecycle import resume
from experiments.services.supervision import analyse_requested, request_analysis, supervise
from tests.experiments.traffic import Kind, Served, Status, end, make_experiment, metric_of, store

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def experiment(active_version: ModelVersion) -> Experiment:
    return make_experiment(days=1)


def guard(experiment: Experiment, action: str, **fields: object) -> Guardrail:
    return Guardrail.objects.create(
        experiment=experiment, metric=metric_of("error-rate"), harm="increase",
        **{"margin": 0.01, "action": action, **fields},
    )  # fmt: skip


def fail(experiment: Experiment, share: float, units: int = 300) -> None:
    """Of the new variant so many requests fail, of the control's none."""
    chance = random.Random(7)
    for variant in experiment.variants.all():
        is_new = not variant.is_control
        store(
            Served(
                variant, f"{variant}-{unit}", timezone.now(),
                is_failed=is_new and chance.random() < share,
            )
            for unit in range(units)
            for _ in range(2)
        )  # fmt: skip


def newest_event(experiment: Experiment) -> ExperimentEvent:
    return experiment.events.all()[0]


def kept(experiment: Experiment, kind: str) -> int:
    return experiment.analyses.filter(kind=kind).count()


def at(analysis: Analysis, ago: timedelta) -> None:
    Analysis.objects.filter(pk=analysis.pk).update(created_at=timezone.now() - ago)


class TestGuardrails:
    @pytest.mark.parametrize(
        ("action", "status", "kind"),
        [
            ("warn", Status.RUNNING, Kind.WARNED),
            ("pause", Status.PAUSED, Kind.PAUSED),
            ("stop", Status.STOPPED, Kind.STOPPED),
        ],
    )
    def test_a_breach_acts_and_says_what_was_seen(
        self, experiment: Experiment, action: str, status: str, kind: str
    ) -> None:
        guard(experiment, action)
        fail(experiment, 0.3)
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == status
        event = newest_event(experiment)
        assert (event.kind, event.to_status, event.by) == (kind, status, None)
        assert "new breached the guardrail Error rate. It is" in event.reason
        assert event.details["guardrail"] == "error-rate"
        assert event.details["estimate"]["low"] > 0.01
        alert = GuardrailAlert.objects.get()
        assert (alert.text, alert.action, alert.resolved_at) == (event.reason, action, None)

    def test_it_acts_once(self, experiment: Experiment) -> None:
        guard(experiment, "warn")
        fail(experiment, 0.3)
        supervise()
        supervise()
        assert GuardrailAlert.objects.count() == 1
        assert experiment.events.filter(kind=Kind.WARNED).count() == 1

    def test_who_resumes_in_spite_of_it_is_not_paused_again(self, experiment: Experiment) -> None:
        guard(experiment, "pause")
        fail(experiment, 0.3)
        supervise()
        experiment.refresh_from_db()
        resume(experiment, reason="It is known.")
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.RUNNING

    def test_what_is_kept_again_settles_the_alert(self, experiment: Experiment) -> None:
        guardrail = guard(experiment, "warn")
        fail(experiment, 0.3)
        supervise()
        fail(experiment, 0.0, units=3000)
        Guardrail.objects.filter(pk=guardrail.pk).update(margin=0.9)
        supervise()
        assert GuardrailAlert.objects.get().resolved_at is not None
        assert newest_event(experiment).kind == Kind.SETTLED
        supervise()
        assert experiment.events.filter(kind=Kind.SETTLED).count() == 1

    def test_too_few_units_are_not_judged(self, experiment: Experiment) -> None:
        guard(experiment, "stop", minimum_units=301)
        fail(experiment, 1.0)
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.RUNNING

    def test_harm_within_the_margin_is_borne(self, experiment: Experiment) -> None:
        guard(experiment, "stop", margin=0.5)
        fail(experiment, 0.3)
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.RUNNING

    def test_of_two_breaches_the_severest_counts(self, experiment: Experiment) -> None:
        guard(experiment, "pause")
        Guardrail.objects.create(
            experiment=experiment, metric=metric_of("latency-mean"), harm="increase",
            margin=1, action="stop",
        )  # fmt: skip
        fail(experiment, 0.3)
        slow = experiment.variants.get(key="new")
        chance = random.Random(2)
        store(
            Served(slow, f"slow-{unit}", timezone.now(), latency_ms=chance.uniform(90, 99))
            for unit in range(300)
        )
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.STOPPED
        assert GuardrailAlert.objects.count() == 2
        assert newest_event(experiment).kind == Kind.WARNED

    def test_a_p95_is_guarded_as_well(self, experiment: Experiment) -> None:
        Guardrail.objects.create(
            experiment=experiment, metric=metric_of("latency-p95"), harm="increase",
            margin=0.5, is_relative=True, action="stop",
        )  # fmt: skip
        chance = random.Random(2)
        store(
            Served(
                variant, f"{variant}-{unit}", timezone.now(),
                latency_ms=chance.uniform(1, 2) * (1 if variant.is_control else 5),
            )
            for variant in experiment.variants.all()
            for unit in range(600)
        )  # fmt: skip
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.STOPPED


class TestEnd:
    def test_after_the_most_days_it_is_stopped(self, active_version: ModelVersion) -> None:
        experiment = make_experiment(days=28.1)
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.STOPPED
        assert newest_event(experiment).reason == (
            "It ran for 28 days, the most that were planned."
        )

    def test_before_that_it_is_not(self, active_version: ModelVersion) -> None:
        experiment = make_experiment(days=27.9, planned_units=1)
        fail(experiment, 0, units=5)
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.RUNNING

    def test_a_fixed_test_is_stopped_with_its_units(self, active_version: ModelVersion) -> None:
        experiment = make_experiment(days=8, planned_units=5, method="fixed")
        fail(experiment, 0, units=5)
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.STOPPED

    def test_a_start_in_the_future_is_no_end(self, active_version: ModelVersion) -> None:
        experiment = make_experiment(days=-400)
        supervise()
        experiment.refresh_from_db()
        assert experiment.status == Status.RUNNING


class TestAnalyses:
    def test_one_is_kept_every_hour(self, experiment: Experiment) -> None:
        supervise()
        supervise()
        assert kept(experiment, "scheduled") == 1
        at(experiment.analyses.get(), HOUR)
        supervise()
        supervise()
        assert kept(experiment, "scheduled") == 2

    def test_a_clock_set_back_makes_one_and_no_more(self, experiment: Experiment) -> None:
        supervise()
        at(experiment.analyses.get(), -5 * DAY)
        supervise()
        supervise()
        assert kept(experiment, "scheduled") == 2

    def test_a_final_one_is_kept_after_the_stop(self, experiment: Experiment) -> None:
        end(experiment, ago=timedelta(seconds=20))
        supervise()
        assert kept(experiment, "final") == 0
        Experiment.objects.filter(pk=experiment.pk).update(stopped_at=timezone.now() - HOUR)
        supervise()
        supervise()
        assert kept(experiment, "final") == 1

    def test_another_when_feedback_no_longer_counts(self, experiment: Experiment) -> None:
        end(experiment, ago=13 * DAY)
        supervise()
        assert kept(experiment, "final") == 1
        Experiment.objects.filter(pk=experiment.pk).update(stopped_at=timezone.now() - 14 * DAY)
        supervise()
        supervise()
        assert kept(experiment, "final") == 2

    def test_where_no_feedback_is_waited_for_there_is_no_other(
        self, active_version: ModelVersion
    ) -> None:
        experiment = make_experiment(days=30, feedback_days=0)
        end(experiment, ago=DAY)
        supervise()
        supervise()
        assert kept(experiment, "final") == 1

    def test_paused_and_draft_ones_are_left_alone(self, experiment: Experiment) -> None:
        for status in (Status.PAUSED, Status.DRAFT):
            Experiment.objects.filter(pk=experiment.pk).update(status=status)
            supervise()
        assert not Analysis.objects.exists()

    def test_between_looks_the_last_one_stays_the_newest(
        self, active_version: ModelVersion
    ) -> None:
        experiment = make_experiment(days=8, method="group_sequential", looks=2, planned_units=100)
        fail(experiment, 0, units=60)
        supervise()
        look = experiment.analyses.get()
        assert look.report["look"]["number"] == 1
        at(look, 2 * HOUR)
        fail(experiment, 0, units=80)
        supervise()
        assert experiment.analyses.count() == 1


class TestRequests:
    def test_a_worker_is_asked_on_commit(
        self, experiment: Experiment, admin_user: object, django_capture_on_commit_callbacks: object
    ) -> None:
        from django_q.models import OrmQ

        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            request_analysis(experiment, by=admin_user)  # type: ignore[arg-type]
            assert not OrmQ.objects.exists()
        (task,) = OrmQ.objects.all()
        assert task.func() == "experiments.tasks.analyse"

    def test_it_keeps_who_asked(self, experiment: Experiment, admin_user: object) -> None:
        analyse_requested(experiment.pk, admin_user.pk)  # type: ignore[attr-defined]
        analysis = experiment.analyses.get()
        assert (analysis.kind, analysis.by) == ("requested", admin_user)

    def test_what_is_gone_or_was_never_started_is_passed_over(self, experiment: Experiment) -> None:
        Experiment.objects.filter(pk=experiment.pk).update(status=Status.DRAFT)
        analyse_requested(experiment.pk, None)
        analyse_requested(experiment.pk + 1, None)
        assert not Analysis.objects.exists()
