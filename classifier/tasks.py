"""Doors for the workers: an id in, one call."""

from classifier.bulk import retention, work
from classifier.jobs import queue, runner
from classifier.services import feedback_inbox, review_collection


def run_job(job_id: int) -> None:
    runner.run_job(job_id)


def recover_lost_jobs() -> None:
    queue.recover_lost_jobs()


def run_parts(job_id: int) -> None:
    work.help_with_parts(job_id)


def delete_old_job_files() -> None:
    retention.delete_old_files()


def accept_agreed_feedback() -> None:
    feedback_inbox.accept_agreed()


def fill_review_queue() -> None:
    review_collection.fill_queue()
