"""What follows from what the queue's workers do."""

from multiprocessing.util import Finalize
from typing import Any

from django.dispatch import receiver
from django_q.signals import post_spawn

from monitoring import pulse


@receiver(post_spawn)
def start_pulse(sender: Any, **kwargs: Any) -> None:
    """In a worker process that has just begun, up to its end: `atexit` is not heard in it."""
    pulse.start(pulse.Role.WORKER)
    Finalize(None, pulse.stop, exitpriority=0)
