"""A worker of the queue has a pulse for as long as it lives, and says when it ends."""

from pathlib import Path

from tests.processes import WORKER, kill_all, manage, own_environment, running, wait_until
from tests.races import BEFORE

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


OVERDUE = f"""{BEFORE}
from django_q.tasks import async_task
from experiments.models import Experiment, Metric, Variant
experiment = Experiment.objects.create(
    key="e", hypothesis="h", primary_metric=Metric.objects.get(key="error-rate")
)
for key in ("control", "new"):
    Variant.objects.create(
        experiment=experiment, key=key, version=version, weight=0.5, is_control=key == "control"
    )
Experiment.objects.update(status="running", started_at=timezone.now() - timedelta(days=365))
async_task("time.sleep", {10 * SECONDS})
"""
STATES = """
from django_q.models import OrmQ
from experiments.models import Experiment
print(Experiment.objects.get().status, OrmQ.objects.filter(lock__gt=timezone.now()).count())
"""


def test_experiments_are_watched_while_the_one_worker_is_busy(tmp_path: Path) -> None:
    with own_environment(tmp_path) as environment:
        manage(environment, "migrate", "--verbosity=0")
        manage(environment, "shell", "--verbosity=0", "-c", OVERDUE)

        def states() -> list[str]:
            code = f"from django.utils import timezone\n{STATES}"
            return manage(environment, "shell", "--verbosity=0", "-c", code).split()

        with running(environment, "worker", *WORKER) as worker:
            # Taken, and so locked: nothing else is done until it is over.
            wait_until(lambda: states() == ["stopped", "1"], SECONDS, "it is stopped", 1.0)
            kill_all(worker)
