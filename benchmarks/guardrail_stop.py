"""Does a guard rail stop a bad version by itself, under load, and how long does that take?

    python -m benchmarks.guardrail_stop [--data-dir …] [--clients 4] [--seconds 200]

Starts two web processes and a worker on an installation of their own, and an experiment between
the active version and one that was built to abstain from most texts, with a guard rail on the
abstention rate. Clients ask for hundreds of users all the while. Nobody touches the experiment:
what is printed is what happened, from the start to the last answer of the bad version.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.api import connect, verdict
from benchmarks.load import PATH, Target, unique_texts
from benchmarks.report import machine, percentile, table
from benchmarks.server import ROOT, data_directory, running_server, running_worker

if TYPE_CHECKING:
    from experiments.models import Experiment

PROCESSES = 2
USERS = 400
TEXTS = 300
# What the bad version needs to be sure of.
ABSTAIN_BELOW = 0.9
MARGIN, MINIMUM_UNITS = 0.05, 50
TARGET_STOP_SECONDS, TARGET_RETURN_SECONDS = 120, 1
# After the stop the clients go on for so long, to see who answers.
REST_SECONDS = 5.0


@dataclass(frozen=True)
class Seen:
    """One request as a client saw it, `at` seconds since 1970; `error` is empty where it was
    answered."""

    at: float
    wait_ms: float
    version: str = ""
    error: str = ""


def main() -> None:
    arguments = read_arguments()
    os.environ["TXCAT_WEB_PROCESSES"] = str(PROCESSES)
    print(machine("Django", "gunicorn", "onnxruntime", "scipy"))
    with data_directory(arguments.data_dir) as folder:
        key = connect()
        subprocess.run([sys.executable, "manage.py", "sync_schedules"], cwd=ROOT, check=True)
        experiment = make_experiment()
        with (
            running_server(folder / "log") as server,
            running_worker(folder / "worker-log", workers=1),
        ):
            seen = drive(experiment, Target(server.port, key), arguments)
        report(experiment, seen)


def make_experiment() -> "Experiment":
    from django.conf import settings

    from classifier.models import ModelVersion
    from classifier.services.versions import build_version
    from experiments.models import Experiment, Guardrail, Metric

    active = ModelVersion.objects.active().get()
    settings.ABSTAIN_BELOW = ABSTAIN_BELOW
    bad, _ = build_version(force=True)
    rate = Metric.objects.get(key="abstention-rate")
    experiment = Experiment.objects.create(
        key="abstains",
        hypothesis="Abstaining more harms nobody.",
        primary_metric=Metric.objects.get(key="confidence"),
        traffic_share=1.0,
    )
    experiment.variants.create(key="control", version=active, weight=0.5, is_control=True)
    experiment.variants.create(key="bad", version=bad, weight=0.5)
    Guardrail.objects.create(
        experiment=experiment,
        metric=rate,
        harm=Guardrail.Harm.INCREASE,
        margin=MARGIN,
        action=Guardrail.Action.STOP,
        minimum_units=MINIMUM_UNITS,
    )
    return experiment


def drive(experiment: "Experiment", target: Target, arguments: argparse.Namespace) -> list[Seen]:
    """Clients ask until the experiment has stopped and a while longer, `seconds` at most."""
    from experiments.models import Experiment
    from experiments.services.lifecycle import start

    stop_file = Path(os.environ["TXCAT_DATA_DIR"]) / "clients-stop"
    with ProcessPoolExecutor(arguments.clients, mp_context=get_context("spawn")) as pool:
        list(pool.map(str, range(arguments.clients)))
        start(experiment, planned_units=USERS // 2)
        asking = [
            pool.submit(keep_asking, target, number, arguments.seconds, stop_file)
            for number in range(arguments.clients)
        ]
        ends = time.monotonic() + arguments.seconds
        while time.monotonic() < ends and Experiment.objects.running().exists():
            time.sleep(0.5)
        time.sleep(REST_SECONDS)
        stop_file.touch()
        return [each for client in asking for each in client.result()]


def keep_asking(target: Target, number: int, seconds: float, stop_file: Path) -> list[Seen]:
    """One client, on one connection, that waits for each answer and rests as long again."""
    connection = HTTPConnection("127.0.0.1", target.port, timeout=30)
    texts = list(islice(unique_texts(), TEXTS))
    seen: list[Seen] = []
    ends = time.monotonic() + seconds + REST_SECONDS
    for turn in cycle(range(number, USERS * TEXTS, 7)):
        if time.monotonic() >= ends or stop_file.exists():
            break
        one = {"description": texts[turn % TEXTS], "user_id": f"user-{turn % USERS}"}
        content = json.dumps({"transactions": [one]})
        started = time.perf_counter()
        version = error = ""
        try:
            connection.request("POST", PATH, content, target.headers())
            response = connection.getresponse()
            answer = json.loads(response.read())
            if response.status == 200:
                version = answer["results"][0]["model_version"]
            else:
                error = f"{response.status}: {answer}"
        except (OSError, HTTPException, ValueError) as failure:
            error = repr(failure)
            connection.close()
        waited = time.perf_counter() - started
        seen.append(Seen(time.time(), waited * 1000, version, error))
        time.sleep(waited)
    connection.close()
    return seen


def report(experiment: "Experiment", seen: Sequence[Seen]) -> None:
    from experiments.models import GuardrailAlert

    experiment.refresh_from_db()
    bad = experiment.variants.get(key="bad").version.name
    began = experiment.started_at
    if began is None:
        raise SystemExit("The experiment was never started.")
    rows: list[list[object]] = [
        [f"{(event.created_at - began).total_seconds():.1f}", event.get_kind_display(),
         f"{event.from_status} → {event.to_status}", event.by or "by itself", event.reason]
        for event in experiment.events.order_by("id")
    ]  # fmt: skip
    print(f"\n{table(['second', 'timeline', 'status', 'who', 'reason'], rows)}")
    for alert in GuardrailAlert.objects.order_by("id"):
        print(f"\nalert: {alert.text}")
    if experiment.stopped_at is None:
        raise SystemExit("The guard rail did not stop it.")
    stopped = experiment.stopped_at.timestamp()
    last = max((each.at for each in seen if each.version == bad), default=stopped)
    after = [each for each in seen if each.at > stopped + TARGET_RETURN_SECONDS]
    waits = [each.wait_ms for each in seen]
    errors = [each.error for each in seen if each.error]
    took, returned = stopped - began.timestamp(), max(0.0, last - stopped)
    print(
        f"\nrequests {len(seen):,}, p50 {percentile(waits, 0.5):.1f} ms, "
        f"p99 {percentile(waits, 0.99):.1f} ms; {len(after):,} of them later than "
        f"{TARGET_RETURN_SECONDS} s after the stop"
    )
    verdicts: list[list[object]] = [
        ["start to stop, s", f"{took:.1f}", f"<= {TARGET_STOP_SECONDS}",
         verdict(took <= TARGET_STOP_SECONDS)],
        ["stop to the last answer of the bad version, s", f"{returned:.2f}",
         f"<= {TARGET_RETURN_SECONDS}", verdict(returned <= TARGET_RETURN_SECONDS)],
        ["errors", len(errors), "0", verdict(not errors)],
        ["exposures that are not stored", lost(seen), "0", verdict(not lost(seen))],
    ]  # fmt: skip
    print(f"\n{table(['target', 'found', 'wanted', ''], verdicts)}")
    for error in errors[:5]:
        print(error)


def lost(seen: Sequence[Seen]) -> int:
    """Answers of the bad version without an exposure row."""
    from experiments.models import Exposure, Variant

    bad = Variant.objects.get(key="bad")
    answered = sum(each.version == bad.version.name for each in seen)
    return answered - Exposure.objects.filter(variant=bad).count()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="kept; default: a new one")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    main()
