"""A thread that fails is seen where people look."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from classifier.runtime import Health
from classifier.watching import Watcher
from monitoring.models import Process
from monitoring.services.health import process_concerns, running_processes
from monitoring.services.heartbeats import Heart
from monitoring.services.readiness import Part, processes_part, threads_part
from tests.monitoring.heard import heard

pytestmark = pytest.mark.django_db
FAILS = "monitor failed at 2026-03-05 12:00:00 UTC: ValueError"


@pytest.fixture
def failing() -> Iterator[str]:
    """What is said of a thread of this process whose look has just failed."""

    def look() -> None:
        raise LookupError

    watcher = Watcher("monitor", look, 3600)
    watcher.start()
    watcher.look()
    yield f"monitor {watcher.problem}"
    watcher.stop()


def parts() -> dict[str, tuple[str, str]]:
    found = json.loads(Client().get("/readyz").content)["parts"]
    return {part["name"]: (part["status"], part["detail"]) for part in found}


def test_readyz_says_which_thread_of_its_process_failed_when_and_with_what(failing: str) -> None:
    status, detail = parts()["threads"]
    assert status == "degraded"
    assert detail == failing
    assert detail.endswith("UTC: LookupError")


def test_without_a_failure_it_says_that_there_is_none() -> None:
    assert threads_part() == Part("threads", Health.OK, "none has failed lately")


def test_the_next_heartbeat_tells_the_others(failing: str) -> None:
    Heart(Process.Role.WEB).beat()
    assert Process.objects.get().failing == failing


def test_health_and_system_name_the_process_whose_thread_fails() -> None:
    process = heard(Process.Role.WORKER, failing=FAILS)
    texts = [each.text for each in process_concerns(running_processes(timezone.now()))]
    assert f"A thread of {process} fails: {FAILS}." in texts


def test_the_health_check_of_a_machine_names_it() -> None:
    process = heard(Process.Role.WORKER, failing=FAILS)
    part = processes_part(Process.Role.WORKER)
    assert (part.status, part.detail) == ("degraded", f"1 process; {process.pid}: {FAILS}")
