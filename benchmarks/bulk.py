"""How many rows of a file are classified in a second, end to end?

Makes a file of 1,000,000 rows, Zipf-distributed over 60,000 descriptors of which no two have the
same canonical text. Starts gunicorn and a worker with two processes on a temporary data
directory, uploads the file over HTTP, polls its job, downloads the results and checks that each
row came back once and in its place, with one answer a descriptor. End to end is from the first
byte sent to the last byte fetched.
"""

import argparse
import csv
import json
import os
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.api import connect, verdict
from benchmarks.load import SEED, SEED_TEXTS, ZIPF_EXPONENT
from benchmarks.report import machine, table
from benchmarks.server import Worker, data_directory, running_server, running_worker

ADDRESS = "/api/v1/classify/jobs"
TARGET_RATE = 5000
TARGET_MEMORY_MB = 600
BOUNDARY = "txcat-benchmark"
CHUNK_BYTES = 1024 * 1024
POLL_SECONDS = 0.5
KINDS = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


@dataclass(frozen=True)
class Run:
    """Seconds of each step, and what came back."""

    uploaded: float
    job: dict[str, Any]
    worked: float
    fetched: float
    results: Path

    @property
    def seconds(self) -> float:
        return self.uploaded + self.worked + self.fetched


def main() -> None:
    arguments = read_arguments()
    if arguments.database_url:
        os.environ["DATABASE_URL"] = arguments.database_url
    print(machine("Django", "django-q2", "onnxruntime", "numpy"))
    with data_directory(arguments.data_dir) as folder:
        key = connect()
        texts = descriptors(arguments.distinct)
        rows = zipf_rows(len(texts), arguments.rows)
        source = folder / f"rows.{arguments.format}"
        write_rows(source, arguments.format, texts, rows)
        print(
            f"file      {len(rows):,} rows, {len(texts):,} distinct descriptors and canonical "
            f"texts, {source.stat().st_size / 1e6:,.0f} MB of {arguments.format}\n"
        )
        with (
            running_server(folder / "web.log") as server,
            running_worker(folder / "worker.log", arguments.workers) as worker,
        ):
            run = classify(source, arguments, server.port, key, worker)
            has_torch = worker.has_torch()
        check(run, arguments.results, texts, rows)
        report(arguments, run, stages(run.job["id"]), worker, has_torch)


def descriptors(count: int) -> list[str]:
    """The seed's descriptors with other words, places and numbers: each a canonical text of its
    own."""
    from classifier.engine.descriptors import normalize

    with SEED_TEXTS.open(encoding="utf-8", newline="") as file:
        seed = [row["text"] for row in csv.DictReader(file)]
    words = sorted({word for text in seed for word in re.findall(r"[A-Z]{4,}", text)})
    chance = random.Random(SEED)
    found: dict[str, str] = {}
    while len(found) < count:
        text = f"{chance.choice(seed)} {chance.choice(words)}"
        if chance.random() < 0.5:
            text = f"{text} {chance.randrange(100, 10_000):04}"
        found.setdefault(normalize(text), text)
    return list(found.values())


def zipf_rows(distinct: int, count: int) -> list[int]:
    """Which descriptor each row has: each at least once, and the rest by rank."""
    weights = 1 / np.arange(1, distinct + 1) ** ZIPF_EXPONENT
    generator = np.random.default_rng(SEED)
    rest = generator.choice(distinct, size=count - distinct, p=weights / weights.sum())
    chosen = np.concatenate([np.arange(distinct), rest])
    generator.shuffle(chosen)
    rows: list[int] = chosen.tolist()
    return rows


def write_rows(path: Path, format: str, texts: Sequence[str], rows: Sequence[int]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if format == "csv":
            writer.writerow(["id", "booked", "description", "amount"])
        for number, place in enumerate(rows):
            amount = f"-{1 + number % 200}.{number % 100:02}"
            if format == "csv":
                writer.writerow([f"t-{number}", "2026-03-01", texts[place], amount])
            else:
                item = {
                    "transaction_id": f"t-{number}",
                    "occurred_at": "2026-03-01T09:30:00Z",
                    "description": texts[place],
                    "amount": amount,
                }
                file.write(json.dumps(item) + "\n")


def classify(
    source: Path, arguments: argparse.Namespace, port: int, key: str, worker: Worker
) -> Run:
    headers = {"Authorization": f"Api-Key {key}"}
    started = time.perf_counter()
    job = upload(source, arguments, port, headers)
    uploaded = time.perf_counter()
    while job["status"] in ("queued", "running"):
        time.sleep(POLL_SECONDS)
        job = ask(port, f"/api/v1/jobs/{job['id']}", headers)
        worker.look()
    if job["status"] != "succeeded":
        raise SystemExit(f"The job ended as {job['status']}: {job['error']}")
    worked = time.perf_counter()
    results = source.with_name("results")
    fetch(port, job["results_url"], headers, results)
    fetched = time.perf_counter()
    return Run(uploaded - started, job, worked - uploaded, fetched - worked, results)


def upload(
    source: Path, arguments: argparse.Namespace, port: int, headers: dict[str, str]
) -> dict[str, Any]:
    fields = {"results": arguments.results}
    if arguments.format == "csv":
        fields |= {"column": "description", "amount_column": "amount"}
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{source.name}"'
    head += f"\r\nContent-Type: {KINDS[arguments.format]}\r\n\r\n"
    tail = f"\r\n--{BOUNDARY}--\r\n"

    def body() -> Iterator[bytes]:
        yield head.encode()
        with source.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
        yield tail.encode()

    length = len(head.encode()) + source.stat().st_size + len(tail)
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(
        "POST",
        ADDRESS,
        body(),
        {
            **headers,
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(length),
        },
    )
    return _answer(connection, 202)


def ask(port: int, address: str, headers: dict[str, str]) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address, headers=headers)
    return _answer(connection, 200)


