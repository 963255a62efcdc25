"""Does anything go wrong while versions are swapped under load, and how fast does each process
follow?

Starts two web processes on a data directory of their own, builds versions that answer really
differently (each was shown other examples, every second has an encoder of its own), and keeps
clients asking while one version after the other is activated, and now and then rolled back.
More versions take turns than a process keeps loaded, so that nearly each activation is a load
from the disk. Afterwards every answer is held, bit for bit, against what the version that it
names answers offline.
"""

import argparse
import json
import os
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from benchmarks.api import connect, verdict
from benchmarks.load import PATH, Target, body, unique_texts
from benchmarks.report import machine, percentile, table
from benchmarks.server import Server, data_directory, running_server

if TYPE_CHECKING:
    from classifier.models import Encoder, ModelVersion, Prediction

PROCESSES = 2
VERSIONS = 5
TEXTS = 400
PROBE_SECONDS = 0.03
QUIET_SECONDS = 5.0
TARGET_TAKE_OVER_MS = 2000
# A field of the ONNX format that means nothing (`doc_string`): other bytes, the same model.
DOC_STRING = b"\x32\x04twin"


@dataclass(frozen=True)
class Seen:
    """One request as a client saw it; `error` is empty where it was answered."""

    wait_ms: float
    text: str
    error: str = ""
    prediction_id: str = ""
    version: str = ""
    category: str | None = None


@dataclass(frozen=True)
class Swap:
    """An activation, or a rollback, that was committed at `at` (seconds)."""

    at: float
    version: str
    is_rollback: bool


# By process id: when it answered (seconds) and which version it said that it serves.
Probes = dict[int, list[tuple[float, str]]]


def main() -> None:
    arguments = read_arguments()
    if arguments.database_url:
        os.environ["DATABASE_URL"] = arguments.database_url
    os.environ["TXCAT_WEB_PROCESSES"] = str(PROCESSES)
    print(machine("Django", "gunicorn", "onnxruntime"))
    with data_directory(arguments.data_dir) as folder:
        key = connect()
        versions = make_versions()
        with running_server(folder / "log") as server:
            target = Target(server.port, key)
            describe(versions)
            quiet, _, _ = drive(server, target, [], arguments.clients, QUIET_SECONDS)
            plan = list(islice(cycle([*versions[1:], versions[0]]), arguments.activations))
            seen, swaps, probes = drive(server, target, plan, arguments.clients, arguments.seconds)
        report(quiet, seen, swaps, probes, mismatches(seen))


def make_versions() -> list["ModelVersion"]:
    """The active one, and more of which each was not shown another part of the examples."""
    from classifier.models import EncoderChoice, Example, ModelVersion
    from classifier.services.versions import build_version

    versions = [ModelVersion.objects.active().get()]
    encoder = versions[0].encoder
    twin = make_twin(encoder)
    keys = list(Example.objects.active().order_by("id").values_list("pk", flat=True))
    for number in range(1, VERSIONS):
        hidden = Example.objects.filter(pk__in=keys[number::VERSIONS])
        hidden.update(is_active=False)
        EncoderChoice.objects.create(encoder=twin if number % 2 else encoder, reason="benchmark")
        versions.append(build_version(force=True)[0])
        hidden.update(is_active=True)
    EncoderChoice.objects.create(encoder=encoder, reason="benchmark")
    return versions


def make_twin(encoder: "Encoder") -> "Encoder":
    """The same model as another file, as which each process has to load and warm it."""
    from django.conf import settings

    from classifier.engine.bundle import file_digest
    from classifier.engine.encoder import CARD_FILE, MODEL_FILE
    from classifier.models import Encoder

    source = settings.ARTIFACTS_DIR / encoder.folder
    folder = shutil.copytree(source, source.with_name(f"{source.name}-twin"), dirs_exist_ok=True)
    model, card = folder / MODEL_FILE, folder / CARD_FILE
    model.write_bytes((source / MODEL_FILE).read_bytes() + DOC_STRING)
    digest = file_digest(model)
    card.write_text(json.dumps({**json.loads(card.read_text()), "digest": digest}))
    fields = {field.name: getattr(encoder, field.name) for field in encoder._meta.concrete_fields}
    own = {"id": None, "folder": str(folder.relative_to(settings.ARTIFACTS_DIR))}
    twin, _ = Encoder.objects.get_or_create(
        digest=digest, defaults={**fields, **own, "digest": digest}
    )
    return twin


