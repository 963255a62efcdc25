"""How long does it take to analyse an experiment of 1,000,000 exposures?

    python -m benchmarks.experiments_analysis [--exposures 1000000] [--users 50000]
    .ci/with-postgres python -m benchmarks.experiments_analysis

On SQLite in a temporary folder and, where DATABASE_URL names a PostgreSQL server, on a database of
its own there, dropped at the end. Rows are made by the database: a prediction an exposure, as
many before the start (the history that CUPED takes in), feedback on 5%, 2% drawn for the audit and
reviewed. Measured: the sums of all metrics in one statement, those that take a statement of
their own, and the whole analysis with its row; the best of three, caches warm.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.api import verdict
from benchmarks.report import machine, table
from benchmarks.server import ROOT

if TYPE_CHECKING:
    from experiments.models import Experiment

TARGET_SECONDS = {"postgresql": 3.0, "sqlite": 10.0}
TEXTS, REPEATS = 5000, 3
DAYS = 14

ALTERNATIVES = '[{"category": "restaurants", "score": 0.41}, {"category": "bars", "score": 0.4}]'
DESCRIPTOR = '{"channel": "card", "city": "San Francisco", "region": "CA", "country": "us"}'


@dataclass(frozen=True)
class Dialect:
    """How a database says what the rows are made of; `number` and `seconds` are expressions."""

    vendor: str
    start: datetime

    @property
    def chance(self) -> str:
        """In [0, 1)."""
        return "random()" if self.is_postgresql else "(random() & 1048575) / 1048576.0"

    @property
    def is_postgresql(self) -> bool:
        return self.vendor == "postgresql"

    @property
    def yes(self) -> str:
        return "true" if self.is_postgresql else "1"

    @property
    def no(self) -> str:
        return "false" if self.is_postgresql else "0"

    def numbers(self, count: int) -> str:
        """A table of `i` from 0."""
        if self.is_postgresql:
            return f"(SELECT generate_series(0::bigint, {count} - 1) AS i) AS numbers"
        return (
            "(WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c "
            f"WHERE i < {count} - 1) SELECT i FROM c) AS numbers"
        )

    def key(self, number: str) -> str:
        if self.is_postgresql:
            return f"lpad(to_hex({number}), 32, '0')::uuid"
        return f"printf('%032x', {number})"

    def moment(self, seconds: str) -> str:
        """So long after the start."""
        start = f"{self.start:%Y-%m-%d %H:%M:%S}"
        if self.is_postgresql:
            return f"timestamptz '{start}+00' + ({seconds}) * interval '1 second'"
        return f"strftime('%Y-%m-%d %H:%M:%f', '{start}', ({seconds}) || ' seconds')"


def main() -> None:
    arguments = read_arguments()
    if arguments.here:
        measure_here(arguments.exposures, arguments.users)
        return
    print(machine("Django", "psycopg"), flush=True)
    urls = ["", os.environ["DATABASE_URL"]] if os.environ.get("DATABASE_URL") else [""]
    for url in urls:
        with tempfile.TemporaryDirectory(prefix="txcat-bench-") as folder, own_database(url) as own:
            run_here(arguments, {"DATABASE_URL": own, "TXCAT_DATA_DIR": folder})


def run_here(arguments: argparse.Namespace, variables: dict[str, str]) -> None:
    """Settings are read once a process, so each database gets one."""
    numbers = ["--exposures", str(arguments.exposures), "--users", str(arguments.users)]
    environment = {"SECRET_KEY": secrets.token_urlsafe(50), **os.environ, **variables}
    command = [sys.executable, "-m", "benchmarks.experiments_analysis", "--here", *numbers]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"It failed on {variables['DATABASE_URL'] or 'SQLite'}.")


@contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """A database beside the one that the address names; "" gives the embedded one."""
    if not server_url:
        yield ""
        return
    import psycopg
    from psycopg import sql

    name = sql.Identifier(f"txcat_bench_{os.getpid()}")
    with closing(psycopg.connect(server_url, autocommit=True)) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield f"{server_url.rpartition('/')[0]}/txcat_bench_{os.getpid()}"
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def measure_here(exposures: int, users: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    vendor = connection.vendor
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ("version()" if vendor == "postgresql" else "sqlite_version()"))
        print(f"\n{vendor} {cursor.fetchone()[0].split(' (')[0]}", flush=True)
    started = perf_counter()
    experiment = make_rows(vendor, exposures, users)
    print(f"{exposures:,} exposures of {users:,} users made in {perf_counter() - started:.0f} s")
    rows: list[list[object]] = []
    for name, act, is_judged in measured(experiment):
        seconds = min(timed(act) for _ in range(REPEATS))
        wanted = TARGET_SECONDS[vendor] if is_judged else None
        rows.append([name, seconds, wanted or "", verdict(seconds <= wanted) if wanted else ""])
    print(table(["", "seconds", "wanted", ""], rows), flush=True)


def measured(experiment: "Experiment") -> Iterator[tuple[str, Callable[[], Any], bool]]:
    from experiments.models import Analysis, Metric
    from experiments.services.analysis import analyse
    from experiments.services.quantiles import latency_quantile
    from experiments.services.reading import long_reads
    from experiments.services.sums import count_in_several, sum_units

    metrics = list(Metric.objects.exclude(aggregate=Metric.Aggregate.P95))
    primary = experiment.primary_metric
    arms = [variant.pk for variant in experiment.variants.all()]

    def read(act: Callable[[], Any]) -> Callable[[], Any]:
        def reading() -> None:
            with long_reads():
                act()

        return reading

    yield "sums of all metrics", read(lambda: sum_units(experiment, metrics)), False
    yield "with history (CUPED)", read(lambda: sum_units(experiment, metrics, primary)), False
    yield "p95 of both arms", read(lambda: [latency_quantile(arm) for arm in arms]), False
    yield "units in several arms", read(lambda: count_in_several(experiment)), False
    yield "the whole analysis", lambda: analyse(experiment, Analysis.Kind.REQUESTED), True


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def timed(act: Callable[[], Any]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started


def make_rows(vendor: str, exposures: int, users: int) -> "Experiment":
    """Half of the predictions are from before the start, without exposures."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from classifier.models import Category, Encoder, ModelVersion
    from experiments.models import Experiment, Metric, Variant

    parent = Category.objects.create(slug="bench-all", name="All")
    categories = [
        Category.objects.create(slug=f"bench-{number}", name=f"{number}", parent=parent).pk
        for number in range(2)
    ]
    digest = "0" * 64
    encoder = Encoder.objects.create(
        name="bench", precision="fp32", digest=digest, manifest_digest=digest, size_bytes=1,
        dimension=2, max_tokens=128, batch_invariant=True,
    )  # fmt: skip
    versions = [
        ModelVersion.objects.create(
            name=f"bench-{number}", encoder=encoder, head="prototype", normalizer_version=1,
            manifest_digest=f"{number:064}", accuracy=1, macro_f1=1, calibration_error=0,
            example_count=1, category_count=1, calibration={}, bounds={}, figures={},
            input_read_at=timezone.now(),
        )
        for number in range(2)
    ]  # fmt: skip
    start = timezone.now() - timedelta(days=DAYS)
    metrics = {metric.key: metric for metric in Metric.objects.all()}
    experiment = Experiment.objects.create(
        key="bench", hypothesis="None.", primary_metric=metrics["abstention-rate"],
        status=Experiment.Status.RUNNING, started_at=start, planned_units=users // 2,
    )  # fmt: skip
    experiment.secondary_metrics.set(
        metric for metric in metrics.values() if metric != experiment.primary_metric
    )
    arms = [
        Variant.objects.create(
            experiment=experiment, key=key, version=version, weight=0.5, is_control=key == "control"
        ).pk
        for key, version in zip(("control", "new"), versions, strict=True)
    ]
    dialect = Dialect(vendor, start)
    with connection.cursor() as cursor:
        for statement in statements(dialect, exposures, users, versions[0].pk, arms, categories):
            cursor.execute(statement)
    return experiment


