"""Doors for the workers: an id in, one call."""

from classifier.bulk import retention, work
from classifier.jobs import queue, runner
from classifier.services import feedback_inbox, learning, review_collection, traffic


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


def learn() -> None:
    learning.learn_by_schedule()


def fill_review_queue() -> None:
    review_collection.fill_queue()


def take_traffic_snapshot() -> None:
    traffic.take_snapshot_if_due()
