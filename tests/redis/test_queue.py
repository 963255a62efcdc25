"""The queue on Redis, as `/metrics` and `/readyz` tell of it."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from threading import Event

import pytest
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.signing import SignedPackage

from classifier.runtime import Health
from monitoring import prober
from monitoring.infrastructure import waiting_tasks
from monitoring.prober import Probe
from monitoring.services.readiness import Part, broker_part
from tests.monitoring.exposition.samples import told
from tests.processes import wait_until
from tests.redis_server import RedisServer

pytestmark = pytest.mark.django_db
SECONDS = 30


def queue_at(moment: datetime) -> None:
    get_broker().enqueue(SignedPackage.dumps({"started": moment}))


def trouble(server: RedisServer, kind: str) -> AbstractContextManager[None]:
    return server.away() if kind == "away" else server.hanging()


def test_a_queue_that_nobody_used_is_empty_and_of_no_age(server: RedisServer) -> None:
    found = told()
    assert (found["txcat_queue_tasks",], found["txcat_queue_oldest_task_seconds",]) == (0, 0)
    assert found["txcat_collector_up", "queue"] == 1
    assert broker_part() == Part("broker", Health.OK, "answers")


def test_the_age_of_a_queue_is_that_of_what_was_queued_first(server: RedisServer) -> None:
    now = timezone.now()
    for seconds in (90, 30):
        queue_at(now - timedelta(seconds=seconds))
    waiting = waiting_tasks(now)
    assert (waiting.count, waiting.oldest_seconds) == (2, 90)
    assert told()["txcat_queue_tasks",] == 2


def test_what_another_clock_queued_in_the_future_is_of_no_age(server: RedisServer) -> None:
    now = timezone.now()
    queue_at(now + timedelta(seconds=5))
    assert waiting_tasks(now).oldest_seconds == 0


def test_the_queue_of_another_installation_is_not_told(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr(Conf, "SECRET_KEY", "another installation's")
        queue_at(timezone.now())
    found = told()
    assert found["txcat_collector_up", "queue"] == 0
    assert ("txcat_queue_tasks",) not in found


@pytest.mark.parametrize(
    ("kind", "problem"),
    [("away", "does not answer: ConnectionError"), ("hanging", "does not answer: TimeoutError")],
)
def test_a_queue_that_does_not_answer_is_not_an_empty_one(
    server: RedisServer, kind: str, problem: str
) -> None:
    with trouble(server, kind):
        assert broker_part() == Part("broker", Health.DEGRADED, problem)
        found = told()
    assert found["txcat_collector_up", "queue"] == 0
    assert found["txcat_collector_up", "database"] == 1
    assert ("txcat_queue_tasks",) not in found
    assert told()["txcat_collector_up", "queue"] == 1


def test_a_scrape_does_not_ask_what_was_just_found_away(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    again = Event()

    def look() -> tuple[Part, ...]:
        asked.append(1)
        if len(asked) > 1:
            again.wait(SECONDS)
        return (broker_part(),)

    monkeypatch.setattr(prober, "LOOK_SECONDS", 0.01)
    # By its clock nothing takes so long that it would hang.
    broker = Probe("broker", look, silent=Health.DEGRADED, clock=lambda: 0.0)
    monkeypatch.setattr(prober, "_probes", (Probe("database", tuple), broker))
    try:
        with server.away():
            broker.start()
            wait_until(lambda: broker.is_away, SECONDS, "the broker is found away")
        assert told()["txcat_collector_up", "queue"] == 0
        again.set()
        wait_until(lambda: not broker.is_away, SECONDS, "the broker is found again")
        assert told()["txcat_collector_up", "queue"] == 1
    finally:
        again.set()
        broker.stop()
