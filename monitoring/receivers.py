"""What follows from what the queue's workers do."""

import logging
from multiprocessing.util import Finalize
from typing import Any

from django.dispatch import receiver
from django_q.signals import post_execute_in_worker, post_spawn, pre_execute

from classifier.jobs.queue import RUN_JOB
from monitoring import pulse
from monitoring.correlation import JOB_ID, TASK_ID
from monitoring.exposition import files

logger = logging.getLogger(__name__)


@receiver(post_spawn)
def start_pulse(sender: Any, **kwargs: Any) -> None:
    """In a worker process that has just begun, perhaps in the place of another, up to its end:
    `atexit` is not heard in it."""
    folder = files.folder_of_process()
    if folder is not None:
        try:
            files.add_up_dead(folder)
        except OSError as error:
            # The next scrape adds it up.
            logger.warning("What ended workers counted is not added up: %s", error)
    pulse.start(pulse.Role.WORKER)
    Finalize(None, pulse.stop, exitpriority=0)


@receiver(pre_execute)
def name_task(sender: Any, task: dict[str, Any], **kwargs: Any) -> None:
    """Of what the log says from now on."""
    TASK_ID.set(task["id"])
    JOB_ID.set(str(task["args"][0]) if task["func"] == RUN_JOB else "")


@receiver(post_execute_in_worker)
def forget_task(sender: Any, **kwargs: Any) -> None:
    TASK_ID.set("")
    JOB_ID.set("")
