"""How long an experiment ran is what its timeline says, whatever the clock does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments.models import Experiment, ExperimentEvent
from experiments.services.periods import running_period
from tests.experiments.traffic import Kind, Status, add_event, end, make_experiment

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def experiment(active_version: object) -> Experiment:
    return make_experiment(days=10)


def test_it_runs_until_now(experiment: Experiment) -> None:
    assert running_period(experiment).days == pytest.approx(10, abs=0.01)


def test_it_ran_until_the_stop(experiment: Experiment) -> None:
    end(experiment, ago=3 * DAY)
    assert running_period(experiment).days == pytest.approx(7, abs=0.01)


def test_pauses_do_not_count(experiment: Experiment) -> None:
    now = timezone.now()
    add_event(experiment, Kind.PAUSED, Status.RUNNING, Status.PAUSED, now - 6 * DAY)
    add_event(experiment, Kind.RAMPED, Status.PAUSED, Status.PAUSED, now - 5 * DAY)
    assert running_period(experiment).days == pytest.approx(4, abs=0.01)
    add_event(experiment, Kind.RESUMED, Status.PAUSED, Status.RUNNING, now - 2 * DAY)
    add_event(experiment, Kind.WARNED, Status.RUNNING, Status.RUNNING, now - DAY)
    assert running_period(experiment).days == pytest.approx(6, abs=0.01)


def test_a_start_in_the_future_is_no_time_and_a_problem(experiment: Experiment) -> None:
    Experiment.objects.filter(pk=experiment.pk).update(started_at=timezone.now() + DAY)
    ExperimentEvent.objects.update(created_at=timezone.now() + DAY)
    experiment.refresh_from_db()
    period = running_period(experiment)
    assert period.days == 0
    assert "starts in the future" in period.problem


def test_a_clock_set_back_is_no_negative_time_and_a_problem(experiment: Experiment) -> None:
    add_event(experiment, Kind.PAUSED, Status.RUNNING, Status.PAUSED, timezone.now() - 20 * DAY)
    add_event(experiment, Kind.RESUMED, Status.PAUSED, Status.RUNNING, timezone.now() - 2 * DAY)
    period = running_period(experiment)
    assert period.days == pytest.approx(2, abs=0.01)
    assert "The clock was set back" in period.problem


def test_a_clock_set_back_by_seconds_is_no_problem(experiment: Experiment) -> None:
    started = experiment.started_at
    assert started is not None
    at = started - timedelta(seconds=5)
    add_event(experiment, Kind.PAUSED, Status.RUNNING, Status.PAUSED, at)
    period = running_period(experiment)
    assert (period.days, period.problem) == (0, "")


def test_only_blocks_that_ran_from_beginning_to_end_are_whole(experiment: Experiment) -> None:
    start = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - 5 * DAY
    ExperimentEvent.objects.update(created_at=start + timedelta(minutes=90))
    pause, resume = start + timedelta(hours=5, minutes=1), start + timedelta(hours=8)
    add_event(experiment, Kind.PAUSED, Status.RUNNING, Status.PAUSED, pause)
    add_event(experiment, Kind.RESUMED, Status.PAUSED, Status.RUNNING, resume)
    Experiment.objects.filter(pk=experiment.pk).update(stopped_at=start + timedelta(hours=10))
    experiment.refresh_from_db()
    blocks = running_period(experiment).whole_blocks(60)
    assert [block.slot for block in blocks] == [2, 3, 4, 8, 9]
    assert len({block.day for block in blocks}) == 1
