"""What follows from what the queue's workers do."""

from typing import Any

from django.dispatch import receiver
from django_q.signals import post_spawn

from monitoring import pulse
from monitoring.exposition import files


@receiver(post_spawn)
def start_pulse(sender: Any, **kwargs: Any) -> None:
    """In a worker process that has just begun, in the place of another, perhaps."""
    folder = files.folder_of_process()
    if folder is not None:
        files.add_up_dead(folder)
    pulse.start(pulse.Role.WORKER)
