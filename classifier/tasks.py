"""Doors for the workers: an id in, one service call."""

from classifier.services import jobs


def run_job(job_id: int) -> None:
    jobs.run_job(job_id)
