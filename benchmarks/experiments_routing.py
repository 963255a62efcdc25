"""What does a running experiment cost a request?

    python -m benchmarks.experiments_routing [--data-dir …]

On an installation of its own, in this process: the router alone, asked as often as a request asks
it (without an experiment, and with one of each split), and then a whole request of one cached text
with its rows, in turns with and without an experiment. A router that looks for changes between two
requests does so in a thread, as in a web process.
"""

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.api import verdict
from benchmarks.report import machine, percentile, table
from benchmarks.server import data_directory

if TYPE_CHECKING:
    from experiments.models import Experiment

TARGET_US = 50
ROUTINGS, ROUNDS = 2000, 5
REQUESTS = 300
USERS = [f"user-{number}" for number in range(1000)]


def main() -> None:
    arguments = read_arguments()
    print(machine("Django", "onnxruntime"))
    with data_directory(arguments.data_dir):
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")
        django.setup()
        from classifier import routing, runtime

        runtime.get().start()
        router = routing.get_router()
        router.start()
        report(measure())
        router.stop()
        runtime.get().stop()


def measure() -> tuple[list[list[object]], list[list[object]]]:
    from classifier.routing import ActiveRouter

    routings = [["active version alone", *route_times(ActiveRouter().routes)]]
    requests: list[list[object]] = []
    experiment = made()
    for split in ("user", "random", "time"):
        with running(experiment, split):
            routings.append([f"split by {split}", *route_times(routes())])
    turns: dict[str, list[float]] = {"without": [], "with": []}
    for _ in range(ROUNDS):
        turns["without"] += request_times()
        with running(experiment, "user"):
            turns["with"] += request_times()
    for name, times in turns.items():
        spread = [percentile(times, share) for share in (0.5, 0.95)]
        requests.append([f"{name} an experiment", *spread])
    return routings, requests


def routes() -> Callable[[Sequence[str]], object]:
    from classifier.routing import get_router

    return get_router().routes


def route_times(routes: Callable[[Sequence[str]], object]) -> list[float]:
    """Microseconds a request of one user: median and 99th percentile; and of 1,000, a user."""
    single = []
    for user in USERS * (ROUTINGS // len(USERS)) * ROUNDS:
        started = perf_counter()
        routes([user])
        single.append((perf_counter() - started) * 1e6)
    many = []
    for _ in range(20):
        started = perf_counter()
        routes(USERS)
        many.append((perf_counter() - started) * 1e6 / len(USERS))
    return [percentile(single, 0.5), percentile(single, 0.99), percentile(many, 0.5)]


def request_times() -> list[float]:
    """Milliseconds of classifying and recording one cached text."""
    from classifier.services.predictions import TransactionRequest, classify_transactions

    times = []
    for user in USERS[:REQUESTS]:
        started = perf_counter()
        classify_transactions([TransactionRequest("SQ *BLUE BOTTLE 0423", user_id=user)])
        times.append((perf_counter() - started) * 1000)
    return times


def made() -> "Experiment":
    """Of two versions, with all of the traffic."""
    from classifier.models import ModelVersion
    from classifier.services.versions import build_version
    from experiments.models import Experiment, Metric

    active = ModelVersion.objects.active().get()
    other, _ = build_version(force=True)
    experiment = Experiment.objects.create(
        key="benchmark",
        hypothesis="What does it cost?",
        primary_metric=Metric.objects.get(key="abstention-rate"),
        traffic_share=1.0,
    )
    experiment.variants.create(key="control", version=active, weight=0.5, is_control=True)
    experiment.variants.create(key="treatment", version=other, weight=0.5)
    return experiment


@contextmanager
def running(experiment: "Experiment", split: str) -> Iterator[None]:
    """On live traffic, split so, and followed by this process."""
    from experiments.models import Experiment
    from experiments.services.lifecycle import pause, resume, start

    Experiment.objects.filter(pk=experiment.pk).update(split=split)
    experiment.refresh_from_db()
    if experiment.status == Experiment.Status.DRAFT:
        start(experiment)
    else:
        resume(experiment)
    wait_for(is_split=True)
    yield
    pause(experiment)
    wait_for(is_split=False)


def wait_for(*, is_split: bool) -> None:
    from classifier.routing import get_router

    while (get_router().routes([None])[None].variant_id is not None) != is_split:
        pass


def report(figures: tuple[list[list[object]], list[list[object]]]) -> None:
    routings, requests = figures
    headers = ["routing, µs", "one user p50", "p99", "of 1,000, a user"]
    print(f"\n{table(headers, routings)}")
    print(f"\n{table(['one cached text, ms', 'p50', 'p95'], requests)}")
    slowest = max(float(str(row[2])) for row in routings)
    target = [
        ["routing of a request, p99 µs", slowest, f"<= {TARGET_US}", verdict(slowest <= TARGET_US)]
    ]
    print(f"\n{table(['target', 'found', 'wanted', ''], target)}")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="kept; default: a new one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
