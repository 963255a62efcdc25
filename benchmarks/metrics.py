"""What do metrics cost a request, and how long does a scrape take when workers come and go?

    python -m benchmarks.metrics [--data-dir …]

On an installation of its own, in this process, which counts in files as a web process does: a whole
request of one cached transaction, in turns with metrics and with ones that do nothing; and the
operations of one such request alone. Then 1,000 processes, one after the other, count what a
request counts in every category group and end, as recycled workers do; a scrape is timed after
them, and after 1,000 that nobody has added up.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import prometheus_client

from benchmarks.api import verdict
from benchmarks.report import machine, percentile, table
from benchmarks.server import data_directory
from monitoring.exposition import files
from monitoring.exposition.collectors import FilesCollector

TARGET_US, TARGET_SCRAPE_MS = 50, 200
TURNS, REQUESTS = 120, 40
# Short rounds, of which some are disturbed by nobody.
ROUNDS, LOOPS = 200, 100
RECYCLES, SCRAPES = 1_000, 15
GROUPS, LEVELS = 17, ("high", "medium", "low")


class Nothing:
    """A metric that counts nothing."""

    def labels(self, *values: object) -> "Nothing":
        return self

    def inc(self, amount: float = 1) -> None:
        pass

    set = observe = inc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    arguments = parser.parse_args()
    print(machine("Django", "prometheus-client"))
    with TemporaryDirectory() as scratch:
        report_recycling(Path(scratch))
        with data_directory(arguments.data_dir):
            files.clear(Path(scratch) / "web")
            files.enter(Path(scratch) / "web")
            report_requests()


def report_requests() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")
    import django

    django.setup()
    from classifier import routing, runtime

    runtime.get().start()
    routing.get_router().start()
    ask = request()
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(TURNS):
        # Who comes second finds the caches warm, or another process at work.
        for is_counted in (True, False) if turn % 2 else (False, True):
            with counted(is_counted):
                times[is_counted] += [timed(ask) for _ in range(REQUESTS)]
    routing.get_router().stop()
    runtime.get().stop()
    with_metrics, without = median(times[True]), median(times[False])
    undisturbed = {is_counted: percentile(found, 0.1) for is_counted, found in times.items()}
    rounds = [operations() for _ in range(ROUNDS)]
    alone = min(rounds)
    print(
        table(
            ["A request of one cached transaction", "µs"],
            [
                ["with metrics, median", with_metrics],
                ["without", without],
                ["difference", with_metrics - without],
                ["ratio", f"{with_metrics / without:.3f}"],
                ["difference, 10% least disturbed", undisturbed[True] - undisturbed[False]],
                ["its operations alone, median round", median(rounds)],
                ["least round", alone],
            ],
        )
    )
    print(f"At most {TARGET_US} µs a request: {verdict(with_metrics - without <= TARGET_US)}.")


def request() -> Callable[[], None]:
    """A function that asks the WSGI application."""
    from classifier.services.api_keys import create_api_key
    from txcat.wsgi import application

    _, key = create_api_key("benchmark", ["classify"])
    body = json.dumps({"transactions": [{"description": "NETFLIX.COM"}]}).encode()

    def ask() -> None:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/v1/classify",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Api-Key {key}",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        answered: list[str] = []
        application(environ, lambda status, headers: answered.append(status)).close()
        if answered != ["200 OK"]:
            raise RuntimeError(f"The API answered {answered}.")

    for _ in range(20):
        ask()
    return ask


@contextmanager
def counted(is_counted: bool) -> Iterator[None]:
    """Whether the metrics of a request count while the block runs."""
    from classifier import metrics
    from monitoring.middleware import ViewMetrics

    if is_counted:
        yield
        return
    view = ViewMetrics.get_instance()
    places = [(metrics, name) for name in vars(metrics) if name.isupper()]
    places += [(view, name) for name in vars(view)]
    before = [
        (place, name, getattr(place, name))
        for place, name in places
        if hasattr(getattr(place, name), "labels")
    ]
    stages = metrics._STAGE
    for place, name, _ in before:
        setattr(place, name, Nothing())
    metrics._STAGE = (Nothing(),) * 4  # type: ignore[assignment]
    try:
        yield
    finally:
        metrics._STAGE = stages
        for place, name, metric in before:
            setattr(place, name, metric)


def operations() -> float:
    """Microseconds of all that one request counts, as it counts it."""
    from classifier import metrics

    def count() -> None:
        metrics.API_REQUEST_SECONDS.labels("classify").observe(0.004)
        metrics.API_RESPONSES.labels("classify", metrics.method_label("POST"), 200).inc()
        metrics.observe_stages((0.1, 0.0, 1.0, 1.0))
        metrics.BATCH_TRANSACTIONS.observe(1)
        for labels, found in Counter([("v1", "travel", "high", "model")]).items():
            metrics.PREDICTIONS.labels(*labels).inc(found)
        metrics.CACHE_HITS.inc(1)

    started = perf_counter()
    for _ in range(LOOPS):
        count()
    return (perf_counter() - started) / LOOPS * 1e6


def report_recycling(scratch: Path) -> None:
    rows: list[list[object]] = []
    for name, is_added_up in (("added up as each begins", True), ("never added up", False)):
        folder = scratch / f"worker{is_added_up}"
        files.clear(folder)
        began = perf_counter()
        recycle(folder, is_added_up)
        spent = perf_counter() - began
        kept = len(list(folder.glob("*.db")))
        first, *others = (scrape(folder) for _ in range(SCRAPES))
        rows.append([f"{RECYCLES} recycles, {name}", kept, spent, first, median(others)])
    print(table(["Workers", "files", "s in all", "first scrape, ms", "next, ms"], rows))
    slowest = float(str(rows[0][3]))
    said = f"At most {TARGET_SCRAPE_MS} ms a scrape after {RECYCLES} recycles"
    print(f"{said}: {verdict(slowest <= TARGET_SCRAPE_MS)}.\n")


def recycle(folder: Path, is_added_up: bool) -> None:
    """In a process of its own, whose children are the workers."""
    parent = os.fork()
    if parent:
        _, status = os.waitpid(parent, 0)
        if status:
            raise RuntimeError("The workers failed.")
        return
    files.enter(folder)
    from classifier import metrics

    for _ in range(RECYCLES):
        worker = os.fork()
        if worker:
            os.waitpid(worker, 0)
            continue
        if is_added_up:
            files.add_up_dead(folder)
        metrics.observe_stages((0.1, 3.0, 1.0, 1.0))
        metrics.BATCH_TRANSACTIONS.observe(100)
        metrics.API_REQUEST_SECONDS.labels("classify").observe(0.004)
        metrics.CACHE_BYTES.set(1000)
        for group in range(GROUPS):
            for level in LEVELS:
                metrics.PREDICTIONS.labels("v1", f"group-{group}", level, "model").inc()
        os._exit(0)
    os._exit(0)


def scrape(folder: Path) -> float:
    """Milliseconds to read the folder and write it down."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(FilesCollector([folder]))
    started = perf_counter()
    prometheus_client.generate_latest(registry)
    return (perf_counter() - started) * 1000


def timed(act: Callable[[], Any]) -> float:
    """Microseconds."""
    started = perf_counter()
    act()
    return (perf_counter() - started) * 1e6


if __name__ == "__main__":
    main()