def drive(
    server: Server,
    target: Target,
    plan: Sequence["ModelVersion"],
    clients: int,
    seconds: float,
) -> tuple[list[Seen], list[Swap], Probes]:
    """Clients ask for `seconds`, in which the versions of `plan` go live one after the other."""
    texts = list(islice(unique_texts(), TEXTS))
    ended = Event()
    with (
        ProcessPoolExecutor(clients, mp_context=get_context("spawn")) as pool,
        ThreadPoolExecutor(PROCESSES) as probers,
    ):
        # Each process has loaded this module before the clock starts.
        list(pool.map(str, range(clients)))
        connections = connection_to_each(server, target.port)
        probing = [probers.submit(probe, each, ended) for each in connections.values()]
        asking = [
            pool.submit(keep_asking, target, texts[number:] + texts[:number], seconds)
            for number in range(0, TEXTS, -(-TEXTS // clients))
        ]
        swaps = list(swap(plan, seconds)) if plan else []
        seen = [each for client in asking for each in client.result()]
        ended.set()
        probes = dict(zip(connections, (each.result() for each in probing), strict=True))
    return seen, swaps, probes


def swap(plan: Sequence["ModelVersion"], seconds: float) -> Iterator[Swap]:
    """Every fourth act is a rollback. Evenly over `seconds`, with a rest for the last one."""
    from classifier.models import Activation, ModelVersion
    from classifier.services.activations import activate_version, roll_back

    pause = (seconds - TARGET_TAKE_OVER_MS / 1000) / len(plan)
    started, versions = time.perf_counter(), iter(plan)
    for number in range(len(plan)):
        time.sleep(max(0.0, started + number * pause - time.perf_counter()))
        if number % 4 == 3:
            roll_back(reason="benchmark")
        else:
            # The one that is planned may have gone live by a rollback.
            active = ModelVersion.objects.active().get()
            version = next(each for each in versions if each.pk != active.pk)
            activate_version(ModelVersion.objects.get(pk=version.pk), reason="benchmark")
        at = time.perf_counter()
        done = Activation.objects.select_related("to_version")[0]
        yield Swap(at, done.to_version.name, done.kind == Activation.Kind.ROLLBACK)


def keep_asking(target: Target, texts: Sequence[str], seconds: float) -> list[Seen]:
    """One client, on one connection, that waits for each answer and rests as long again."""
    connection = HTTPConnection("127.0.0.1", target.port, timeout=30)
    seen: list[Seen] = []
    ends = time.perf_counter() + seconds
    for text in cycle(texts):
        started = time.perf_counter()
        if started >= ends:
            break
        try:
            connection.request("POST", PATH, body(text), target.headers())
            response = connection.getresponse()
            content = json.loads(response.read())
            error = "" if response.status == 200 else f"{response.status}: {content}"
        except (OSError, HTTPException, ValueError) as failure:
            error = repr(failure)
            connection.close()
        waited = time.perf_counter() - started
        if error:
            seen.append(Seen(waited * 1000, text, error))
            continue
        (answer,) = content["results"]
        seen.append(
            Seen(
                waited * 1000,
                text,
                prediction_id=answer["prediction_id"],
                version=answer["model_version"],
                category=answer["category"] and answer["category"]["slug"],
            )
        )
        time.sleep(waited)
    connection.close()
    return seen


def connection_to_each(server: Server, port: int) -> dict[int, HTTPConnection]:
    """A connection that stays open stays with one process: one to each, by its id."""
    found: dict[int, HTTPConnection] = {}
    while len(found) < len(server.processes()):
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        pid = ready(connection)["pid"]
        if pid in found:
            connection.close()
        found.setdefault(pid, connection)
    return found


def ready(connection: HTTPConnection) -> dict[str, Any]:
    connection.request("GET", "/readyz")
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


def probe(connection: HTTPConnection, ended: Event) -> list[tuple[float, str]]:
    """Ask one process again and again what it serves."""
    probes = []
    while not ended.wait(PROBE_SECONDS):
        version = str(ready(connection)["version"])
        probes.append((time.perf_counter(), version))
    connection.close()
    return probes


def mismatches(seen: Sequence[Seen]) -> list[str]:
    """What is wrong with each answer that is not its version's own, offline."""
    from classifier.artifacts import bundle_of
    from classifier.engine.engine import Engine
    from classifier.engine.types import Transaction
    from classifier.models import ModelVersion, Prediction

    wrong: list[str] = []
    by_version: dict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        if not each.error:
            by_version[each.version].append(each)
    for name, answers in by_version.items():
        engine = Engine.load(bundle_of(ModelVersion.objects.get(name=name)).folder)
        texts = sorted({answer.text for answer in answers})
        decisions = {text: engine.classify([Transaction(text)])[0] for text in texts}
        rows = Prediction.objects.select_related("version", "category")
        stored = rows.in_bulk([answer.prediction_id for answer in answers])
        by_id = {str(key): row for key, row in stored.items()}
        for answer in answers:
            row = by_id.get(answer.prediction_id)
            if row is None:
                wrong.append(f"{answer.prediction_id} is not stored")
            elif facts_of_row(row) != (name, *facts(decisions[answer.text])):
                wrong.append(f"{answer.prediction_id}, {name}, {answer.text!r}")
            elif answer.category != (row.category.slug if row.category else None):
                wrong.append(f"{answer.prediction_id} was answered with another category")
    return wrong


def facts(decision: Any) -> tuple[Any, ...]:
    return (
        decision.category.slug if decision.category else None,
        decision.level.value,
        decision.confidence,
        decision.score,
        decision.margin,
        [(other.category.slug, other.score) for other in decision.alternatives],
    )


def facts_of_row(row: "Prediction") -> tuple[Any, ...]:
    return (
        row.version.name,
        row.category.slug if row.category else None,
        row.level,
        row.confidence,
        row.score,
        row.margin,
        [(other["slug"], other["score"]) for other in row.alternatives],
    )


def take_overs(swaps: Sequence[Swap], probes: Sequence[tuple[float, str]]) -> list[float]:
    """Milliseconds from each swap to the first time that the process was seen to serve it, or
    what was swapped in after it. Infinite where that was never so."""
    waits = []
    for place, swap in enumerate(swaps):
        before = swaps[place - 1].version if place else ""
        later = [other for other in swaps[place:] if other.version != before]
        followed = (
            at
            for at, name in probes
            if any(other.at <= at and other.version == name for other in later)
        )
        waits.append((next(followed, float("inf")) - swap.at) * 1000)
    return waits


def describe(versions: Sequence["ModelVersion"]) -> None:
    from django.conf import settings

    named = ", ".join(f"{each} (encoder {each.encoder.digest[:6]})" for each in versions)
    database = "SQLite" if settings.IS_EMBEDDED else "PostgreSQL"
    print(f"server    {PROCESSES} processes, {settings.WEB_THREADS} threads, {database}")
    print(f"versions  {named}\n")


def report(
    quiet: Sequence[Seen],
    seen: Sequence[Seen],
    swaps: Sequence[Swap],
    probes: Probes,
    wrong: Sequence[str],
) -> None:
    rows = []
    for name, load in (("without swaps", quiet), ("with swaps", seen)):
        waits = [each.wait_ms for each in load]
        spread = [percentile(waits, share) for share in (0.5, 0.99, 1.0)]
        rows.append([name, len(load), sum(bool(each.error) for each in load), *spread])
    print(table(["load", "requests", "errors", "p50 ms", "p99 ms", "slowest ms"], rows) + "\n")
    answered = Counter(each.version for each in seen if not each.error)
    print("answers   " + ", ".join(f"{name} {count:,}" for name, count in sorted(answered.items())))
    rolled_back = sum(swap.is_rollback for swap in swaps)
    print(f"swaps     {len(swaps)}, of which {rolled_back} rollbacks\n")
    found = {pid: take_overs(swaps, each) for pid, each in probes.items()}
    rows = [
        [f"process {number}", percentile(waits, 0.5), max(waits)]
        for number, waits in enumerate(found.values(), start=1)
    ]
    print(table(["take-over", "median ms", "slowest ms"], rows) + "\n")
    slowest = max(max(waits) for waits in found.values())
    errors = sum(bool(each.error) for each in seen)
    is_fast = slowest <= TARGET_TAKE_OVER_MS
    verdicts: list[list[object]] = [
        ["errors", errors, "0", verdict(not errors)],
        ["answers that are not their version's own", len(wrong), "0", verdict(not wrong)],
        ["slowest take-over, ms", slowest, f"<= {TARGET_TAKE_OVER_MS}", verdict(is_fast)],
    ]
    print(table(["target", "found", "wanted", ""], verdicts))
    for line in [*(each.error for each in seen if each.error), *wrong][:10]:
        print(line)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, help="kept, with the rows that are added; default: a new one"
    )
    parser.add_argument("--database-url", help="PostgreSQL; default: SQLite in the data directory")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--activations", type=int, default=20, help="with rollbacks among them")
    parser.add_argument("--seconds", type=float, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    main()