def fetch(port: int, address: str, headers: dict[str, str], path: Path) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    with path.open("wb") as file:
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
    connection.close()


def check(run: Run, results: str, texts: Sequence[str], rows: Sequence[int]) -> None:
    """Every row once, in its place, and rows of one descriptor alike."""
    answers: dict[int, str] = {}
    count = 0
    with run.results.open(encoding="utf-8", newline="") as file:
        found = csv.DictReader(file) if results == "csv" else map(json.loads, file)
        for number, (row, place) in enumerate(zip(found, rows, strict=True)):
            # A CSV file's own column; of its rows, results in JSON have the number alone.
            own_id = row.get("id") or row["transaction_id"] or f"t-{row['row'] - 1}"
            if own_id != f"t-{number}" or row.get("error"):
                raise SystemExit(f"Row {number} came back as {row}.")
            answer = f"{row['category']} {row['confidence']} {row['score']}"
            if answers.setdefault(place, answer) != answer:
                raise SystemExit(f"{texts[place]} was answered in two ways.")
            count += 1
    print(f"checked   {count:,} rows out = rows in, each in its place; one answer a descriptor\n")


def stages(job_id: int) -> list[tuple[str, float]]:
    """How long each took, by the job's log."""
    from classifier.models import JobEvent

    events = list(JobEvent.objects.filter(job_id=job_id).values_list("text", "created_at"))
    return [
        (
            text if text in ("splitting", "deciding", "joining") else "starting",
            (ended_at - started_at).total_seconds(),
        )
        for (text, started_at), (_, ended_at) in pairwise(events)
    ]


def report(
    arguments: argparse.Namespace,
    run: Run,
    taken: Sequence[tuple[str, float]],
    worker: Worker,
    has_torch: bool,
) -> None:
    rows = run.job["result"]["rows"]
    steps = [("upload", run.uploaded), *taken, ("download", run.fetched)]
    print(table(["step", "seconds"], [[name, seconds] for name, seconds in steps]) + "\n")
    peak = max(worker.peaks.values())
    rate = rows / run.seconds
    verdicts: list[list[object]] = [
        ["rows/s, end to end", rate, f">= {TARGET_RATE:,}", verdict(rate >= TARGET_RATE)],
        ["MB, peak of a worker", peak, f"<= {TARGET_MEMORY_MB}", verdict(peak <= TARGET_MEMORY_MB)],
    ]
    print(table(["target", "found", "wanted", ""], verdicts))
    peaks = ", ".join(f"{memory:,.0f}" for memory in sorted(worker.peaks.values()))
    cpu = sum(worker.cpu_seconds.values())
    print(
        f"\nall of it: {run.seconds:,.1f} s; CPU of the workers: {cpu:,.1f} s, so they had "
        f"{cpu / run.seconds:.1f} cores (well under {arguments.workers}: others used the machine)\n"
        f"peaks of the queue's processes in MB: {peaks}; "
        f"torch in one of them: {'yes' if has_torch else 'no'}\n"
        f"job: {run.job['message']}"
    )


def _answer(connection: HTTPConnection, expected: int) -> dict[str, Any]:
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if response.status != expected:
        raise SystemExit(f"Answered {response.status}: {content.decode()[:500]}")
    answer: dict[str, Any] = json.loads(content)
    return answer


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="kept; default: a new one")
    parser.add_argument("--database-url", help="PostgreSQL; default: SQLite in the data directory")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--distinct", type=int, default=60_000, help="descriptors")
    parser.add_argument("--format", choices=list(KINDS), default="csv")
    parser.add_argument("--results", choices=list(KINDS), default="csv")
    parser.add_argument("--workers", type=int, default=2, help="processes of the worker")
    return parser.parse_args()


if __name__ == "__main__":
    main()
