"""How many requests does the API answer, and what do they cost beside the engine?

Starts gunicorn as `make serve` does, on a temporary data directory, and drives it from outside
with requests of one transaction each: a stream of texts of which none comes twice, and a Zipf
stream over 2,000 texts that the caches know. One client alone waits for each answer and reads
what the engine took from the Server-Timing header; the rest is what a request costs beside it.
Every answer must be a stored row.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.load import (
    BODIES_PER_SECOND,
    Sent,
    Target,
    body,
    client_name,
    fill_caches,
    send_at_once,
    send_one_by_one,
    unique_texts,
    zipf_texts,
    zipf_vocabulary,
)
from benchmarks.report import machine, percentile, table
from benchmarks.server import Memory, Server, data_directory, running_server

TARGET_OTHER_MS = 3.0
TARGET_CACHED_RATE = 600
TARGET_MEMORY_MB = 350


@dataclass(frozen=True)
class Stored:
    """The rows of one load: how many, how many from the cache, and the engine's mean time."""

    rows: int
    cached: int
    engine_ms: float


@dataclass(frozen=True)
class Load:
    stream: str
    clients: int
    sent: Sent
    stored: Stored
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.sent.answers / self.sent.seconds

    @property
    def is_all_stored(self) -> bool:
        """Every answer has its row; beside them, at most those in flight when wrk hung up."""
        in_flight = self.clients if self.clients > 1 else 0
        return 0 <= self.stored.rows - self.sent.answers <= in_flight

    def row(self) -> list[object]:
        cpu_ms = self.cpu_seconds * 1000 / self.stored.rows
        return [
            self.stream,
            self.clients,
            self.rate,
            self.sent.p50_ms,
            self.sent.p99_ms,
            self.sent.errors,
            f"{self.stored.cached / self.stored.rows:.1%}",
            self.stored.engine_ms,
            cpu_ms,
            self.cpu_seconds / self.sent.seconds,
            self.stored.rows - self.sent.answers,
        ]


def main() -> None:
    arguments = read_arguments()
    if arguments.database_url:
        os.environ["DATABASE_URL"] = arguments.database_url
    print(machine("Django", "djangorestframework", "gunicorn", "onnxruntime"))
    with data_directory(arguments.data_dir) as folder, running_server(folder / "log") as server:
        from django.conf import settings

        key = connect()
        print(
            f"server    {settings.WEB_PROCESSES} processes x {settings.WEB_THREADS} threads, "
            f"{settings.ENGINE_THREADS} engine threads each, "
            f"{'SQLite' if settings.IS_EMBEDDED else 'PostgreSQL'}\n"
            f"client    one waiting client of our own; more than one: {client_name()}\n"
        )
        target = Target(server.port, key)
        before = server.memory()
        loads = drive(server, target, arguments)
        report(loads)
        report_memory(before, server.memory(), server.has_torch())


def drive(server: Server, target: Target, arguments: argparse.Namespace) -> list[Load]:
    """Each stream alone and with several clients, each load a part of the stream of its own."""
    seconds = arguments.seconds
    size = int(seconds * BODIES_PER_SECOND)
    unique = [body(text) for text in islice(unique_texts(), 2 * size)]
    vocabulary = zipf_vocabulary(2 * size)
    zipf = [[body(text) for text in zipf_texts(vocabulary, size, seed)] for seed in range(2)]
    one, many = 1, arguments.clients

    def alone(bodies: Sequence[str]) -> Sent:
        return send_one_by_one(target, bodies, seconds)

    def together(bodies: Sequence[str]) -> Sent:
        return send_at_once(target, bodies, many, seconds)

    send_one_by_one(target, [body("warm up")] * 20, seconds)
    loads = [
        measure(server, "unique", one, lambda: alone(unique[:size])),
        measure(server, "unique", many, lambda: together(unique[size:])),
    ]
    fill_caches(target, vocabulary)
    return [
        *loads,
        measure(server, "Zipf", one, lambda: alone(zipf[0])),
        measure(server, "Zipf", many, lambda: together(zipf[1])),
    ]


