"""A worker of the queue has a pulse for as long as it lives, and says when it ends."""

from pathlib import Path

from tests.processes import WORKER, manage, own_environment, running, wait_until

SECONDS = 60
SAY = """
from monitoring.models import Process
for process in Process.objects.all():
    print(process.role, "ended" if process.stopped_at else "lives")
"""


def test_a_worker_is_heard_until_it_says_that_it_ends(tmp_path: Path) -> None:
    with own_environment(tmp_path) as environment:
        manage(environment, "migrate", "--verbosity=0")

        def said() -> str:
            return manage(environment, "shell", "--verbosity=0", "-c", SAY).strip()

        with running(environment, "worker", *WORKER):
            wait_until(lambda: said() == "worker lives", SECONDS, "the worker is heard", 1.0)
        assert said() == "worker ended"
