"""The A/A self-test: do experiments' tests keep their promise on this deployment's traffic?"""

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from classifier.exceptions import ConflictError
from experiments.models import Metric, SelfTest
from experiments.services.reading import long_reads
from experiments.services.sources import by_user, has_predictions
from experiments.stats.types import CannotSay

if TYPE_CHECKING:
    from experiments.stats.self_test import SelfTest as Found

logger = logging.getLogger(__name__)

HISTORY = timedelta(days=28)
# Users that are read; the test draws as many of them as it takes.
MOST_USERS = 50_000
LOST_AFTER = timedelta(minutes=30)
ALPHA = 0.05
Status = SelfTest.Status


def request_self_test(metric: Metric, *, by: AbstractBaseUser | None = None) -> SelfTest:
    """Queue one. Raises ConflictError where the metric is none that predictions have without an
    experiment, or another test waits."""
    if not has_predictions(metric):
        raise ConflictError(
            f"“{metric}” is not the mean of a field that predictions have by themselves: choose "
            "another metric."
        )
    with transaction.atomic():
        queued = SelfTest.objects.filter(status=Status.QUEUED)
        lost = queued.filter(created_at__lt=timezone.now() - LOST_AFTER)
        lost.update(
            status=Status.FAILED, finished_at=timezone.now(), error="No worker finished it."
        )
        if queued.exists():
            raise ConflictError("A self-test is not finished yet; there can be one at a time.")
        test = SelfTest.objects.create(metric=metric, by=by)  # type: ignore[misc]
        transaction.on_commit(lambda: _send(test.pk))
    return test


def run_self_test(self_test_id: int) -> None:
    """Draw arms from the users of the last HISTORY and count false alarms; nothing where it was
    run before."""
    test = SelfTest.objects.select_related("metric").filter(pk=self_test_id).first()
    if test is None or test.status != Status.QUEUED:
        logger.warning("Self-test %s is gone or has ended: it is not run.", self_test_id)
        return
    found = _found(test.metric)
    if isinstance(found, CannotSay):
        _finish(test.pk, Status.FAILED, error=found.sentence)
    else:
        _finish(test.pk, Status.DONE, result=_as_json(found))


def _found(metric: Metric) -> "Found | CannotSay":
    from experiments.stats import self_test

    with long_reads():
        users = by_user(metric, timezone.now() - HISTORY)
        rows = list(users.values_list("x", "z")[:MOST_USERS])
    measured = [(float(y), float(d)) for y, d in rows if d]
    return self_test.run_self_test([y for y, _ in measured], [d for _, d in measured], alpha=ALPHA)


def _as_json(found: "Found") -> dict[str, Any]:
    named = (
        ("Delta method, one look", found.fixed),
        (f"Confidence sequence, {found.looks} looks", found.sequential),
    )
    return {
        "units": found.units,
        "looks": found.looks,
        "methods": [{"method": name, "limit": ALPHA, **asdict(each)} for name, each in named],
    }


def _finish(self_test_id: int, status: Status, **fields: Any) -> None:
    queued = SelfTest.objects.filter(pk=self_test_id, status=Status.QUEUED)
    queued.update(status=status, finished_at=timezone.now(), **fields)


def _send(self_test_id: int) -> None:
    try:
        async_task("experiments.tasks.run_self_test", self_test_id)
    except (RedisError, DatabaseError) as error:
        logger.exception("Self-test %s could not be queued.", self_test_id)
        _finish(self_test_id, Status.FAILED, error=f"The queue cannot be reached: {error}"[:500])
