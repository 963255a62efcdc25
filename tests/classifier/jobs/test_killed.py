"""Workers are killed while they make encoders: the job is taken up again, or fails and says why."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.processes import WORKER, manage, own_environment, running, wait_until
from tests.tiny import write_tiny_model

SECONDS = 180
STALE_SECONDS = 3
ENQUEUE = """
from classifier.services.encoder_kinds import enqueue_prepare
print("job", enqueue_prepare(name="tiny", source={source!r}, kinds=["fp32_optimized"]).pk)
"""
RECOVER = "from classifier.jobs.queue import recover_lost_jobs; recover_lost_jobs()"
RETRY = """
from classifier.jobs.queue import retry
from classifier.models import Job
retry(Job.objects.get(pk={number}), None)
"""
# That every encoder there is can be had whole, and loads.
LOAD = """
from classifier.artifacts import encoder_folder
from classifier.engine.encoder import Encoder as OnnxEncoder
from classifier.models import Encoder
for row in Encoder.objects.all():
    print("whole", OnnxEncoder(encoder_folder(row)).card.precision)
"""


@dataclass(frozen=True)
class Installation:
    environment: dict[str, str]

    def run(self, code: str) -> str:
        return manage(self.environment, "shell", "--verbosity", "0", "-c", code)

    def enqueue(self, model: Path) -> int:
        return int(self.run(ENQUEUE.format(source=str(model))).split()[-1])

    def job(self, number: int) -> dict[str, Any]:
        names = ("status", "message", "attempts", "worker", "error")
        statement = f"SELECT {', '.join(names)} FROM classifier_job WHERE id = {number}"  # noqa: S608
        url = self.environment["DATABASE_URL"]
        data = Path(self.environment["TXCAT_DATA_DIR"])
        database: Any = psycopg.connect(url) if url else sqlite3.connect(data / "txcat.sqlite3")
        with closing(database) as connection:
            row = connection.execute(statement).fetchone()
        return dict(zip(names, row, strict=True))

    def kill_in(self, stage: str, number: int, attempt: int) -> None:
        """Kill the job's worker, as memory that runs out does, and have the job found lost."""

        def is_there() -> bool:
            job = self.job(number)
            assert job["status"] in ("queued", "running"), job
            return bool(job["attempts"] == attempt and job["message"].startswith(stage))

        wait_until(is_there, SECONDS, f"attempt {attempt} is in “{stage}”", poll_seconds=0.02)
        os.kill(int(self.job(number)["worker"].rpartition(":")[2]), signal.SIGKILL)

        def is_found() -> bool:
            self.run(RECOVER)
            job = self.job(number)
            return bool(job["status"] != "running" or job["attempts"] > attempt)

        wait_until(is_found, SECONDS, "the job is found lost")

    def drafts(self) -> list[Path]:
        """What is half made and not a living process's."""
        return list((Path(self.environment["TXCAT_DATA_DIR"]) / "artifacts").rglob("drafts/*"))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    data = tmp_path_factory.mktemp("killed-encoders")
    with own_environment(data, TXCAT_JOB_STALE_SECONDS=str(STALE_SECONDS)) as environment:
        manage(environment, "migrate", "--verbosity", "0")
        with running(environment, "worker", *WORKER):
            yield Installation(environment)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def test_a_job_outlives_two_workers_fails_with_the_third_and_is_done_when_retried(
    installation: Installation, model: Path
) -> None:
    number = installation.enqueue(model)
    installation.kill_in("FP32:", number, attempt=1)
    assert installation.run(LOAD) == ""
    installation.kill_in("FP32, fused:", number, attempt=2)
    assert installation.run(LOAD).split() == ["whole", "fp32"]
    installation.kill_in("benchmark:", number, attempt=3)
    job = installation.job(number)
    assert job["status"] == "failed"
    assert "did not come back (attempt 3 of 3)" in job["error"]
    installation.run(RETRY.format(number=number))
    wait_until(lambda: installation.job(number)["status"] == "succeeded", SECONDS, "it succeeds")
    assert installation.job(number)["attempts"] == 1
    assert set(installation.run(LOAD).split()) == {"whole", "fp32", "fp32_optimized"}
    assert installation.drafts() == []