def statements(
    dialect: Dialect,
    count: int,
    users: int,
    version: int,
    arms: list[int],
    categories: list[int],
) -> Iterator[str]:
    """A user's predictions are spread evenly over the time; who is of an even number is served the
    control."""
    yes, no = dialect.yes, dialect.no
    key, chance = dialect.key("i"), dialect.chance
    moment = dialect.moment(f"(i - {count}) * {DAYS * 86400 / count}")
    drawn = f"SELECT i, i * 104729 % 1009 < 50 AS abstains FROM {dialect.numbers(2 * count)}"
    since_start = f"FROM classifier_prediction WHERE created_at >= {dialect.moment('0')}"
    yield f"""
        INSERT INTO classifier_prediction (
            id, created_at, transaction_id, user_id, description, canonical_text, currency,
            direction, mcc, country, version_id, category_id, primary_level, annotator, is_audited,
            level, reason, confidence, score, margin, alternatives, merchant_text, descriptor,
            is_cached, latency_ms)
        SELECT {key}, {moment}, '', 'user-' || (i * 7919 % {users}),
            'CARD PURCHASE 0423 HAUS COFFEE ' || i || ' SAN FRANCISCO CA',
            'haus coffee ' || i % {TEXTS}, 'USD', 'expense', '5814', 'us', {version},
            CASE WHEN abstains THEN NULL ELSE {categories[0]} END, '', 'model',
            CASE WHEN {chance} < 0.02 THEN {yes} ELSE {no} END,
            CASE WHEN abstains THEN 'abstain' ELSE 'high' END,
            CASE WHEN abstains THEN 'low_confidence' ELSE '' END,
            0.5 + 0.5 * {chance}, {chance}, {chance}, '{ALTERNATIVES}', '', '{DESCRIPTOR}',
            {no}, 2 + 8 * {chance}
        FROM ({drawn}) AS drawn"""
    yield f"""
        INSERT INTO experiments_exposure (
            prediction_id, variant_id, unit, confidence, latency_ms, is_abstained, is_failed,
            created_at)
        SELECT id, CASE WHEN CAST(substr(user_id, 6) AS integer) % 2 = 0 THEN {arms[0]}
            ELSE {arms[1]} END, user_id, confidence, latency_ms, level = 'abstain', {no}, created_at
        {since_start}"""
    yield f"""
        INSERT INTO classifier_feedback (
            prediction_id, is_correct, category_id, canonical_text, person, status, user_id,
            source, comment, created_at)
        SELECT id, {chance} < 0.7, {categories[1]}, '', 'user:' || user_id, 'confirmed', '', '',
            '', created_at
        {since_start} AND {chance} < 0.05"""
    yield f"""
        INSERT INTO classifier_reviewitem (
            canonical_text, state, reason, prediction_id, category_id, live_count, created_at,
            updated_at)
        SELECT 'haus coffee ' || i, 'submitted', 'audit', {key}, {categories[0]}, 1, {moment},
            {moment}
        FROM {dialect.numbers(TEXTS)}"""
    yield f"""
        INSERT INTO classifier_reviewevent (
            item_id, from_state, to_state, category_id, is_undo, created_at)
        SELECT id, 'pending', 'submitted', {categories[0]}, {no}, created_at
        FROM classifier_reviewitem"""
    yield "ANALYZE"


if __name__ == "__main__":
    main()
