"""Doors for the workers: an id in, one call."""

from classifier.jobs import queue, runner


def run_job(job_id: int) -> None:
    runner.run_job(job_id)


def recover_lost_jobs() -> None:
    queue.recover_lost_jobs()
