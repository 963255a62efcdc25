"""Jobs while Redis is there, is away, and is there again."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from classifier.jobs.queue import RESEND_AFTER, recover_lost_jobs, retry
from classifier.models import Job
from classifier.services.versions import enqueue_build
from monitoring.infrastructure import waiting_tasks
from tests.redis_server import RedisServer

pytestmark = pytest.mark.django_db
RUN_JOB = "classifier.tasks.run_job"
LONG_AGO = RESEND_AFTER + timedelta(seconds=1)


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Any:
    """A context at whose end what waits for the commit is done."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def tasks() -> list[tuple[str, tuple[int, ...]]]:
    """Functions and arguments of what waits in Redis."""
    broker = get_broker()
    found = map(SignedPackage.loads, broker.connection.lrange(broker.list_key, 0, -1))
    return [(task["func"], task["args"]) for task in found]


def test_a_job_is_sent_once_it_is_committed(server: RedisServer, committing: Any) -> None:
    with committing():
        job = enqueue_build()
        assert tasks() == []
    assert tasks() == [(RUN_JOB, (job.pk,))]
    waiting = waiting_tasks(job.created_at + timedelta(seconds=90))
    assert waiting.count == 1
    assert waiting.oldest_seconds == pytest.approx(90, abs=5)


def test_a_job_that_is_rolled_back_is_not_sent(server: RedisServer, committing: Any) -> None:
    with committing(), transaction.atomic():
        enqueue_build()
        transaction.set_rollback(True)
    assert tasks() == []
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", ["away", "hanging"])
def test_a_job_that_cannot_be_queued_says_so_and_can_be_retried(
    server: RedisServer, committing: Any, kind: str
) -> None:
    with server.away() if kind == "away" else server.hanging(), committing():
        job = enqueue_build()
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert job.error.startswith("The queue cannot be reached: ")
    with committing():
        retry(job, None)
    job.refresh_from_db()
    assert job.status == Job.Status.QUEUED
    assert tasks()[-1] == (RUN_JOB, (job.pk,))


def test_a_queue_that_is_full_is_said(server: RedisServer, committing: Any) -> None:
    with server.client() as client:
        client.config_set("maxmemory", 1)
    with committing():
        job = enqueue_build()
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert "maxmemory" in job.error


def test_jobs_that_redis_lost_are_sent_again(server: RedisServer, committing: Any) -> None:
    with committing():
        job = enqueue_build()
    with server.away():
        pass
    assert tasks() == []
    Job.objects.update(sent_at=timezone.now() - LONG_AGO)
    recover_lost_jobs()
    assert tasks() == [(RUN_JOB, (job.pk,))]


@pytest.fixture
def lost(db: None) -> Job:
    """A job whose worker was killed."""
    long_ago = timezone.now() - timedelta(seconds=settings.JOB_STALE_SECONDS + 1)
    return Job.objects.create(
        kind=Job.Kind.BUILD_VERSION,
        running_key="build_version",
        status=Job.Status.RUNNING,
        claim=uuid4(),
        worker="elsewhere:1",
        attempts=1,
        heartbeat_at=long_ago,
        sent_at=long_ago,
    )


def test_a_lost_job_found_while_redis_is_away_is_sent_when_it_is_back(
    server: RedisServer, committing: Any, lost: Job
) -> None:
    with server.away(), committing():
        assert recover_lost_jobs() == 1
    lost.refresh_from_db()
    assert lost.status == Job.Status.QUEUED
    recover_lost_jobs()
    assert tasks() == [(RUN_JOB, (lost.pk,))]
    recover_lost_jobs()
    assert len(tasks()) == 1


def test_jobs_that_wait_for_long_outlive_a_queue_that_is_away(
    server: RedisServer, lost: Job
) -> None:
    Job.objects.update(status=Job.Status.QUEUED, claim=None, sent_at=timezone.now() - LONG_AGO)
    other = Job.objects.create(
        kind=Job.Kind.LEARN, running_key="", sent_at=timezone.now() - LONG_AGO
    )
    with server.away():
        recover_lost_jobs()
    assert set(Job.objects.values_list("status", flat=True)) == {Job.Status.QUEUED}
    recover_lost_jobs()
    assert {args for _, args in tasks()} == {(lost.pk,), (other.pk,)}
