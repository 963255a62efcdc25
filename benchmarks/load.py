"""Streams of requests, and the clients that send them."""

import csv
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.report import percentile

ROOT = Path(__file__).resolve().parent.parent
SEED_TEXTS = ROOT / "classifier" / "data" / "examples.csv"
WRK_SCRIPT = Path(__file__).with_name("classify.lua")
PATH = "/api/v1/classify"
ZIPF_TEXTS = 2000
ZIPF_EXPONENT = 1.0
SEED = 20_260_101
# More than any server here answers in a second: the stream of unique texts must not run dry.
BODIES_PER_SECOND = 3000


@dataclass(frozen=True)
class Target:
    port: int
    key: str

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json"}


@dataclass(frozen=True)
class Sent:
    """What a client saw. `engine_ms` and `other_ms` (the rest of each answer's time) are there
    where the client read the Server-Timing header."""

    seconds: float
    answers: int
    errors: int
    p50_ms: float
    p99_ms: float
    engine_ms: Sequence[float] = ()
    other_ms: Sequence[float] = ()


def unique_texts() -> Iterator[str]:
    """Texts of which none comes twice: words of the seed's descriptors, mixed anew."""
    with SEED_TEXTS.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    words = sorted({word for text in texts for word in re.findall(r"[A-Za-z]{4,}", text)})
    chance = random.Random(SEED)
    seen: set[str] = set()
    while True:
        text = " ".join(chance.choices(words, k=3))
        if text not in seen:
            seen.add(text)
            yield text


def zipf_vocabulary(skip: int) -> list[str]:
    """The texts of the Zipf stream, none among the first `skip` of the unique ones."""
    return list(islice(unique_texts(), skip, skip + ZIPF_TEXTS))


def zipf_texts(vocabulary: Sequence[str], count: int, seed: int) -> list[str]:
    weights = 1 / np.arange(1, len(vocabulary) + 1) ** ZIPF_EXPONENT
    generator = np.random.default_rng(seed)
    ranks = generator.choice(len(vocabulary), size=count, p=weights / weights.sum())
    return [vocabulary[rank] for rank in ranks]


def body(*texts: str) -> str:
    return json.dumps({"transactions": [{"description": text} for text in texts]})


def fill_caches(target: Target, texts: Sequence[str], passes: int = 8) -> None:
    """Show every process every text: each request is on a connection of its own, which any
    process may take."""
    for _ in range(passes):
        for start in range(0, len(texts), 200):
            connection = HTTPConnection("127.0.0.1", target.port, timeout=60)
            connection.request("POST", PATH, body(*texts[start : start + 200]), target.headers())
            if connection.getresponse().status != 200:
                raise SystemExit("A batch that fills the caches was refused.")
            connection.close()


def send_one_by_one(target: Target, bodies: Sequence[str], seconds: float) -> Sent:
    """One client that waits for each answer, on one connection kept open."""
    connection = HTTPConnection("127.0.0.1", target.port, timeout=60)
    headers = target.headers()
    waits: list[float] = []
    engine: list[float] = []
    errors = 0
    started = time.perf_counter()
    ends = started + seconds
    for text in bodies:
        sent = time.perf_counter()
        if sent >= ends:
            break
        connection.request("POST", PATH, text, headers)
        response = connection.getresponse()
        response.read()
        waits.append((time.perf_counter() - sent) * 1000)
        engine.append(_engine_ms(response.getheader("Server-Timing", "")))
        errors += response.status != 200
    connection.close()
    return Sent(
        time.perf_counter() - started,
        len(waits) - errors,
        errors,
        percentile(waits, 0.5),
        percentile(waits, 0.99),
        engine,
        [wait - inside for wait, inside in zip(waits, engine, strict=True)],
    )


def send_at_once(target: Target, bodies: Sequence[str], clients: int, seconds: float) -> Sent:
    """`clients` at a time: wrk where it is installed, else processes of our own."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return _send_with_processes(target, bodies, clients, seconds)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(bodies))
        file.flush()
        command = [wrk, "--threads", "1", "--connections", str(clients)]
        command += ["--duration", f"{seconds:.0f}s", "--timeout", "30s"]
        command += ["--script", str(WRK_SCRIPT), f"http://127.0.0.1:{target.port}"]
        environment = {**os.environ, "TXCAT_BODIES": file.name, "TXCAT_KEY": target.key}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.rpartition("RESULT ")[2])
    return Sent(
        found["seconds"],
        found["requests"] - found["errors"],
        found["errors"],
        found["p50_ms"],
        found["p99_ms"],
    )


def client_name() -> str:
    return "wrk, one thread" if shutil.which("wrk") else "own processes, which share the cores"


def _send_with_processes(
    target: Target, bodies: Sequence[str], clients: int, seconds: float
) -> Sent:
    with ProcessPoolExecutor(clients) as pool:
        futures = [
            pool.submit(send_one_by_one, target, bodies[index::clients], seconds)
            for index in range(clients)
        ]
        parts = [future.result() for future in futures]
    waits = [
        engine + other
        for part in parts
        for engine, other in zip(part.engine_ms, part.other_ms, strict=True)
    ]
    return Sent(
        max(part.seconds for part in parts),
        sum(part.answers for part in parts),
        sum(part.errors for part in parts),
        percentile(waits, 0.5),
        percentile(waits, 0.99),
    )


def _engine_ms(server_timing: str) -> float:
    """Tokenize, encode and decide together; storing the answer is not the engine's."""
    parts = re.findall(r"(tokenize|encode|decide);dur=([\d.]+)", server_timing)
    return sum(float(milliseconds) for _, milliseconds in parts)