def measure(server: Server, stream: str, clients: int, send: Callable[[], Sent]) -> Load:
    started_at, cpu = datetime.now(UTC), server.cpu_seconds()
    sent = send()
    if not sent.answers:
        raise SystemExit(f"The {stream} stream got no answer, and {sent.errors} errors.")
    stored = settled_rows(started_at)
    return Load(stream, clients, sent, stored, server.cpu_seconds() - cpu)


def report(loads: Sequence[Load]) -> None:
    headers = ["stream", "clients", "requests/s", "p50 ms", "p99 ms", "errors", "cached"]
    headers += ["engine ms", "CPU ms", "cores", "rows - answers"]
    print("Requests of one transaction each")
    print(table(headers, [load.row() for load in loads]))
    print(
        "engine ms: mean of tokenize, encode and decide; CPU ms: of the web processes, a request;\n"
        "cores: that they had (well under 2 with several clients: others used the machine)\n"
    )
    rows: list[list[object]] = []
    for load in loads:
        if load.sent.other_ms:
            other, engine = load.sent.other_ms, load.sent.engine_ms
            share = sum(other) / (sum(other) + sum(engine))
            spread = [percentile(values, 0.5) for values in (engine, other)]
            rows.append([load.stream, *spread, percentile(other, 0.99), f"{share:.0%}"])
    headers = ["one client", "engine p50 ms", "other p50 ms", "other p99 ms", "share of other"]
    print(f"Time outside the engine\n{table(headers, rows)}\n")
    unstored = sum(not load.is_all_stored for load in loads)
    errors = sum(load.sent.errors for load in loads)
    rate = loads[-1].rate
    wanted = f">= {TARGET_CACHED_RATE}"
    verdicts: list[list[object]] = [
        ["cache answers, requests/s", rate, wanted, verdict(rate >= TARGET_CACHED_RATE)],
        ["loads where an answer has no row", unstored, "0", verdict(not unstored)],
        ["errors", errors, "0", verdict(not errors)],
    ]
    for name, _, outside, *_ in reversed(rows):
        is_met = float(str(outside)) <= TARGET_OTHER_MS
        found = [f"{name}, one client: other p50 ms", outside, f"<= {TARGET_OTHER_MS}"]
        verdicts.insert(0, [*found, verdict(is_met)])
    print(table(["target", "found", "wanted", ""], verdicts) + "\n")


def report_memory(before: Sequence[Memory], after: Sequence[Memory], has_torch: bool) -> None:
    rows = [
        [when, number, memory.rss, memory.pss, memory.uss, verdict(memory.rss <= TARGET_MEMORY_MB)]
        for when, memories in (("after warm-up", before), ("after the loads", after))
        for number, memory in enumerate(memories, start=1)
    ]
    headers = [
        "MB of one web process",
        "process",
        "RSS",
        "PSS",
        "USS",
        f"RSS <= {TARGET_MEMORY_MB}",
    ]
    print(f"{table(headers, rows)}\ntorch in a web process: {'yes' if has_torch else 'no'}")


def verdict(is_met: bool) -> str:
    return "met" if is_met else "missed"


def connect() -> str:
    """Set up Django on the server's own settings. Returns an API key for an hour."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")
    django.setup()
    from classifier.services.api_keys import create_api_key

    expires_at = datetime.now(UTC) + timedelta(hours=1)
    return create_api_key("benchmark", ["classify"], expires_at)[1]


def settled_rows(since: datetime) -> Stored:
    """The rows since a time, counted when no more of them come."""
    from django.db.models import Avg, Count, Q

    from classifier.models import Prediction

    rows = Prediction.objects.filter(created_at__gte=since)
    count = -1
    while count != (count := rows.count()):
        time.sleep(0.3)
    found = rows.aggregate(cached=Count("id", filter=Q(is_cached=True)), engine=Avg("latency_ms"))
    return Stored(count, found["cached"], found["engine"] or 0.0)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, help="kept, with the rows that are added; default: a new one"
    )
    parser.add_argument("--database-url", help="PostgreSQL; default: SQLite in the data directory")
    parser.add_argument("--clients", type=int, default=8, help="of the loads with several")
    parser.add_argument("--seconds", type=float, default=15, help="of each of the four loads")
    return parser.parse_args()


if __name__ == "__main__":
    main()
